//! A histogram of nanoseconds with three significant digits.

use crate::Statistic;
use crate::bucket::{greatest_of, middle_of};

/// The greatest value that is told apart: one hour in nanoseconds.
pub const RANGE_END_NS: u64 = 3_600_000_000_000;

/// HdrHistogram's own unit of precision; a value is known to one part in a thousand.
const DIGITS: u8 = 3;

/// So many values are kept as they are; more are counted.
const FEW: usize = 1024;

/// How often each duration came, 0 ns to one hour, to one part in a thousand (HdrHistogram inside).
///
/// Histograms merge; percentiles do not. The least and the greatest value and the sum are kept exactly. Up to 1024 values it is a
/// list, as there are many histograms of one window; above that it takes 270 kB. [`Histogram::with_all_its_room`] takes that at
/// once, and never allocates again.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    few: Vec<u64>,
    many: Option<Box<hdrhistogram::Histogram<u64>>>,
    extremes: Option<(u64, u64)>,
    sum: u128,
    beyond: u64,
}

impl Histogram {
    /// An empty histogram.
    pub fn new() -> Histogram {
        Histogram::default()
    }

    /// An empty histogram to which values are added without any allocation, at some nanoseconds each.
    pub fn with_all_its_room() -> Histogram {
        Histogram { many: Some(Box::new(counts())), ..Histogram::default() }
    }

    /// Counts one value. Above one hour it is counted as one hour, and in [`Histogram::beyond`].
    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.record_n(ns, 1);
    }

    /// Counts one value `times` times.
    #[inline]
    pub fn record_n(&mut self, ns: u64, times: u64) {
        if times == 0 {
            return;
        }
        let value = ns.min(RANGE_END_NS);
        self.extremes = Some(match self.extremes {
            Some((least, greatest)) => (least.min(value), greatest.max(value)),
            None => (value, value),
        });
        self.sum += u128::from(value) * u128::from(times);
        if ns > RANGE_END_NS {
            self.beyond = self.beyond.saturating_add(times);
        }
        if times == 1 && self.many.is_none() && self.few.len() < FEW {
            if self.few.capacity() == 0 {
                self.few.reserve_exact(FEW / 2);
            }
            self.few.push(value);
        } else {
            self.count(value, times);
        }
    }

    fn count(&mut self, value: u64, times: u64) {
        let few = &mut self.few;
        let many = self.many.get_or_insert_with(|| {
            let mut counts = counts();
            few.drain(..).for_each(|value| counts.saturating_record(value));
            Box::new(counts)
        });
        many.saturating_record_n(value, times);
    }

    /// Puts a histogram together from values (each the least of those that count alike, ascending) and their counts; the greatest value
    /// is known better than its count says.
    pub(crate) fn of_steps(steps: &[(u64, u64)], greatest: u64, beyond: u64) -> Histogram {
        let mut histogram = Histogram::new();
        for (least, count) in steps {
            histogram.record_n(middle_of(*least).min(RANGE_END_NS), *count);
        }
        histogram.extremes = steps.first().map(|(least, _)| (*least, greatest.min(RANGE_END_NS)));
        histogram.beyond = beyond;
        histogram
    }

    /// Adds all that `other` has counted.
    pub fn merge(&mut self, other: &Histogram) {
        let Some((least, greatest)) = other.extremes else { return };
        if let (true, None, None) = (self.few.len() + other.few.len() <= FEW, &self.many, &other.many) {
            self.few.extend(&other.few);
        } else {
            other.few.iter().for_each(|value| self.count(*value, 1));
            for step in other.many.iter().flat_map(|many| many.iter_recorded()) {
                self.count(step.value_iterated_to(), step.count_since_last_iteration());
            }
        }
        self.extremes = Some(match self.extremes {
            Some((low, high)) => (low.min(least), high.max(greatest)),
            None => (least, greatest),
        });
        self.sum += other.sum;
        self.beyond = self.beyond.saturating_add(other.beyond);
    }

    /// Forgets everything and keeps the memory.
    pub fn reset(&mut self) {
        self.few.clear();
        if let Some(many) = &mut self.many {
            many.reset();
        }
        (self.extremes, self.sum, self.beyond) = (None, 0, 0);
    }

    /// How many values were counted.
    pub fn n(&self) -> u64 {
        self.many.as_ref().map_or(self.few.len() as u64, |many| many.len())
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.extremes.is_none()
    }

    /// How many of them were longer than one hour.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// The least value.
    pub fn min(&self) -> Option<u64> {
        self.extremes.map(|(least, _)| least)
    }

    /// The greatest value.
    pub fn max(&self) -> Option<u64> {
        self.extremes.map(|(_, greatest)| greatest)
    }

    /// The mean, in nanoseconds.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum as f64 / self.n() as f64)
    }

    /// The value of rank `rank` in ascending order, 1 = the least; `None` outside `1..=n`. To one part in a thousand, never
    /// below the true one and never above the greatest.
    pub fn at_rank(&self, rank: u64) -> Option<u64> {
        if rank == 0 || rank > self.n() {
            return None;
        }
        let mut below = 0;
        let value = self.steps().find_map(|(value, count)| {
            below += count;
            (below >= rank).then_some(value)
        })?;
        Some(value.clamp(self.min()?, self.max()?))
    }

    /// A percentile by its nearest rank, ceil(p n); `None` where there are too few values for it
    /// ([`Statistic::least_samples`]).
    pub fn value(&self, statistic: Statistic) -> Option<u64> {
        if self.n() < statistic.least_samples() {
            return None;
        }
        match statistic {
            Statistic::Min => self.min(),
            Statistic::Max => self.max(),
            Statistic::Mean => self.mean().map(|mean| mean.round() as u64),
            _ => self.at_rank(statistic.rank(self.n())?),
        }
    }

    /// The values that came, ascending, each with its count. A value stands for all that are equal to it in three digits, and
    /// is the greatest of them.
    pub fn steps(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut few: Vec<u64> = self.few.iter().map(|value| greatest_of(*value)).collect();
        few.sort_unstable();
        let few: Vec<(u64, u64)> =
            few.chunk_by(|one, next| one == next).map(|alike| (alike[0], alike.len() as u64)).collect();
        let many = self.many.iter().flat_map(|many| many.iter_recorded());
        few.into_iter().chain(many.map(|step| (step.value_iterated_to(), step.count_since_last_iteration())))
    }
}

fn counts() -> hdrhistogram::Histogram<u64> {
    hdrhistogram::Histogram::new_with_bounds(1, RANGE_END_NS, DIGITS)
        .expect("1 ns to 1 h with three digits is a range that HdrHistogram has")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        for value in values {
            histogram.record(*value);
        }
        histogram
    }

    #[test]
    fn nothing_was_read_is_not_zero() {
        let empty = Histogram::new();
        assert_eq!(
            (empty.n(), empty.min(), empty.max(), empty.mean(), empty.at_rank(1)),
            (0, None, None, None, None)
        );
        assert!(Statistic::ALL.into_iter().all(|statistic| empty.value(statistic).is_none()));
        assert_eq!(empty.steps().count(), 0);
    }

    #[test]
    fn zero_is_a_value() {
        let zeros = of(&[0; 100]);
        assert_eq!(
            (zeros.n(), zeros.min(), zeros.max(), zeros.value(Statistic::P99)),
            (100, Some(0), Some(0), Some(0))
        );
    }

    #[test]
    fn above_an_hour_is_counted_and_said() {
        let long = of(&[5, RANGE_END_NS, RANGE_END_NS + 1, u64::MAX]);
        assert_eq!((long.n(), long.beyond(), long.max()), (4, 2, Some(RANGE_END_NS)));
        let mut sum = of(&[7]);
        sum.merge(&long);
        assert_eq!((sum.n(), sum.beyond(), sum.min(), sum.max()), (5, 2, Some(5), Some(RANGE_END_NS)));
    }

    #[test]
    fn a_percentile_needs_its_samples() {
        let known = |n: usize| {
            let histogram = of(&vec![1_000_000; n]);
            Statistic::ALL.map(|statistic| histogram.value(statistic).is_some())
        };
        //                     min   mean  p50    p95    p99    p99.9  max
        assert_eq!(known(1), [true, true, false, false, false, false, true]);
        assert_eq!(known(19), [true, true, true, false, false, false, true]);
        assert_eq!(known(99), [true, true, true, true, false, false, true]);
        assert_eq!(known(9_999), [true, true, true, true, true, false, true]);
        assert_eq!(known(10_000), [true; 7]);
    }

    #[test]
    fn a_list_becomes_counts_without_a_difference() {
        let values: Vec<u64> = (0..3000u64).map(|n| n * n * 977 % 50_000_000).collect();
        let (mut list, mut counts) = (Histogram::new(), Histogram::with_all_its_room());
        for value in &values {
            list.record(*value);
            counts.record(*value);
            if [1, 2, 1023, 1024, 1025, 3000].contains(&list.n()) {
                assert!(list.steps().eq(counts.steps()), "{} values", list.n());
                assert_eq!(list.value(Statistic::P99), counts.value(Statistic::P99));
            }
        }
        list.reset();
        list.record_n(5, 2000);
        assert_eq!((list.n(), list.at_rank(2000)), (2000, Some(5)));
    }

    #[test]
    fn reset_keeps_nothing() {
        let mut histogram = of(&[1, 2, u64::MAX]);
        histogram.reset();
        assert!(histogram.is_empty());
        histogram.record(9);
        assert_eq!((histogram.n(), histogram.beyond(), histogram.mean()), (1, 0, Some(9.0)));
    }

    proptest! {
        #[test]
        fn each_rank_is_that_of_the_sorted_list_to_a_thousandth(
            mut values in prop::collection::vec(0..RANGE_END_NS, 1..300),
            scale in 0u32..40,
        ) {
            for value in &mut values {
                *value >>= scale;
            }
            let histogram = of(&values);
            values.sort_unstable();
            for (rank, value) in (1u64..).zip(&values) {
                let read = histogram.at_rank(rank).unwrap();
                prop_assert!(read >= *value && read - value <= value / 1000, "{value} is read as {read}");
            }
            let mean = values.iter().map(|value| *value as f64).sum::<f64>() / values.len() as f64;
            prop_assert!((histogram.mean().unwrap() - mean).abs() <= mean * 1e-9);
        }

        #[test]
        fn merged_is_as_if_recorded_in_one(
            one in prop::collection::vec(0u64..10_000_000_000, 0..200),
            other in prop::collection::vec(0u64..10_000_000_000, 0..200),
        ) {
            let mut merged = of(&one);
            merged.merge(&of(&other));
            let both = of(&[one, other].concat());
            prop_assert_eq!(merged.steps().collect::<Vec<_>>(), both.steps().collect::<Vec<_>>());
            prop_assert_eq!((merged.min(), merged.max(), merged.mean()), (both.min(), both.max(), both.mean()));
        }
    }
}
