//! Each suite in both roles of the DUT: offered, accepted, calls over it.

use super::Whole;
use crate::handshakes::{Fate, Handshake};
use crate::result::{SuiteRow, SuiteUse};
use crate::suites::{ORANGE, name};
use oxocert_machine::Transport;
use oxocert_record::{EventNo, ProbeSeen, What};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn rows(whole: &Whole<'_, '_>) -> Vec<SuiteRow> {
    let agreed: BTreeSet<u16> =
        whole.timeline.handshakes.iter().filter_map(|handshake| handshake.seen.suite).collect();
    let others = agreed.into_iter().filter(|suite| !ORANGE.contains(suite));
    let calls = calls(whole);
    let rows = ORANGE.into_iter().chain(others).map(|suite| SuiteRow {
        number: format!("0x{suite:04x}"),
        name: name(suite),
        of_orange: ORANGE.contains(&suite),
        as_client: as_client(whole, suite, &calls),
        as_server: as_server(whole, suite, &calls),
    });
    rows.collect()
}

/// Answered calls by the handshake of the connection on which the DUT sent the INVITE, or answered it.
fn calls(whole: &Whole<'_, '_>) -> BTreeMap<EventNo, u64> {
    let mut calls = BTreeMap::new();
    for leg in whole.trunk_legs().filter(|leg| leg.answered.is_some()) {
        let mut of_dut = whole.timeline.messages.range(leg.invite..).map(|(_, seen)| seen).filter(|seen| {
            seen.is_from_dut()
                && seen.on.transport == Transport::Tls
                && seen.call_id() == Some(leg.call_id.as_str())
        });
        let Some(message) = of_dut.next() else { continue };
        let on = |handshake: &&Handshake<'_>| {
            handshake.n < message.n
                && handshake.seen.role == message.on.point
                && handshake.seen.remote == message.on.remote
                && handshake.seen.local == message.on.local
        };
        if let Some(handshake) = whole.timeline.handshakes.iter().rev().find(on) {
            *calls.entry(handshake.n).or_insert(0) += 1;
        }
    }
    calls
}

/// What the handshakes opened by one side show of a suite.
fn completed(whole: &Whole<'_, '_>, suite: u16, by_dut: bool, calls: &BTreeMap<EventNo, u64>) -> SuiteUse {
    let mut shown = SuiteUse::default();
    for handshake in &whole.timeline.handshakes {
        let same = handshake.seen.suite == Some(suite) && handshake.seen.opened_by_peer == by_dut;
        if !same || handshake.fate() != Fate::Completed {
            continue;
        }
        shown.handshakes += 1;
        shown.calls += calls.get(&handshake.n).copied().unwrap_or_default();
        shown.accepted = Some(true);
        shown.first = shown.first.or(Some(handshake.n));
    }
    shown
}

fn as_client(whole: &Whole<'_, '_>, suite: u16, calls: &BTreeMap<EventNo, u64>) -> SuiteUse {
    let mut shown = completed(whole, suite, true, calls);
    for handshake in &whole.timeline.handshakes {
        if handshake.seen.opened_by_peer && !handshake.seen.offered_suites.is_empty() {
            let has = handshake.seen.offered_suites.contains(&suite);
            shown.offered = Some(shown.offered == Some(true) || has);
            if has {
                shown.first = shown.first.or(Some(handshake.n));
            }
        }
    }
    shown
}

fn as_server(whole: &Whole<'_, '_>, suite: u16, calls: &BTreeMap<EventNo, u64>) -> SuiteUse {
    let mut shown = completed(whole, suite, false, calls);
    let wanted = format!("0x{suite:04x}");
    let probes = whole.timeline.events.iter().filter_map(|event| match &event.what {
        What::Probe(seen) if seen.probe == wanted => Some((event.n, seen)),
        _ => None,
    });
    for (n, probe) in probes {
        shown.offered = Some(true);
        if let Some(taken) = taken(probe, suite) {
            shown.accepted = Some(shown.accepted == Some(true) || taken);
            shown.first = shown.first.or(Some(n));
        }
    }
    shown
}

/// Whether the DUT took the suite of a hello that held no other; `None` where what came says nothing.
fn taken(probe: &ProbeSeen, suite: u16) -> Option<bool> {
    match probe.outcome.as_str() {
        "accepted" => Some(probe.suite == Some(suite)),
        "alert" | "closed" => Some(false),
        _ => None,
    }
}
