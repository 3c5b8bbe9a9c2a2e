//! What `expects` takes and `sees` forbids: messages, and events of the secured trunk.

use super::pattern::{came_to, comes_by_itself, event_in_words, happened_to, message_in_words};
use super::walk::{Claims, Context};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::EventNo;
use oxocert_scenario::model::{MessagePattern, Step};
use oxocert_scenario::satisfies::{event, message_matches};

/// How many of the messages that came instead are named.
const NAMED: usize = 6;

/// All that fits, in the order of the timeline, and when it came.
fn fitting<'a>(
    step: &'a Step,
    pattern: &'a MessagePattern,
    stage: &'a Stage,
    from: EventNo,
) -> impl Iterator<Item = (EventNo, At)> + 'a {
    // One call of thousands looks at what came since it began.
    let first = stage.inbox.messages.partition_point(|arrived| arrived.event < from);
    let messages = stage.inbox.messages.iter().skip(first).filter(move |arrived| {
        came_to(arrived, &step.who, step.via.as_ref()) && message_matches(pattern, &arrived.message)
    });
    let happened = stage.inbox.happened.iter().filter(move |happened| {
        happened_to(happened, &step.who, step.via.as_ref()) && event(pattern, &happened.what)
    });
    // A pattern means messages or events, never both: their order among each other does not matter.
    messages
        .map(|arrived| (arrived.event, arrived.at))
        .chain(happened.map(|happened| (happened.event, happened.at)))
}

/// The first that fits and that no step has taken. What came while an earlier step was under way counts too, but for what comes
/// by itself.
pub(super) fn next(
    step: &Step,
    pattern: &MessagePattern,
    begun: At,
    stage: &Stage,
    context: &Context,
    claims: &Claims,
) -> Option<EventNo> {
    fitting(step, pattern, stage, context.from)
        .filter(|(event, _)| *event >= context.from && !claims.contains(event))
        .find(|(_, at)| !comes_by_itself(pattern) || *at >= begun)
        .map(|(event, _)| event)
}

/// One that fits and came since the step began; the one with which the step before ended is none.
pub(super) fn seen(
    step: &Step,
    pattern: &MessagePattern,
    begun: At,
    stage: &Stage,
    claims: &Claims,
) -> Option<EventNo> {
    fitting(step, pattern, stage, EventNo(0))
        .find(|(event, at)| *at >= begun && !claims.contains(event))
        .map(|(event, _)| event)
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
    let messages = stage.inbox.messages.iter().filter(|arrived| arrived.at >= begun).map(|arrived| {
        let party = arrived.party.as_ref().map(|party| format!(" for {party}")).unwrap_or_default();
        (arrived.event, format!("{} at {}{party}", message_in_words(&arrived.message), arrived.point))
    });
    let happened = stage.inbox.happened.iter().filter(|happened| happened.at >= begun);
    let happened = happened.map(|happened| (happened.event, event_in_words(&happened.what)));
    let mut came: Vec<(EventNo, String)> = messages.chain(happened).collect();
    came.sort_by_key(|(event, _)| *event);
    let more = came.len().saturating_sub(NAMED);
    let came: Vec<String> = came.into_iter().take(NAMED).map(|(_, words)| words).collect();
    let came = match (came.is_empty(), more) {
        (true, _) => "the DUT sent nothing".to_owned(),
        (false, 0) => format!("the DUT sent {}", came.join(", ")),
        (false, more) => format!("the DUT sent {} and {more} more", came.join(", ")),
    };
    format!("{wanted} to {who}{via} did not come within {waited:.3} s; {came}")
}
