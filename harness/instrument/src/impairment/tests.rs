//! The stage does what it says, and says what it does.

use super::*;
use oxocert_machine::{At, Seed};

const INTERVAL: u64 = 20_000_000;

fn fates(impairment: Impairment, seed: u64, packets: u64) -> Vec<Fate> {
    let mut impairer = Impairer::new(impairment, Seed(seed), "1");
    (0..packets).map(|n| impairer.fate(At(1_000_000_000 + n * INTERVAL))).collect()
}

fn delays(impairment: Impairment) -> Vec<Duration> {
    fates(impairment, 7, 20_000).iter().filter_map(Fate::delay).collect()
}

#[test]
fn nothing_is_done_unless_asked_for() {
    let all = fates(Impairment::default(), 1, 1000);
    assert!(all.iter().all(|fate| fate.release == Some(fate.at) && fate.copy.is_none() && !fate.held_back));
}

#[test]
fn a_fixed_delay_is_fixed() {
    let delay = Duration::from_millis(20);
    assert!(delays(Impairment::delayed(delay)).iter().all(|each| *each == delay));
}

#[test]
fn uniform_jitter_fills_its_range_evenly() {
    let delay = Duration::from_millis(20);
    let all = delays(Impairment {
        jitter: Jitter::Uniform(Duration::from_millis(5)),
        ..Impairment::delayed(delay)
    });
    let (low, high) = (Duration::from_millis(15), Duration::from_millis(25));
    assert!(all.iter().all(|each| (low..=high).contains(each)));
    for quarter in 0..4 {
        let from = low + Duration::from_micros(2500) * quarter;
        let share =
            all.iter().filter(|each| (from..from + Duration::from_micros(2500)).contains(each)).count();
        assert!((4700..5300).contains(&share), "{share}");
    }
}

#[test]
fn a_bell_has_its_deviation_and_no_delay_is_negative() {
    let deviation = Duration::from_millis(2);
    let all = delays(Impairment {
        jitter: Jitter::Bell(deviation),
        ..Impairment::delayed(Duration::from_millis(50))
    });
    let mean = all.iter().map(Duration::as_secs_f64).sum::<f64>() / all.len() as f64;
    let squares: f64 = all.iter().map(|each| (each.as_secs_f64() - mean).powi(2)).sum();
    assert!((mean - 0.050).abs() < 1e-4, "{mean}");
    assert!(((squares / all.len() as f64).sqrt() - 0.002).abs() < 5e-5);
    let held = delays(Impairment { jitter: Jitter::Bell(deviation), ..Impairment::default() });
    assert!(held.contains(&Duration::ZERO));
}

#[test]
fn every_hundredth_is_five_milliseconds_late() {
    for fate in fates(Impairment::FIVE_MS_EVERY_100TH, 1, 1000) {
        let late = fate.number % 100 == 99;
        assert_eq!(fate.delay(), Some(Duration::from_millis(if late { 5 } else { 0 })));
    }
}

#[test]
fn loss_is_that_asked_for() {
    let lost = |loss| {
        let all = fates(Impairment { loss, ..Impairment::default() }, 3, 30_000);
        all.iter().filter(|fate| fate.release.is_none()).map(|fate| fate.number).collect::<Vec<_>>()
    };
    assert!((250..350).contains(&lost(Loss::Random(0.01)).len()));
    let bursts = lost(Loss::Bursts { every: 100, length: 3 });
    assert_eq!((bursts.len(), &bursts[..4]), (900, &[97, 98, 99, 197][..]));
    assert_eq!(lost(Loss::Bursts { every: 2, length: 9 }).len(), 30_000);
    assert!(lost(Loss::Bursts { every: 0, length: 3 }).is_empty());
}

#[test]
fn one_seed_one_fate_and_no_knob_turns_another() {
    let lossy = Impairment { loss: Loss::Random(0.03), ..Impairment::default() };
    let lossy_and_shaken = Impairment { jitter: Jitter::Uniform(Duration::from_millis(3)), ..lossy };
    assert_eq!(fates(lossy, 5, 500), fates(lossy, 5, 500));
    assert_ne!(fates(lossy, 5, 500), fates(lossy, 6, 500));
    let lost =
        |impairment| fates(impairment, 5, 500).iter().map(|fate| fate.release.is_none()).collect::<Vec<_>>();
    assert_eq!(lost(lossy), lost(lossy_and_shaken));
}

#[test]
fn packets_come_out_when_they_were_told_to_and_in_that_order() {
    let impairment = Impairment {
        reorder: (10, Duration::from_millis(30)),
        duplicate: (0.05, Duration::from_millis(1)),
        loss: Loss::Random(0.05),
        ..Impairment::delayed(Duration::from_millis(7))
    };
    let mut stage = Stage::new(Impairer::new(impairment, Seed(9), "1"));
    let (mut told, mut came) = (Vec::new(), Vec::new());
    for n in 0..2000u64 {
        let now = At(n * INTERVAL);
        while let Some(out) = stage.poll(now) {
            came.push(out);
        }
        let fate = stage.packet(now, n);
        told.extend(fate.release.into_iter().chain(fate.copy).map(|at| (at, n)));
    }
    while let Some(due) = stage.deadline() {
        came.extend(stage.poll(due));
    }
    told.sort_unstable();
    assert_eq!(came, told);
    assert!(came.windows(2).any(|pair| pair[0].1 > pair[1].1), "something was overtaken");
    assert_eq!((stage.deadline(), stage.poll(At(u64::MAX))), (None, None));
}

proptest::proptest! {
    #[test]
    fn no_impairment_is_too_odd(
        delay in proptest::num::u64::ANY, spread in proptest::num::u64::ANY, share in proptest::num::f64::ANY,
        n in proptest::num::u32::ANY, at in proptest::num::u64::ANY,
    ) {
        let long = Duration::from_nanos(spread);
        for jitter in [Jitter::Uniform(long), Jitter::Bell(long), Jitter::EveryNth { n, extra: long }] {
            let impairment = Impairment {
                delay: Duration::from_nanos(delay),
                jitter,
                loss: Loss::Random(share),
                reorder: (n, long),
                duplicate: (share, long),
            };
            Impairer::new(impairment, Seed(1), "").fate(At(at));
        }
    }
}
