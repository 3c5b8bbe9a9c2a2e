//! Steps: the keys that all of them share, their ids, and groups.

use super::action::actors;
use super::context::{Context, RoleKind};
use super::matcher::checks;
use super::references::References;
use super::secured;
use super::verb::{VERBS, verb, witnesses};
use crate::load::reader::{Node, Table};
use crate::load::units::Kind;
use crate::model::{Action, Limit, Step, Verb};
use oxocert_record::{Phase, RoleName, StepId};
use std::time::Duration;

/// Where steps stand: their phase, what their ids begin with, and whose they are where they do not say.
pub(super) struct Place<'p> {
    pub(super) phase: Phase,
    pub(super) prefix: String,
    pub(super) who: &'p [RoleName],
}

/// Reads a list of steps; groups with `times` are unrolled.
pub(super) fn steps<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    node: &Node<'a>,
    place: &Place<'_>,
) -> Vec<Step> {
    let mut all = Vec::new();
    for (index, node) in node.list().unwrap_or_default().into_iter().enumerate() {
        let Some(table) = node.table("a step") else { continue };
        let written = table.get("id").and_then(|node| id(&node));
        if written.is_none() && place.phase == Phase::Flow && place.prefix.is_empty() {
            node.problem("a step of the flow needs an `id`");
        }
        let id = match written {
            Some(id) => id,
            None => StepId(format!("{}{}", place.prefix, index + 1)),
        };
        if let Some(group) = table.get("steps") {
            let times = table
                .get("times")
                .and_then(|node| context.count::<u32>(&node, "a number of rounds"))
                .unwrap_or(1);
            let who = table.get("who").map(|node| context.roles(&node)).unwrap_or_default();
            for round in 1..=times.min(1000) {
                let place = Place { phase: place.phase, prefix: format!("{id}.{round}."), who: &who };
                all.extend(steps(context, references, &group, &place));
            }
        } else {
            all.extend(step(context, references, &table, id, place));
        }
        table.finish();
    }
    all
}

/// `7` or `"a1"`.
fn id(node: &Node<'_>) -> Option<StepId> {
    if let Some(number) = node.as_number().filter(|number| number.fract() == 0.0 && *number >= 0.0) {
        return Some(StepId(number.to_string()));
    }
    let text = node.text()?;
    let legal = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if !legal {
        node.problem(format!("expected an id of letters, digits, `.`, `-` and `_`, found \"{text}\""));
    }
    legal.then(|| StepId(text.to_owned()))
}

fn step<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    table: &Table<'a>,
    id: StepId,
    place: &Place<'_>,
) -> Option<Step> {
    let who = match table.get("who") {
        Some(node) => context.roles(&node),
        None => place.who.to_vec(),
    };
    let nobody = !table.has("who") && who.is_empty();
    let found: Vec<&str> = VERBS.into_iter().filter(|key| table.has(key)).collect();
    if found.len() != 1 {
        table.problem(match found.as_slice() {
            [] => format!("a step needs a verb: one of {}", VERBS.join(", ")),
            several => format!("a step has one verb, this one has {}", several.join(" and ")),
        });
    }
    let verb = found.first().and_then(|key| verb(context, references, table, key, &id, &who, place));
    if verb.is_none() || found.len() != 1 {
        table.forgive(&VERBS);
        table.forgive(&OWN_FIELDS);
        table.forgive(&secured::OWN_FIELDS);
    }
    if nobody && !matches!(verb, Some(Verb::AnyOrder(_))) {
        table.problem("a step needs `who`");
    }
    let after = table.get("after").map_or(Some(Duration::ZERO), |node| context.duration(&node));
    let judged = place.phase == Phase::Flow && verb.as_ref().is_some_and(is_judged);
    let within = within(context, table, verb.as_ref(), judged);
    let since = table.get("since").and_then(|node| {
        let step = super::steps::id(&node)?;
        references.wants(&node, &step, super::references::Facts::any, "a step");
        Some(step)
    });
    let via = table.get("via").and_then(|node| {
        let role = context.role(&node)?;
        if RoleKind::of(&role) != Some(RoleKind::Sbc) {
            node.problem(format!("`via` names an a-SBC, and `{role}` is none"));
        }
        Some(role)
    });
    let label = table.get("as").and_then(|node| node.text()).map(str::to_owned);
    let optional = table.get("optional").and_then(|node| node.flag()).unwrap_or(false);
    let times =
        table.get("times").map_or(Some(1), |node| context.count::<u32>(&node, "a number of messages"));
    if let (Some(node), Some(verb)) = (table.get("times"), &verb)
        && (!matches!(verb, Verb::Expects(_)) || times == Some(0))
    {
        node.problem(
            "`times` counts the messages of an `expects`, at least 1, or the rounds of a group of `steps`",
        );
    }
    let family = match &verb {
        Some(Verb::Expects(pattern)) => Some(pattern.family()),
        _ => None,
    };
    let field_checks = checks(context, references, table.get("check"), family);
    if let (Some(node), Some(verb)) = (table.get("check"), &verb)
        && !matches!(verb, Verb::Expects(_))
    {
        node.problem("`check` looks at the message of an `expects`");
    }
    let proves = context.clauses(table.get("proves"));
    let verb = verb?;
    actors_fit(table, &verb, &who);
    Some(Step {
        id,
        who,
        verb,
        after: after?,
        within,
        since,
        via,
        label,
        optional,
        times: times?,
        checks: field_checks,
        proves,
        position: table.position(),
    })
}

/// Fields that belong to one verb or action: not unknown where the verb could not be read.
pub(super) const OWN_FIELDS: [&str; 14] = [
    "to",
    "anonymous",
    "sips",
    "code",
    "how",
    "digits",
    "loss",
    "for",
    "methods",
    "channels",
    "setting",
    "value",
    "text",
    "records",
];

/// Whether a verb has a verdict.
fn is_judged(verb: &Verb) -> bool {
    !matches!(verb, Verb::Does(action) if !matches!(action, Action::Talk { .. } | Action::StayUp { .. }))
}

/// The deadline: as written, or the bench's usual one for verbs that wait.
fn within(context: &Context<'_>, table: &Table<'_>, verb: Option<&Verb>, judged: bool) -> Option<Limit> {
    let source = table.get("source");
    if let Some(node) = table.get("within") {
        return context.limit(&node, Some(Kind::Time), source.as_ref(), judged);
    }
    if let Some(source) = source {
        source.problem("`source` says where a literal `within` comes from, and there is none");
    }
    let usual = match verb? {
        Verb::Does(Action::Talk { .. } | Action::StayUp { .. }) => "audio.max",
        Verb::Does(_) | Verb::SeesNo { .. } => return None,
        _ => "step.max",
    };
    context.bench.limits.get(usual).cloned()
}

/// Each role can do what it is asked to.
fn actors_fit(table: &Table<'_>, verb: &Verb, who: &[RoleName]) {
    let Some(node) = table.get("who") else { return };
    let refuse = |what: &str, kinds: &[RoleKind]| {
        for role in who {
            let kind = RoleKind::of(role);
            if !kind.is_some_and(|kind| kinds.contains(&kind)) {
                let actual = kind.map_or("no role of a bench", RoleKind::word);
                node.problem(format!("`{role}` is {actual} and cannot {what}"));
            }
        }
    };
    let media = [RoleKind::Set, RoleKind::Party];
    match verb {
        Verb::Does(action) => {
            if let Some((word, kinds)) =
                table.get("does").and_then(|node| node.as_text()).and_then(|w| Some((w, actors(w)?)))
            {
                refuse(&format!("do \"{word}\""), kinds);
            }
            let several = who.len() > 1;
            match action {
                Action::Talk { .. } | Action::StayUp { .. } if who.len() < 2 => {
                    node.problem("a talk needs at least two roles");
                }
                Action::Talk { .. } | Action::StayUp { .. } => {}
                _ if several => node.problem("one role acts at a time"),
                _ => {}
            }
        }
        Verb::Expects(pattern) | Verb::SeesNo { pattern, .. } => {
            refuse(&format!("see {}", pattern.family().words()), witnesses(pattern));
        }
        Verb::Hears { .. } => refuse("hear", &media),
        Verb::ReceivesDigits { .. } => refuse("receive digits", &media),
        Verb::Is(state) => match state {
            crate::model::State::Registered => refuse("be registered", &[RoleKind::Set]),
            _ => refuse("be in this state", &[RoleKind::Dut]),
        },
        Verb::OneOf { .. } | Verb::AnyOrder(_) => {}
    }
}
