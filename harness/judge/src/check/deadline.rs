//! Deadlines, and the rule that the harness's own lag never makes a FAIL.

use super::{Found, Span};
use crate::context::Context;
use crate::result::Measured;
use crate::words::{span as in_words, span_ms};
use oxocert_machine::At;
use oxocert_record::Verdict;
use oxocert_scenario::model::{Quantity, Step};
use std::time::Duration;

/// The time that a step allows from its reference; `None` where it sets no deadline.
pub(super) fn allowed(step: &Step) -> Option<Duration> {
    match step.within.as_ref()?.value {
        Quantity::Time(time) => Some(time),
        _ => None,
    }
}

/// Whether something that came at `at` kept the step's deadline, in words and as a verdict.
///
/// A deadline missed by less than the greatest lag recorded since the reference is INCONCLUSIVE, not FAIL.
pub(super) fn judge(context: &Context<'_, '_>, step: &Step, span: Span, at: At) -> (Verdict, String) {
    let elapsed = at.since(span.reference);
    let Some(allowed) = allowed(step) else {
        return (Verdict::Pass, format!("after {}", in_words(elapsed)));
    };
    let text = format!("after {}", in_words(elapsed));
    if elapsed <= allowed {
        let marginal = step.within.as_ref().and_then(|limit| match limit.marginal {
            Some(Quantity::Time(marginal)) => Some(marginal),
            _ => None,
        });
        let verdict = if marginal.is_some_and(|marginal| elapsed > marginal) {
            Verdict::PassMarginal
        } else {
            Verdict::Pass
        };
        return (verdict, text);
    }
    let late = elapsed - allowed;
    let lag = context.run.greatest_lag(span.reference, at.max(span.left));
    if late < lag {
        let text = format!(
            "{text}, {} too late, which is less than the harness's own lag of {}",
            in_words(late),
            in_words(lag)
        );
        (Verdict::Inconclusive, text)
    } else {
        (Verdict::Fail, format!("{text}, {} too late", in_words(late)))
    }
}

/// The time that was compared, for the report.
pub(super) fn measured(context: &Context<'_, '_>, step: &Step, found: &Found) -> Option<Measured> {
    let elapsed = found.elapsed?;
    allowed(step)?;
    Some(Measured {
        value: span_ms(elapsed),
        unit: "ms".to_owned(),
        uncertainty: Some(span_ms(context.uncertainty_sip())),
        samples: found.evidence.len() as u64,
    })
}
