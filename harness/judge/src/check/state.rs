//! `is`: a role reached a state, shown by messages.

use super::{Found, Span, deadline};
use crate::context::Context;
use crate::timeline::Seen;
use oxocert_machine::At;
use oxocert_record::{RoleName, Verdict, What};
use oxocert_scenario::model::{State, Step};

pub(super) fn judge(context: &Context<'_, '_>, step: &Step, state: &State, span: Span) -> Found {
    if !span.done {
        let why = context
            .run
            .steps
            .get(&step.id)
            .and_then(|run| run.missed.as_ref())
            .map_or("", |(_, why)| why.as_str());
        return Found::new(Verdict::Fail, format!("not reached: {why}"), Vec::new());
    }
    match state {
        State::Idle => {
            let open: Vec<_> = context.legs.iter().filter(|leg| leg.is_up(span.left)).collect();
            let text = format!("{} dialogs open", open.len());
            let verdict = if open.is_empty() { Verdict::Pass } else { Verdict::Fail };
            Found::new(verdict, text, open.iter().map(|leg| leg.invite).collect())
        }
        State::GatewayUp => gateway_up(context, step, span),
        State::Registered => {
            let answered = |seen: &&Seen<'_>| {
                seen.is_from_dut() && seen.status() == Some(200) && seen.method() == Some("REGISTER")
            };
            let of = |role: &RoleName| last_before(context, role, span.left, &answered);
            match step.who.iter().find(|role| of(role).is_none()) {
                Some(role) => Found::new(
                    Verdict::Fail,
                    format!("the DUT never accepted a REGISTER of {role}"),
                    Vec::new(),
                ),
                None => {
                    let evidence = step.who.iter().filter_map(|role| of(role).map(|seen| seen.n)).collect();
                    Found::new(Verdict::Pass, "REGISTER answered 200", evidence)
                }
            }
        }
    }
}

/// The DUT's OPTIONS to the a-SBC was answered 200.
fn gateway_up(context: &Context<'_, '_>, step: &Step, span: Span) -> Found {
    let Some(sbc) =
        step.via.as_ref().or_else(|| step.who.iter().find(|role| context.bench.sbcs.contains_key(role)))
    else {
        return Found::new(Verdict::Error, "the step names no a-SBC", Vec::new());
    };
    let asked = |seen: &&Seen<'_>| seen.is_from_dut() && seen.is_request("OPTIONS");
    let answered = |seen: &&Seen<'_>| {
        seen.is_from_harness() && seen.status() == Some(200) && seen.method() == Some("OPTIONS")
    };
    let (Some(request), Some(response)) =
        (last_before(context, sbc, span.left, &asked), last_before(context, sbc, span.left, &answered))
    else {
        return Found::new(
            Verdict::Fail,
            format!("no OPTIONS of the DUT was answered 200 at {sbc}"),
            Vec::new(),
        );
    };
    // An OPTIONS from before the a-SBC last changed says nothing about the gateway now.
    let changed = context.run.events.iter().filter(|event| event.at <= span.left);
    let changed = changed
        .filter(|event| matches!(&event.what, What::RoleState { role, .. } if role == sbc))
        .map(|event| event.at);
    if changed.max().is_some_and(|changed| request.at < changed) {
        let text = format!("no OPTIONS of the DUT at {sbc} since the a-SBC changed");
        return Found::new(Verdict::Fail, text, vec![request.n]);
    }
    let (verdict, text) = deadline::judge(context, step, span, request.at);
    let elapsed = Some(request.at.since(span.reference));
    Found {
        elapsed,
        ..Found::new(verdict, format!("OPTIONS at {sbc} {text}, answered 200"), vec![request.n, response.n])
    }
}

/// The last message of a kind at a role before a moment, in the whole record: a state outlives the case that made it.
fn last_before<'c, 'a>(
    context: &Context<'c, 'a>,
    role: &RoleName,
    at: At,
    is: &dyn Fn(&&Seen<'a>) -> bool,
) -> Option<&'c Seen<'a>> {
    let timeline = context.timeline;
    timeline
        .messages
        .values()
        .rev()
        .filter(|seen| seen.at <= at && seen.on.point == *role)
        .find(|seen| is(seen))
}
