//! The interval of a proportion (E. B. Wilson, 1927).

use super::Z_95;
use serde::{Deserialize, Serialize};

/// A share with its interval; all from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// How often it happened.
    pub count: u64,
    /// Out of so many.
    pub of: u64,
    /// count / of.
    pub share: f64,
    /// The true share is not below this (with `high`: 95 % confidence).
    pub low: f64,
    /// Nor above this.
    pub high: f64,
}

/// The interval of `count` out of `of`; `None` for none at all, or where `count` is greater.
///
/// No failure in n trials gives an upper end of 3.84 / (n + 3.84): the two-sided sibling of the rule of three (3 / n, one-sided).
pub fn wilson(count: u64, of: u64) -> Option<Proportion> {
    if of == 0 || count > of {
        return None;
    }
    let (n, share) = (of as f64, count as f64 / of as f64);
    let z2 = Z_95 * Z_95;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if count == of { 1.0 } else { (centre + half).min(1.0) };
    Some(Proportion { count, of, share, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29.
    #[test]
    fn published_intervals() {
        for (count, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = wilson(count, of).unwrap();
            assert!((interval.low - low).abs() < 5e-5, "{count}/{of}: {}", interval.low);
            assert!((interval.high - high).abs() < 5e-5, "{count}/{of}: {}", interval.high);
        }
    }

    #[test]
    fn no_failure_in_300_calls_leaves_about_one_percent_open() {
        let interval = wilson(0, 300).unwrap();
        assert!((0.01..0.013).contains(&interval.high), "{}", interval.high);
        assert_eq!((interval.low, wilson(300, 300).unwrap().high), (0.0, 1.0));
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        assert_eq!((wilson(0, 0), wilson(2, 1)), (None, None));
    }

    proptest::proptest! {
        #[test]
        fn the_share_lies_inside(of in 1u64..100_000, part in 0.0f64..1.0) {
            let count = (part * of as f64) as u64;
            let interval = wilson(count, of).unwrap();
            proptest::prop_assert!(0.0 <= interval.low && interval.low <= interval.share);
            proptest::prop_assert!(interval.share <= interval.high && interval.high <= 1.0);
            let mirrored = wilson(of - count, of).unwrap();
            proptest::prop_assert!((mirrored.low - (1.0 - interval.high)).abs() < 1e-9);
        }
    }
}
