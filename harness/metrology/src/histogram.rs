//! A histogram of nanoseconds with three significant digits.

use crate::Statistic;

/// The greatest value that is told apart: one hour in nanoseconds.
pub const RANGE_END_NS: u64 = 3_600_000_000_000;

/// HdrHistogram's own unit of precision; a value is known to one part in a thousand.
const DIGITS: u8 = 3;

/// How often each duration came, 0 ns to one hour, to one part in a thousand (HdrHistogram inside).
///
/// Histograms merge; percentiles do not. To record allocates nothing and costs some nanoseconds: all the memory (270 kB, of
/// which only what is touched becomes resident) is taken at the beginning. The least and the greatest value and the sum are
/// kept exactly.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u64>,
    extremes: Option<(u64, u64)>,
    sum: u128,
    beyond: u64,
}

impl Histogram {
    /// An empty histogram.
    pub fn new() -> Histogram {
        let counts = hdrhistogram::Histogram::new_with_bounds(1, RANGE_END_NS, DIGITS)
            .expect("1 ns to 1 h with three digits is a range that HdrHistogram has");
        Histogram { counts, extremes: None, sum: 0, beyond: 0 }
    }

    /// Counts one value. Above one hour it is counted as one hour, and in [`Histogram::beyond`].
    pub fn record(&mut self, ns: u64) {
        self.record_n(ns, 1);
    }

    /// Counts one value `times` times.
    pub fn record_n(&mut self, ns: u64, times: u64) {
        if times == 0 {
            return;
        }
        let value = ns.min(RANGE_END_NS);
        self.counts.saturating_record_n(value, times);
        self.extremes = Some(match self.extremes {
            Some((least, greatest)) => (least.min(value), greatest.max(value)),
            None => (value, value),
        });
        self.sum += u128::from(value) * u128::from(times);
        if ns > RANGE_END_NS {
            self.beyond = self.beyond.saturating_add(times);
        }
    }

    /// Adds all that `other` has counted.
    pub fn merge(&mut self, other: &Histogram) {
        let Some((least, greatest)) = other.extremes else { return };
        for step in other.counts.iter_recorded() {
            self.counts.saturating_record_n(step.value_iterated_to(), step.count_since_last_iteration());
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
        self.counts.reset();
        (self.extremes, self.sum, self.beyond) = (None, 0, 0);
    }

    /// How many values were counted.
    pub fn n(&self) -> u64 {
        self.counts.len()
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
        let value = self.counts.iter_recorded().find_map(|step| {
            below += step.count_since_last_iteration();
            (below >= rank).then(|| step.value_iterated_to())
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
        self.counts.iter_recorded().map(|step| (step.value_iterated_to(), step.count_since_last_iteration()))
    }
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}
