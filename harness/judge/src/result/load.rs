//! What is said of a load point.

use oxocert_record::{EventNo, Verdict};
use oxocert_scenario::model::CheckId;
use serde::{Deserialize, Serialize};

/// One load point of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadResult {
    /// Its name.
    pub name: String,
    /// How many calls, how fast, how long, in words.
    pub text: String,
    /// The worst of its measures.
    pub verdict: Verdict,
    /// Calls planned, those beyond the limit left out.
    pub calls: u64,
    /// Calls each step of which was as it must be.
    pub passed: u64,
    /// Calls that missed a step or a limit.
    pub failed: u64,
    /// Calls of which the bench could not tell.
    pub unclear: u64,
    /// Calls that were not made to their end.
    pub not_made: u64,
    /// Share of calls that passed, percent, with its Wilson interval of 95 %; `null` without a call.
    pub success: Option<Share>,
    /// Calls beyond the limit.
    pub beyond: u64,
    /// Of those, calls that were refused as they must be.
    pub beyond_refused: u64,
    /// From the beginning of the first to the end of the last call; `null` where none was made.
    pub duration_ms: Option<f64>,
    /// The times that were read of each call.
    pub times: Vec<LoadTimes>,
    /// Streams that the DUT emitted; `null` where it emitted none.
    pub streams: Option<LoadStreams>,
    /// The checks of the case that judge this point.
    pub checks: Vec<CheckId>,
    /// Calls that missed something, one by one.
    pub missed: Vec<MissedCall>,
}

/// A share in percent, with the ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// What was counted.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A time of each call. A percentile that so few values cannot give is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadTimes {
    /// Its name: `pdd`.
    pub name: String,
    /// From which step to which, in the words of the first call.
    pub text: String,
    /// How many calls came so far.
    pub n: u64,
    /// The least.
    pub min_ms: Option<f64>,
    /// The median.
    pub p50_ms: Option<f64>,
    /// 95 of 100 are not above it.
    pub p95_ms: Option<f64>,
    /// 99 of 100 are not above it.
    pub p99_ms: Option<f64>,
    /// The greatest.
    pub max_ms: Option<f64>,
    /// Rank (1 = the least) and value, ascending; thinned where there are many.
    pub curve: Vec<(u64, f64)>,
    /// The check that judges a percentile of it.
    pub check: Option<CheckId>,
}

/// Streams that the DUT emitted to the members of a point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadStreams {
    /// How many.
    pub streams: u64,
    /// Their packets.
    pub packets: u64,
    /// The greatest RFC 3550 jitter at the end of a window; `null` where none was read.
    pub greatest_jitter_ms: Option<f64>,
    /// The greatest loss of one of them.
    pub greatest_loss_percent: Option<f64>,
}

/// One thing that one call missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissedCall {
    /// The channel's number, `07`, or `b1` beyond the limit.
    pub channel: String,
    /// The kind of call.
    pub kind: String,
    /// The members of the pools that played it.
    pub roles: String,
    /// The step, with its field, or the measure of a stream.
    pub check: String,
    /// The verdict of that.
    pub verdict: Verdict,
    /// What was required.
    pub required: String,
    /// What came.
    pub observed: String,
    /// The events that show it.
    pub evidence: Vec<EventNo>,
}
