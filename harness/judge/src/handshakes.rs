//! Handshakes on the trunk, each with what became of its connection.

use oxocert_machine::At;
use oxocert_record::{Emitter, Event, EventNo, TlsEnded, TlsOutcome, TlsSeen, What};
use std::time::Duration;

/// A DUT that closes a completed connection within this time without having spoken on it has refused: a server of TLS 1.3
/// tells what is wrong with the client's certificate only after the client has completed (RFC 8446 §2).
pub(crate) const LATE_REFUSAL: Duration = Duration::from_secs(1);

/// A handshake that is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handshake<'a> {
    /// Its event.
    pub n: EventNo,
    /// When it was over.
    pub at: At,
    /// What it showed.
    pub seen: &'a TlsSeen,
    /// The end of its connection, where the record has one.
    pub ended: Option<(EventNo, At, &'a TlsEnded)>,
}

/// What a handshake came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Application data could flow, and the DUT did not take it back.
    Completed,
    /// The DUT refused it, in the handshake or right after.
    RefusedByDut,
    /// The harness refused it: that says nothing about what the DUT would have done.
    RefusedByHarness,
}

impl Handshake<'_> {
    /// What it came to.
    pub fn fate(&self) -> Fate {
        match &self.seen.outcome {
            TlsOutcome::Refused { by_peer: true, .. } => Fate::RefusedByDut,
            TlsOutcome::Refused { by_peer: false, .. } => Fate::RefusedByHarness,
            TlsOutcome::Completed if self.late_refusal().is_some() => Fate::RefusedByDut,
            TlsOutcome::Completed => Fate::Completed,
        }
    }

    /// The end of its connection by which the DUT took the handshake back.
    pub fn late_refusal(&self) -> Option<EventNo> {
        let (n, at, ended) = self.ended?;
        let refused = ended.by_peer && !ended.peer_spoke && at.since(self.at) <= LATE_REFUSAL;
        refused.then_some(n)
    }
}

/// The handshakes with the DUT in the record, in order.
pub(crate) fn read(events: &[Event]) -> Vec<Handshake<'_>> {
    let mut handshakes: Vec<Handshake<'_>> = Vec::new();
    for event in events {
        match &event.what {
            What::Tls(seen) if seen.peer == Emitter::Dut => {
                handshakes.push(Handshake { n: event.n, at: event.at, seen, ended: None });
            }
            What::TlsEnded(ended) => {
                let same = |handshake: &&mut Handshake<'_>| {
                    handshake.seen.role == ended.role
                        && handshake.seen.local == ended.local
                        && handshake.seen.remote == ended.remote
                        && handshake.seen.outcome == TlsOutcome::Completed
                };
                let last = handshakes.iter_mut().rev().find(same);
                if let Some(handshake) = last.filter(|handshake| handshake.ended.is_none()) {
                    handshake.ended = Some((event.n, event.at, ended));
                }
            }
            _ => {}
        }
    }
    handshakes
}
