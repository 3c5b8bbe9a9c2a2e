//! Field checks: `check = { "sdp.codecs" = { first = "PCMA" }, "ruri.user" = "${pstn.a}" }`.

use super::context::Context;
use super::references::{Facts, References};
use crate::load::reader::{Node, Table};
use crate::load::suggest::did_you_mean;
use crate::model::{FieldCheck, Matcher};
use oxocert_record::StepId;

pub(super) fn checks<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    node: Option<Node<'a>>,
) -> Vec<FieldCheck> {
    let mut checks = Vec::new();
    let Some(table) = node.and_then(|node| node.table("`check`")) else { return checks };
    for (field, value) in table.entries() {
        if !is_field(field) {
            table.problem_at_key(
                field,
                format!("unknown field `{field}`"),
                did_you_mean(field, oxocert_sip::message::FIELDS.iter().map(|(known, _)| *known)),
            );
            continue;
        }
        if let Some(matcher) = matcher(context, references, &value) {
            checks.push(FieldCheck { field: field.to_owned(), matcher, position: value.position() });
        }
    }
    checks
}

fn is_field(name: &str) -> bool {
    let header = name.strip_prefix("header.").is_some_and(|header| {
        !header.is_empty() && header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    header || oxocert_sip::message::FIELDS.iter().any(|(known, _)| *known == name)
}

fn matcher<'a>(context: &Context<'_>, references: &References<'a>, node: &Node<'a>) -> Option<Matcher> {
    if !node.is_table() {
        return plain(context, node).map(Matcher::Equals);
    }
    let table = node.table("a comparison")?;
    let mut found: Vec<Option<Matcher>> = Vec::new();
    if let Some(node) = table.get("re") {
        found.push(regex(context, &node));
    }
    if let Some(node) = table.get("any") {
        let values: Vec<String> =
            node.list().unwrap_or_default().iter().filter_map(|node| plain(context, node)).collect();
        found.push((!values.is_empty()).then_some(Matcher::Any(values)));
    }
    if let Some(node) = table.get("first") {
        found.push(plain(context, &node).map(Matcher::First));
    }
    if let Some(node) = table.get("contains") {
        found.push(plain(context, &node).map(Matcher::Contains));
    }
    if let Some(node) = table.get("absent") {
        found.push(node.flag().map(Matcher::Absent));
    }
    if let Some(node) = table.get("load_floor") {
        match node.flag() {
            Some(true) => found.push(Some(Matcher::LoadFloor(context.bench.operator.load_floors.clone()))),
            Some(false) => node.problem("write `load_floor = true`, or leave it out"),
            None => {}
        }
    }
    if let Some(node) = table.get("same_as") {
        found.push(other_step(references, &node).map(|(step, field)| Matcher::SameAs { step, field }));
    }
    if let Some(node) = table.get("differs_from") {
        found.push(other_step(references, &node).map(|(step, field)| Matcher::DiffersFrom { step, field }));
    }
    if table.has("min") || table.has("max") {
        found.push(between(context, &table));
    }
    table.finish();
    if found.len() > 1 {
        node.problem("one comparison at a time: `min` and `max` go together, nothing else does");
        return None;
    }
    if found.is_empty() {
        node.problem("a comparison needs one of re, any, first, contains, absent, min, max, same_as, differs_from, load_floor");
    }
    found.into_iter().next().flatten()
}

/// A text with names put in; numbers and flags as they are written.
fn plain(context: &Context<'_>, node: &Node<'_>) -> Option<String> {
    match node.as_number() {
        Some(number) => Some(number.to_string()),
        None => context.text(node),
    }
}

fn regex(context: &Context<'_>, node: &Node<'_>) -> Option<Matcher> {
    let text = context.pattern_text(node)?;
    if context.elsewhere {
        // A name that this bench lacks may stand in it as written.
        return Some(Matcher::Regex(text));
    }
    match regex_lite::Regex::new(&format!("^(?:{text})$")) {
        Ok(_) => Some(Matcher::Regex(text)),
        Err(error) => {
            node.problem(format!("no regular expression: {error}"));
            None
        }
    }
}

fn between(context: &Context<'_>, table: &Table<'_>) -> Option<Matcher> {
    let bound = |key| table.get(key).map(|node| number(context, &node));
    let (min, max) = (bound("min"), bound("max"));
    if min == Some(None) || max == Some(None) {
        return None;
    }
    Some(Matcher::Between { min: min.flatten(), max: max.flatten() })
}

/// A bound: a number, or a limit whose duration counts in seconds (as the fields of a message do).
fn number(context: &Context<'_>, node: &Node<'_>) -> Option<f64> {
    context.limit(node, None, None, false).map(|limit| limit.value.bare())
}

/// `step 2.from.user`.
fn other_step<'a>(references: &References<'a>, node: &Node<'a>) -> Option<(StepId, String)> {
    let text = node.text()?;
    let split = text.strip_prefix("step ").and_then(|rest| {
        rest.match_indices('.')
            .find(|(dot, _)| is_field(&rest[dot + 1..]))
            .map(|(dot, _)| (&rest[..dot], &rest[dot + 1..]))
    });
    let Some((step, field)) = split else {
        node.problem("expected a field of another step such as \"step 2.from.user\"");
        return None;
    };
    let step = StepId(step.to_owned());
    references.wants(node, &step, Facts::is_expects, "a step that `expects` a message");
    Some((step, field.to_owned()))
}
