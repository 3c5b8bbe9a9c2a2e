//! Queries of the DUT, by server, name and type.

use super::Whole;
use crate::result::NameRow;
use oxocert_machine::At;
use oxocert_record::{Emitter, What};
use std::collections::BTreeMap;

/// How many different answers of one row are written out.
const ANSWERS: usize = 6;

pub(super) fn rows(whole: &Whole<'_, '_>) -> Vec<NameRow> {
    let mut rows: BTreeMap<(String, String, String), (NameRow, At)> = BTreeMap::new();
    for event in whole.timeline.events {
        let What::Dns(query) = &event.what else { continue };
        if query.emitter != Emitter::Dut {
            continue;
        }
        let key = (query.role.to_string(), query.name.clone(), query.kind.clone());
        let Some((row, last)) = rows.get_mut(&key) else {
            let row = NameRow {
                server: query.role.to_string(),
                name: query.name.clone(),
                kind: query.kind.clone(),
                count: 1,
                answers: vec![query.answer.clone()],
                interval_ms: None,
                first: event.n,
            };
            rows.insert(key, (row, event.at));
            continue;
        };
        row.count += 1;
        let since = u64::try_from(event.at.since(*last).as_millis()).unwrap_or(u64::MAX);
        let (shortest, longest) = row.interval_ms.unwrap_or((since, since));
        row.interval_ms = Some((shortest.min(since), longest.max(since)));
        *last = event.at;
        if !row.answers.contains(&query.answer) && row.answers.len() < ANSWERS {
            row.answers.push(query.answer.clone());
        }
    }
    rows.into_values().map(|(row, _)| row).collect()
}
