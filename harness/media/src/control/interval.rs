//! When the next report is due (RFC 3550 §6.2 and §6.3.1).
//!
//! A session has two members and 5 % of 64 kb/s carries far more than their reports, so the interval is always the
//! minimum of 5 s; membership never changes enough to need reconsideration (§6.3.3).

use rand::Rng;
use rand::rngs::SmallRng;
use std::time::Duration;

/// §6.2: the minimum interval.
const MINIMUM_S: f64 = 5.0;

/// §6.3.1: e - 3/2, which makes up for the randomised intervals converging below their mean.
const COMPENSATION: f64 = std::f64::consts::E - 1.5;

/// The time to the next report: half the minimum before the first one, between 0.5 and 1.5 times at random.
pub fn next_interval(first: bool, rng: &mut SmallRng) -> Duration {
    let minimum = if first { MINIMUM_S / 2.0 } else { MINIMUM_S };
    Duration::from_secs_f64(minimum * rng.random_range(0.5..1.5) / COMPENSATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxocert_machine::Seed;

    #[test]
    fn the_bounds_are_those_of_rfc_3550() {
        let mut rng = Seed(1).generator("interval");
        for _ in 0..1000 {
            let seconds = next_interval(false, &mut rng).as_secs_f64();
            assert!((2.05..6.16).contains(&seconds), "{seconds}");
            assert!(next_interval(true, &mut rng).as_secs_f64() < 3.08);
        }
    }
}
