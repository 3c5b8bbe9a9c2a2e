//! The checks of the steps of a flow, each verified anew on the exact bytes and times of its evidence.

mod arrivals;
mod deadline;
mod expects;
mod fields;
mod hears;
mod never;
mod one_of;
mod state;
mod stay_up;
mod talk;

pub(crate) use never::{blank as blank_never, judge as judge_never};

use crate::context::Context;
use crate::dialogs::Leg;
use crate::result::CheckResult;
use crate::words;
use oxocert_machine::At;
use oxocert_record::{CaseEnd, EventNo, Verdict};
use oxocert_scenario::model::step::{Action, Verb};
use oxocert_scenario::model::{CheckId, Step};

/// What was found at one check.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The verdict.
    pub verdict: Verdict,
    /// In words.
    pub observed: String,
    /// The events that show it.
    pub evidence: Vec<EventNo>,
    /// The time that was compared with the step's deadline.
    pub elapsed: Option<std::time::Duration>,
}

impl Found {
    pub(crate) fn new(verdict: Verdict, observed: impl Into<String>, evidence: Vec<EventNo>) -> Found {
        Found { verdict, observed: observed.into(), evidence, elapsed: None }
    }
}

/// The span in which a step is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// From when its deadline counts.
    pub reference: At,
    /// When the runner began it.
    pub start: At,
    /// When the runner left it.
    pub left: At,
    /// Whether the runner took it as done (and not as missed).
    pub done: bool,
}

/// The checks of one step before anything is known, in the order of the file.
pub(crate) fn blank(step: &Step) -> Vec<CheckResult> {
    let mut checks = Vec::new();
    if step.optional {
        return checks;
    }
    if step.is_check() {
        checks.push(blank_of(step, CheckId::of_step(&step.id), words::step(step)));
    }
    for (id, check) in step.field_ids() {
        checks.push(blank_of(step, id, format!("{} is {}", check.field, check.matcher)));
    }
    if let Verb::AnyOrder(steps) = &step.verb {
        checks.extend(steps.iter().flat_map(blank));
    }
    checks
}

fn blank_of(step: &Step, id: CheckId, required: String) -> CheckResult {
    // What a step watches for a time, or its alternatives bring, has no deadline of its own.
    let is_timed = !matches!(step.verb, Verb::SeesNo { .. } | Verb::OneOf { .. });
    let is_own = is_timed && id == CheckId::of_step(&step.id);
    CheckResult {
        id,
        verdict: Verdict::NotRun,
        observation: false,
        required,
        observed: "not reached".to_owned(),
        limit: if is_own {
            step.within.as_ref().map(|limit| words::limit_used(limit, "at most"))
        } else {
            None
        },
        measured: None,
        evidence: Vec::new(),
        clauses: step.proves.clone(),
    }
}

/// Judges one step of the flow that the runner began.
pub(crate) fn judge(context: &Context<'_, '_>, step: &Step) -> Vec<CheckResult> {
    judge_in(context, step, None)
}

/// Judges a step; one inside a group counts its deadline from the reference of the group.
fn judge_in(context: &Context<'_, '_>, step: &Step, group: Option<At>) -> Vec<CheckResult> {
    let mut checks = blank(step);
    if step.optional {
        return checks;
    }
    if let Verb::AnyOrder(steps) = &step.verb {
        let group = group.or_else(|| context.reference(step));
        return steps.iter().flat_map(|inner| judge_in(context, inner, group)).collect();
    }
    let Some(span) = span(context, step, group) else { return checks };
    if step.is_check() {
        let found = found(context, step, span);
        if let Some(own) = checks.first_mut() {
            own.measured = deadline::measured(context, step, &found);
            own.verdict = found.verdict;
            own.observed = found.observed;
            own.evidence = found.evidence;
        }
        // Fields are looked at where the message came, in time or not.
        fields::judge(context, step, &mut checks);
    } else if !span.done {
        checks.push(could_not_act(context, step));
    }
    checks
}

/// The span of a step; `None` where the runner never began it.
pub(crate) fn span(context: &Context<'_, '_>, step: &Step, group: Option<At>) -> Option<Span> {
    let run = context.run.steps.get(&step.id)?;
    let start = run.started.or_else(|| run.done.as_ref().map(|(at, _)| *at))?;
    let left = context.left(&step.id)?;
    let reference = if step.since.is_some() || group.is_none() { context.reference(step) } else { group };
    Some(Span { reference: reference.unwrap_or(start), start, left, done: run.done.is_some() })
}

/// What was found at the step's own check.
pub(crate) fn found(context: &Context<'_, '_>, step: &Step, span: Span) -> Found {
    match &step.verb {
        Verb::Expects(pattern) => expects::judge(context, step, pattern, span),
        Verb::Hears { sound, lasting } => hears::judge(context, step, sound, *lasting, span),
        Verb::ReceivesDigits { digits } => hears::judge_digits(context, step, digits, span),
        Verb::SeesNo { pattern, lasting } => never::judge_span(context, step, pattern, *lasting, span),
        Verb::Is(state) => state::judge(context, step, state, span),
        Verb::OneOf { records, alternatives } => {
            one_of::judge(context, step, records.as_deref(), alternatives, span)
        }
        Verb::Does(Action::Talk { lasting }) => talk::judge(context, step, *lasting, span),
        Verb::Does(Action::StayUp { at_least }) => stay_up::judge(context, step, *at_least, span),
        Verb::Does(_) | Verb::AnyOrder(_) => {
            Found::new(Verdict::Error, "this step has no verdict of its own", Vec::new())
        }
    }
}

/// A role could not act: nothing to answer, nothing to resume. The runner waited until the step's deadline; where the
/// bench itself was to blame, it said so.
fn could_not_act(context: &Context<'_, '_>, step: &Step) -> CheckResult {
    let mut check = blank_of(step, CheckId::of_step(&step.id), words::step(step));
    let missed = context.run.steps.get(&step.id).and_then(|run| run.missed.as_ref());
    let (at, why) = missed.map_or((At::ZERO, "no reason was recorded"), |(at, why)| (*at, why.as_str()));
    if let Some(CaseEnd::HarnessError { why }) = context.run.end {
        check.verdict = Verdict::Error;
        check.observed = format!("the bench could not act: {why}");
        return check;
    }
    let of_step =
        |leg: &&Leg| step.who.iter().any(|role| leg.point == *role || leg.party.as_ref() == Some(role));
    let mut ended = context.legs.iter().filter(of_step);
    let by_dut = ended.find_map(|leg| leg.ended.as_ref().filter(|end| end.at <= at && end.is_by_dut(leg)));
    check.verdict = Verdict::Fail;
    check.observed = match by_dut {
        Some(_) => format!("the DUT had ended the call of {}: {why}", words::roles(&step.who)),
        None => format!("{} could not act: {why}", words::roles(&step.who)),
    };
    check.evidence = by_dut.map(|end| end.event).into_iter().collect();
    check
}
