//! The table of known stimuli, and what came back of each.

use super::Truth;
use crate::impairment::{Impairment, Jitter, Loss};
use crate::reading::Reading;
use oxocert_metrology::Statistic;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// One stimulus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// What it is called in tables.
    pub name: &'static str,
    /// What the stage does.
    pub impairment: Impairment,
}

const NOTHING: Impairment = Impairment {
    delay: Duration::ZERO,
    jitter: Jitter::None,
    loss: Loss::None,
    reorder: (0, Duration::ZERO),
    duplicate: (0.0, Duration::ZERO),
};

const fn delayed(ms: u64) -> Impairment {
    Impairment { delay: Duration::from_millis(ms), ..NOTHING }
}

/// All of them. Every delay lies well above what sockets add by themselves, or is zero.
pub const TABLE: [Known; 10] = [
    Known { name: "0 ms", impairment: NOTHING },
    Known { name: "1 ms", impairment: delayed(1) },
    Known { name: "5 ms", impairment: delayed(5) },
    Known { name: "20 ms", impairment: delayed(20) },
    Known { name: "50 ms", impairment: delayed(50) },
    Known {
        name: "20 ms +-5 ms",
        impairment: Impairment { jitter: Jitter::Uniform(Duration::from_millis(5)), ..delayed(20) },
    },
    Known { name: "1 % loss", impairment: Impairment { loss: Loss::Random(0.01), ..delayed(5) } },
    Known {
        name: "bursts of 3",
        impairment: Impairment { loss: Loss::Bursts { every: 100, length: 3 }, ..delayed(5) },
    },
    Known {
        name: "reorder and duplicates",
        impairment: Impairment {
            reorder: (50, Duration::from_millis(30)),
            duplicate: (0.01, Duration::from_millis(1)),
            ..delayed(5)
        },
    },
    Known { name: "5 ms more every 100th", impairment: Impairment::FIVE_MS_EVERY_100TH },
];

/// One quantity of one stimulus: what was done and what was read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Row {
    /// Which quantity.
    pub quantity: &'static str,
    /// What was done: nanoseconds, or packets.
    pub truth: f64,
    /// What was read; `None` = nothing.
    pub measured: Option<f64>,
    /// How far it may be off.
    pub u: f64,
    /// Whether it came back. Nothing read is not within anything.
    pub within: bool,
}

impl Row {
    fn new(quantity: &'static str, truth: f64, measured: Option<f64>, u: f64) -> Row {
        let within = measured.is_some_and(|measured| (measured - truth).abs() <= u);
        Row { quantity, truth, measured, u, within }
    }
}

/// Holds a reading against the truth. `u_ns` is the expanded uncertainty of a delay (0 on a virtual clock, where only the three digits of the
/// histogram remain); counts must be exact.
pub fn compare(truth: &Truth, reading: &Reading, u_ns: f64) -> Vec<Row> {
    let delays =
        [("delay p50", Statistic::P50), ("delay p95", Statistic::P95), ("delay p99", Statistic::P99)];
    let of_delay = delays.into_iter().filter_map(|(name, statistic)| {
        let truth = truth.delay(statistic)? as f64;
        let measured = reading.delay.value(statistic).map(|ns| ns as f64);
        Some(Row::new(name, truth, measured, u_ns + truth / 1000.0))
    });
    let losses = reading.losses;
    let mean = truth.mean_delay().map(|mean| Row::new("delay mean", mean, reading.delay.mean(), u_ns + 1.0));
    let counts = [
        ("packets", truth.delays.len() as u64 + truth.duplicates, reading.packets),
        ("lost", truth.lost, losses.lost),
        ("runs of lost", truth.runs, losses.runs),
        ("reordered", truth.reordered, reading.reordered),
        ("duplicates", truth.duplicates, reading.duplicates),
    ];
    let of_counts =
        counts.into_iter().map(|(name, truth, read)| Row::new(name, truth as f64, Some(read as f64), 0.0));
    of_delay.chain(mean).chain(of_counts).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = self.measured.map_or_else(|| "nothing".to_owned(), |measured| measured.to_string());
        let word = if self.within { "within" } else { "OFF" };
        write!(f, "{:<14} {:>12} read {measured:>12} +- {:.0}  {word}", self.quantity, self.truth, self.u)
    }
}
