//! A histogram of nanoseconds that may be negative.

use crate::{Histogram, Statistic};

/// Two histograms of magnitudes, below zero and from zero on, read as one: a delay that clocks made negative is neither dropped nor
/// called zero.
#[derive(Debug, Clone, Default)]
pub struct SignedHistogram {
    below: Histogram,
    from_zero: Histogram,
}

impl SignedHistogram {
    /// An empty histogram.
    pub fn new() -> SignedHistogram {
        SignedHistogram::default()
    }

    /// An empty histogram to which values are added without any allocation.
    pub fn with_all_its_room() -> SignedHistogram {
        SignedHistogram { below: Histogram::with_all_its_room(), from_zero: Histogram::with_all_its_room() }
    }

    /// Puts it together again from its halves, the magnitudes of what is below zero first.
    pub fn of(below: Histogram, from_zero: Histogram) -> SignedHistogram {
        SignedHistogram { below, from_zero }
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, ns: i64) {
        if ns < 0 {
            self.below.record(ns.unsigned_abs());
        } else {
            self.from_zero.record(ns.unsigned_abs());
        }
    }

    /// Adds all that `other` has counted.
    pub fn merge(&mut self, other: &SignedHistogram) {
        self.below.merge(&other.below);
        self.from_zero.merge(&other.from_zero);
    }

    /// Forgets everything and keeps the memory.
    pub fn reset(&mut self) {
        self.below.reset();
        self.from_zero.reset();
    }

    /// How many values were counted.
    pub fn n(&self) -> u64 {
        self.below.n() + self.from_zero.n()
    }

    /// Magnitudes of the values below zero.
    pub fn below(&self) -> &Histogram {
        &self.below
    }

    /// The values from zero on.
    pub fn from_zero(&self) -> &Histogram {
        &self.from_zero
    }

    /// The value of rank `rank` in ascending order, 1 = the least; `None` outside `1..=n`.
    pub fn at_rank(&self, rank: u64) -> Option<i64> {
        let below = self.below.n();
        if rank > below {
            return positive(self.from_zero.at_rank(rank - below));
        }
        // The least of all is the greatest magnitude below zero.
        negative(self.below.at_rank((below + 1).checked_sub(rank)?))
    }

    /// The mean, in nanoseconds.
    pub fn mean(&self) -> Option<f64> {
        let sum = |half: &Histogram| half.mean().unwrap_or(0.0) * half.n() as f64;
        (self.n() > 0).then(|| (sum(&self.from_zero) - sum(&self.below)) / self.n() as f64)
    }

    /// A statistic; `None` where there are too few values for it ([`Statistic::least_samples`]).
    pub fn value(&self, statistic: Statistic) -> Option<i64> {
        if self.n() < statistic.least_samples() {
            return None;
        }
        match statistic {
            Statistic::Min => negative(self.below.max()).or(positive(self.from_zero.min())),
            Statistic::Max => positive(self.from_zero.max()).or(negative(self.below.min())),
            Statistic::Mean => self.mean().map(|mean| mean.round() as i64),
            _ => self.at_rank(statistic.rank(self.n())?),
        }
    }
}

fn positive(ns: Option<u64>) -> Option<i64> {
    ns.and_then(|ns| i64::try_from(ns).ok())
}

fn negative(ns: Option<u64>) -> Option<i64> {
    positive(ns).map(|ns| -ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_zero_stays_below_zero() {
        let mut signed = SignedHistogram::new();
        for ns in [-30, -20, -10, 0, 10, 20] {
            signed.record(ns);
        }
        let all: Vec<_> = (1..=6).filter_map(|rank| signed.at_rank(rank)).collect();
        assert_eq!(all, [-30, -20, -10, 0, 10, 20]);
        assert_eq!((signed.at_rank(0), signed.at_rank(7)), (None, None));
        assert_eq!((signed.value(Statistic::Min), signed.value(Statistic::Max)), (Some(-30), Some(20)));
        assert_eq!((signed.value(Statistic::Mean), signed.value(Statistic::P50)), (Some(-5), Some(-10)));
        assert_eq!(signed.value(Statistic::P95), None);
    }

    #[test]
    fn halves_put_together_are_the_whole() {
        let mut one = SignedHistogram::new();
        let mut other = SignedHistogram::new();
        one.record(-5);
        other.record(7);
        one.merge(&other);
        let again = SignedHistogram::of(one.below().clone(), one.from_zero().clone());
        assert_eq!((again.n(), again.at_rank(1), again.at_rank(2)), (2, Some(-5), Some(7)));
        one.reset();
        assert_eq!((one.n(), one.mean()), (0, None));
    }

    proptest::proptest! {
        #[test]
        fn every_rank_is_that_of_the_sorted_list(
            mut list in proptest::collection::vec(-2_000i64..2_000, 1..300),
        ) {
            let mut signed = SignedHistogram::new();
            for ns in &list {
                signed.record(*ns);
            }
            list.sort_unstable();
            // Up to 2047 ns a value is kept to the nanosecond.
            for (rank, ns) in (1u64..).zip(&list) {
                proptest::prop_assert_eq!(signed.at_rank(rank), Some(*ns));
            }
        }
    }
}
