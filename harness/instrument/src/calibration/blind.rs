//! The blind sample: a delay that nobody was told, once a campaign.

use crate::impairment::Impairment;
use oxocert_machine::Seed;
use rand::Rng;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Hidden delays lie in this range, in microseconds.
const RANGE_US: std::ops::RangeInclusive<u64> = 2_000..=60_000;

/// A hidden delay. It is not printed, not even for debugging, before [`Blind::reveal`].
pub struct Blind {
    hidden: Duration,
}

impl Blind {
    /// Draws one, to the microsecond.
    pub fn new(seed: Seed) -> Blind {
        Blind { hidden: Duration::from_micros(seed.generator("blind sample").random_range(RANGE_US)) }
    }

    /// What the stage is to do.
    pub fn impairment(&self) -> Impairment {
        Impairment::delayed(self.hidden)
    }

    /// Uncovers it beside what was measured (the median of the delay) and the expanded uncertainty, in nanoseconds.
    pub fn reveal(self, measured_ns: Option<i64>, u_ns: Option<f64>) -> Revealed {
        let hidden_ns = u64::try_from(self.hidden.as_nanos()).unwrap_or(u64::MAX);
        let within =
            measured_ns.zip(u_ns).map(|(measured, u)| (measured as f64 - hidden_ns as f64).abs() <= u);
        Revealed { hidden_ns, measured_ns, u_ns, within }
    }
}

impl fmt::Debug for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blind")
    }
}

/// Hidden and measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Revealed {
    /// What was hidden.
    pub hidden_ns: u64,
    /// What was measured; `None` = nothing.
    pub measured_ns: Option<i64>,
    /// The uncertainty; `None` = not known.
    pub u_ns: Option<f64>,
    /// Whether the measurement found it; `None` = nobody can say.
    pub within: Option<bool>,
}

impl fmt::Display for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |ns: f64| format!("{:.3} ms", ns / 1e6);
        let measured = self.measured_ns.map_or_else(|| "nothing".to_owned(), |ns| ms(ns as f64));
        let u = self.u_ns.map_or_else(|| "unknown".to_owned(), ms);
        let word = match self.within {
            Some(true) => "found",
            Some(false) => "MISSED",
            None => "cannot be told",
        };
        write!(f, "hidden {}, measured {measured}, U = {u}: {word}", ms(self.hidden_ns as f64))
    }
}
