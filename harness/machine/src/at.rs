//! A point on the timeline.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// Nanoseconds since the run began, on CLOCK_MONOTONIC (sockets) or on virtual time.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct At(pub u64);

impl At {
    /// The beginning of the run.
    pub const ZERO: At = At(0);

    /// The point `seconds` after the beginning.
    pub const fn from_secs(seconds: u64) -> At {
        At(seconds * 1_000_000_000)
    }

    /// The point `millis` milliseconds after the beginning.
    pub const fn from_millis(millis: u64) -> At {
        At(millis * 1_000_000)
    }

    /// The time from `earlier` to here, zero where `earlier` is later.
    pub fn since(self, earlier: At) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Milliseconds since the beginning, with their fraction.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add<Duration> for At {
    type Output = At;
    fn add(self, rhs: Duration) -> At {
        At(self.0.saturating_add(u64::try_from(rhs.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<At> for At {
    type Output = Duration;
    fn sub(self, rhs: At) -> Duration {
        self.since(rhs)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} s", self.0 / 1_000_000_000, self.0 % 1_000_000_000 / 1000)
    }
}
