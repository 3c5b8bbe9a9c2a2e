//! The guarded decision rule of the instrument, for readings of the record.

use oxocert_metrology::{self as metrology, Bound, Limit, Measurement};
use oxocert_record::Verdict;

/// `value` with expanded uncertainty `u` against a bound: at most (`is_max`) or at least.
///
/// `x + U <= limit` passes, `x - U > limit` fails, between the two is INCONCLUSIVE; the mirror image for a minimum.
/// A pass beyond the marginal value is marginal.
pub(crate) fn decide(value: f64, u: f64, bound: f64, marginal: Option<f64>, is_max: bool) -> Verdict {
    if !value.is_finite() || !bound.is_finite() || !u.is_finite() {
        return Verdict::Error;
    }
    let bound = if is_max { Bound::AtMost(bound) } else { Bound::AtLeast(bound) };
    word(metrology::decide(Some(Measurement::plus_minus(value, u)), Limit { bound, marginal }).verdict)
}

/// The verdict of a record for one of the instrument.
pub(crate) fn word(verdict: metrology::Verdict) -> Verdict {
    match verdict {
        metrology::Verdict::Pass => Verdict::Pass,
        metrology::Verdict::PassMarginal => Verdict::PassMarginal,
        metrology::Verdict::Fail => Verdict::Fail,
        metrology::Verdict::Inconclusive => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

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
    #[case::count_at_the_limit(0.0, 0.0, 0.0, None, true, Verdict::Pass)]
    #[case::count_above(1.0, 0.0, 0.0, None, true, Verdict::Fail)]
    #[case::unknown(f64::NAN, 0.0, 0.0, None, true, Verdict::Error)]
    fn guarded(
        #[case] value: f64,
        #[case] u: f64,
        #[case] bound: f64,
        #[case] marginal: Option<f64>,
        #[case] is_max: bool,
        #[case] verdict: Verdict,
    ) {
        assert_eq!(decide(value, u, bound, marginal, is_max), verdict);
    }
}
