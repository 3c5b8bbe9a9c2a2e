//! Field checks: `check = { "sdp.codecs" = { first = "PCMA" }, "ruri.user" = "${pstn.a}" }`.

use super::context::Context;
use super::references::References;
use crate::load::reader::{Node, Table};
use crate::load::suggest::did_you_mean;
use crate::model::{FieldCheck, Matcher};
use crate::pattern::Family;
use crate::satisfies::EVENT_FIELDS;
use oxocert_record::StepId;

pub(super) fn checks<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    node: Option<Node<'a>>,
    family: Option<Family>,
) -> Vec<FieldCheck> {
    let mut checks = Vec::new();
    let Some(table) = node.and_then(|node| node.table("`check`")) else { return checks };
    for (field, value) in table.entries() {
        if !is_field(field) {
            table.problem_at_key(
                field,
                format!("unknown field `{field}`"),
                did_you_mean(field, known(family)),
            );
            continue;
        }
        if let Some(family) = family.filter(|family| family_of(field) != *family) {
            let words = family.words();
            table.problem_at_key(
                field,
                format!("{words} has no field `{field}`"),
                did_you_mean(field, known(Some(family))),
            );
            continue;
        }
        if let Some(matcher) = matcher(context, references, &value) {
            checks.push(FieldCheck { field: field.to_owned(), matcher, position: value.position() });
        }
    }
    checks
}

/// The names of fields, of one family where it is known.
fn known(family: Option<Family>) -> impl Iterator<Item = &'static str> {
    let all = oxocert_sip::message::FIELDS.iter().chain(EVENT_FIELDS).map(|(name, _)| *name);
    all.filter(move |name| family.is_none_or(|family| family_of(name) == family))
}

/// What has a field of this name.
fn family_of(name: &str) -> Family {
    let of_events = [Family::Tls, Family::Dns, Family::Probe];
    let found =
        of_events.into_iter().find(|family| family.prefix().is_some_and(|prefix| name.starts_with(prefix)));
    found.unwrap_or(Family::Message)
}

fn is_field(name: &str) -> bool {
    let header = name.strip_prefix("header.").is_some_and(|header| {
        !header.is_empty() && header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    header || known(None).any(|known| known == name)
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
    if let Some(node) = table.get("lacks") {
        found.push(plain(context, &node).map(Matcher::Lacks));
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
        node.problem("a comparison needs one of re, any, first, contains, lacks, absent, min, max, same_as, differs_from, load_floor");
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
    match family_of(field) {
        Family::Message => {
            references.wants(
                node,
                &step,
                |facts| facts.expects(Family::Message),
                "a step that `expects` a message",
            );
        }
        Family::Tls => {
            references.wants(
                node,
                &step,
                |facts| facts.expects(Family::Tls),
                "a step that `expects` a TLS handshake",
            );
        }
        Family::Dns => {
            references.wants(
                node,
                &step,
                |facts| facts.expects(Family::Dns),
                "a step that `expects` a DNS query",
            );
        }
        Family::Probe => {
            references.wants(
                node,
                &step,
                |facts| facts.expects(Family::Probe),
                "a step that `expects` the answer to a probe",
            );
        }
    }
    Some((step, field.to_owned()))
}
