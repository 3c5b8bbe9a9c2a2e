//! The guarded decision rule (ISO/IEC 17025; JCGM 106): a reading that its own uncertainty could overturn is never a pass.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a value is held against. Values, limits and uncertainty share one unit, whichever it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// It must not be greater.
    AtMost(f64),
    /// It must not be smaller.
    AtLeast(f64),
}

/// A bound, and where inside of it a pass becomes worth a look (as in OpenHTF).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The bound.
    pub bound: Bound,
    /// A pass beyond this is marginal.
    pub marginal: Option<f64>,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Kept, whatever the error was.
    Pass,
    /// Kept, and beyond the marginal value.
    PassMarginal,
    /// Not kept, whatever the error was.
    Fail,
    /// The error could turn it, or something is not known.
    Inconclusive,
}

/// A measured value and the interval in which the true one lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The raw value; it is the one that is judged, never a corrected one.
    pub value: f64,
    /// Lower end; `None` = open: there were too few values to close it.
    pub low: Option<f64>,
    /// Upper end; `None` = open.
    pub high: Option<f64>,
}

impl Measurement {
    /// `value` with the expanded uncertainty `u` on both sides.
    pub fn plus_minus(value: f64, u: f64) -> Measurement {
        Measurement { value, low: Some(value - u.abs()), high: Some(value + u.abs()) }
    }

    /// A percentile with the expanded uncertainty `u` of the instrument and the interval of the statistic. Both add up by squares, each
    /// side for itself: the interval of a percentile in the tail is longer above than below.
    pub fn of_percentile(value: f64, u: f64, interval: &crate::interval::Bounds) -> Measurement {
        let low = interval.low.map(|low| value - u.hypot((value - low as f64).max(0.0)));
        let high = interval.high.map(|high| value + u.hypot((high as f64 - value).max(0.0)));
        Measurement { value, low, high }
    }

    /// A share with its interval.
    pub fn of_share(share: &crate::interval::Proportion) -> Measurement {
        Measurement { value: share.share, low: Some(share.low), high: Some(share.high) }
    }
}

/// A verdict with all that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What was measured; `None` = nothing could be.
    pub measurement: Option<Measurement>,
    /// What it was held against.
    pub limit: Limit,
    /// What follows.
    pub verdict: Verdict,
}

/// Holds what was measured against a limit: the whole interval inside passes, the whole interval outside fails, all else is inconclusive.
pub fn decide(measurement: Option<Measurement>, limit: Limit) -> Decision {
    let verdict = measurement.map_or(Verdict::Inconclusive, |measurement| verdict(measurement, limit));
    Decision { measurement, limit, verdict }
}

fn verdict(measured: Measurement, limit: Limit) -> Verdict {
    // A lower bound is an upper bound of the opposite.
    let mirrored = |value: Option<f64>| value.map(|value| -value);
    let (low, high, bound, marginal) = match limit.bound {
        Bound::AtMost(bound) => (measured.low, measured.high, bound, limit.marginal),
        Bound::AtLeast(bound) => {
            (mirrored(measured.high), mirrored(measured.low), -bound, mirrored(limit.marginal))
        }
    };
    // What is no number compares as false to all, and so ends as inconclusive.
    if high.is_some_and(|high| high <= bound) {
        match marginal {
            Some(marginal) if high > Some(marginal) => Verdict::PassMarginal,
            _ => Verdict::Pass,
        }
    } else if low.is_some_and(|low| low > bound) {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtMost(bound) => write!(f, "<= {}", number(*bound)),
            Bound::AtLeast(bound) => write!(f, ">= {}", number(*bound)),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "pass",
            Verdict::PassMarginal => "pass, marginal",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
        })
    }
}

impl fmt::Display for Decision {
    /// The rule with its numbers, as it is printed beside each measure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decision { measurement, limit, verdict } = self;
        let Some(Measurement { value, low, high }) = *measurement else {
            return write!(f, "nothing measured, limit {}: {verdict}", limit.bound);
        };
        let end = |end: Option<f64>| end.map_or_else(|| "open".to_owned(), number);
        write!(f, "{} [{} to {}], limit {}", number(value), end(low), end(high), limit.bound)?;
        if let Some(marginal) = limit.marginal {
            write!(f, ", marginal from {}", number(marginal))?;
        }
        write!(f, ": {verdict}")
    }
}

/// With at most four decimals, which is the hundredth of a percent and the tenth of a microsecond in milliseconds.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::{Bounds, wilson};
    use rstest::rstest;

    fn at_most(bound: f64) -> Limit {
        Limit { bound: Bound::AtMost(bound), marginal: None }
    }

    #[rstest]
    #[case::well_below(400.0, 1.0, 500.0, None, true, Verdict::Pass)]
    #[case::exactly_guarded(499.0, 1.0, 500.0, None, true, Verdict::Pass)]
    #[case::straddles_from_below(499.5, 1.0, 500.0, None, true, Verdict::Inconclusive)]
    #[case::straddles_from_above(501.0, 1.0, 500.0, None, true, Verdict::Inconclusive)]
    #[case::well_above(501.1, 1.0, 500.0, None, true, Verdict::Fail)]
    #[case::marginal(450.0, 1.0, 500.0, Some(400.0), true, Verdict::PassMarginal)]
    #[case::not_marginal(398.0, 1.0, 500.0, Some(400.0), true, Verdict::Pass)]
    #[case::minimum_pass(10.0, 1.0, 9.0, None, false, Verdict::Pass)]
    #[case::minimum_straddles(9.5, 1.0, 9.0, None, false, Verdict::Inconclusive)]
    #[case::minimum_fail(7.9, 1.0, 9.0, None, false, Verdict::Fail)]
    #[case::minimum_marginal(10.5, 0.0, 9.0, Some(11.0), false, Verdict::PassMarginal)]
    #[case::no_number(f64::NAN, 1.0, 9.0, None, true, Verdict::Inconclusive)]
    #[case::unknown_error(1.0, f64::NAN, 9.0, None, true, Verdict::Inconclusive)]
    #[case::unknown_limit(1.0, 1.0, f64::NAN, None, true, Verdict::Inconclusive)]
    fn guarded(
        #[case] value: f64,
        #[case] u: f64,
        #[case] bound: f64,
        #[case] marginal: Option<f64>,
        #[case] is_max: bool,
        #[case] verdict: Verdict,
    ) {
        let bound = if is_max { Bound::AtMost(bound) } else { Bound::AtLeast(bound) };
        let decision = decide(Some(Measurement::plus_minus(value, u)), Limit { bound, marginal });
        assert_eq!(decision.verdict, verdict);
    }

    #[test]
    fn nothing_measured_is_never_a_pass() {
        let decision = decide(None, at_most(5.0));
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        assert_eq!(decision.to_string(), "nothing measured, limit <= 5: inconclusive");
    }

    #[test]
    fn each_side_of_a_percentile_has_its_own_interval() {
        let interval = Bounds { low: Some(96), high: Some(112) };
        let reading = Measurement::of_percentile(100.0, 3.0, &interval);
        assert_eq!(
            reading,
            Measurement { value: 100.0, low: Some(95.0), high: Some(100.0 + 3f64.hypot(12.0)) }
        );
        let judged = |interval: Bounds, bound| {
            decide(Some(Measurement::of_percentile(100.0, 3.0, &interval)), at_most(bound)).verdict
        };
        assert_eq!(judged(interval, 113.0), Verdict::Pass);
        assert_eq!(judged(interval, 112.0), Verdict::Inconclusive);
        assert_eq!(judged(interval, 94.0), Verdict::Fail);
        // Too few values to say how far up it may be: it may fail, it cannot pass.
        let open = Bounds { low: Some(96), high: None };
        assert_eq!((judged(open, 1e9), judged(open, 94.0)), (Verdict::Inconclusive, Verdict::Fail));
    }

    /// Less than 1 % of calls may fail: none of 300 does not prove it, none of 400 does.
    #[test]
    fn a_share_is_judged_by_its_interval() {
        let judged = |failures, calls| {
            decide(Some(Measurement::of_share(&wilson(failures, calls).unwrap())), at_most(0.01)).verdict
        };
        assert_eq!((judged(0, 300), judged(0, 400)), (Verdict::Inconclusive, Verdict::Pass));
        assert_eq!((judged(3, 300), judged(20, 300)), (Verdict::Inconclusive, Verdict::Fail));
    }

    #[test]
    fn printed_with_all_that_it_rests_on() {
        let limit = Limit { bound: Bound::AtMost(50.0), marginal: Some(40.0) };
        let decision = decide(Some(Measurement::plus_minus(45.0, 0.25)), limit);
        assert_eq!(
            decision.to_string(),
            "45 [44.75 to 45.25], limit <= 50, marginal from 40: pass, marginal"
        );
    }

    #[test]
    fn numbers_are_printed_without_noise() {
        let printed = [0.1 + 0.2, 100.0, 0.0, -2.5, 1e-9, f64::NAN].map(number);
        assert_eq!(printed, ["0.3", "100", "0", "-2.5", "0", "NaN"]);
    }

    proptest::proptest! {
        /// Whatever the true value within x +- U, a pass keeps the limit and a fail breaks it.
        #[test]
        fn no_error_within_u_turns_a_verdict(
            x in -1e3f64..1e3, u in 0f64..1e3, bound in -1e3f64..1e3, error in -1f64..1.0, at_least in proptest::bool::ANY,
        ) {
            let limit = if at_least { Bound::AtLeast(bound) } else { Bound::AtMost(bound) };
            let truth = x + error * u;
            let kept = if at_least { truth >= bound } else { truth <= bound };
            match decide(Some(Measurement::plus_minus(x, u)), Limit { bound: limit, marginal: None }).verdict {
                Verdict::Pass => proptest::prop_assert!(kept || (truth - bound).abs() < 1e-9),
                Verdict::Fail => proptest::prop_assert!(!kept || (truth - bound).abs() < 1e-9),
                _ => {}
            }
        }
    }
}
