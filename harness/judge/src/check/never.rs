//! `never` and `sees = "no ..."`: what may not come from the DUT.

use super::arrivals::arrivals;
use super::{Found, Span};
use crate::context::Context;
use crate::result::CheckResult;
use crate::words;
use oxocert_machine::At;
use oxocert_record::{EventNo, RoleName, Verdict};
use oxocert_scenario::model::{MessagePattern, Never, Step};
use std::time::Duration;

/// A `never` before anything is known.
pub(crate) fn blank(never: &Never) -> CheckResult {
    CheckResult {
        id: never.id.clone(),
        verdict: Verdict::NotRun,
        observation: false,
        required: format!(
            "{} never receives {} from the DUT while the flow runs",
            words::roles(&never.who),
            never.sees
        ),
        observed: "not reached".to_owned(),
        limit: None,
        measured: None,
        evidence: Vec::new(),
        clauses: never.proves.clone(),
    }
}

/// Judges a `never` over the flow.
pub(crate) fn judge(context: &Context<'_, '_>, never: &Never) -> CheckResult {
    let mut check = blank(never);
    let Some((from, to)) = context.flow_span() else { return check };
    let came = came(context, &never.who, None, &never.sees, from, to);
    check.verdict = if came.is_empty() { Verdict::Pass } else { Verdict::Fail };
    check.observed = match came.first() {
        None => format!("none in {}", words::span(to.since(from))),
        Some(first) => format!("{} came, the first is event {}", came.len(), first.0),
    };
    check.evidence = came;
    check
}

/// Judges a step that waits for nothing to come.
pub(super) fn judge_span(
    context: &Context<'_, '_>,
    step: &Step,
    pattern: &MessagePattern,
    lasting: Duration,
    span: Span,
) -> Found {
    // A step that rests first watches from the end of its rest, as the runner does.
    let from = if step.after.is_zero() { span.reference } else { span.start };
    let mut came = came(context, &step.who, step.via.as_ref(), pattern, from, span.left);
    // The one with which the step before ended came at the very moment from which this one watches.
    let taken = context.all_evidence();
    came.retain(|event| !taken.contains(event) || context.timeline.at_of(*event) > Some(from));
    if let Some(first) = came.first() {
        let at = context.timeline.at_of(*first).unwrap_or(span.start);
        let text = format!("{} came after {}", pattern, words::span(at.since(from)));
        return Found::new(Verdict::Fail, text, came);
    }
    let watched = span.left.since(span.start);
    if watched + context.uncertainty_sip() < lasting {
        let text = format!("watched for {} of {} only", words::span(watched), words::span(lasting));
        return Found::new(Verdict::Inconclusive, text, came);
    }
    Found::new(Verdict::Pass, format!("none in {}", words::span(watched)), came)
}

/// What the pattern means and came from the DUT to the roles between the two moments; repetitions are left out.
fn came(
    context: &Context<'_, '_>,
    who: &[RoleName],
    via: Option<&RoleName>,
    pattern: &MessagePattern,
    from: At,
    to: At,
) -> Vec<EventNo> {
    let all = arrivals(context, who, via, pattern).into_iter();
    all.filter(|arrival| arrival.at >= from && arrival.at <= to).map(|arrival| arrival.n).collect()
}
