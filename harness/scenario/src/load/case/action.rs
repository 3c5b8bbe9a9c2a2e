//! `does = ".."`: the actions, and what each takes.

use super::context::{Context, RoleKind};
use super::secured;
use crate::load::reader::{Node, Table};
use crate::load::suggest::did_you_mean;
use crate::model::step::HoldStyle;
use crate::model::{Action, Quantity};
use std::time::Duration;

/// Each action as it is written, beside those of the secured trunk, with the kinds of roles that can do it.
pub const ACTIONS: [(&str, &[RoleKind]); 23] = {
    use RoleKind::{Dut, NameServer, Party, Sbc, Set};
    [
        ("dial", &[Set]),
        ("call", &[Party]),
        ("ring", &[Set, Party]),
        ("answer", &[Set, Party]),
        ("reject", &[Set, Party]),
        ("hang-up", &[Set, Party]),
        ("hold", &[Set, Party]),
        ("resume", &[Set, Party]),
        ("consult", &[Set]),
        ("transfer-attended", &[Set]),
        ("transfer-blind", &[Set]),
        ("send-digits", &[Set, Party]),
        ("talk", &[Set, Party]),
        ("stay-up", &[Set, Party]),
        ("wait", &[Set, Party, Sbc, Dut, NameServer]),
        ("mute", &[Sbc]),
        ("restore", &[Sbc, NameServer]),
        ("refuse", &[Sbc]),
        ("admit", &[Sbc]),
        ("send-options", &[Sbc]),
        ("configure", &[Dut]),
        ("raw", &[Set, Party, Sbc]),
        ("misbehave", &[Set, Party]),
    ]
};

/// The ways to write a hold.
const HOLDS: [(&str, HoldStyle); 4] = [
    ("sendonly", HoldStyle::SendOnly),
    ("inactive", HoldStyle::Inactive),
    ("zero-address", HoldStyle::ZeroAddress),
    ("recvonly", HoldStyle::RecvOnly),
];

/// The ways to misbehave.
const MISBEHAVIOURS: [(&str, &str); 5] = [
    ("no-ack", "no-ack"),
    ("late-ack", "late-ack"),
    ("double-ack", "double-ack"),
    ("no-answer-sdp", "no-answer-sdp"),
    ("no-refresh", "no-refresh"),
];

/// Reads an action and its own fields; `None` where something is wrong with them.
pub(super) fn action(context: &Context<'_>, node: &Node<'_>, step: &Table<'_>) -> Option<Action> {
    let word = node.text()?;
    let text = |key| step.need(key).and_then(|node| context.text(&node));
    let duration = |key| step.need(key).and_then(|node| context.duration(&node));
    Some(match word {
        "dial" => Action::Dial { to: text("to")? },
        "call" => {
            let flag = |key| step.get(key).and_then(|node| node.flag()).unwrap_or(false);
            let (anonymous, sips) = (flag("anonymous"), flag("sips"));
            if !step.has("via") {
                node.problem("`call` needs `via`: the a-SBC that the call comes through");
            }
            Action::Call { to: text("to")?, anonymous, sips }
        }
        "ring" => Action::Ring,
        "answer" => Action::Answer,
        "reject" => Action::Reject { code: code(context, step, 400..=699)? },
        "hang-up" => Action::HangUp,
        "hold" => Action::Hold {
            how: step.get("how").map_or(Some(HoldStyle::SendOnly), |node| context.word(&node, &HOLDS))?,
        },
        "resume" => Action::Resume,
        "consult" => Action::Consult { to: text("to")? },
        "transfer-attended" => Action::TransferAttended,
        "transfer-blind" => Action::TransferBlind { to: text("to")? },
        "send-digits" => {
            Action::SendDigits { digits: digits(context, step)?, loss_percent: loss(context, step)? }
        }
        "talk" => Action::Talk { lasting: duration("for")? },
        "stay-up" => {
            if context.bound.is_empty() && !context.elsewhere {
                node.problem("only a call of a load point stays up until the point ends it: write a `talk`");
            }
            Action::StayUp { at_least: Duration::ZERO }
        }
        "wait" => Action::Wait { lasting: duration("for")? },
        "mute" => Action::Mute,
        "restore" => Action::Restore,
        "refuse" => {
            let code = code(context, step, 300..=699);
            let words = [("INVITE", "INVITE"), ("OPTIONS", "OPTIONS")];
            let methods = step.need("methods").and_then(|node| node.list())?;
            let methods: Vec<String> =
                methods.iter().filter_map(|node| context.word(node, &words)).map(str::to_owned).collect();
            Action::Refuse { code: code?, methods }
        }
        "admit" => {
            let code = code(context, step, 400..=699);
            let channels =
                step.need("channels").and_then(|node| context.count(&node, "a number of channels"));
            Action::Admit { channels: channels?, code: code? }
        }
        "send-options" => Action::SendOptions,
        "configure" => {
            let (setting, value) = (text("setting"), text("value"));
            Action::Configure { setting: setting?, value: value? }
        }
        "raw" => Action::Raw { text: text("text")? },
        "misbehave" => Action::Misbehave {
            how: step.need("how").and_then(|node| context.word(&node, &MISBEHAVIOURS))?.to_owned(),
        },
        other if secured::ACTIONS.iter().any(|(word, _)| *word == other) => {
            secured::action(context, other, step)?
        }
        other => {
            let known = all().map(|(word, _)| word);
            let hint = did_you_mean(other, known.clone())
                .or_else(|| Some(format!("known: {}", known.collect::<Vec<_>>().join(", "))));
            node.problem_with(format!("unknown action \"{other}\""), hint);
            return None;
        }
    })
}

/// The ways to hold and to misbehave, as they are written.
#[cfg(test)]
pub(super) fn hold_words() -> impl Iterator<Item = &'static str> {
    HOLDS.iter().map(|(word, _)| *word).chain(MISBEHAVIOURS.iter().map(|(word, _)| *word))
}

/// Every action, with who may do it.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static [RoleKind])> + Clone {
    ACTIONS.iter().chain(secured::ACTIONS.iter()).copied()
}

/// Who may do it.
pub(super) fn actors(word: &str) -> Option<&'static [RoleKind]> {
    all().find(|(known, _)| *known == word).map(|(_, kinds)| kinds)
}

fn code(context: &Context<'_>, step: &Table<'_>, range: std::ops::RangeInclusive<u16>) -> Option<u16> {
    let node = step.need("code")?;
    let code: u16 = context.count(&node, "a status code")?;
    if !range.contains(&code) {
        node.problem(format!(
            "expected a status code from {} to {}, found {code}",
            range.start(),
            range.end()
        ));
        return None;
    }
    Some(code)
}

fn digits(context: &Context<'_>, step: &Table<'_>) -> Option<String> {
    let node = step.need("digits")?;
    let text = context.text(&node)?;
    if !is_dtmf(&text) {
        node.problem(format!("expected digits out of 0-9*#A-D, found \"{text}\""));
        return None;
    }
    Some(text)
}

/// Whether a text can be sent as telephone-events.
pub(super) fn is_dtmf(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '0'..='9' | '*' | '#' | 'A'..='D'))
}

fn loss(context: &Context<'_>, step: &Table<'_>) -> Option<u8> {
    let Some(node) = step.get("loss") else { return Some(0) };
    match context.limit(&node, None, None, false)?.value {
        Quantity::Percent(value) | Quantity::Number(value)
            if (0.0..=100.0).contains(&value) && value.fract() == 0.0 =>
        {
            Some(value as u8)
        }
        other => {
            node.problem(format!("expected a whole percentage such as \"20 %\", found \"{other}\""));
            None
        }
    }
}
