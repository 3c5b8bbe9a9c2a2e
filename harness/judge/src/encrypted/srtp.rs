//! SRTP of the DUT toward the trunk, by the suite agreed on.

use super::Whole;
use crate::dialogs::Leg;
use crate::result::SrtpRow;
use oxocert_record::EventNo;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn rows(whole: &Whole<'_, '_>) -> Vec<SrtpRow> {
    let mut rows: BTreeMap<String, (SrtpRow, BTreeSet<EventNo>)> = BTreeMap::new();
    for (n, window) in whole.windows() {
        let leg = whole.leg_at(window.local, window.to);
        let suite = leg.and_then(|leg| suite(whole, leg)).unwrap_or_else(|| "none".to_owned());
        let (row, calls) = rows.entry(suite.clone()).or_insert_with(|| (blank(suite), BTreeSet::new()));
        calls.extend(leg.map(|leg| leg.invite));
        let faults = match window.srtp {
            Some(counts) => {
                row.authenticated += counts.authenticated;
                row.unauthenticated += counts.unauthenticated;
                row.other_key += counts.other_key;
                row.roll_over += counts.roll_over;
                row.clear += counts.clear;
                row.replayed += counts.replayed;
                row.rtcp_authenticated += counts.rtcp_authenticated;
                row.rtcp_unauthenticated += counts.rtcp_unauthenticated;
                counts.unauthenticated
                    + counts.other_key
                    + counts.roll_over
                    + counts.clear
                    + counts.replayed
                    + counts.rtcp_unauthenticated
            }
            None => {
                row.clear += window.packets;
                row.rtcp_unauthenticated += window.rtcp_packets;
                window.packets + window.rtcp_packets
            }
        };
        if faults > 0 {
            row.first_fault = row.first_fault.or(Some(n));
        }
    }
    let counted = rows.into_values().map(|(row, calls)| SrtpRow { calls: calls.len() as u64, ..row });
    counted.collect()
}

/// The suite of a leg: that of the last description of it with one key only, which is an answer (RFC 4568 §5.1.2).
fn suite(whole: &Whole<'_, '_>, leg: &Leg) -> Option<String> {
    let of_leg = whole
        .timeline
        .messages
        .range(leg.invite..)
        .map(|(_, seen)| seen)
        .filter(|seen| seen.on.point == leg.point && seen.call_id() == Some(leg.call_id.as_str()));
    let mut suite = None;
    for seen in of_leg {
        let audio = seen.sdp.as_ref().and_then(|sdp| sdp.audio.as_ref());
        if let Some([line]) = audio.map(|audio| audio.crypto.as_slice())
            && (seen.status().is_some() || seen.is_request("ACK") || suite.is_none())
        {
            suite = Some(line.suite.clone());
        }
    }
    suite
}

fn blank(suite: String) -> SrtpRow {
    SrtpRow {
        suite,
        calls: 0,
        authenticated: 0,
        unauthenticated: 0,
        other_key: 0,
        roll_over: 0,
        clear: 0,
        replayed: 0,
        rtcp_authenticated: 0,
        rtcp_unauthenticated: 0,
        first_fault: None,
    }
}
