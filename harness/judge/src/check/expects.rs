//! `expects`: a message of the DUT, a handshake with it, or a query of it came to the role, at the right a-SBC, in time.

use super::arrivals::{Arrival, arrivals, event_objection, is_event};
use super::{Found, Span, deadline};
use crate::context::Context;
use crate::timeline::Seen;
use crate::words;
use oxocert_record::{EventNo, Verdict};
use oxocert_scenario::model::{MessagePattern, Step};
use oxocert_scenario::satisfies::message_matches;

/// Whether a message came to the roles of a step, through its a-SBC.
pub(crate) fn is_for(step: &Step, seen: &Seen<'_>) -> bool {
    step.who.iter().any(|role| seen.is_at(role)) && step.via.as_ref().is_none_or(|via| seen.on.point == *via)
}

/// Why an event is no evidence; `None` where it is.
pub(super) fn objection(
    context: &Context<'_, '_>,
    step: &Step,
    pattern: &MessagePattern,
    n: EventNo,
) -> Option<(Verdict, String)> {
    if is_event(pattern) {
        return event_objection(context, &step.who, step.via.as_ref(), pattern, n);
    }
    let Some(seen) = context.timeline.messages.get(&n) else {
        let text = match context.timeline.event(n) {
            None => format!("the record has no event {}", n.0),
            Some(_) => format!("event {} is no SIP message", n.0),
        };
        return Some((Verdict::Error, text));
    };
    if !seen.is_from_dut() {
        return Some((
            Verdict::Error,
            format!("event {} was not emitted by the DUT, so it proves nothing about it", n.0),
        ));
    }
    match &seen.message {
        Err(error) => return Some((Verdict::Fail, format!("event {}: {error}", n.0))),
        Ok(message) if !message_matches(pattern, message) => {
            let what =
                message.method().map(str::to_owned).or_else(|| message.status().map(|code| code.to_string()));
            let text =
                format!("event {} is {} where {} was expected", n.0, what.unwrap_or_default(), pattern);
            return Some((Verdict::Fail, text));
        }
        Ok(_) => {}
    }
    if !is_for(step, seen) {
        let via = step.via.as_ref().map(|via| format!(" via {via}")).unwrap_or_default();
        let text = format!(
            "event {} came to {} at {}, not to {}{via}",
            n.0,
            seen.role(),
            seen.on.point,
            words::roles(&step.who)
        );
        return Some((Verdict::Fail, text));
    }
    None
}

/// How many messages a step wants.
pub(super) fn wanted(step: &Step) -> usize {
    usize::try_from(step.times).unwrap_or(usize::MAX).max(1)
}

pub(super) fn judge(context: &Context<'_, '_>, step: &Step, pattern: &MessagePattern, span: Span) -> Found {
    if !span.done {
        return missed(context, step, pattern, span);
    }
    let evidence = context.evidence_of(&step.id);
    if let Some((verdict, text)) = evidence.iter().find_map(|n| objection(context, step, pattern, *n)) {
        return Found::new(verdict, text, evidence);
    }
    let mut distinct = evidence.clone();
    distinct.sort();
    distinct.dedup();
    if distinct.len() < wanted(step) {
        let text = format!("{} of {} came", distinct.len(), wanted(step));
        return Found::new(Verdict::Fail, text, evidence);
    }
    let Some(at) = evidence.iter().filter_map(|n| context.timeline.at_of(*n)).max() else {
        return Found::new(Verdict::Error, "the step is done without evidence", evidence);
    };
    let (verdict, text) = deadline::judge(context, step, span, at);
    let what = pattern;
    let text = if wanted(step) > 1 {
        format!("{} {what}, the last {text}", distinct.len())
    } else {
        format!("{what} {text}")
    };
    Found { elapsed: Some(at.since(span.reference)), ..Found::new(verdict, text, evidence) }
}

/// The runner gave up. It is the DUT's fault unless the message had come in time, or too late by less than the lag.
fn missed(context: &Context<'_, '_>, step: &Step, pattern: &MessagePattern, span: Span) -> Found {
    let taken = context.all_evidence();
    let came: Vec<Arrival> = arrivals(context, &step.who, step.via.as_ref(), pattern)
        .into_iter()
        .filter(|arrival| arrival.at >= span.reference && !taken.contains(&arrival.n))
        .collect();
    let why = context
        .run
        .steps
        .get(&step.id)
        .and_then(|run| run.missed.as_ref())
        .map_or("", |(_, why)| why.as_str());
    let Some(last) = came.get(wanted(step).saturating_sub(1)) else {
        let count = if wanted(step) > 1 {
            format!("{} of {} came: ", came.len(), wanted(step))
        } else {
            String::new()
        };
        return Found::new(
            Verdict::Fail,
            format!("{count}{why}"),
            came.iter().map(|arrival| arrival.n).collect(),
        );
    };
    let (verdict, text) = deadline::judge(context, step, span, last.at);
    let what = pattern;
    let evidence = vec![last.n];
    let elapsed = Some(last.at.since(span.reference));
    match verdict {
        Verdict::Pass | Verdict::PassMarginal => {
            let text =
                format!("{what} came {text}, in time, but the harness handled it only after the deadline");
            Found { elapsed, ..Found::new(Verdict::Inconclusive, text, evidence) }
        }
        verdict => Found { elapsed, ..Found::new(verdict, format!("{what} came {text}"), evidence) },
    }
}
