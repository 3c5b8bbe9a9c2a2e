//! Steps, matchers and sounds in words, as ladder previews, terminals and reports print them.

mod action;

use crate::model::{Matcher, State, Step, Verb, WantedSound};
use oxocert_record::RoleName;
use std::fmt;

impl fmt::Display for WantedSound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WantedSound::Music => f.write_str("music"),
            WantedSound::Ringback => f.write_str("ringback"),
            WantedSound::Busy => f.write_str("busy tone"),
            WantedSound::Voice(role) => write!(f, "the voice of {role}"),
            WantedSound::Silence => f.write_str("silence"),
            WantedSound::Anything => f.write_str("anything"),
            WantedSound::Tone(hz) => write!(f, "a tone of {hz} Hz"),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Matcher::Equals(value) => write!(f, "\"{value}\""),
            Matcher::Regex(regex) => write!(f, "a match of /{regex}/"),
            Matcher::Any(values) => write!(f, "one of {}", values.join(", ")),
            Matcher::First(value) => write!(f, "{value} first"),
            Matcher::Contains(value) => write!(f, "{value} among others"),
            Matcher::Lacks(value) => write!(f, "anything without {value}"),
            Matcher::Absent(true) => f.write_str("absent"),
            Matcher::Absent(false) => f.write_str("present"),
            Matcher::Between { min: Some(min), max: Some(max) } => write!(f, "{min} to {max}"),
            Matcher::Between { min: Some(min), max: None } => write!(f, "at least {min}"),
            Matcher::Between { min: None, max: Some(max) } => write!(f, "at most {max}"),
            Matcher::Between { min: None, max: None } => f.write_str("a number"),
            Matcher::LoadFloor(_) => f.write_str("a load not below the floor of its release"),
            Matcher::SameAs { step, field } => write!(f, "the same as {field} of step {step}"),
            Matcher::DiffersFrom { step, field } => write!(f, "other than {field} of step {step}"),
        }
    }
}

impl fmt::Display for Step {
    /// One line: `pstn.a expects INVITE via sbc.nominal within 2 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.who.iter().map(RoleName::as_str).collect::<Vec<_>>().join(" and ");
        match &self.verb {
            Verb::Does(action) => write!(f, "{who} {action}")?,
            Verb::Expects(pattern) if self.times > 1 => {
                write!(f, "{who} expects {} x {pattern}", self.times)?
            }
            Verb::Expects(pattern) => write!(f, "{who} expects {pattern}")?,
            Verb::Hears { sound, lasting } => {
                write!(f, "{who} hears {sound} for {} ms", lasting.as_millis())?
            }
            Verb::SeesNo { pattern, lasting } => {
                write!(f, "{who} sees no {pattern} for {} ms", lasting.as_millis())?
            }
            Verb::ReceivesDigits { digits } => write!(f, "{who} receives the digits {digits}")?,
            Verb::Is(State::Idle) => write!(f, "{who} is idle")?,
            Verb::Is(State::GatewayUp) => write!(f, "{who} has its gateway up")?,
            Verb::Is(State::Registered) => write!(f, "{who} is registered")?,
            Verb::OneOf { alternatives, .. } => {
                write!(f, "{who}: one of {} alternatives", alternatives.len())?
            }
            Verb::AnyOrder(steps) => write!(f, "{} steps in any order", steps.len())?,
        }
        if let Some(via) = &self.via {
            write!(f, " via {via}")?;
        }
        match (&self.within, self.is_check()) {
            (Some(limit), true) => write!(f, " within {}", limit.value),
            _ => Ok(()),
        }
    }
}
