//! The verdict words and how they join.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A verdict. Joined by the worst: `none < pass < inconclusive < fail < error`; marginal joins as pass;
/// NOT APPLICABLE is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// As required.
    #[serde(rename = "PASS")]
    Pass,
    /// As required, inside the marginal zone of the limit.
    #[serde(rename = "PASS (marginal)")]
    PassMarginal,
    /// Bench, uncertainty, set-up or lag: nothing is known about the DUT.
    #[serde(rename = "INCONCLUSIVE")]
    Inconclusive,
    /// The DUT did not do what is required.
    #[serde(rename = "FAIL")]
    Fail,
    /// The harness failed.
    #[serde(rename = "ERROR")]
    Error,
    /// Not run.
    #[serde(rename = "NOT RUN")]
    NotRun,
    /// Does not apply to this architecture or to a property that the profile declares.
    #[serde(rename = "NOT APPLICABLE")]
    NotApplicable,
}

impl Verdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "PASS",
            Verdict::PassMarginal => "PASS (marginal)",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Fail => "FAIL",
            Verdict::Error => "ERROR",
            Verdict::NotRun => "NOT RUN",
            Verdict::NotApplicable => "NOT APPLICABLE",
        }
    }

    fn rank(self) -> u8 {
        match self {
            Verdict::NotApplicable => 0,
            Verdict::NotRun => 1,
            Verdict::Pass => 2,
            Verdict::PassMarginal => 3,
            Verdict::Inconclusive => 4,
            Verdict::Fail => 5,
            Verdict::Error => 6,
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn join(self, other: Verdict) -> Verdict {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The worst of all; NOT RUN where there is none.
    pub fn worst(all: impl IntoIterator<Item = Verdict>) -> Verdict {
        all.into_iter().reduce(Verdict::join).unwrap_or(Verdict::NotRun)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
