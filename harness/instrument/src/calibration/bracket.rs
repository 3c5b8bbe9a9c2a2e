//! Each load is bracketed by the same loop-back without a DUT, before and after: if the instrument has drifted, the load says nothing.

use oxocert_metrology::Summary;
use serde::Serialize;
use std::fmt;

/// The greatest drift of the median, in nanoseconds.
pub const MOST_DRIFT_P50_NS: u64 = 20_000;

/// The greatest drift of p99, in nanoseconds.
pub const MOST_DRIFT_P99_NS: u64 = 100_000;

/// The loop-back before and after a load, of the same quantity and plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bracket {
    /// Before.
    pub before: Summary,
    /// After.
    pub after: Summary,
}

impl Bracket {
    /// How far the median moved; `None` where one of the two is not known.
    pub fn drift_p50_ns(&self) -> Option<u64> {
        Some(self.before.p50?.abs_diff(self.after.p50?))
    }

    /// How far p99 moved; `None` where one of the two is not known.
    pub fn drift_p99_ns(&self) -> Option<u64> {
        Some(self.before.p99?.abs_diff(self.after.p99?))
    }

    /// Whether the load between them can be judged. What is not known did not hold.
    pub fn holds(&self) -> bool {
        self.drift_p50_ns().is_some_and(|ns| ns <= MOST_DRIFT_P50_NS)
            && self.drift_p99_ns().is_some_and(|ns| ns <= MOST_DRIFT_P99_NS)
    }
}

impl fmt::Display for Bracket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = |ns: Option<u64>| {
            ns.map_or_else(|| "unknown".to_owned(), |ns| format!("{:.1} us", ns as f64 / 1e3))
        };
        write!(
            f,
            "drift of p50 {} (at most {} us), of p99 {} (at most {} us): {}",
            us(self.drift_p50_ns()),
            MOST_DRIFT_P50_NS / 1000,
            us(self.drift_p99_ns()),
            MOST_DRIFT_P99_NS / 1000,
            if self.holds() { "the bracket holds" } else { "the load is inconclusive" }
        )
    }
}
