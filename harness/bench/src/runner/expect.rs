//! The messages that `expects` takes and `sees` forbids.

use super::pattern::{came_to, comes_by_itself, message_in_words};
use super::walk::{Claims, Context};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::EventNo;
use oxocert_scenario::model::{MessagePattern, Step};
use oxocert_scenario::satisfies::message_matches;

/// How many of the messages that came instead are named.
const NAMED: usize = 6;

/// The first message that fits and that no step has taken. One that came while an earlier step was under way counts too,
/// but for the keep-alive, which goes on by itself.
pub(super) fn next(
    step: &Step,
    pattern: &MessagePattern,
    begun: At,
    stage: &Stage,
    context: &Context,
    claims: &Claims,
) -> Option<EventNo> {
    stage
        .inbox
        .messages
        .iter()
        .filter(|arrived| arrived.event >= context.from && !claims.contains(&arrived.event))
        .filter(|arrived| !comes_by_itself(pattern) || arrived.at >= begun)
        .find(|arrived| {
            came_to(arrived, &step.who, step.via.as_ref()) && message_matches(pattern, &arrived.message)
        })
        .map(|arrived| arrived.event)
}

/// A message that fits and came since the step began.
pub(super) fn seen(step: &Step, pattern: &MessagePattern, begun: At, stage: &Stage) -> Option<EventNo> {
    stage
        .inbox
        .messages
        .iter()
        .filter(|arrived| arrived.at >= begun)
        .find(|arrived| {
            came_to(arrived, &step.who, step.via.as_ref()) && message_matches(pattern, &arrived.message)
        })
        .map(|arrived| arrived.event)
}

/// What was waited for and what came instead.
pub(super) fn instead(
    step: &Step,
    pattern: &MessagePattern,
    found: usize,
    begun: At,
    stage: &Stage,
) -> String {
    let who = step.who.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    let via = step.via.as_ref().map(|via| format!(" via {via}")).unwrap_or_default();
    let waited = stage.now.since(begun).as_secs_f64();
    let wanted = match step.times {
        0 | 1 => pattern.to_string(),
        times => format!("{pattern} ({found} of {times} came)"),
    };
    let mut came: Vec<String> = stage
        .inbox
        .messages
        .iter()
        .filter(|arrived| arrived.at >= begun)
        .map(|arrived| {
            let party = arrived.party.as_ref().map(|party| format!(" for {party}")).unwrap_or_default();
            format!("{} at {}{party}", message_in_words(&arrived.message), arrived.point)
        })
        .collect();
    let more = came.len().saturating_sub(NAMED);
    came.truncate(NAMED);
    let came = match (came.is_empty(), more) {
        (true, _) => "the DUT sent nothing".to_owned(),
        (false, 0) => format!("the DUT sent {}", came.join(", ")),
        (false, more) => format!("the DUT sent {} and {more} more", came.join(", ")),
    };
    format!("{wanted} to {who}{via} did not come within {waited:.3} s; {came}")
}
