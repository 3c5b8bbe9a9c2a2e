//! Readings of time: first tone, breaks, delays and intervals.

use super::{NoReading, Reading};
use crate::context::Context;
use crate::words::span;
use oxocert_machine::At;
use oxocert_record::{EventNo, RoleName, StepId};
use oxocert_scenario::model::Step;
use oxocert_scenario::satisfies::{Stretch, breaks, tone_of};
use std::time::Duration;

/// The `talk` with this label, its beginning and its end.
fn talk<'c>(context: &Context<'c, '_>, label: &str) -> Result<(&'c Step, At, At), NoReading> {
    let step = labelled(&context.case.flow, label)
        .ok_or_else(|| NoReading::NotRun(format!("the scenario has no step labelled `{label}`")))?;
    let missing = || NoReading::NotRun(format!("step {} was not reached", step.id));
    let from = context.start_of(&step.id).ok_or_else(missing)?;
    let to = context.left(&step.id).ok_or_else(missing)?;
    Ok((step, from, to))
}

fn labelled<'c>(steps: &'c [Step], label: &str) -> Option<&'c Step> {
    steps.iter().find(|step| step.label.as_deref() == Some(label))
}

/// The tone of one role as another heard it in a talk.
struct Tones {
    first: Stretch,
    all: Vec<Stretch>,
    begin: At,
    end: At,
}

/// The tone of `from` as heard by `to` in the talk with this label; never heard is a missing reading.
fn tones(context: &Context<'_, '_>, label: &str, from: &RoleName, to: &RoleName) -> Result<Tones, NoReading> {
    let (_, begin, end) = talk(context, label)?;
    let hz = tone_of(context.bench, from)
        .ok_or_else(|| NoReading::Inconclusive(format!("{from} has no identity tone on this bench")))?;
    let heard = context.heard(to).into_iter();
    let all: Vec<Stretch> =
        heard.filter(|stretch| stretch.is_tone(hz) && stretch.counts_from(begin, end)).collect();
    let first = all.first().cloned().ok_or_else(|| {
        let time = span(end.since(begin));
        NoReading::Missing(format!("{to} never heard {from} in the {time} of `{label}`"))
    })?;
    Ok(Tones { first, all, begin, end })
}

pub(super) fn first_tone(
    context: &Context<'_, '_>,
    label: &str,
    from: &RoleName,
    to: &RoleName,
) -> Result<Reading, NoReading> {
    let Tones { first, begin, end, .. } = tones(context, label, from, to)?;
    let gap = first.heard.since.since(begin);
    let text = format!("{to} heard {from} {} after the start of `{label}`", span(gap));
    let lag = context.run.greatest_lag(begin, end);
    Ok(Reading::time(gap, context.uncertainty_media(), 1, text, vec![first.n]).under_lag(lag))
}

pub(super) fn longest_break(
    context: &Context<'_, '_>,
    label: &str,
    from: &RoleName,
    to: &RoleName,
) -> Result<Reading, NoReading> {
    let Tones { first, all: tones, begin, end } = tones(context, label, from, to)?;
    let (inside, at_end) = breaks(&tones, first.heard.since.max(begin), end);
    let longest = inside.max(at_end);
    let text = format!("the longest break of {from} at {to} lasted {}", span(longest));
    let evidence = tones.iter().map(|stretch| stretch.n).collect();
    let lag = context.run.greatest_lag(begin, end);
    let reading = Reading::time(longest, context.uncertainty_media(), tones.len() as u64, text, evidence);
    Ok(reading.under_lag(lag))
}

pub(super) fn delay(context: &Context<'_, '_>, from: &StepId, to: &StepId) -> Result<Reading, NoReading> {
    let end = |step: &StepId| {
        let run = context.run.steps.get(step).filter(|run| run.done.is_some());
        run.and_then(|_| context.end_of(step))
            .ok_or_else(|| NoReading::NotRun(format!("step {step} was not done")))
    };
    let (begin, end) = (end(from)?, end(to)?);
    let delay = end.since(begin);
    let mut evidence = context.evidence_of(from);
    evidence.extend(context.evidence_of(to));
    let text = format!("{} from step {from} to step {to}", span(delay));
    Ok(Reading::time(delay, context.uncertainty_sip(), 1, text, evidence))
}

/// The distances between the messages of a step.
fn intervals(context: &Context<'_, '_>, step: &StepId) -> Result<(Vec<Duration>, Vec<EventNo>), NoReading> {
    if !context.run.steps.contains_key(step) {
        return Err(NoReading::NotRun(format!("step {step} was not reached")));
    }
    let evidence = context.evidence_of(step);
    let mut times: Vec<At> = evidence.iter().filter_map(|n| context.timeline.at_of(*n)).collect();
    times.sort();
    let intervals: Vec<Duration> = times.iter().zip(times.iter().skip(1)).map(|(a, b)| b.since(*a)).collect();
    if intervals.is_empty() {
        return Err(NoReading::Missing(format!(
            "step {step} has {} messages, too few for an interval",
            times.len()
        )));
    }
    Ok((intervals, evidence))
}

fn mean(intervals: &[Duration]) -> Duration {
    intervals.iter().sum::<Duration>() / u32::try_from(intervals.len()).unwrap_or(u32::MAX).max(1)
}

pub(super) fn mean_interval(context: &Context<'_, '_>, step: &StepId) -> Result<Reading, NoReading> {
    let (intervals, evidence) = intervals(context, step)?;
    let mean = mean(&intervals);
    let text = format!("{} intervals, {} on average", intervals.len(), span(mean));
    Ok(Reading::time(mean, context.uncertainty_sip(), intervals.len() as u64, text, evidence))
}

pub(super) fn interval_spread(context: &Context<'_, '_>, step: &StepId) -> Result<Reading, NoReading> {
    let (intervals, evidence) = intervals(context, step)?;
    let mean = mean(&intervals);
    let spread = intervals.iter().map(|interval| interval.abs_diff(mean)).max().unwrap_or_default();
    let text =
        format!("{} intervals, at most {} from their mean of {}", intervals.len(), span(spread), span(mean));
    Ok(Reading::time(spread, context.uncertainty_sip(), intervals.len() as u64, text, evidence))
}
