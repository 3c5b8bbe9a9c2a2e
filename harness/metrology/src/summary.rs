//! A histogram in some numbers.

use crate::{Histogram, SignedHistogram, Statistic, Tier};
use serde::{Deserialize, Serialize};

/// What may be stated of a histogram, in nanoseconds. `None` (null) = not known: too few values, or more than the tier may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// How many values.
    pub n: u64,
    /// The least.
    pub min: Option<i64>,
    /// The mean.
    pub mean: Option<i64>,
    /// The median.
    pub p50: Option<i64>,
    /// 95th percentile.
    pub p95: Option<i64>,
    /// 99th percentile.
    pub p99: Option<i64>,
    /// 99.9th percentile: from 10,000 values up, and never on a virtual machine.
    pub p999: Option<i64>,
    /// The greatest; never on a virtual machine.
    pub max: Option<i64>,
}

impl Summary {
    /// Of values that are never negative.
    pub fn of(histogram: &Histogram, tier: Tier) -> Summary {
        Summary::from_values(histogram.n(), tier, |statistic| {
            histogram.value(statistic).and_then(|ns| i64::try_from(ns).ok())
        })
    }

    /// Of values that may be negative.
    pub fn of_signed(histogram: &SignedHistogram, tier: Tier) -> Summary {
        Summary::from_values(histogram.n(), tier, |statistic| histogram.value(statistic))
    }

    fn from_values(n: u64, tier: Tier, value: impl Fn(Statistic) -> Option<i64>) -> Summary {
        let stated = |statistic| value(statistic).filter(|_| tier.states(statistic));
        Summary {
            n,
            min: stated(Statistic::Min),
            mean: stated(Statistic::Mean),
            p50: stated(Statistic::P50),
            p95: stated(Statistic::P95),
            p99: stated(Statistic::P99),
            p999: stated(Statistic::P999),
            max: stated(Statistic::Max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many() -> Histogram {
        let mut histogram = Histogram::new();
        (0..10_000).for_each(|ns| histogram.record(ns % 1000));
        histogram
    }

    #[test]
    fn the_tail_is_null_on_a_virtual_machine_and_below_ten_thousand() {
        let simulated = Summary::of(&many(), Tier::Simulation);
        assert_eq!((simulated.p99, simulated.p999, simulated.max), (Some(989), None, None));
        let metal = Summary::of(&many(), Tier::KernelStamps);
        assert_eq!((metal.p999, metal.max), (Some(998), Some(999)));
        let mut few = Histogram::new();
        few.record_n(5, 9_999);
        assert_eq!(Summary::of(&few, Tier::CardStamps).p999, None);
    }

    #[test]
    fn unknown_is_null_in_json() {
        let json = serde_json::to_value(Summary::of(&Histogram::new(), Tier::CardStamps)).unwrap();
        assert_eq!(json["n"], 0);
        assert!(["min", "mean", "p50", "p95", "p99", "p999", "max"].iter().all(|name| json[name].is_null()));
    }
}
