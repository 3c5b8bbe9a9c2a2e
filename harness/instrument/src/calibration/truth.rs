//! What the impairment stage did, reckoned plainly: the other side of each comparison.

use crate::impairment::Fate;
use oxocert_metrology::Statistic;
use std::collections::BTreeSet;

/// The truth of one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// One-way delay of each packet that came (its first copy), ascending, in nanoseconds.
    pub delays: Vec<u64>,
    /// Packets lost between the first and the last that came. What is missing outside of them nobody can know.
    pub lost: u64,
    /// Runs of them.
    pub runs: u64,
    /// Second copies.
    pub duplicates: u64,
    /// Packets that came after one with a higher number.
    pub reordered: u64,
}

impl Truth {
    /// From the fates of all packets, in the order in which they went in.
    pub fn of(fates: &[Fate]) -> Truth {
        let mut truth = Truth::default();
        let mut arrivals: Vec<_> =
            fates.iter().filter_map(|fate| Some((fate.release?, fate.number))).collect();
        arrivals.sort_unstable();
        truth.delays = fates.iter().filter_map(|fate| Some(fate.release?.0 - fate.at.0)).collect();
        truth.delays.sort_unstable();
        truth.duplicates = fates.iter().filter(|fate| fate.copy.is_some()).count() as u64;
        let mut highest = None;
        for (_, number) in &arrivals {
            truth.reordered += u64::from(highest > Some(*number));
            highest = highest.max(Some(*number));
        }
        let came: BTreeSet<u64> = arrivals.iter().map(|(_, number)| *number).collect();
        let numbers: Vec<u64> = came.into_iter().collect();
        for pair in numbers.windows(2) {
            truth.lost += pair[1] - pair[0] - 1;
            truth.runs += u64::from(pair[1] - pair[0] > 1);
        }
        truth
    }

    /// The mean delay; `None` where nothing came.
    pub fn mean_delay(&self) -> Option<f64> {
        let sum: u128 = self.delays.iter().map(|ns| u128::from(*ns)).sum();
        (!self.delays.is_empty()).then(|| sum as f64 / self.delays.len() as f64)
    }

    /// A percentile of the delay, exactly, by the nearest rank; `None` where there are too few packets for it.
    pub fn delay(&self, statistic: Statistic) -> Option<u64> {
        let n = self.delays.len() as u64;
        let rank = statistic.rank(n).filter(|_| n >= statistic.least_samples())?;
        self.delays.get(usize::try_from(rank).ok()?.checked_sub(1)?).copied()
    }
}
