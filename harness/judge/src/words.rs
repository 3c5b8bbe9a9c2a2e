//! Steps, limits and quantities as a reader sees them.

use crate::result::LimitUsed;
use oxocert_machine::At;
use oxocert_record::{RoleName, Sound};
use oxocert_scenario::model::step::{Step, Verb};
use oxocert_scenario::model::{Limit, Quantity};
use std::time::Duration;

/// Rounded to a thousandth, so that the same record gives the same digits everywhere.
pub(crate) fn rounded(value: f64) -> f64 {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// Milliseconds since the run began.
pub(crate) fn millis(at: At) -> f64 {
    rounded(at.as_millis_f64())
}

/// A span in milliseconds.
pub(crate) fn span_ms(span: Duration) -> f64 {
    rounded(span.as_secs_f64() * 1000.0)
}

/// A span as a reader writes it: `250 ms`, `2 s`, `1.234 s`.
pub(crate) fn span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        format!("{} ms", span_ms(span))
    } else {
        format!("{} s", rounded(span.as_secs_f64()))
    }
}

/// A value with its unit.
pub(crate) fn quantity(value: Quantity) -> String {
    value.to_string()
}

/// A limit as it was used; `sense` is `at most` or `at least`.
pub(crate) fn limit_used(limit: &Limit, sense: &str) -> LimitUsed {
    LimitUsed {
        name: limit.name.clone(),
        sense: sense.to_owned(),
        value: quantity(limit.value),
        marginal: limit.marginal.map(quantity),
        source: limit.source.clone(),
        shortened_from: limit.shortened_from.map(quantity),
    }
}

/// A limit that is no entry of the limits table: a fact of the bench or a rule of a standard.
pub(crate) fn fixed_limit(sense: &str, value: String, source: &str) -> LimitUsed {
    LimitUsed {
        name: None,
        sense: sense.to_owned(),
        value,
        marginal: None,
        source: source.to_owned(),
        shortened_from: None,
    }
}

/// Roles in a row.
pub(crate) fn roles(roles: &[RoleName]) -> String {
    roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(" and ")
}

/// What was heard.
pub(crate) fn sound(sound: Sound) -> String {
    match sound {
        Sound::Silence => "silence".to_owned(),
        Sound::Tone { hz } => format!("{hz} Hz"),
        Sound::Music => "music or speech".to_owned(),
        Sound::Nothing => "no packets".to_owned(),
    }
}

/// One step in one line; alternatives and groups are written out.
pub(crate) fn step(step: &Step) -> String {
    let mut text = match &step.verb {
        Verb::OneOf { alternatives, .. } => {
            let each = alternatives.iter().map(|steps| sequence(steps)).collect::<Vec<_>>();
            format!("one of: {}", each.join("; or "))
        }
        Verb::AnyOrder(steps) => format!("in any order: {}", sequence(steps)),
        _ => step.to_string(),
    };
    if step.optional {
        text.push_str(" (optional)");
    }
    text
}

fn sequence(steps: &[Step]) -> String {
    steps.iter().map(step).collect::<Vec<_>>().join(", then ")
}
