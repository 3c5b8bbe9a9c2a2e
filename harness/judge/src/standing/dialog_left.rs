//! `dialog-left`: when a call is over, the DUT keeps no leg of it.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::dialogs::{EndKind, Leg};
use crate::words::{limit_used, span};
use oxocert_machine::At;
use oxocert_record::{CaseEnd, Verdict};
use oxocert_scenario::model::Quantity;

pub(super) const CHECK: StandingCheck = StandingCheck::new("dialog-left", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let calls: Vec<&Leg> = context.legs.iter().filter(|leg| leg.answered.is_some()).collect();
    if calls.is_empty() {
        return Outcome::without_subject("no call was answered in this case");
    }
    let Some((limit, Quantity::Time(allowed))) =
        context.bench.limits.get("dialog.tail").map(|limit| (limit, limit.value))
    else {
        return Outcome::new(Verdict::Error, "the bench has no time dialog.tail", Vec::new());
    };
    let flow_end = context.flow_span().map_or(At::ZERO, |(_, end)| end);
    let ended = matches!(context.run.end, Some(CaseEnd::Completed | CaseEnd::Stopped { .. }));
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for leg in &calls {
        let name = format!("the call leg at {} begun at {}", leg.point, leg.begun);
        if leg.ended.is_none() {
            if ended {
                found.push((leg.invite, format!("{name} is open at the end of the case")));
            }
        } else if let (Some(alone), Some(end)) = (alone_in(context, &calls, leg, flow_end), leg.end()) {
            let stayed = end.since(alone);
            if stayed > allowed {
                found.push((
                    leg.invite,
                    format!("{name} stayed {} after the other leg had ended", span(stayed)),
                ));
            } else {
                unknown.push((
                    leg.invite,
                    format!("{name} was ended by the bench {} after the other leg", span(stayed)),
                ));
            }
        }
    }
    let limit = Some(limit_used(limit, "at most"));
    match unknown.first() {
        Some((n, text)) if found.is_empty() => Outcome {
            limit,
            ..Outcome::new(Verdict::Inconclusive, format!("{text}, before the limit"), vec![*n])
        },
        _ => {
            Outcome { limit, ..Outcome::of(found, format!("{} answered call legs, all ended", calls.len())) }
        }
    }
}

/// The same among the legs of its own call, where it is one of a load point.
fn alone_in(context: &Context<'_, '_>, calls: &[&Leg], leg: &Leg, flow_end: At) -> Option<At> {
    let Some(call) = context.loads.iter().find_map(|point| point.call_of(leg)) else {
        return alone_since(calls, leg, flow_end);
    };
    let same: Vec<&Leg> = calls.iter().copied().filter(|other| call.has(other)).collect();
    alone_since(&same, leg, call.span.map_or(flow_end, |(_, end)| end))
}

/// Since when a leg that only the bench ended, after the flow, was the last of its call: the end of the last other leg
/// that ran beside it. `None` where the DUT ended it, where another leg was open as long (the flow left the whole call
/// open), or where there never was another (a call to a voice mailbox).
fn alone_since(calls: &[&Leg], leg: &Leg, flow_end: At) -> Option<At> {
    let end = leg.ended.as_ref()?;
    if end.how != EndKind::ByeOfHarness || end.at <= flow_end {
        return None;
    }
    let beside =
        calls.iter().filter(|other| other.invite != leg.invite && other.is_alive_between(leg.begun, end.at));
    let mut last = None;
    for other in beside {
        match other.ended.as_ref() {
            // It ended because this one did: this one was never alone.
            Some(other) if other.at > end.at => return None,
            Some(other) if other.at <= flow_end || other.how == EndKind::ByeOfDut => {
                last = last.max(Some(other.at))
            }
            _ => return None,
        }
    }
    last
}
