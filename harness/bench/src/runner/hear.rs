//! What a role hears: whether it satisfies a step, and when it may.

use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_scenario::model::{Step, WantedSound};
use oxocert_scenario::satisfies::{RESOLUTION, hears, stretches};
use std::time::Duration;

/// How far a `hears` step is.
pub(super) struct Hearing {
    /// It was heard long enough.
    pub(super) satisfied: bool,
    /// When it is worth asking again though nothing new was heard.
    pub(super) again: Option<At>,
    /// What was heard, in words.
    pub(super) heard: String,
}

/// Whether every role of the step has heard `sound` for `lasting` without break since `begun`. A change of what is heard is
/// reported up to [`RESOLUTION`] after it happened, so the end of what lasts is believed only then.
pub(super) fn satisfied(
    step: &Step,
    sound: &WantedSound,
    lasting: Duration,
    begun: At,
    stage: &Stage,
) -> Hearing {
    let mut all = Hearing { satisfied: true, again: None, heard: String::new() };
    for role in &step.who {
        let events = stage.inbox.heard.iter().map(|(n, heard)| (*n, heard));
        let outcome = hears(sound, lasting, &stretches(role, events), begun, stage.now, &stage.bench);
        let sure = outcome.satisfied_at.map(|at| at + RESOLUTION);
        if sure.is_none_or(|sure| sure > stage.now) {
            all.satisfied = false;
            let again = sure.or(outcome.again.map(|at| at + RESOLUTION)).filter(|at| *at > stage.now);
            all.again = all.again.into_iter().chain(again).min();
            all.heard = format!("{sound} was waited for, {role} heard {}", outcome.heard);
        }
    }
    all
}

/// The digits that came to the step's roles since `begun`.
pub(super) fn digits(step: &Step, begun: At, stage: &Stage) -> String {
    let mine = stage.inbox.digits.iter().filter(|(at, digit)| *at >= begun && step.who.contains(&digit.role));
    mine.map(|(_, digit)| digit.digit).collect()
}
