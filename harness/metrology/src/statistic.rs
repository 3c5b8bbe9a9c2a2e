//! What can be said of many readings in one number.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A statistic of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// The least value.
    Min,
    /// The arithmetic mean.
    Mean,
    /// The median.
    P50,
    /// 95 of 100 values are not above it.
    P95,
    /// 99 of 100 values are not above it.
    P99,
    /// 999 of 1000 values are not above it.
    P999,
    /// The greatest value.
    Max,
}

impl Statistic {
    /// All of them.
    pub const ALL: [Statistic; 7] = [
        Statistic::Min,
        Statistic::Mean,
        Statistic::P50,
        Statistic::P95,
        Statistic::P99,
        Statistic::P999,
        Statistic::Max,
    ];

    /// The share of values that are not above it, in thousandths; `None` for what is no percentile.
    pub const fn per_mille(self) -> Option<u64> {
        match self {
            Statistic::P50 => Some(500),
            Statistic::P95 => Some(950),
            Statistic::P99 => Some(990),
            Statistic::P999 => Some(999),
            Statistic::Min | Statistic::Mean | Statistic::Max => None,
        }
    }

    /// How many values it takes. A percentile needs one value above it; p99.9 needs ten.
    pub const fn least_samples(self) -> u64 {
        match self {
            Statistic::Min | Statistic::Mean | Statistic::Max => 1,
            Statistic::P50 => 2,
            Statistic::P95 => 20,
            Statistic::P99 => 100,
            Statistic::P999 => 10_000,
        }
    }

    /// The rank of a percentile among `n` values, ceil(p n), at least 1; `None` for what is no percentile, or of no values.
    pub fn rank(self, n: u64) -> Option<u64> {
        let share = u128::from(self.per_mille()?);
        let rank = (share * u128::from(n)).div_ceil(1000);
        u64::try_from(rank).ok().filter(|rank| *rank > 0)
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Statistic::Min => "min",
            Statistic::Mean => "mean",
            Statistic::P50 => "p50",
            Statistic::P95 => "p95",
            Statistic::P99 => "p99",
            Statistic::P999 => "p99.9",
            Statistic::Max => "max",
        })
    }
}
