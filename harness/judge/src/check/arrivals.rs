//! What came from the DUT that a pattern means: messages, handshakes, queries, answers to probes.

use crate::context::Context;
use crate::handshakes::{Fate, LATE_REFUSAL};
use crate::words;
use oxocert_machine::At;
use oxocert_record::{Event, EventNo, RoleName, TlsOutcome, Verdict, What};
use oxocert_scenario::model::MessagePattern;
use oxocert_scenario::satisfies::{event as event_matches, event_role, message_matches};

/// Something of the DUT that a pattern means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// Its event.
    pub n: EventNo,
    /// When it came.
    pub at: At,
}

/// Whether the pattern means events of the secured trunk and not SIP messages.
pub(super) fn is_event(pattern: &MessagePattern) -> bool {
    matches!(
        pattern,
        MessagePattern::Tls { .. }
            | MessagePattern::TlsClosed
            | MessagePattern::Dns { .. }
            | MessagePattern::ProbeAnswer(_)
    )
}

/// Everything in the case that the pattern means at these roles, in order; repetitions of messages are left out.
pub(super) fn arrivals(
    context: &Context<'_, '_>,
    who: &[RoleName],
    via: Option<&RoleName>,
    pattern: &MessagePattern,
) -> Vec<Arrival> {
    if is_event(pattern) {
        let mut arrivals = Vec::new();
        for event in context.run.events {
            let Some(role) = event_role(&event.what) else { continue };
            if who.contains(role)
                && via.is_none_or(|via| via == role)
                && event_matches(pattern, &event.what)
                && doubt(context, pattern, event).is_none()
            {
                arrivals.push(Arrival { n: event.n, at: event.at });
            }
        }
        return arrivals;
    }
    let messages = context.of_dut().filter(|seen| !seen.on.retransmission);
    let messages = messages
        .filter(|seen| who.iter().any(|role| seen.is_at(role)) && via.is_none_or(|via| seen.on.point == *via))
        .filter(|seen| seen.sip().is_some_and(|message| message_matches(pattern, message)));
    messages.map(|seen| Arrival { n: seen.n, at: seen.at }).collect()
}

/// Why an event is no evidence that what the pattern means came to these roles; `None` where it is.
pub(super) fn event_objection(
    context: &Context<'_, '_>,
    who: &[RoleName],
    via: Option<&RoleName>,
    pattern: &MessagePattern,
    n: EventNo,
) -> Option<(Verdict, String)> {
    let Some(event) = context.timeline.event(n) else {
        return Some((Verdict::Error, format!("the record has no event {}", n.0)));
    };
    let Some(role) = event_role(&event.what) else {
        return Some((Verdict::Error, format!("event {} is no {pattern}", n.0)));
    };
    if !event_matches(pattern, &event.what) {
        return Some(mismatch(pattern, event));
    }
    if !who.contains(role) || via.is_some_and(|via| via != role) {
        let text = format!("event {} happened at {role}, not at {}", n.0, words::roles(who));
        return Some((Verdict::Fail, text));
    }
    doubt(context, pattern, event)
}

/// Why an event that the pattern does not mean is none of its kind: whose doing it was decides.
fn mismatch(pattern: &MessagePattern, event: &Event) -> (Verdict, String) {
    let n = event.n.0;
    match &event.what {
        What::Tls(seen) if seen.peer != oxocert_record::Emitter::Dut => {
            (Verdict::Error, format!("event {n} is a handshake with {}, who is not the DUT", seen.remote))
        }
        What::Tls(seen) => match &seen.outcome {
            TlsOutcome::Refused { by_peer: false, why, .. } => (
                Verdict::Error,
                format!("the harness itself refused the handshake of event {n}, which proves nothing: {why}"),
            ),
            TlsOutcome::Refused { why, .. } => {
                (Verdict::Fail, format!("the DUT refused the handshake of event {n}: {why}"))
            }
            TlsOutcome::Completed => {
                (Verdict::Fail, format!("event {n} is a completed handshake where {pattern} was expected"))
            }
        },
        What::Dns(query) if query.emitter != oxocert_record::Emitter::Dut => {
            (Verdict::Error, format!("event {n} is a query of {}, who is not the DUT", query.remote))
        }
        _ => (Verdict::Fail, format!("event {n} is not {pattern}")),
    }
}

/// What the rest of the record says against an event that the pattern means by itself.
fn doubt(context: &Context<'_, '_>, pattern: &MessagePattern, event: &Event) -> Option<(Verdict, String)> {
    let n = event.n;
    match (pattern, &event.what) {
        (MessagePattern::Tls { completed: Some(true), .. }, What::Tls(_)) => {
            let handshake = context.timeline.handshakes.iter().find(|handshake| handshake.n == n)?;
            if handshake.fate() == Fate::Completed {
                return None;
            }
            let closed = handshake.late_refusal().map_or(n.0, |closed| closed.0);
            let text = format!(
                "the DUT completed the handshake of event {} and closed it at event {closed} without a word: it refused",
                n.0
            );
            Some((Verdict::Fail, text))
        }
        (MessagePattern::Tls { completed: Some(false), .. }, What::TlsEnded(_)) => {
            let late = |handshake: &&crate::handshakes::Handshake<'_>| handshake.late_refusal() == Some(n);
            if context.timeline.handshakes.iter().any(|handshake| late(&handshake)) {
                return None;
            }
            let text = format!(
                "the DUT closed the connection at event {} later than {} after its handshake: that is no refusal",
                n.0,
                words::span(LATE_REFUSAL)
            );
            Some((Verdict::Fail, text))
        }
        (MessagePattern::ProbeAnswer(_), What::Probe(seen))
            if !context.bench.dut.addresses.contains(&seen.remote.ip()) =>
        {
            let text = format!("event {} tells of a probe to {}, who is not the DUT", n.0, seen.remote);
            Some((Verdict::Error, text))
        }
        _ => None,
    }
}
