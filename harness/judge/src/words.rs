//! Steps, limits and quantities as a reader sees them.

use crate::result::LimitUsed;
use oxocert_machine::At;
use oxocert_record::{RoleName, Sound};
use oxocert_scenario::model::step::{Action, HoldStyle, MessagePattern, State, Step, Verb, WantedSound};
use oxocert_scenario::model::{Limit, Matcher, Quantity};
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
    match value {
        Quantity::Time(time) => span(time),
        Quantity::KilobitsPerSecond(rate) => format!("{} kb/s", rounded(rate)),
        Quantity::Percent(share) => format!("{} %", rounded(share)),
        Quantity::Dbm0(level) => format!("{} dBm0", rounded(level)),
        Quantity::Number(number) => format!("{}", rounded(number)),
    }
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

/// A message pattern as scenarios write it.
pub(crate) fn pattern(pattern: &MessagePattern) -> String {
    pattern.to_string()
}

/// What a `hears` step wants.
pub(crate) fn wanted(sound: &WantedSound) -> String {
    match sound {
        WantedSound::Music => "music".to_owned(),
        WantedSound::Ringback => "ringback tone".to_owned(),
        WantedSound::Busy => "busy tone".to_owned(),
        WantedSound::Voice(role) => format!("the voice of {role}"),
        WantedSound::Tone(hz) => format!("a tone of {hz} Hz"),
        WantedSound::Silence => "silence".to_owned(),
        WantedSound::Anything => "something".to_owned(),
    }
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

/// What a matcher asks.
pub(crate) fn matcher(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Equals(value) => format!("is `{value}`"),
        Matcher::Regex(regex) => format!("matches /{regex}/"),
        Matcher::Any(values) => format!("is one of {}", values.join(", ")),
        Matcher::First(value) => format!("begins with `{value}`"),
        Matcher::Contains(value) => format!("contains `{value}`"),
        Matcher::Absent(true) => "is absent".to_owned(),
        Matcher::Absent(false) => "is present".to_owned(),
        Matcher::Between { min, max } => match (min, max) {
            (Some(min), Some(max)) => format!("is between {} and {}", rounded(*min), rounded(*max)),
            (Some(min), None) => format!("is at least {}", rounded(*min)),
            (None, Some(max)) => format!("is at most {}", rounded(*max)),
            (None, None) => "is a number".to_owned(),
        },
        Matcher::LoadFloor(floors) => {
            let floors = floors.iter().map(|(_, load)| load.as_str()).collect::<Vec<_>>().join(", ");
            format!("is a load not below the floor of its release ({floors})")
        }
        Matcher::SameAs { step, field } => format!("is the same as {field} of step {step}"),
        Matcher::DiffersFrom { step, field } => format!("is another than {field} of step {step}"),
    }
}

/// One step in one line.
pub(crate) fn step(step: &Step) -> String {
    let mut text = match &step.verb {
        Verb::Does(action) => format!("{} {}", roles(&step.who), self::action(action)),
        Verb::Expects(wanted) => {
            let times = if step.times > 1 { format!(" {} times", step.times) } else { String::new() };
            format!("{} receives {} from the DUT{times}", roles(&step.who), pattern(wanted))
        }
        Verb::Hears { sound, lasting } if lasting.is_zero() => {
            format!("{} hears {}", roles(&step.who), wanted(sound))
        }
        Verb::Hears { sound, lasting } => {
            format!("{} hears {} for {}", roles(&step.who), wanted(sound), span(*lasting))
        }
        Verb::ReceivesDigits { digits } => {
            format!("{} receives the digits {digits}, each once", roles(&step.who))
        }
        Verb::SeesNo { pattern: wanted, lasting } => {
            format!(
                "{} receives no {} from the DUT for {}",
                roles(&step.who),
                pattern(wanted),
                span(*lasting)
            )
        }
        Verb::Is(state) => format!("{} {}", roles(&step.who), self::state(state)),
        Verb::OneOf { alternatives, .. } => {
            let each = alternatives.iter().map(|steps| sequence(steps)).collect::<Vec<_>>();
            format!("one of: {}", each.join("; or "))
        }
        Verb::AnyOrder(steps) => format!("in any order: {}", sequence(steps)),
    };
    if let Some(via) = &step.via {
        text.push_str(&format!(" via {via}"));
    }
    if step.optional {
        text.push_str(" (optional)");
    }
    text
}

fn sequence(steps: &[Step]) -> String {
    steps.iter().map(step).collect::<Vec<_>>().join(", then ")
}

fn state(state: &State) -> &'static str {
    match state {
        State::Idle => "is idle",
        State::GatewayUp => "has the gateway up (its OPTIONS is answered 200)",
        State::Registered => "is registered",
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Dial { to } => format!("dials {to}"),
        Action::Call { to, anonymous: false } => format!("calls {to}"),
        Action::Call { to, anonymous: true } => format!("calls {to} anonymously"),
        Action::Ring => "rings".to_owned(),
        Action::Answer => "answers".to_owned(),
        Action::Reject { code } => format!("refuses the call with {code}"),
        Action::HangUp => "hangs up".to_owned(),
        Action::Hold { how } => format!("holds ({})", hold(*how)),
        Action::Resume => "resumes".to_owned(),
        Action::Consult { to } => format!("consults {to}"),
        Action::TransferAttended => "transfers (attended)".to_owned(),
        Action::TransferBlind { to } => format!("transfers blind to {to}"),
        Action::SendDigits { digits, loss_percent: 0 } => format!("sends digits {digits}"),
        Action::SendDigits { digits, loss_percent } => {
            format!("sends digits {digits}, {loss_percent} % of the event packets left out")
        }
        Action::Talk { lasting } => format!("speak for {} and hear each other", span(*lasting)),
        Action::Wait { lasting } => format!("waits {}", span(*lasting)),
        Action::Mute => "answers nothing any more".to_owned(),
        Action::Restore => "works normally again".to_owned(),
        Action::Refuse { code, methods } => format!("answers {} with {code}", methods.join(" and ")),
        Action::Admit { channels, code } => format!("admits {channels} channels, then refuses with {code}"),
        Action::SendOptions => "sends OPTIONS to the DUT".to_owned(),
        Action::Configure { setting, value } => format!("is configured: {setting} = {value}"),
        Action::Raw { .. } => "sends a message written in the scenario".to_owned(),
        Action::Misbehave { how } => format!("will misbehave: {how}"),
    }
}

fn hold(how: HoldStyle) -> &'static str {
    match how {
        HoldStyle::SendOnly => "a=sendonly",
        HoldStyle::Inactive => "a=inactive",
        HoldStyle::ZeroAddress => "c=0.0.0.0",
        HoldStyle::RecvOnly => "a=recvonly",
    }
}
