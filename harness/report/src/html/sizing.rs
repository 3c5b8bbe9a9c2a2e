//! The sizing table of Orange \u{a7}2.2: measured beside expected.

use super::{BenchName, Mark, anchor};
use oxocert_judge::RunResult;
use oxocert_judge::result::SizingResult;

/// The table of one bench.
pub(super) struct SizingTable {
    pub name: BenchName,
    pub rows: Vec<SizingRow>,
}

/// One row as counted in one case.
pub(super) struct SizingRow {
    pub row: String,
    pub title: String,
    pub case: String,
    pub anchor: String,
    pub mark: Mark,
    pub observation: bool,
    pub expected: [String; 3],
    pub document: String,
    pub measured: [String; 3],
    pub differs: [bool; 3],
    pub settings: String,
    pub observed_at: String,
    pub raw: Vec<(String, String)>,
}

pub(super) fn table(result: &RunResult) -> Option<SizingTable> {
    if result.sizing.is_empty() {
        return None;
    }
    let mut rows: Vec<SizingRow> =
        result.sizing.iter().map(|sizing| row(sizing, &result.bench.name)).collect();
    // The rows of the document in its order; a row counted by several cases stands once for each.
    let order = |row: &SizingRow| ORDER.iter().position(|name| *name == row.row).unwrap_or(ORDER.len());
    rows.sort_by_key(order);
    Some(SizingTable { name: BenchName::of(result), rows })
}

/// The rows of the table in the document's order.
const ORDER: [&str; 5] = ["offnet-hq", "offnet-rs", "hold", "transfer", "forced-onnet"];

fn row(sizing: &SizingResult, bench: &str) -> SizingRow {
    let cells = |counts: &oxocert_judge::result::ChannelCounts| {
        [
            counts.ipbx.to_string(),
            format!("{} HQ + {} RS", counts.wan_hq, counts.wan_rs),
            format!("{} HQ + {} RS", counts.btip_hq, counts.btip_rs),
        ]
    };
    let expected = cells(&sizing.expected);
    let unknown = || "not counted".to_owned();
    let measured = sizing.measured.as_ref().map_or_else(|| [unknown(), unknown(), unknown()], cells);
    let [a, b, c] = [0, 1, 2].map(|index| expected.get(index) != measured.get(index));
    SizingRow {
        row: sizing.row.clone(),
        title: sizing.title.clone(),
        case: sizing.case.to_string(),
        anchor: anchor(bench, sizing.case.as_str()),
        mark: sizing.verdict.into(),
        observation: sizing.observation,
        differs: if sizing.measured.is_some() { [a, b, c] } else { [false; 3] },
        document: sizing.document.as_ref().map_or_else(
            || "no row of the document".to_owned(),
            |counts| format!("the document: {}", cells(counts).join("; ")),
        ),
        expected,
        measured,
        settings: sizing.settings.join(", "),
        observed_at: sizing.observed_at.clone(),
        raw: sizing.raw.iter().map(|cell| (cell.column.clone(), cell.what.clone())).collect(),
    }
}
