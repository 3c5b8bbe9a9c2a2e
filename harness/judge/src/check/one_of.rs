//! `one_of`: one of the alternatives happened, and which is recorded.

use super::{Found, Span, expects, fields, found, span as span_of};
use crate::context::Context;
use crate::words;
use oxocert_record::Verdict;
use oxocert_scenario::model::Step;
use oxocert_scenario::model::step::Verb;

pub(super) fn judge(
    context: &Context<'_, '_>,
    step: &Step,
    records: Option<&str>,
    alternatives: &[Vec<Step>],
    span: Span,
) -> Found {
    let evidence = context.evidence_of(&step.id);
    let Some(Some(index)) = context.run.alternatives.get(&step.id).copied() else {
        let missed = context.run.steps.get(&step.id).and_then(|run| run.missed.as_ref());
        let why = missed.map_or("", |(_, why)| why.as_str());
        return Found::new(Verdict::Fail, format!("none of the alternatives happened: {why}"), evidence);
    };
    let Some(alternative) = alternatives.get(index) else {
        return Found::new(
            Verdict::Error,
            format!("the record names alternative {index}, which does not exist"),
            evidence,
        );
    };
    let mut verdict = Verdict::Pass;
    let mut texts = Vec::new();
    let mut shown = evidence.clone();
    let mut own = evidence.into_iter();
    for inner in alternative.iter().filter(|inner| inner.is_check()) {
        let found = if context.run.steps.contains_key(&inner.id) {
            let inner_span = span_of(context, inner, Some(span.reference)).unwrap_or(span);
            found(context, inner, inner_span)
        } else {
            of_group(context, inner, span, own.by_ref())
        };
        verdict = verdict.join(found.verdict);
        texts.push(found.observed);
        shown.extend(found.evidence.iter().copied().filter(|n| !shown.contains(n)).collect::<Vec<_>>());
        for n in &found.evidence {
            for (field, objection) in fields::objections(context, inner, *n) {
                verdict = verdict.join(Verdict::Fail);
                texts.push(format!("{}: {objection}", field.0));
            }
        }
    }
    let name = alternative.iter().map(words::step).collect::<Vec<_>>().join(", then ");
    let record = records.map(|records| format!("{records} = ")).unwrap_or_default();
    Found::new(verdict, format!("{record}{name} ({})", texts.join("; ")), shown)
}

/// A step inside an alternative whose evidence stands at the group.
fn of_group(
    context: &Context<'_, '_>,
    inner: &Step,
    span: Span,
    mut evidence: impl Iterator<Item = oxocert_record::EventNo>,
) -> Found {
    match &inner.verb {
        Verb::Expects(pattern) => match evidence.next() {
            None => Found::new(Verdict::Error, "the alternative is taken without evidence", Vec::new()),
            Some(n) => match expects::objection(context, inner, pattern, n) {
                Some((verdict, text)) => Found::new(verdict, text, vec![n]),
                None => {
                    let at = context.timeline.at_of(n).unwrap_or(span.left);
                    let (verdict, text) = super::deadline::judge(context, inner, span, at);
                    Found::new(verdict, format!("{} {text}", pattern), vec![n])
                }
            },
        },
        _ => found(context, inner, span),
    }
}
