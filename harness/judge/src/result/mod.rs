//! What the judge says: the versioned document from which every page is drawn.
//!
//! All texts are complete sentences or phrases for a reader who does not have the scenario at hand. Times are
//! milliseconds since the run began, rounded to a microsecond. Unknown is `null`.

mod case;
mod clause;
mod encrypted;
mod load;

pub use case::{
    CaseResult, CheckResult, Finding, LadderLine, LadderMark, LiftedCheck, LimitUsed, Measured, SizingCell,
    SizingResult, StepLine,
};
pub use clause::{ClauseResult, Proof};
pub use encrypted::{
    CertificateRow, EncryptedTrunk, FirewallRow, HandshakeRow, NameRow, SrtpRow, SuiteRow, SuiteUse,
};

pub use load::{LoadResult, LoadStreams, LoadTimes, MissedCall, Share};
use oxocert_record::Verdict;
pub use oxocert_scenario::model::{ChannelCounts, CheckId, ClauseId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this document's schema.
pub const SCHEMA: u32 = 3;

/// The verdicts of one run on one bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was run, when, with what.
    pub run: RunFacts,
    /// On which bench, against which offer.
    pub bench: BenchFacts,
    /// The verdict of the whole run.
    pub verdict: Verdict,
    /// Why it is what it is, worst first.
    pub reasons: Vec<String>,
    /// 0 pass, 1 fail, 2 inconclusive, 3 harness error.
    pub exit_code: u8,
    /// How often each verdict word was given, so that one ERROR never hides a FAIL.
    pub counts: Counts,
    /// Parameters that this bench shortened, with the operator profile's own value.
    pub shortened: Vec<Shortened>,
    /// The cases in the order of the plan.
    pub cases: Vec<CaseResult>,
    /// Rows of the sizing table that were counted.
    pub sizing: Vec<SizingResult>,
    /// What the trunk over internet showed; `null` on a bench without one.
    pub encrypted: Option<EncryptedTrunk>,
    /// Every clause of the register on this architecture.
    pub matrix: Vec<ClauseResult>,
    /// What is wrong with the record itself; not empty means the run verdict is ERROR.
    pub damage: Vec<String>,
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunFacts {
    /// Program and version.
    pub tool: String,
    /// The load the user named.
    pub load: String,
    /// Load strings seen on the wire in messages of the DUT, ascending.
    pub loads_seen: Vec<String>,
    /// UTC, RFC 3339; `null` in virtual time.
    pub started: Option<String>,
    /// From the first to the last event.
    pub duration_ms: u64,
    /// Whether the DUT is simulated or a parameter shortened: no certificate.
    pub simulation: bool,
    /// Whether somebody interrupted it.
    pub interrupted: bool,
    /// The seed of all randomness of the harness.
    pub seed: u64,
    /// Versions and hashes of the DUT's parts where known.
    pub dut_parts: Vec<String>,
    /// How many events the record holds.
    pub events: u64,
    /// Greatest lag of the signalling side, milliseconds; `null` where none was recorded.
    pub greatest_lag_ms: Option<f64>,
}

/// The bench and the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchFacts {
    /// The hw-profile.
    pub name: String,
    /// One line.
    pub title: String,
    /// `powercpu-bvpn`, ...
    pub architecture: String,
    /// The product in words: `OXO Connect PowerCPU`.
    pub product: String,
    /// The operator profile.
    pub operator: String,
    /// `BTIP`, ...
    pub offer: String,
    /// One line.
    pub operator_title: String,
    /// Settings of interpretation C3-C6, fixed before the run.
    pub settings: BTreeMap<String, String>,
    /// Trunk address and transport.
    pub trunk: String,
    /// Where media of the sets goes: `direct` or `dut`.
    pub media: String,
    /// Properties the DUT does not have, with the reason.
    pub lacks: BTreeMap<String, String>,
    /// Load floors: release and load.
    pub load_floors: Vec<(String, String)>,
    /// Addresses of the bench: role and address.
    pub addresses: BTreeMap<String, String>,
}

/// How often each verdict word was given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// To cases.
    pub cases: BTreeMap<String, u64>,
    /// To checks.
    pub checks: BTreeMap<String, u64>,
    /// To clauses.
    pub clauses: BTreeMap<String, u64>,
}

/// A parameter that the bench shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shortened {
    /// Its name.
    pub name: String,
    /// The value in force.
    pub value: String,
    /// The operator profile's value.
    pub from: String,
    /// The source of the operator profile's value.
    pub source: String,
}
