//! On a virtual clock what was done comes back exactly.

use super::*;
use crate::impairment::{Impairment, Jitter, Loss};
use oxocert_machine::Seed;
use oxocert_metrology::interval::order_statistic;
use oxocert_metrology::{Bound, Histogram, Limit, Measurement, Statistic, Summary, Tier, Verdict, decide};
use rstest::rstest;
use std::time::Duration;

/// Two minutes.
const PACKETS: u32 = 6000;

#[test]
fn each_known_stimulus_comes_back() {
    for known in TABLE {
        let (truth, reading) = on_virtual_clock(known.impairment, Seed(11), PACKETS);
        for row in compare(&truth, &reading, 0.0) {
            assert!(row.within, "{}: {row}", known.name);
        }
    }
}

/// The comparison itself can fail: each stimulus is none of the others.
#[test]
fn no_stimulus_passes_for_another() {
    for (done, known) in TABLE.iter().enumerate() {
        let (truth, _) = on_virtual_clock(known.impairment, Seed(11), PACKETS);
        for (read, other) in TABLE.iter().enumerate() {
            let (_, reading) = on_virtual_clock(other.impairment, Seed(11), PACKETS);
            let all_within = compare(&truth, &reading, 0.0).iter().all(|row| row.within);
            assert_eq!(all_within, done == read, "{} read as {}", known.name, other.name);
        }
    }
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(5)]
#[case(20)]
#[case(50)]
fn a_fixed_delay_is_read_and_varies_by_nothing(#[case] ms: u64) {
    let (_, reading) = on_virtual_clock(Impairment::delayed(Duration::from_millis(ms)), Seed(1), PACKETS);
    assert_eq!(reading.delay.value(Statistic::Min), Some(ms as i64 * 1_000_000));
    assert_eq!(reading.delay.value(Statistic::Max), Some(ms as i64 * 1_000_000));
    assert_eq!(reading.delay.n(), PACKETS.into());
    for variation in [&reading.through, &reading.arrival] {
        assert_eq!((variation.pdv.max(), variation.pdv.n()), (Some(0), PACKETS.into()));
        assert_eq!((variation.ipdv.max(), variation.ipdv.n()), (Some(0), u64::from(PACKETS) - 1));
    }
    assert_eq!((reading.jitter.max(), reading.losses.share()), (Some(0), Some(0.0)));
    assert_eq!(reading.skew.map(|skew| (skew.ppm, skew.is_removed)), Some((0.0, false)));
}

#[test]
fn uniform_jitter_has_the_pdv_and_the_jitter_of_the_plain_formulas() {
    let impairment = Impairment {
        jitter: Jitter::Uniform(Duration::from_millis(5)),
        ..Impairment::delayed(Duration::from_millis(20))
    };
    // One window, so that the least delay is that of all.
    let (truth, reading) = on_virtual_clock(impairment, Seed(2), 490);
    let least = truth.delays[0];
    for (rank, delay) in (1u64..).zip(&truth.delays) {
        let (exact, read) = (delay - least, reading.through.pdv.at_rank(rank).unwrap());
        assert!(read >= exact && read - exact <= exact / 1000, "{exact} read as {read}");
    }
    assert!(reading.arrival.pdv.steps().eq(reading.through.pdv.steps()), "on one clock both are one");
    // |D| of two uniform numbers has the mean 2/3 of the half-width.
    let jitter = reading.jitter.mean().unwrap();
    assert!((2.8e6..3.9e6).contains(&jitter), "{jitter}");
}

#[test]
fn bursts_of_three_are_bursts_of_three() {
    let impairment = Impairment { loss: Loss::Bursts { every: 100, length: 3 }, ..Impairment::default() };
    let (_, reading) = on_virtual_clock(impairment, Seed(1), PACKETS);
    let losses = reading.losses;
    // The last three are missing at the end, where nobody can know of them.
    assert_eq!((losses.bursts, losses.burst_packets, losses.longest_run), (59, 177, 3));
    assert_eq!((losses.lost, losses.expected, losses.mean_burst()), (177, 5997, Some(3.0)));
    assert_eq!((losses.gap_lost, losses.gaps), (0, 60));
}

/// The edge stimulus: the hundredth part of all packets is 5 ms late, so p99 is not and the greatest is.
#[test]
fn five_milliseconds_every_hundredth_packet_lie_just_beyond_p99() {
    let (truth, reading) = on_virtual_clock(Impairment::FIVE_MS_EVERY_100TH, Seed(1), 10_000);
    assert_eq!(reading.through.pdv.value(Statistic::P99), Some(0));
    assert_eq!((truth.delay(Statistic::P99), reading.through.pdv.max()), (Some(0), Some(5_000_000)));
    let more = Impairment {
        jitter: Jitter::EveryNth { n: 99, extra: Duration::from_millis(5) },
        ..Impairment::default()
    };
    let (_, reading) = on_virtual_clock(more, Seed(1), 10_000);
    assert_eq!(reading.through.pdv.value(Statistic::P99), Some(5_000_000));
}

/// A limit of 3 ms on p99, and 5 ms more for every n-th packet: well below one in a hundred passes, well above fails, and one in
/// a hundred cannot be told from 10,000 packets.
#[rstest]
#[case(200, Verdict::Pass)]
#[case(100, Verdict::Inconclusive)]
#[case(99, Verdict::Inconclusive)]
#[case(50, Verdict::Fail)]
fn the_edge_of_a_limit_is_judged_on_both_sides(#[case] n: u32, #[case] verdict: Verdict) {
    let jitter = Jitter::EveryNth { n, extra: Duration::from_millis(5) };
    let (_, reading) = on_virtual_clock(Impairment { jitter, ..Impairment::default() }, Seed(1), 10_000);
    let pdv = &reading.through.pdv;
    let interval = order_statistic(pdv, Statistic::P99).unwrap();
    let measurement =
        Measurement::of_percentile(pdv.value(Statistic::P99).unwrap() as f64, 250_000.0, &interval);
    let limit = Limit { bound: Bound::AtMost(3e6), marginal: None };
    assert_eq!(decide(Some(measurement), limit).verdict, verdict, "{measurement:?}");
}

#[test]
fn a_hidden_delay_is_found() {
    for seed in 0..20 {
        let blind = Blind::new(Seed(seed));
        assert_eq!(format!("{blind:?}"), "Blind");
        let (_, reading) = on_virtual_clock(blind.impairment(), Seed(seed), 1000);
        let revealed = blind.reveal(reading.delay.value(Statistic::P50), Some(100.0));
        assert_eq!((revealed.within, revealed.measured_ns), (Some(true), Some(revealed.hidden_ns as i64)));
    }
    assert_ne!(
        Blind::new(Seed(1)).reveal(None, None).hidden_ns,
        Blind::new(Seed(2)).reveal(None, None).hidden_ns
    );
}

#[test]
fn what_was_not_measured_did_not_find_it() {
    let blind = || Blind::new(Seed(3));
    let hidden = blind().reveal(None, None).hidden_ns as i64;
    assert_eq!(blind().reveal(None, Some(1e9)).within, None);
    assert_eq!(blind().reveal(Some(hidden), None).within, None);
    let missed = blind().reveal(Some(hidden + 50_001), Some(50_000.0));
    assert_eq!(missed.within, Some(false));
    assert!(missed.to_string().ends_with("U = 0.050 ms: MISSED"), "{missed}");
}

#[test]
fn a_bracket_holds_up_to_its_drift() {
    let summary =
        |p50: i64, p99: i64| Summary { n: 500, p50: Some(p50), p99: Some(p99), ..Summary::default() };
    let holds = |after| Bracket { before: summary(30_000, 200_000), after }.holds();
    assert!(holds(summary(50_000, 300_000)) && holds(summary(10_000, 100_000)));
    assert!(!holds(summary(50_001, 200_000)) && !holds(summary(30_000, 300_001)));
    assert!(!holds(Summary::of(&Histogram::new(), Tier::CardStamps)), "unknown did not hold");
    let text = Bracket { before: summary(30_000, 200_000), after: summary(60_500, 200_000) }.to_string();
    assert_eq!(
        text,
        "drift of p50 30.5 us (at most 20 us), of p99 0.0 us (at most 100 us): the load is inconclusive"
    );
}
