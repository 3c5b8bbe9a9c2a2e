//! Which events of the secured trunk a pattern means: handshakes, queries, answers to probes.

use crate::model::MessagePattern;
use oxocert_machine::Flow;
use oxocert_record::{Emitter, RoleName, TlsEnded, TlsOutcome, What};

/// Whether the event is of this kind. Only what the DUT itself did counts: a handshake with a stranger never matches.
///
/// `TLS refused` is said by one of two events: a handshake that the DUT refused; or the end of a connection that the DUT
/// closed without having sent a byte of application data on it. The second is needed because a TLS 1.3 server tells the
/// client's bad certificate only after the client has completed (RFC 8446 §4.4.2.4 with §2), and because some
/// implementations look at the peer's certificate after the handshake only.
pub fn event(pattern: &MessagePattern, what: &What) -> bool {
    match (pattern, what) {
        (MessagePattern::Tls { completed, own }, What::Tls(seen)) => {
            seen.peer == Emitter::Dut
                && !(*own && seen.opened_by_peer)
                && match (completed, &seen.outcome) {
                    (None | Some(true), TlsOutcome::Completed) => true,
                    // One that the role itself gave up without an alert shows nothing of the DUT.
                    (None, TlsOutcome::Refused { by_peer, alert, .. }) => *by_peer || alert.is_some(),
                    (Some(false), TlsOutcome::Refused { by_peer, .. }) => *by_peer,
                    (Some(_), _) => false,
                }
        }
        (MessagePattern::Tls { completed: Some(false), own }, What::TlsEnded(ended)) => {
            // A connection that the role opened comes from a port that only such connections have.
            let opened_by_role = Flow::OWN_PORTS.contains(&ended.local.port());
            ended.peer == Emitter::Dut && is_late_refusal(ended) && (opened_by_role || !own)
        }
        (MessagePattern::TlsClosed, What::TlsEnded(ended)) => ended.peer == Emitter::Dut && ended.by_peer,
        (MessagePattern::Dns { kind, name }, What::Dns(query)) => {
            query.emitter == Emitter::Dut
                && kind.as_ref().is_none_or(|kind| *kind == query.kind)
                && name.as_ref().is_none_or(|name| *name == query.name)
        }
        (MessagePattern::ProbeAnswer(wanted), What::Probe(seen)) => wanted.takes(&seen.outcome),
        _ => false,
    }
}

/// Whether the DUT took the handshake back: it closed the connection without having spoken on it.
pub(super) fn is_late_refusal(ended: &TlsEnded) -> bool {
    ended.by_peer && !ended.peer_spoke
}

/// The role whose end it was, for an event that a pattern may mean.
pub fn event_role(what: &What) -> Option<&RoleName> {
    match what {
        What::Tls(seen) => Some(&seen.role),
        What::TlsEnded(ended) => Some(&ended.role),
        What::Probe(seen) => Some(&seen.role),
        What::Dns(query) => Some(&query.role),
        _ => None,
    }
}
