//! Measures: a reading, its uncertainty, and the guarded decision against a limit.

mod decide;
mod load;
mod media;
mod time;

pub(crate) use decide::decide;
pub(crate) use media::digits;

use crate::context::Context;
use crate::result::{CheckResult, Measured};
use crate::words::{limit_used, quantity, rounded, span, span_ms};
use oxocert_record::{EventNo, Verdict};
use oxocert_scenario::model::{CheckId, Limit, Measurand, Measure, Quantity, StreamCount};
use std::time::Duration;

/// What was read: where several streams were read, the range of their values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// The lowest value.
    pub low: f64,
    /// The highest value; equal to `low` for a single value.
    pub high: f64,
    /// `ms`, `kb/s`, `%`, `dBm0`, or empty for a count.
    pub unit: &'static str,
    /// Expanded uncertainty in the same unit.
    pub uncertainty: Option<f64>,
    /// How many samples stand behind it.
    pub samples: u64,
    /// What was read, in words.
    pub text: String,
    /// The events it comes from.
    pub evidence: Vec<EventNo>,
    /// By how much the harness ran late while it was read: what is over a limit by less says nothing about the DUT. Zero for what
    /// no lateness of the harness can lengthen.
    pub lag: Duration,
}

/// Why there is no reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoReading {
    /// The step was not walked.
    NotRun(String),
    /// The bench saw too little: nothing is known about the DUT.
    Inconclusive(String),
    /// What had to be there to be measured was not there.
    Missing(String),
    /// The DUT emitted nothing of the kind.
    WithoutSubject(String),
}

impl Reading {
    fn time(
        value: Duration,
        uncertainty: Duration,
        samples: u64,
        text: String,
        evidence: Vec<EventNo>,
    ) -> Reading {
        Reading::single(span_ms(value), "ms", Some(span_ms(uncertainty)), samples, text, evidence)
    }

    fn single(
        value: f64,
        unit: &'static str,
        uncertainty: Option<f64>,
        samples: u64,
        text: String,
        evidence: Vec<EventNo>,
    ) -> Reading {
        Reading { low: value, high: value, unit, uncertainty, samples, text, evidence, lag: Duration::ZERO }
    }

    /// The same, read while the harness ran late by this much.
    fn under_lag(self, lag: Duration) -> Reading {
        Reading { lag, ..self }
    }
}

/// Judges one measure of a case whose flow was walked.
pub(crate) fn judge(context: &Context<'_, '_>, measure: &Measure) -> CheckResult {
    let mut result = blank(measure);
    if let Measurand::Load { point, what } = &measure.of {
        return load::judge(context, measure, point, what, result);
    }
    match read(context, &measure.of) {
        Ok(reading) => {
            let upper = measure.max.as_ref().map(|limit| (limit, reading.high, true));
            let lower = measure.min.as_ref().map(|limit| (limit, reading.low, false));
            let mut shown = reading.high;
            let mut verdict: Option<Verdict> = None;
            for (limit, value, is_max) in [upper, lower].into_iter().flatten() {
                let decided = compare(value, &reading, limit, is_max);
                if verdict.is_none_or(|verdict| verdict.join(decided) != verdict) {
                    verdict = Some(decided);
                    shown = value;
                    result.limit = Some(limit_used(limit, if is_max { "at most" } else { "at least" }));
                }
            }
            result.verdict = verdict.unwrap_or(Verdict::Error);
            result.observed = reading.text.clone();
            if verdict == Some(Verdict::Inconclusive) && !reading.lag.is_zero() {
                result.observed.push_str(&format!(", while the harness ran {} late", span(reading.lag)));
            }
            result.evidence = reading.evidence.clone();
            result.measured = Some(Measured {
                value: rounded(shown),
                unit: reading.unit.to_owned(),
                uncertainty: reading.uncertainty.map(rounded),
                samples: reading.samples,
            });
        }
        Err(why) => {
            (result.verdict, result.observed) = match why {
                NoReading::NotRun(why) => (Verdict::NotRun, why),
                NoReading::Inconclusive(why) => (Verdict::Inconclusive, why),
                NoReading::Missing(why) => (Verdict::Fail, why),
                NoReading::WithoutSubject(why) => (Verdict::NotApplicable, why),
            };
        }
    }
    result
}

/// The check of a measure before anything is known.
pub(crate) fn blank(measure: &Measure) -> CheckResult {
    let limits = [(&measure.max, "at most"), (&measure.min, "at least")];
    let limits: Vec<_> =
        limits.into_iter().filter_map(|(limit, sense)| limit.as_ref().map(|limit| (limit, sense))).collect();
    let bounds =
        limits.iter().map(|(limit, sense)| format!("{sense} {}", quantity(limit.value))).collect::<Vec<_>>();
    CheckResult {
        id: CheckId(measure.name.clone()),
        verdict: Verdict::NotRun,
        observation: false,
        required: format!("{} is {}", describe(&measure.of), bounds.join(" and ")),
        observed: "not reached".to_owned(),
        limit: limits.first().map(|(limit, sense)| limit_used(limit, sense)),
        measured: None,
        evidence: Vec::new(),
        clauses: measure.proves.clone(),
    }
}

fn compare(value: f64, reading: &Reading, limit: &Limit, is_max: bool) -> Verdict {
    let (Some(bound), marginal) = (in_unit(limit.value, reading.unit), limit.marginal) else {
        return Verdict::Error;
    };
    let marginal = marginal.and_then(|marginal| in_unit(marginal, reading.unit));
    let decided = |value: f64| decide(value, reading.uncertainty.unwrap_or(0.0), bound, marginal, is_max);
    let excused = is_max && reading.unit == "ms" && decided(value - span_ms(reading.lag)) != Verdict::Fail;
    match decided(value) {
        Verdict::Fail if excused => Verdict::Inconclusive,
        verdict => verdict,
    }
}

/// A limit in the unit of a reading; `None` where the units do not go together.
fn in_unit(limit: Quantity, unit: &str) -> Option<f64> {
    match (limit, unit) {
        (Quantity::Time(time), "ms") => Some(span_ms(time)),
        (Quantity::KilobitsPerSecond(value), "kb/s")
        | (Quantity::Percent(value), "%")
        | (Quantity::Dbm0(value), "dBm0")
        | (Quantity::Number(value), "") => Some(value),
        _ => None,
    }
}

fn read(context: &Context<'_, '_>, of: &Measurand) -> Result<Reading, NoReading> {
    match of {
        Measurand::FirstTone { label, from, to } => time::first_tone(context, label, from, to),
        Measurand::LongestBreak { label, from, to } => time::longest_break(context, label, from, to),
        Measurand::Delay { from, to } => time::delay(context, from, to),
        Measurand::MeanInterval { step } => time::mean_interval(context, step),
        Measurand::IntervalSpread { step } => time::interval_spread(context, step),
        Measurand::ShortestDigit { step } => media::shortest_digit(context, step),
        Measurand::FewestEndPackets { step } => media::fewest_end_packets(context, step),
        Measurand::Level { step } => media::level(context, step),
        Measurand::Bandwidth { step } => media::bandwidth(context, step),
        Measurand::Jitter { step } => media::jitter(context, step),
        Measurand::Loss { step } => media::loss(context, step),
        Measurand::Count { step, what } => media::count(context, step, *what),
        Measurand::OffPath { step } => media::off_path(context, step),
        // A load point has more than one end of its interval: it is judged apart.
        Measurand::Load { point, .. } => Err(NoReading::NotRun(format!("load point {point}"))),
    }
}

fn describe(of: &Measurand) -> String {
    match of {
        Measurand::FirstTone { label, from, to } => {
            format!("the time from the start of `{label}` until {to} hears {from}")
        }
        Measurand::LongestBreak { label, from, to } => {
            format!("the longest break during `{label}` in which {to} does not hear {from}")
        }
        Measurand::Delay { from, to } => format!("the time from step {from} to step {to}"),
        Measurand::MeanInterval { step } => format!("the mean interval of the messages of step {step}"),
        Measurand::IntervalSpread { step } => {
            format!("the greatest deviation of an interval of step {step} from their mean")
        }
        Measurand::ShortestDigit { step } => format!("the shortest digit of step {step}"),
        Measurand::FewestEndPackets { step } => format!("the fewest end packets of a digit of step {step}"),
        Measurand::Level { step } => format!("the level heard in step {step}"),
        Measurand::Bandwidth { step } => format!("the layer-3 rate of each stream of step {step}"),
        Measurand::Jitter { step } => format!("the RFC 3550 jitter of the DUT's streams of step {step}"),
        Measurand::Loss { step } => format!("the loss in the DUT's streams of step {step}"),
        Measurand::Load { point, what } => load::describe(point, what),
        Measurand::OffPath { step } => {
            format!("the number of RTP packets of step {step} off the declared path")
        }
        Measurand::Count { step, what } => {
            let what = match what {
                StreamCount::Packets => "RTP packets",
                StreamCount::OtherCodec => "RTP packets of another codec than PCMA",
                StreamCount::OtherSize => "audio packets that are not 20 ms",
                StreamCount::TimestampJumps => "timestamp jumps",
                StreamCount::OtherDscp => "RTP packets with another DSCP",
                StreamCount::OtherRtcpDscp => "RTCP packets with another DSCP",
                StreamCount::Authenticated => "SRTP packets that authenticate",
                StreamCount::Unauthenticated => "SRTP packets that do not authenticate under the agreed key",
                StreamCount::RollOverErrors => {
                    "SRTP packets under another roll-over counter than the one due"
                }
                StreamCount::Replayed => "SRTP packets whose index came before",
                StreamCount::Clear => "RTP packets in clear",
                StreamCount::RtcpAuthenticated => "SRTCP packets that authenticate",
                StreamCount::RtcpUnauthenticated => "RTCP packets that do not authenticate",
            };
            format!("the number of {what} of the DUT in step {step}")
        }
    }
}
