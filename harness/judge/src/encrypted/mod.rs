//! The encrypted trunk as a run showed it, for the report. Nothing here is a verdict: those are checks of cases.

mod certificates;
mod firewall;
mod handshakes;
mod names;
mod srtp;
mod suites;

use crate::dialogs::{self, Leg};
use crate::result::EncryptedTrunk;
use crate::timeline::Timeline;
use oxocert_machine::At;
use oxocert_record::{Emitter, EventNo, StreamWindow, What};
use oxocert_scenario::model::bench::Bench;
use std::net::SocketAddr;

/// The whole record, and the legs of all its calls.
pub(crate) struct Whole<'t, 'a> {
    timeline: &'t Timeline<'a>,
    bench: &'t Bench,
    legs: Vec<Leg>,
}

impl Whole<'_, '_> {
    /// Media windows of the DUT at PSTN parties and a-SBCs.
    fn windows(&self) -> impl Iterator<Item = (EventNo, &StreamWindow)> {
        self.timeline.events.iter().filter_map(|event| match &event.what {
            What::Stream(window)
                if window.emitter == Emitter::Dut
                    && window.packets > 0
                    && (self.bench.parties.contains_key(&window.role)
                        || self.bench.sbcs.contains_key(&window.role)) =>
            {
                Some((event.n, window))
            }
            _ => None,
        })
    }

    /// The legs at the a-SBCs.
    fn trunk_legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().filter(|leg| self.bench.sbcs.contains_key(&leg.point))
    }

    /// The leg whose media the harness receives at this address at that moment.
    fn leg_at(&self, local: SocketAddr, at: At) -> Option<&Leg> {
        let announced =
            |leg: &&Leg| leg.harness_media.iter().any(|(since, address)| *address == local && *since <= at);
        self.trunk_legs().filter(announced).max_by_key(|leg| leg.begun)
    }
}

/// What the record shows of the encrypted trunk; `None` where the bench has none.
pub(crate) fn read(timeline: &Timeline<'_>, bench: &Bench) -> Option<EncryptedTrunk> {
    bench.internet.as_ref()?;
    let legs = dialogs::legs(timeline.messages.values());
    let whole = Whole { timeline, bench, legs };
    let (certificates, warnings) = certificates::rows(&whole);
    Some(EncryptedTrunk {
        handshakes: handshakes::rows(&whole),
        suites: suites::rows(&whole),
        certificates,
        warnings,
        srtp: srtp::rows(&whole),
        names: names::rows(&whole),
        firewall: firewall::rows(&whole),
    })
}
