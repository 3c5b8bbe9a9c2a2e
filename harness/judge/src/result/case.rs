//! The result of one case and of its checks.

use super::LoadResult;
use oxocert_record::{CaseId, EventNo, Phase, StepId, Verdict};
use oxocert_scenario::model::{ChannelCounts, CheckId, ClauseId};
use serde::{Deserialize, Serialize};

/// The result of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// `HR-01` or `HR-01[sbc.backup]`.
    pub id: CaseId,
    /// The scenario it comes from.
    pub scenario: String,
    /// One line.
    pub title: String,
    /// Why it is run.
    pub why: String,
    /// The scenario's file.
    pub file: String,
    /// The worst of its checks.
    pub verdict: Verdict,
    /// The worst of the checks that count for the exit code: observations are left out.
    pub blocking: Verdict,
    /// In words, where the verdict is not PASS.
    pub reason: Option<String>,
    /// When it began; `null` where it did not.
    pub started_ms: Option<f64>,
    /// How long it took, teardown included; `null` where it did not run to its end.
    pub duration_ms: Option<f64>,
    /// The steps, in order.
    pub steps: Vec<StepLine>,
    /// The checks, in order of the file, standing checks last.
    pub checks: Vec<CheckResult>,
    /// What was recorded and not judged: `hold_method` = `re-INVITE`.
    pub findings: Vec<Finding>,
    /// Standing checks that the scenario lifts.
    pub lifted: Vec<LiftedCheck>,
    /// Its load points, in order.
    pub loads: Vec<LoadResult>,
    /// The ladder as observed.
    pub ladder: Vec<LadderLine>,
}

/// One step as it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepLine {
    /// Its id.
    pub id: StepId,
    /// Its phase.
    pub phase: Phase,
    /// What it says, in words.
    pub text: String,
    /// `done`, `missed`, `not reached`, `skipped (optional)`.
    pub outcome: String,
    /// When it ended; `null` where it did not.
    pub ended_ms: Option<f64>,
}

/// One check: what was required, what was seen, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// Its id.
    pub id: CheckId,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it is only an observation: reported, never blocking.
    pub observation: bool,
    /// What was required, in words.
    pub required: String,
    /// What was observed, in words.
    pub observed: String,
    /// The limit it was compared with.
    pub limit: Option<LimitUsed>,
    /// The measured value.
    pub measured: Option<Measured>,
    /// The events that prove it.
    pub evidence: Vec<EventNo>,
    /// The clauses it proves.
    pub clauses: Vec<ClauseId>,
}

/// A limit as it was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitUsed {
    /// Its name in the limits table; `null` for a literal.
    pub name: Option<String>,
    /// `at most` or `at least`.
    pub sense: String,
    /// The value with its unit.
    pub value: String,
    /// Beyond this the pass is marginal.
    pub marginal: Option<String>,
    /// Where it comes from.
    pub source: String,
    /// The operator profile's value where the bench shortened it.
    pub shortened_from: Option<String>,
}

/// A measured value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Its unit: `ms`, `kb/s`, `%`, `dBm0`, or empty for a count.
    pub unit: String,
    /// Expanded uncertainty in the same unit; `null` where none is stated.
    pub uncertainty: Option<f64>,
    /// How many samples stand behind it.
    pub samples: u64,
}

/// Something recorded and never judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its name, or the role that saw it.
    pub name: String,
    /// What.
    pub value: String,
    /// The event it comes from.
    pub event: Option<EventNo>,
}

/// A standing check that was lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftedCheck {
    /// Its id.
    pub id: CheckId,
    /// Why.
    pub reason: String,
}

/// One line of the observed ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderLine {
    /// The event.
    pub event: EventNo,
    /// When, since the run began.
    pub at_ms: f64,
    /// Who sent it; the role of the harness or `dut`. Empty for a mark.
    pub from: String,
    /// Who received it. Empty for a mark.
    pub to: String,
    /// `INVITE sip:+33277123456@127.10.2.1 (SDP PCMA 127.10.3.1:6000 sendrecv)`.
    pub text: String,
    /// What kind of line it is.
    pub mark: LadderMark,
}

/// Kinds of ladder lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LadderMark {
    /// A message.
    Message,
    /// A message that a step took as its evidence.
    Evidence,
    /// A repetition.
    Retransmission,
    /// A step began or ended.
    Step,
    /// Something heard, a role's state, a network note.
    Note,
}

/// One row of the sizing table as counted in one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizingResult {
    /// The row: `hold`.
    pub row: String,
    /// Its text in the Orange document.
    pub title: String,
    /// The case.
    pub case: CaseId,
    /// The check.
    pub check: CheckId,
    /// The verdict of the row.
    pub verdict: Verdict,
    /// Whether a difference is only an observation.
    pub observation: bool,
    /// What was expected.
    pub expected: ChannelCounts,
    /// What the Orange document prints for the row, before any setting; `null` for a row of ours.
    pub document: Option<ChannelCounts>,
    /// What was counted; `null` where it could not be.
    pub measured: Option<ChannelCounts>,
    /// What was counted, one by one: dialogs, flows and channels with their addresses.
    pub raw: Vec<SizingCell>,
    /// Settings that shaped the expected counts.
    pub settings: Vec<String>,
    /// Where and how it was observed.
    pub observed_at: String,
}

/// What was counted into one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizingCell {
    /// `ipbx`, `wan_hq`, `wan_rs`, `btip_hq`, `btip_rs`, or `not counted`.
    pub column: String,
    /// What.
    pub what: String,
}
