//! The clock of a run: CLOCK_MONOTONIC since the run's origin, and the mapping of kernel stamps onto it.

use oxocert_machine::At;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often the two clocks are read as a pair.
const PAIRING_INTERVAL: Duration = Duration::from_millis(500);

/// A change of the offset above this is a step of CLOCK_REALTIME, not the noise of reading it.
const STEP_NS: u64 = 500_000;

/// Readings of one pairing; the tightest counts.
const READINGS: usize = 4;

/// CLOCK_MONOTONIC, counted from the origin of the run.
#[derive(Debug, Clone, Copy)]
pub struct RunClock {
    origin: Instant,
}

impl RunClock {
    /// A clock whose origin is now.
    pub fn start() -> RunClock {
        RunClock { origin: Instant::now() }
    }

    /// Nanoseconds since the origin.
    pub fn now(&self) -> At {
        At::ZERO + self.origin.elapsed()
    }

    /// The same point for a timer of the operating system.
    pub fn instant(&self, at: At) -> Instant {
        // An `At` beyond what the platform's clock can hold is a deadline that never comes.
        self.origin
            .checked_add(at.since(At::ZERO))
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400))
    }
}

/// CLOCK_REALTIME against the run's clock: kernel stamps come in the former, the timeline is in the latter.
#[derive(Debug, Clone)]
pub struct StampMapping {
    clock: RunClock,
    read_at: At,
    /// CLOCK_REALTIME at the run's origin, nanoseconds since 1970.
    origin_ns: u64,
    error_ns: u64,
    steps: u64,
}

impl StampMapping {
    /// Reads both clocks.
    pub fn new(clock: RunClock) -> StampMapping {
        let (read_at, origin_ns, error_ns) = read_pair(clock);
        StampMapping { clock, read_at, origin_ns, error_ns, steps: 0 }
    }

    /// CLOCK_REALTIME at the run's origin, nanoseconds since 1970-01-01 UTC.
    pub fn origin_ns(&self) -> u64 {
        self.origin_ns
    }

    /// Half the width of the last paired reading: the mapping's own error in nanoseconds.
    pub fn error_ns(&self) -> u64 {
        self.error_ns
    }

    /// How often CLOCK_REALTIME was seen to jump.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The point of the timeline of a kernel stamp in nanoseconds since 1970.
    pub fn at(&self, realtime_ns: u64) -> At {
        At(realtime_ns.saturating_sub(self.origin_ns))
    }

    /// Pairs the clocks again when the last pair is older than half a second; `now` is the caller's last
    /// reading, so that a busy loop does not read a clock for this.
    pub fn refresh(&mut self, now: At) {
        if now.since(self.read_at) < PAIRING_INTERVAL {
            return;
        }
        let (read_at, origin_ns, error_ns) = read_pair(self.clock);
        if origin_ns.abs_diff(self.origin_ns) > STEP_NS + error_ns {
            self.steps += 1;
        }
        (self.read_at, self.origin_ns, self.error_ns) = (read_at, origin_ns, error_ns);
    }
}

fn read_pair(clock: RunClock) -> (At, u64, u64) {
    let mut best = (At::ZERO, 0, u64::MAX);
    for _ in 0..READINGS {
        let before = clock.now();
        let realtime = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let after = clock.now();
        let width = after.0.saturating_sub(before.0);
        if width / 2 < best.2 {
            let middle = before.0 + width / 2;
            let realtime_ns = u64::try_from(realtime.as_nanos()).unwrap_or(u64::MAX);
            best = (after, realtime_ns.saturating_sub(middle), width / 2);
        }
    }
    best
}
