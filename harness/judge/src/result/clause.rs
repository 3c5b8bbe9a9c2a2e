//! One row of the requirement matrix.

use oxocert_record::{CaseId, Verdict};
use oxocert_scenario::model::{CheckId, ClauseId};
use serde::{Deserialize, Serialize};

/// One clause on this architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseResult {
    /// Its id in the register.
    pub id: ClauseId,
    /// The section of the Orange document.
    pub section: String,
    /// What it asks.
    pub text: String,
    /// `wire`, `set-up`, `checklist`.
    pub kind: String,
    /// `M`, `O`, `I`.
    pub weight: String,
    /// `text` or `ours`.
    pub basis: String,
    /// Joined over its proofs.
    pub verdict: Verdict,
    /// Whether it counts for the exit code of this run.
    pub counts: bool,
    /// Why it is NOT RUN, NOT APPLICABLE or INCONCLUSIVE, in words.
    pub reason: Option<String>,
    /// The checks that prove it, in order of the plan.
    pub proofs: Vec<Proof>,
}

/// A check that proves a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The case.
    pub case: CaseId,
    /// The check.
    pub check: CheckId,
    /// What it contributes: the check's verdict, or that of its case where the check was not reached.
    pub verdict: Verdict,
    /// Whether it is only an observation, which never decides a mandatory clause.
    pub observation: bool,
}
