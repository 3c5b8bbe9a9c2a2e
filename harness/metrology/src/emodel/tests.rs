//! The model against published values.

use super::*;
use rstest::rstest;

fn close(value: f64, published: f64, tolerance: f64) {
    assert!((value - published).abs() <= tolerance, "{value} is not {published} +- {tolerance}");
}

/// G.107 §7.7: "the calculation results in a very high quality with a rating factor of R = 93.2".
#[test]
fn the_defaults_rate_93_2() {
    let estimate = rate(DEFAULTS).unwrap();
    close(estimate.r, 93.2, 0.05);
    // G.107 Annex B, table B.1: R = 93.2 is MOS 4.41.
    close(estimate.mos_cqe, 4.41, 0.005);
    close(estimate.id, 0.15, 0.01);
    close(estimate.ie_eff, 0.0, 0.0);
}

/// Equation 7-29 by hand. G.113 Appendix I: G.711 has Bpl 4.3 without concealment and 25.1 with that of its Appendix I.
#[rstest]
#[case::nothing_lost(0.0, 0.0, 4.3, 0.0)]
#[case::one_percent(1.0, 0.0, 4.3, 17.924_528)]
#[case::three_percent(3.0, 0.0, 4.3, 39.041_096)]
#[case::one_percent_concealed(1.0, 0.0, 25.1, 3.639_847)]
#[case::three_percent_concealed(3.0, 0.0, 25.1, 10.142_349)]
#[case::g729a_two_percent(2.0, 11.0, 19.0, 19.0)]
fn loss(#[case] ppl: f64, #[case] ie: f64, #[case] bpl: f64, #[case] ie_eff: f64) {
    let estimate = rate(Inputs { ppl, equipment: Equipment { ie, bpl }, ..DEFAULTS }).unwrap();
    close(estimate.ie_eff, ie_eff, 1e-5);
    close(estimate.r, rate(DEFAULTS).unwrap().r - ie_eff, 1e-5);
}

/// G.107 equation 7-27 by hand: nothing to 100 ms, 25 * (2^(1/6) - 3 (1 + 3^-6)^(1/6) + 2) at 200 ms.
#[rstest]
#[case(0.0, 0.0)]
#[case(100.0, 0.0)]
#[case(150.0, 0.1639)]
#[case(200.0, 3.0444)]
#[case(400.0, 24.0699)]
fn delay(#[case] ta_ms: f64, #[case] idd: f64) {
    close(impairments::too_long(ta_ms), idd, 5e-4);
    let estimate = rate(Inputs { ta_ms, ..DEFAULTS }).unwrap();
    close(estimate.r, rate(DEFAULTS).unwrap().r - idd, 5e-4);
}

/// G.107 Annex B, table B.1, which prints 4.03 where its own formula gives 4.024.
#[rstest]
#[case(90.0, 4.34)]
#[case(80.0, 4.03)]
#[case(70.0, 3.60)]
#[case(60.0, 3.10)]
#[case(50.0, 2.58)]
fn opinion(#[case] r: f64, #[case] score: f64) {
    close(mos(r), score, 0.007);
}

#[test]
fn the_score_never_leaves_its_scale_and_never_falls_with_r() {
    assert_eq!((mos(-5.0), mos(0.0), mos(100.0), mos(120.0)), (1.0, 1.0, 4.5, 4.5));
    for tenth in 0..1000 {
        let (below, above) = (mos(f64::from(tenth) / 10.0), mos(f64::from(tenth + 1) / 10.0));
        assert!((1.0..=4.5).contains(&below) && below <= above, "{tenth}");
    }
}

#[test]
fn echo_costs_only_where_there_is_an_echo_path() {
    let with = |t_ms| rate(Inputs { t_ms, tr_ms: 2.0 * t_ms, ta_ms: t_ms, ..DEFAULTS }).unwrap().r;
    assert!(with(0.0) > with(50.0) && with(50.0) > with(150.0) && with(150.0) > with(400.0));
}

#[test]
fn what_is_not_known_gives_no_score() {
    let all = Measured {
        delay_ms: Some(20.0),
        loss_percent: Some(0.0),
        burst_ratio: Some(1.0),
        equipment: Some(DEFAULTS.equipment),
    };
    assert!(estimate(&all).is_some());
    assert!(estimate(&Measured { delay_ms: None, ..all }).is_none());
    assert!(estimate(&Measured { loss_percent: None, ..all }).is_none());
    assert!(estimate(&Measured { burst_ratio: None, ..all }).is_none());
    assert!(estimate(&Measured { equipment: None, ..all }).is_none());
    assert!(estimate(&Measured { delay_ms: Some(-1.0), ..all }).is_none());
    assert!(estimate(&Measured { loss_percent: Some(f64::NAN), ..all }).is_none());
    assert!(estimate(&Measured { equipment: Some(Equipment { ie: 0.0, bpl: 0.0 }), ..all }).is_none());
}

#[test]
fn bursts_are_longer_than_chance() {
    assert_eq!(burst_ratio(0, 0, 1000), Some(1.0));
    // 30 lost in 10 runs of three, of 1000: 3 * 0.97.
    close(burst_ratio(30, 10, 1000).unwrap(), 2.91, 1e-9);
    assert_eq!(burst_ratio(10, 10, 1000), Some(1.0));
    assert_eq!(burst_ratio(500, 1, 1000), Some(8.0));
    assert_eq!((burst_ratio(0, 0, 0), burst_ratio(5, 0, 10), burst_ratio(5, 6, 10)), (None, None, None));
    assert_eq!(burst_ratio(10, 1, 10), None);
}

#[test]
fn a_score_is_never_printed_without_its_inputs() {
    let text = rate(Inputs { ta_ms: 23.4, ppl: 1.0, ..DEFAULTS }).unwrap().to_string();
    assert!(text.starts_with("estimated, E-model G.107: R = 75.3"), "{text}");
    assert!(
        text.ends_with("Ta 23.4 ms, Ie 0, Bpl 4.3, Ppl 1.00 %, BurstR 1.00, terminals: defaults of G.107")
    );
}
