//! The verbs: `does`, `expects`, `hears`, `sees`, `receives-digits`, `is`, `one_of`, `any_order`.

use super::action::{action, is_dtmf};
use super::context::{Context, RoleKind};
use super::references::References;
use super::steps::{Place, steps};
use crate::load::reader::{Node, Table};
use crate::load::suggest::did_you_mean;
use crate::model::{MessagePattern, State, Verb, WantedSound};
use crate::pattern::{DNS_TYPES, EVENTS, Family};
use oxocert_record::{RoleName, StepId};
use std::time::Duration;

/// The keys of verbs; a step has exactly one of them.
pub(super) const VERBS: [&str; 8] =
    ["does", "expects", "hears", "sees", "receives-digits", "is", "one_of", "any_order"];

/// The states of `is`.
pub(super) const STATES: [(&str, State); 3] =
    [("idle", State::Idle), ("gateway-up", State::GatewayUp), ("registered", State::Registered)];

pub(super) fn verb<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    table: &Table<'a>,
    key: &str,
    id: &StepId,
    who: &[RoleName],
    place: &Place<'_>,
) -> Option<Verb> {
    let within = |part: &str| Place { phase: place.phase, prefix: format!("{id}.{part}"), who };
    Some(match key {
        "does" => Verb::Does(action(context, &table.get("does")?, table)?),
        "expects" => Verb::Expects(pattern(context, &table.get("expects")?)?),
        "hears" => {
            let sound = sound(context, &table.get("hears")?);
            let lasting = lasting(context, table);
            Verb::Hears { sound: sound?, lasting: lasting? }
        }
        "sees" => {
            let node = table.get("sees")?;
            let lasting = lasting(context, table);
            Verb::SeesNo { pattern: nothing(context, &node)?, lasting: lasting? }
        }
        "receives-digits" => {
            let node = table.get("receives-digits")?;
            let digits = context.text(&node)?;
            if !is_dtmf(&digits) {
                node.problem(format!("expected digits out of 0-9*#A-D, found \"{digits}\""));
                return None;
            }
            Verb::ReceivesDigits { digits }
        }
        "is" => {
            let node = table.get("is")?;
            let state = context.word(&node, &[(STATES[0].0, 0), (STATES[1].0, 1), (STATES[2].0, 2)])?;
            if state == 1 && !table.has("via") {
                node.problem("`gateway-up` needs `via`: the a-SBC whose gateway is meant");
            }
            Verb::Is(STATES[state].1.clone())
        }
        "one_of" => {
            let records = table.get("records").and_then(|node| node.text()).map(str::to_owned);
            let mut alternatives = Vec::new();
            for (index, node) in table.get("one_of")?.list()?.iter().enumerate() {
                alternatives.push(steps(context, references, node, &within(&format!("{}.", index + 1))));
            }
            Verb::OneOf { records, alternatives }
        }
        _ => Verb::AnyOrder(steps(context, references, &table.get("any_order")?, &within(""))),
    })
}

/// `for`, which some verbs need.
fn lasting(context: &Context<'_>, table: &Table<'_>) -> Option<Duration> {
    table.need("for").and_then(|node| context.duration(&node))
}

/// Who can see it.
pub(super) fn witnesses(pattern: &MessagePattern) -> &'static [RoleKind] {
    match pattern.family() {
        Family::Message => &[RoleKind::Set, RoleKind::Party, RoleKind::Sbc],
        Family::Tls | Family::Probe => &[RoleKind::Sbc],
        Family::Dns => &[RoleKind::NameServer],
    }
}

/// A message pattern.
pub(super) fn pattern(context: &Context<'_>, node: &Node<'_>) -> Option<MessagePattern> {
    let text = context.text(node)?;
    let read = MessagePattern::parse(&text);
    if read.is_none() {
        node.problem_with(
            format!(
                "expected a message such as \"INVITE\", \"re-INVITE\", \"BYE\", \"180\", \"4xx\" or \"200 INVITE\", found \"{text}\""
            ),
            event_hint(&text),
        );
    }
    read
}

/// What was meant, where it is near a pattern of the secured trunk.
fn event_hint(text: &str) -> Option<String> {
    let queries = DNS_TYPES.iter().map(|kind| format!("DNS {kind}")).collect::<Vec<_>>();
    did_you_mean(text, EVENTS.into_iter().chain(queries.iter().map(String::as_str)))
}

/// `no re-INVITE`.
fn nothing(context: &Context<'_>, node: &Node<'_>) -> Option<MessagePattern> {
    let text = context.text(node)?;
    let read = text.strip_prefix("no ").and_then(MessagePattern::parse);
    if read.is_none() {
        node.problem_with(
            format!("expected what may not come, such as \"no re-INVITE\", found \"{text}\""),
            event_hint(text.strip_prefix("no ").unwrap_or(&text))
                .or_else(|| Some("what must come is written with `expects`".to_owned())),
        );
    }
    read
}

fn sound(context: &Context<'_>, node: &Node<'_>) -> Option<WantedSound> {
    let text = context.text(node)?;
    let words = [
        ("music", WantedSound::Music),
        ("ringback", WantedSound::Ringback),
        ("busy", WantedSound::Busy),
        ("silence", WantedSound::Silence),
        ("anything", WantedSound::Anything),
    ];
    if let Some((_, sound)) = words.iter().find(|(word, _)| *word == text) {
        return Some(sound.clone());
    }
    if let Some(role) = text.strip_prefix("voice of ") {
        let role = RoleName(role.to_owned());
        let speaks = matches!(RoleKind::of(&role), Some(RoleKind::Set | RoleKind::Party))
            && context.needs.contains(&role);
        if !speaks {
            node.problem_with(
                format!("`{role}` is no set or PSTN party in `needs`"),
                context.role_hint(&role),
            );
        }
        return speaks.then_some(WantedSound::Voice(role));
    }
    if let Some(hz) = text.strip_prefix("tone ").and_then(|hz| hz.trim_end_matches(" Hz").parse::<u16>().ok())
    {
        if hz % 50 != 0 {
            node.problem(format!("tones are told apart on a grid of 50 Hz, and {hz} is not on it"));
            return None;
        }
        return Some(WantedSound::Tone(hz));
    }
    if !context.elsewhere {
        node.problem(format!(
            "unknown sound \"{text}\": known are music, ringback, busy, silence, anything, \"voice of pstn.a\", \"tone 1100\""
        ));
    }
    None
}
