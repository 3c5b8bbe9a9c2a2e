//! Handshakes with the DUT, those that are alike in one row.

use super::Whole;
use crate::handshakes::{Fate, Handshake};
use crate::result::HandshakeRow;
use crate::suites;
use oxocert_record::TlsOutcome;
use oxocert_scenario::satisfies::alert_name;

pub(super) fn rows(whole: &Whole<'_, '_>) -> Vec<HandshakeRow> {
    let mut rows: Vec<HandshakeRow> = Vec::new();
    for handshake in &whole.timeline.handshakes {
        let row = row(handshake);
        let alike = |other: &&mut HandshakeRow| {
            let same = HandshakeRow { count: other.count, first: other.first, ..row.clone() };
            **other == same
        };
        match rows.iter_mut().find(alike) {
            Some(other) => other.count += 1,
            None => rows.push(row),
        }
    }
    rows
}

fn row(handshake: &Handshake<'_>) -> HandshakeRow {
    let seen = handshake.seen;
    HandshakeRow {
        at: seen.role.to_string(),
        opened_by: if seen.opened_by_peer { "dut".to_owned() } else { seen.role.to_string() },
        version: seen.version.clone(),
        suite: seen.suite.map(suites::name),
        sni: seen.sni.clone(),
        flaws: seen.flaws.clone(),
        own_certificate: seen.own_certificate.clone(),
        outcome: outcome(handshake),
        count: 1,
        first: handshake.n,
    }
}

fn outcome(handshake: &Handshake<'_>) -> String {
    match (&handshake.seen.outcome, handshake.fate()) {
        (TlsOutcome::Completed, Fate::Completed) if handshake.seen.resumed => "session resumed".to_owned(),
        (TlsOutcome::Completed, Fate::Completed) => "completed".to_owned(),
        (TlsOutcome::Completed, _) => {
            let alert = handshake.ended.and_then(|(_, _, ended)| ended.alert);
            let alert = alert.map(|alert| format!(" with {}", alert_name(alert))).unwrap_or_default();
            format!("refused by the DUT right after completing{alert}")
        }
        (TlsOutcome::Refused { by_peer, alert, .. }, _) => {
            let who = if *by_peer { "the DUT" } else { "the a-SBC" };
            let how = alert
                .map_or_else(|| "without an alert".to_owned(), |alert| format!("with {}", alert_name(alert)));
            format!("refused by {who} {how}")
        }
    }
}
