//! One call of a load point, each of its steps verified anew as a step of a flow is.

use crate::check;
use crate::context::Context;
use crate::dialogs::Leg;
use crate::result::CheckResult;
use oxocert_machine::At;
use oxocert_record::{EventNo, StepId, Verdict};
use oxocert_scenario::model::LoadCall;
use std::time::Duration;

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Each step as it must be.
    Passed,
    /// A step was missed, or not as it must be.
    Failed,
    /// The bench could not tell.
    Unclear,
    /// The harness itself failed.
    Broken,
    /// It was never begun, or the record ends inside it.
    NotMade,
}

/// A call as it was read.
#[derive(Debug)]
pub(crate) struct CallRead<'c> {
    /// What was planned.
    pub call: &'c LoadCall,
    /// How it went.
    pub outcome: Outcome,
    /// Checks of its steps that are not PASS, in order: FAIL, INCONCLUSIVE and ERROR.
    pub misses: Vec<CheckResult>,
    /// From the beginning of its first step to the end of the last one that was left.
    pub span: Option<(At, At)>,
}

impl CallRead<'_> {
    /// Whether a leg is one of this call: one of its members', begun while it went on.
    pub fn has(&self, leg: &Leg) -> bool {
        let role = leg.party.as_ref().unwrap_or(&leg.point);
        let inside = self.span.is_some_and(|(from, to)| leg.begun >= from && leg.begun <= to);
        inside && self.call.members().any(|member| member == role)
    }
}

/// Reads one call.
pub(super) fn read<'c>(context: &Context<'c, '_>, call: &'c LoadCall) -> CallRead<'c> {
    let begun = call.steps.first().and_then(|step| context.start_of(&step.id));
    let left = call.steps.iter().filter_map(|step| context.left(&step.id)).max();
    let mut misses = Vec::new();
    let mut whole = true;
    let mut given_up = false;
    for step in call.steps.iter().filter(|step| !step.optional) {
        let run = context.run.steps.get(&step.id);
        given_up |= run.is_some_and(|run| run.missed.is_some());
        whole &= run.is_some_and(|run| run.done.is_some());
        let checks = check::judge(context, step);
        misses.extend(
            checks.into_iter().filter(|check| {
                matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive | Verdict::Error)
            }),
        );
    }
    let worst = Verdict::worst(misses.iter().map(|check| check.verdict));
    let outcome = match worst {
        Verdict::Error => Outcome::Broken,
        Verdict::Fail => Outcome::Failed,
        Verdict::Inconclusive => Outcome::Unclear,
        _ if whole => Outcome::Passed,
        // Given up and yet nothing is wrong: what stopped the call is unknown.
        _ if given_up => Outcome::Unclear,
        _ => Outcome::NotMade,
    };
    CallRead { call, outcome, misses, span: begun.zip(left.or(begun)) }
}

/// A time of a call, and the event at its end; `None` where one of its steps was not done.
pub(super) fn time(
    context: &Context<'_, '_>,
    from: &StepId,
    to: &StepId,
) -> Option<(Duration, Option<EventNo>)> {
    let done = |step: &StepId| {
        context.run.steps.get(step).filter(|run| run.done.is_some()).and_then(|_| context.end_of(step))
    };
    let (from, end) = (done(from)?, done(to)?);
    Some((end.since(from), context.evidence_of(to).last().copied()))
}
