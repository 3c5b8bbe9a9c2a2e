//! Load points: how many calls, how many of them failed and how sure that is, set-up times, and each call that missed something.

use super::plot::{Curve, distributions};
use super::{Mark, printable};
use oxocert_judge::result::{CaseResult, CheckResult, LoadResult, LoadTimes, MissedCall};
use oxocert_record::EventNo;

/// How many misses of one point stand in the page; all of them stand in the result.
const LISTED: usize = 200;
/// How many events of one miss are named.
const EVENTS: usize = 6;

/// One load point.
pub(super) struct Load {
    pub name: String,
    pub text: String,
    pub mark: Mark,
    pub facts: Vec<(&'static str, String)>,
    pub times: Vec<Time>,
    pub plot: String,
    pub missed: Vec<Missed>,
    pub more: usize,
}

/// A time of its calls.
pub(super) struct Time {
    pub name: String,
    pub text: String,
    pub n: u64,
    pub figures: [String; 5],
    pub limit: String,
    pub uncertainty: String,
    pub mark: Option<Mark>,
}

/// One thing that one call missed.
pub(super) struct Missed {
    pub channel: String,
    pub kind: String,
    pub roles: String,
    pub check: String,
    pub mark: Mark,
    pub required: String,
    pub observed: String,
    pub events: String,
}

/// The load points of a case.
pub(super) fn loads(case: &CaseResult) -> Vec<Load> {
    case.loads.iter().map(|load| one(load, &case.checks)).collect()
}

fn one(load: &LoadResult, checks: &[CheckResult]) -> Load {
    let curves: Vec<Curve<'_>> = load
        .times
        .iter()
        .filter(|time| time.n > 1)
        .map(|time| Curve { name: &time.name, n: time.n, points: &time.curve })
        .collect();
    Load {
        name: load.name.clone(),
        text: load.text.clone(),
        mark: load.verdict.into(),
        facts: facts(load),
        times: load.times.iter().map(|time| of_time(time, checks)).collect(),
        plot: distributions(&format!("distribution of the times of load point {}", load.name), &curves),
        missed: load.missed.iter().take(LISTED).map(missed).collect(),
        more: load.missed.len().saturating_sub(LISTED),
    }
}

fn facts(load: &LoadResult) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Calls", load.calls.to_string())];
    let success = load.success.map_or_else(
        || "no call was made".to_owned(),
        |share| {
            format!(
                "{} of {}: {} %, with 95 % confidence between {} and {} % (Wilson)",
                load.passed, load.calls, share.value, share.low, share.high
            )
        },
    );
    facts.push(("Succeeded", success));
    facts.push(("Failed", load.failed.to_string()));
    if load.unclear > 0 {
        facts.push(("Unclear", load.unclear.to_string()));
    }
    if load.not_made > 0 {
        facts.push(("Not made to their end", load.not_made.to_string()));
    }
    if load.beyond > 0 {
        facts.push((
            "Beyond the limit",
            format!("{} of {} refused as they must be", load.beyond_refused, load.beyond),
        ));
    }
    if let Some(ms) = load.duration_ms {
        facts.push(("Took", format!("{:.1} s", ms / 1000.0)));
    }
    let streams = load.streams.map_or_else(
        || "the DUT emitted none: media flows directly".to_owned(),
        |streams| {
            let figure = |value: Option<f64>, unit: &str| {
                value.map_or("unknown".to_owned(), |value| format!("{value} {unit}"))
            };
            format!(
                "{} of the DUT, {} packets; greatest jitter {}, greatest loss {}",
                streams.streams,
                streams.packets,
                figure(streams.greatest_jitter_ms, "ms"),
                figure(streams.greatest_loss_percent, "%")
            )
        },
    );
    facts.push(("Streams", streams));
    facts
}

fn of_time(time: &LoadTimes, checks: &[CheckResult]) -> Time {
    let check = checks.iter().find(|check| time.check.as_ref() == Some(&check.id));
    let figure = |value: Option<f64>| value.map_or("\u{2013}".to_owned(), |value| value.to_string());
    let limit = check.and_then(|check| check.limit.as_ref());
    let uncertainty = check.and_then(|check| check.measured.as_ref()).map(|measured| {
        measured.uncertainty.map_or("open".to_owned(), |u| format!("\u{b1} {u} {}", measured.unit))
    });
    Time {
        name: time.name.clone(),
        text: printable(&time.text),
        n: time.n,
        figures: [time.min_ms, time.p50_ms, time.p95_ms, time.p99_ms, time.max_ms].map(figure),
        limit: limit.map(|limit| format!("{} {}", limit.sense, limit.value)).unwrap_or_default(),
        uncertainty: uncertainty.unwrap_or_default(),
        mark: check.map(|check| check.verdict.into()),
    }
}

fn missed(missed: &MissedCall) -> Missed {
    Missed {
        channel: missed.channel.clone(),
        kind: missed.kind.clone(),
        roles: missed.roles.clone(),
        check: missed.check.clone(),
        mark: missed.verdict.into(),
        required: missed.required.clone(),
        observed: printable(&missed.observed),
        events: events(&missed.evidence),
    }
}

fn events(evidence: &[EventNo]) -> String {
    let named = evidence.iter().take(EVENTS).map(|n| format!("#{}", n.0)).collect::<Vec<_>>().join(" ");
    match evidence.len().saturating_sub(EVENTS) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
