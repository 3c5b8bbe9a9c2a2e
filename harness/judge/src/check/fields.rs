//! Field checks of what a step took as its evidence: a message, a handshake, a query, the answer to a probe.

use crate::context::Context;
use crate::handshakes::Handshake;
use crate::result::CheckResult;
use oxocert_record::{EventNo, StepId, Verdict};
use oxocert_scenario::model::step::FieldCheck;
use oxocert_scenario::model::{CheckId, Matcher, Step};
use oxocert_scenario::satisfies::{EVENT_FIELDS, event_role, judged_field, satisfies};
use oxocert_sip::message::field;

/// How many different values of one field are written out.
const SHOWN: usize = 3;

/// Fills the field checks of a step from its evidence.
pub(super) fn judge(context: &Context<'_, '_>, step: &Step, checks: &mut [CheckResult]) {
    let evidence = context.evidence_of(&step.id);
    for (id, wanted) in step.field_ids() {
        let Some(check) = checks.iter_mut().find(|check| check.id == id) else { continue };
        if evidence.is_empty() {
            "no message to look at".clone_into(&mut check.observed);
            continue;
        }
        (check.verdict, check.observed) = over(context, wanted, &evidence);
        check.evidence.clone_from(&evidence);
    }
}

/// The field checks of a step that one event does not satisfy, in words.
pub(super) fn objections(context: &Context<'_, '_>, step: &Step, n: EventNo) -> Vec<(CheckId, String)> {
    let mut objections = Vec::new();
    for (id, wanted) in step.field_ids() {
        let (verdict, observed) = over(context, wanted, &[n]);
        if verdict != Verdict::Pass {
            objections.push((id, format!("{observed}, which must be: {}", wanted.matcher)));
        }
    }
    objections
}

/// A field check over all evidence of a step: each message must satisfy it.
fn over(context: &Context<'_, '_>, wanted: &FieldCheck, evidence: &[EventNo]) -> (Verdict, String) {
    let mut observed: Vec<String> = Vec::new();
    let mut verdict = Verdict::Pass;
    for n in evidence {
        let values = match values(context, *n, &wanted.field) {
            Ok(values) => values,
            Err(why) => return (Verdict::Error, why),
        };
        let text = shown(values.as_deref());
        let (good, compared) = match &wanted.matcher {
            Matcher::SameAs { step, field } | Matcher::DiffersFrom { step, field } => {
                let other = match of_step(context, step, field) {
                    Ok(other) => other,
                    Err(why) => return (Verdict::NotRun, why),
                };
                let same = values == other;
                // Two absent fields are no evidence for anything.
                let good = same == matches!(wanted.matcher, Matcher::SameAs { .. }) && values.is_some();
                (good, format!("{text} where step {step} has {}", shown(other.as_deref())))
            }
            matcher => (satisfies(matcher, values.as_deref()), text),
        };
        if !good && verdict == Verdict::Pass {
            // What is wrong is told first.
            verdict = Verdict::Fail;
            observed.retain(|other| *other != compared);
            observed.insert(0, compared);
        } else if !observed.contains(&compared) {
            observed.push(compared);
        }
    }
    let more = observed.len().saturating_sub(SHOWN);
    observed.truncate(SHOWN);
    if more > 0 {
        observed.push(format!("and {more} other values"));
    }
    (verdict, observed.join("; "))
}

/// The values of a field of a message, or of an event of the secured trunk.
fn values(context: &Context<'_, '_>, n: EventNo, name: &str) -> Result<Option<Vec<String>>, String> {
    if is_event_field(name) {
        return values_of_event(context, n, name);
    }
    let seen = context
        .timeline
        .messages
        .get(&n)
        .ok_or_else(|| format!("event {} is no SIP message of the record", n.0))?;
    let message = seen.message.as_ref().map_err(|error| format!("event {}: {error}", n.0))?;
    field(message, name).map_err(|error| error.to_string())
}

fn is_event_field(name: &str) -> bool {
    EVENT_FIELDS.iter().any(|(known, _)| *known == name)
}

/// The values of a field of a handshake, a query or a probe. Where the evidence is the end by which the DUT took a handshake
/// back, what that end does not say is read from the handshake.
fn values_of_event(context: &Context<'_, '_>, n: EventNo, name: &str) -> Result<Option<Vec<String>>, String> {
    let event = context.timeline.event(n).ok_or_else(|| format!("the record has no event {}", n.0))?;
    if event_role(&event.what).is_none() {
        return Err(format!("event {} is no event that has the field {name}", n.0));
    }
    if let Some(values) = judged_field(context.bench, &event.what, name) {
        return Ok(Some(values));
    }
    let ended = |handshake: &&Handshake<'_>| handshake.ended.is_some_and(|(ended, ..)| ended == n);
    let handshake = context.timeline.handshakes.iter().find(ended);
    let of_handshake = handshake.and_then(|handshake| context.timeline.event(handshake.n));
    Ok(of_handshake.and_then(|event| judged_field(context.bench, &event.what, name)))
}

/// The values of a field of the first message that another step matched.
fn of_step(context: &Context<'_, '_>, step: &StepId, name: &str) -> Result<Option<Vec<String>>, String> {
    let evidence = context.evidence_of(step);
    let n = evidence.first().ok_or_else(|| format!("step {step} has no message to compare with"))?;
    values(context, *n, name)
}

fn shown(values: Option<&[String]>) -> String {
    values.map_or_else(|| "absent".to_owned(), |values| format!("`{}`", values.join(", ")))
}
