//! Measures over all calls of a load point: each value with the interval in which the true one lies, and the guarded decision.

use super::decide::word;
use crate::context::Context;
use crate::load::{CallRead, Outcome, PointRead};
use crate::result::{CheckResult, Measured};
use crate::standing::repeated;
use crate::words::{limit_used, rounded, span as in_words, span_ms};
use oxocert_metrology::interval::{order_statistic_ranks, wilson};
use oxocert_metrology::{self as metrology, Bound, Measurement, decide};
use oxocert_record::{EventNo, Verdict};
use oxocert_scenario::model::{Limit, LoadMeasure, Measure, Quantity};
use std::time::Duration;

/// What was read.
struct Read {
    reading: Measurement,
    unit: &'static str,
    samples: u64,
    /// In words.
    text: String,
    evidence: Vec<EventNo>,
    /// By how much the harness ran late: a FAIL by less says nothing about the DUT.
    lag: Duration,
}

/// Why there is no reading.
type NoRead = (Verdict, String);

/// Judges one measure of a load point.
pub(super) fn judge(
    context: &Context<'_, '_>,
    measure: &Measure,
    point: &str,
    what: &LoadMeasure,
    mut result: CheckResult,
) -> CheckResult {
    let point = context.loads.iter().find(|read| read.point.name == point);
    let read = match point {
        None => Err((Verdict::Error, "the case has no such load point".to_owned())),
        Some(point) => made(point, what).and_then(|()| read(context, point, what)),
    };
    let read = match read {
        Ok(read) => read,
        Err((verdict, text)) => {
            (result.verdict, result.observed) = (verdict, text);
            return result;
        }
    };
    let bounds = [(&measure.max, true), (&measure.min, false)];
    let mut verdict: Option<Verdict> = None;
    for (limit, is_max) in bounds.into_iter().filter_map(|(limit, is_max)| Some((limit.as_ref()?, is_max))) {
        let decided = compare(&read, limit, is_max);
        if verdict.is_none_or(|verdict| verdict.join(decided) != verdict) {
            verdict = Some(decided);
            result.limit = Some(limit_used(limit, if is_max { "at most" } else { "at least" }));
        }
    }
    result.verdict = verdict.unwrap_or(Verdict::Error);
    result.observed = read.text;
    if result.verdict == Verdict::Inconclusive && !read.lag.is_zero() {
        result.observed.push_str(&format!(", while the harness ran {} late", in_words(read.lag)));
    }
    let Measurement { value, low, high } = read.reading;
    let u = low.zip(high).map(|(low, high)| (value - low).max(high - value));
    result.measured = Some(Measured {
        value: rounded(value),
        unit: read.unit.to_owned(),
        uncertainty: u.map(rounded),
        samples: read.samples,
    });
    result.evidence = read.evidence;
    result
}

/// What is not known of all calls is not known.
fn made(point: &PointRead<'_>, what: &LoadMeasure) -> Result<(), NoRead> {
    let calls = if *what == LoadMeasure::Beyond { &point.beyond } else { &point.calls };
    let count = |outcome: Outcome| calls.iter().filter(|call| call.outcome == outcome).count();
    let (broken, not_made) = (count(Outcome::Broken), count(Outcome::NotMade));
    if broken > 0 {
        return Err((Verdict::Error, format!("the harness failed in {broken} of {} calls", calls.len())));
    }
    if not_made > 0 {
        return Err((
            Verdict::NotRun,
            format!("{not_made} of {} calls were not made to their end", calls.len()),
        ));
    }
    Ok(())
}

fn read(context: &Context<'_, '_>, point: &PointRead<'_>, what: &LoadMeasure) -> Result<Read, NoRead> {
    match what {
        LoadMeasure::Failed => Ok(failed(&point.calls, "calls missed a step or a limit")),
        LoadMeasure::Beyond => beyond(point),
        LoadMeasure::Success => success(point),
        LoadMeasure::Repeated => repetitions(context, point),
        LoadMeasure::Jitter => jitter(context, point),
        LoadMeasure::Loss => loss(point),
        LoadMeasure::Percentile { time, percent } => percentile(context, point, time, percent),
    }
}

/// The checks that a call missed, in the order of the steps, and their events.
fn evidence_of(calls: &[CallRead<'_>]) -> Vec<EventNo> {
    let misses = calls.iter().flat_map(|call| &call.misses);
    misses.flat_map(|check| check.evidence.iter().copied()).collect()
}

fn outcomes(calls: &[CallRead<'_>]) -> (u64, u64, u64) {
    let count = |outcome: Outcome| calls.iter().filter(|call| call.outcome == outcome).count() as u64;
    (count(Outcome::Passed), count(Outcome::Failed), count(Outcome::Unclear))
}

fn unclear_in_words(unclear: u64) -> String {
    if unclear == 0 { String::new() } else { format!(", {unclear} unclear") }
}

/// A count of calls: those that are unclear may be among them or not.
fn failed(calls: &[CallRead<'_>], words: &str) -> Read {
    let (_, failed, unclear) = outcomes(calls);
    let of = calls.len() as u64;
    Read {
        reading: Measurement {
            value: failed as f64,
            low: Some(failed as f64),
            high: Some((failed + unclear) as f64),
        },
        unit: "",
        samples: of,
        text: format!("{failed} of {of} {words}{}", unclear_in_words(unclear)),
        evidence: evidence_of(calls),
        lag: Duration::ZERO,
    }
}

/// Where a call under the limit failed, the limit may not have been reached: a call that was let through proves nothing then.
fn beyond(point: &PointRead<'_>) -> Result<Read, NoRead> {
    let read = failed(&point.beyond, "calls beyond the limit were not refused as they must be");
    let (passed, ..) = outcomes(&point.calls);
    let of = point.calls.len() as u64;
    if read.reading.value > 0.0 && passed < of {
        let text = format!("{}, but {} of {of} calls under the limit failed", read.text, of - passed);
        return Err((Verdict::Inconclusive, text));
    }
    Ok(read)
}

fn success(point: &PointRead<'_>) -> Result<Read, NoRead> {
    let (passed, _, unclear) = outcomes(&point.calls);
    let of = point.calls.len() as u64;
    let (Some(least), Some(most)) = (wilson(passed, of), wilson(passed + unclear, of)) else {
        return Err((Verdict::Inconclusive, "no call was made".to_owned()));
    };
    let text = format!(
        "{passed} of {of} calls succeeded{}: {} %, with 95 % confidence between {} and {} % (Wilson)",
        unclear_in_words(unclear),
        rounded(least.share * 100.0),
        rounded(least.low * 100.0),
        rounded(most.high * 100.0)
    );
    Ok(Read {
        reading: Measurement {
            value: least.share * 100.0,
            low: Some(least.low * 100.0),
            high: Some(most.high * 100.0),
        },
        unit: "%",
        samples: of,
        text,
        evidence: evidence_of(&point.calls),
        lag: Duration::ZERO,
    })
}

fn percentile(
    context: &Context<'_, '_>,
    point: &PointRead<'_>,
    name: &str,
    percent: &Limit,
) -> Result<Read, NoRead> {
    let values = point.times(context, name);
    let n = values.len() as u64;
    let share = percent.value.bare() / 100.0;
    let Some(ranks) = order_statistic_ranks(n, share) else {
        return Err((Verdict::Fail, format!("no call came so far that `{name}` could be read")));
    };
    let at = |rank: u64| {
        let index = usize::try_from(rank.max(1) - 1).unwrap_or(usize::MAX);
        values.get(index).map(|time| span_ms(time.value))
    };
    let rank = (share * n as f64).ceil() as u64;
    let Some(value) = at(rank) else {
        return Err((Verdict::Error, format!("`{name}` has no value of rank {rank}")));
    };
    // Instrument and statistic add up by squares, each side for itself.
    let u = span_ms(context.uncertainty_sip());
    let low = ranks.low.and_then(at).map(|low| (value - u.hypot(value - low)).max(0.0));
    let high = ranks.high.and_then(at).map(|high| value + u.hypot(high - value));
    let end = |end: Option<f64>| end.map_or("open".to_owned(), |end| format!("{} ms", rounded(end)));
    let text = format!(
        "{value} ms in {n} of {} calls, with 95 % confidence between {} and {}",
        point.calls.len(),
        end(low),
        end(high)
    );
    let lag = point.span.map(|(from, to)| context.run.greatest_lag(from, to)).unwrap_or_default();
    let worst = values.iter().rev().take(3).filter_map(|time| time.event).collect();
    Ok(Read { reading: Measurement { value, low, high }, unit: "ms", samples: n, text, evidence: worst, lag })
}

fn repetitions(context: &Context<'_, '_>, point: &PointRead<'_>) -> Result<Read, NoRead> {
    let Some((from, to)) = point.span else {
        return Err((Verdict::NotRun, "no call was made".to_owned()));
    };
    let (found, of) = repeated(context);
    let inside = |n: &EventNo| context.timeline.at_of(*n).is_some_and(|at| at >= from && at <= to);
    let evidence: Vec<EventNo> = found.iter().map(|(n, _)| *n).filter(inside).collect();
    if of == 0 {
        return Err((Verdict::Inconclusive, "the DUT sent nothing that wants an answer".to_owned()));
    }
    let value = evidence.len() as f64 * 100.0 / of as f64;
    let text =
        format!("{} repetitions on {of} messages of the DUT that were answered in time", evidence.len());
    let reading = Measurement::plus_minus(value, 0.0);
    Ok(Read { reading, unit: "%", samples: of, text, evidence, lag: Duration::ZERO })
}

fn without_subject() -> NoRead {
    (
        Verdict::NotApplicable,
        "the DUT emitted no stream: media flows directly between set and a-SBC".to_owned(),
    )
}

fn jitter(context: &Context<'_, '_>, point: &PointRead<'_>) -> Result<Read, NoRead> {
    if point.streams.is_empty() {
        return Err(without_subject());
    }
    let read = point.streams.iter().filter_map(|stream| Some((stream.jitter?, stream)));
    let Some((worst, stream)) = read.max_by_key(|(jitter, _)| *jitter) else {
        return Err((Verdict::Inconclusive, "no jitter was measured".to_owned()));
    };
    let text = format!(
        "at most {} ms at the end of a window, in {} streams of the DUT; the worst one to {}",
        span_ms(worst),
        point.streams.len(),
        stream.role
    );
    Ok(Read {
        reading: Measurement::plus_minus(span_ms(worst), span_ms(context.uncertainty_media())),
        unit: "ms",
        samples: point.streams.iter().map(|stream| stream.packets).sum(),
        text,
        evidence: stream.evidence.clone(),
        lag: Duration::ZERO,
    })
}

fn loss(point: &PointRead<'_>) -> Result<Read, NoRead> {
    let worst = point.streams.iter().max_by(|a, b| a.loss().total_cmp(&b.loss()));
    let Some(stream) = worst else { return Err(without_subject()) };
    let text = format!(
        "at most {} % of a stream, in {} streams of the DUT; the worst one to {}: {} of {} packets",
        rounded(stream.loss()),
        point.streams.len(),
        stream.role,
        stream.lost,
        stream.packets.saturating_add(stream.lost)
    );
    Ok(Read {
        reading: Measurement::plus_minus(stream.loss(), 0.0),
        unit: "%",
        samples: point.streams.iter().map(|stream| stream.packets).sum(),
        text,
        evidence: stream.evidence.clone(),
        lag: Duration::ZERO,
    })
}

fn compare(read: &Read, limit: &Limit, is_max: bool) -> Verdict {
    let bare = |quantity: Quantity| match quantity {
        Quantity::Time(time) => span_ms(time),
        other => other.bare(),
    };
    let value = bare(limit.value);
    let limit = metrology::Limit {
        bound: if is_max { Bound::AtMost(value) } else { Bound::AtLeast(value) },
        marginal: limit.marginal.map(bare),
    };
    let decided = |by: f64| {
        let Measurement { value, low, high } = read.reading;
        let less = |end: Option<f64>| end.map(|end| end - by);
        word(decide(Some(Measurement { value: value - by, low: less(low), high: less(high) }), limit).verdict)
    };
    let excused = is_max && read.unit == "ms" && decided(span_ms(read.lag)) != Verdict::Fail;
    match decided(0.0) {
        Verdict::Fail if excused => Verdict::Inconclusive,
        verdict => verdict,
    }
}

/// What is measured, in words.
pub(super) fn describe(point: &str, what: &LoadMeasure) -> String {
    match what {
        LoadMeasure::Failed => {
            format!("the number of calls of load point `{point}` that miss a step or a limit")
        }
        LoadMeasure::Success => format!("the share of calls of load point `{point}` that succeed"),
        LoadMeasure::Beyond => {
            format!(
                "the number of calls beyond the limit of load point `{point}` that are not refused as they must be"
            )
        }
        LoadMeasure::Repeated => {
            format!(
                "the share of the DUT's messages in load point `{point}` that are repeated though they were answered"
            )
        }
        LoadMeasure::Jitter => {
            format!("the RFC 3550 jitter of each stream of the DUT in load point `{point}`")
        }
        LoadMeasure::Loss => format!("the loss in each stream of the DUT in load point `{point}`"),
        LoadMeasure::Percentile { time, percent } => {
            format!("the time `{time}` of {} of the calls of load point `{point}`", percent.value)
        }
    }
}
