//! `stay-up`: a talk that lasts until its load point lets the call end, and that the DUT does not end before.

use super::{Found, Span, talk};
use crate::context::Context;
use crate::dialogs::Leg;
use crate::words;
use oxocert_record::Verdict;
use oxocert_scenario::model::Step;
use std::time::Duration;

pub(super) fn judge(context: &Context<'_, '_>, step: &Step, at_least: Duration, span: Span) -> Found {
    let mut found = talk::judge(context, step, at_least, span);
    let of_step =
        |leg: &&Leg| step.who.iter().any(|role| leg.point == *role || leg.party.as_ref() == Some(role));
    let ended = context.legs.iter().filter(of_step).find_map(|leg| {
        let end = leg.ended.as_ref().filter(|end| end.is_by_dut(leg))?;
        (end.at >= span.reference && end.at < span.left).then_some((leg, end))
    });
    if let Some((leg, end)) = ended {
        found.verdict = found.verdict.join(Verdict::Fail);
        found.observed = format!(
            "the DUT ended the call at {} {} after it was up; {}",
            leg.point,
            words::span(end.at.since(span.start)),
            found.observed
        );
        found.evidence.push(end.event);
    }
    found
}
