//! The interval of a percentile, without any assumption on the distribution: how many of n values lie below the true percentile is
//! binomial, so two ranks enclose it with a known confidence (H. A. David, Order Statistics, §7.1).

use super::Z_95;
use crate::{Histogram, Statistic};
use serde::{Deserialize, Serialize};

/// Outside the interval on each side.
const TAIL: f64 = 0.025;

/// Up to so many expected values on the smaller side the binomial is summed; above, it is normal to better than a rank in a hundred.
const SUMMED: f64 = 500.0;

/// Ranks in ascending order, 1 = the least, that enclose a percentile with at least 95 % confidence. `None`: there are not enough values to close that
/// side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// The rank at the lower end.
    pub low: Option<u64>,
    /// The rank at the upper end.
    pub high: Option<u64>,
}

/// Values that enclose a percentile with at least 95 % confidence, in nanoseconds; `None`: that side is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The lower end.
    pub low: Option<u64>,
    /// The upper end.
    pub high: Option<u64>,
}

/// The interval of a percentile of `histogram`; `None` for what is no percentile, and of no values.
///
/// It takes the values as independent. Neighbouring packets of one stream are not: their interval is too narrow rather than too wide.
pub fn order_statistic(histogram: &Histogram, statistic: Statistic) -> Option<Bounds> {
    let ranks = order_statistic_ranks(histogram.n(), statistic.per_mille()? as f64 / 1000.0)?;
    let at = |rank: Option<u64>| rank.and_then(|rank| histogram.at_rank(rank));
    Some(Bounds { low: at(ranks.low), high: at(ranks.high) })
}

/// The ranks that enclose the `p`-quantile of `n` values; `None` for no values or a `p` outside 0 to 1 (both excluded).
pub fn order_statistic_ranks(n: u64, p: f64) -> Option<Ranks> {
    if n == 0 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    // P(at most k values lie above the quantile) decides the upper end, counted from the greatest; the lower end is its mirror image.
    let high = ranks_from_the_end(n, 1.0 - p).map(|from_end| n + 1 - from_end);
    let low = ranks_from_the_end(n, p);
    Some(Ranks { low, high })
}

/// The greatest rank r, counted from an end beyond which a value lies with probability `q`, for which the probability that fewer than r
/// values lie beyond the quantile is at most [`TAIL`].
fn ranks_from_the_end(n: u64, q: f64) -> Option<u64> {
    let expected = n as f64 * q;
    if expected.min(n as f64 * (1.0 - q)) > SUMMED {
        let deviation = (expected * (1.0 - q)).sqrt();
        return Some((expected - Z_95 * deviation).floor().max(0.0) as u64).filter(|rank| *rank > 0);
    }
    if q > 0.5 {
        return from_the_far_side(n, 1.0 - q);
    }
    // P(B = 0) = (1 - q)^n, then each from the one before.
    let mut probability = (n as f64 * (-q).ln_1p()).exp();
    let (mut below, mut rank) = (0.0, 0u64);
    while rank < n && below + probability <= TAIL {
        below += probability;
        probability *= (n - rank) as f64 / (rank + 1) as f64 * q / (1.0 - q);
        rank += 1;
    }
    Some(rank).filter(|rank| *rank > 0)
}

/// The same where most values lie beyond: the complement has mean n `other` and is summed from its own zero upwards. Fewer than r
/// beyond = more than n - r on this side.
fn from_the_far_side(n: u64, other: f64) -> Option<u64> {
    let mut probability = (n as f64 * (-other).ln_1p()).exp();
    let mut up_to = 0.0;
    for count in 0..=n {
        up_to += probability;
        if 1.0 - up_to <= TAIL {
            // P(on this side > count) <= TAIL.
            return Some(n - count).filter(|rank| *rank > 0);
        }
        probability *= (n - count) as f64 / (count + 1) as f64 * other / (1.0 - other);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(B < r) by plain summation of logarithms.
    fn fewer_than(n: u64, p: f64, r: u64) -> f64 {
        let ln_factorial = |n: u64| (1..=n).map(|k| (k as f64).ln()).sum::<f64>();
        (0..r)
            .map(|k| {
                let ways = ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
                (ways + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp()
            })
            .sum()
    }

    /// Tables of the median: n = 10 -> 2 and 9, n = 20 -> 6 and 15, n = 100 -> 40 and 61 (Conover; Hahn and Meeker).
    #[test]
    fn published_ranks_of_the_median() {
        for (n, low, high) in [(10, 2, 9), (20, 6, 15), (100, 40, 61)] {
            assert_eq!(
                order_statistic_ranks(n, 0.5),
                Some(Ranks { low: Some(low), high: Some(high) }),
                "{n}"
            );
        }
    }

    #[test]
    fn a_p99_of_ten_seconds_is_open_for_one_window_and_closed_for_many() {
        // 0.99^n <= 0.025 from n = 368 on.
        let upper = |n| order_statistic_ranks(n, 0.99).unwrap().high;
        assert_eq!((upper(100), upper(367), upper(368)), (None, None, Some(368)));
        assert_eq!(upper(500), Some(500));
        assert!(upper(5_000).is_some_and(|rank| (4_960..4_970).contains(&rank)));
    }

    #[test]
    fn of_nothing_and_of_no_quantile_there_is_none() {
        assert_eq!(order_statistic_ranks(0, 0.5), None);
        assert_eq!(order_statistic_ranks(10, 1.0), None);
        assert_eq!(order_statistic_ranks(10, f64::NAN), None);
        assert_eq!(order_statistic_ranks(1, 0.5), Some(Ranks { low: None, high: None }));
        assert_eq!(order_statistic(&Histogram::new(), Statistic::P99), None);
        assert_eq!(order_statistic(&Histogram::new(), Statistic::Max), None);
    }

    #[test]
    fn the_normal_goes_on_where_the_sum_ends() {
        for p in [0.5, 0.95, 0.99, 0.999] {
            let n = (SUMMED / (1.0 - p)) as u64;
            let (summed, normal) = (order_statistic_ranks(n - 1, p), order_statistic_ranks(n + 2, p));
            let (summed, normal) = (summed.unwrap(), normal.unwrap());
            assert!(normal.low.unwrap().abs_diff(summed.low.unwrap()) <= 5, "{p}: {summed:?} {normal:?}");
            assert!(normal.high.unwrap().abs_diff(summed.high.unwrap()) <= 5, "{p}: {summed:?} {normal:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_ranks_are_the_tightest_that_keep_the_confidence(n in 1u64..400, per_mille in 1u32..1000) {
            let p = f64::from(per_mille) / 1000.0;
            let ranks = order_statistic_ranks(n, p).unwrap();
            // Lower end: fewer than r values below the quantile is rare, fewer than r + 1 is not.
            let low = ranks.low.unwrap_or(0);
            proptest::prop_assert!(fewer_than(n, p, low) <= TAIL + 1e-9);
            proptest::prop_assert!(fewer_than(n, p, low + 1) > TAIL - 1e-9);
            let from_end = ranks.high.map_or(0, |high| n + 1 - high);
            proptest::prop_assert!(fewer_than(n, 1.0 - p, from_end) <= TAIL + 1e-9);
            proptest::prop_assert!(fewer_than(n, 1.0 - p, from_end + 1) > TAIL - 1e-9);
        }
    }
}
