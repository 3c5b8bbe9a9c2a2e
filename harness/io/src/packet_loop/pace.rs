//! Waiting for a point in time: an absolute sleep, and a bounded spin where there is slack.

use crate::clock::RunClock;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_gettime, clock_nanosleep};
use oxocert_machine::At;

/// The longest spin.
const LONGEST_SPIN_NS: u64 = 50_000;

/// Readings of the two clocks; the tightest counts.
const READINGS: usize = 16;

/// The run's clock against the kernel's CLOCK_MONOTONIC, which is the same clock with another origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    clock: RunClock,
    origin_ns: u64,
}

impl Pace {
    pub(super) fn new(clock: RunClock) -> Pace {
        let mut best = (u64::MAX, 0);
        for _ in 0..READINGS {
            let before = monotonic_ns();
            let now = clock.now().0;
            let width = monotonic_ns().saturating_sub(before);
            if width < best.0 {
                best = (width, (before + width / 2).saturating_sub(now));
            }
        }
        Pace { clock, origin_ns: best.1 }
    }

    /// Comes back at `at`, not before. `gap_ns` is how long there is nothing to do after it: a quarter of that, 50 us at most, may be
    /// spent on spinning, so that the thread never runs into the kernel's limit for real-time threads. Returns the time then.
    pub(super) fn until(&self, at: At, gap_ns: u64) -> At {
        let spin_ns = (gap_ns / 4).min(LONGEST_SPIN_NS);
        // A gap too short to be worth a spin is slept through to its end.
        let spin_ns = if spin_ns < 10_000 { 0 } else { spin_ns };
        loop {
            let now = self.clock.now();
            if now >= at {
                return now;
            }
            if at.0 - now.0 > spin_ns {
                self.sleep_until(At(at.0 - spin_ns));
            } else {
                std::hint::spin_loop();
            }
        }
    }

    fn sleep_until(&self, at: At) {
        let total = self.origin_ns.saturating_add(at.0);
        let seconds = i64::try_from(total / 1_000_000_000).unwrap_or(i64::MAX);
        let time = TimeSpec::new(seconds, (total % 1_000_000_000) as i64);
        // An interrupted sleep only comes back early.
        let _ = clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::TIMER_ABSTIME, &time);
    }
}

fn monotonic_ns() -> u64 {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        u64::try_from(time.tv_sec()).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_never_comes_back_early() {
        let pace = Pace::new(RunClock::start());
        for gap_ns in [0, 30_000, 1_000_000] {
            let at = pace.clock.now() + Duration::from_micros(300);
            assert!(pace.until(at, gap_ns) >= at);
        }
    }
}
