//! What the report says of a load point.

use super::listed::listed;
use super::{Outcome, PointRead};
use crate::context::Context;
use crate::result::{CheckResult, LoadResult, LoadStreams, LoadTimes, Share};
use crate::words::{rounded, span_ms};
use oxocert_metrology::Statistic;
use oxocert_metrology::interval::wilson;
use oxocert_record::Verdict;
use oxocert_scenario::model::{CheckId, LoadMeasure, Measurand, Measure};

/// Points of a curve, at most.
const CURVE: usize = 200;

/// The point with its numbers; `checks`: those of the case, already judged.
pub(crate) fn summary(
    context: &Context<'_, '_>,
    point: &PointRead<'_>,
    checks: &[CheckResult],
) -> LoadResult {
    let own = &point.point.name;
    let of_point = |measure: &&Measure| matches!(&measure.of, Measurand::Load { point, .. } if point == own);
    let measures: Vec<_> = context.case.measures.iter().filter(of_point).collect();
    let ids: Vec<CheckId> = measures.iter().map(|measure| CheckId(measure.name.clone())).collect();
    let verdicts = checks.iter().filter(|check| ids.contains(&check.id)).map(|check| check.verdict);
    let verdict = Verdict::worst(verdicts);
    let calls = point.calls.len() as u64;
    let passed = point.count(Outcome::Passed);
    let percent = |share: f64| rounded(share * 100.0);
    let success = wilson(passed, calls).map(|share| Share {
        value: percent(share.share),
        low: percent(share.low),
        high: percent(share.high),
    });
    let time_of = |name: &str| {
        let check = measures.iter().find(|measure| {
            matches!(&measure.of, Measurand::Load { what: LoadMeasure::Percentile { time, .. }, .. } if time == name)
        });
        times(context, point, name, check.map(|measure| CheckId(measure.name.clone())))
    };
    LoadResult {
        name: point.point.name.clone(),
        text: point.point.words(),
        verdict: if verdict == Verdict::PassMarginal { Verdict::Pass } else { verdict },
        calls,
        passed,
        failed: point.count(Outcome::Failed),
        unclear: point.count(Outcome::Unclear) + point.count(Outcome::Broken),
        not_made: point.count(Outcome::NotMade),
        success,
        beyond: point.beyond.len() as u64,
        beyond_refused: point.count_beyond(Outcome::Passed),
        duration_ms: point.span.map(|(from, to)| span_ms(to.since(from))),
        times: point.point.times().into_iter().map(time_of).collect(),
        streams: streams(point),
        checks: ids,
        missed: listed(context, point),
    }
}

fn streams(point: &PointRead<'_>) -> Option<LoadStreams> {
    if point.streams.is_empty() {
        return None;
    }
    let jitter = point.streams.iter().filter_map(|stream| stream.jitter).max();
    let loss = point.streams.iter().map(super::StreamRead::loss).reduce(f64::max);
    Some(LoadStreams {
        streams: point.streams.len() as u64,
        packets: point.streams.iter().map(|stream| stream.packets).sum(),
        greatest_jitter_ms: jitter.map(span_ms),
        greatest_loss_percent: loss.map(rounded),
    })
}

fn times(context: &Context<'_, '_>, point: &PointRead<'_>, name: &str, check: Option<CheckId>) -> LoadTimes {
    let values: Vec<f64> = point.times(context, name).iter().map(|time| span_ms(time.value)).collect();
    let n = values.len() as u64;
    let at = |statistic: Statistic| {
        let rank = statistic.rank(n).filter(|_| n >= statistic.least_samples())?;
        values.get(usize::try_from(rank).ok()?.checked_sub(1)?).copied()
    };
    let mut all = point.calls.iter().flat_map(|call| call.call.times.iter().map(|time| (time, call.call)));
    let first = all.find(|(time, _)| time.name == name);
    let text = first.map_or_else(String::new, |(time, call)| {
        let step = |id: &oxocert_record::StepId| {
            let step = crate::context::find(&call.steps, id);
            step.map(crate::words::step).unwrap_or_default()
        };
        format!("{} -> {}", step(&time.from), step(&time.to))
    });
    LoadTimes {
        name: name.to_owned(),
        text,
        n,
        min_ms: values.first().copied(),
        p50_ms: at(Statistic::P50),
        p95_ms: at(Statistic::P95),
        p99_ms: at(Statistic::P99),
        max_ms: values.last().copied(),
        curve: curve(&values),
        check,
    }
}

/// Value by rank: each where there are few, else those whose ranks are evenly spread over the logarithm of what lies above.
fn curve(values: &[f64]) -> Vec<(u64, f64)> {
    let n = values.len();
    let ranks: Vec<usize> = if n <= CURVE {
        (1..=n).collect()
    } else {
        let above = |step: usize| ((n as f64).ln() * (1.0 - step as f64 / CURVE as f64)).exp();
        let mut ranks: Vec<usize> =
            (0..=CURVE).map(|step| n + 1 - (above(step).round() as usize).clamp(1, n)).collect();
        ranks.dedup();
        ranks
    };
    ranks.into_iter().filter_map(|rank| Some((rank as u64, *values.get(rank - 1)?))).collect()
}
