//! Plans: places that never change, an even spread, a refusal that helps.

use super::*;
use proptest::prelude::*;

const INTERVAL: u64 = 20_000_000;

fn wanted(streams: u32, slot_ns: u64) -> Wanted {
    let cost = Cost { send_ns: 3000.0, receive_ns: 3000.0, wake_ns: 5000.0 };
    Wanted { streams, received_per_stream: 1.0, interval_ns: INTERVAL, slot_ns, cost }
}

#[test]
fn packets_of_a_stream_are_exactly_an_interval_apart() {
    let plan = Plan::new(wanted(1000, 500_000)).unwrap();
    for stream in [0, 1, 499, 999] {
        for packet in [0, 1, 77, 90_000] {
            let between = plan.due(stream, packet + 1).unwrap() - plan.due(stream, packet).unwrap();
            assert_eq!(between.as_nanos(), u128::from(INTERVAL));
        }
    }
    assert_eq!((plan.due(1000, 0), plan.due(0, u64::MAX)), (None, None));
}

#[test]
fn a_thousand_streams_in_forty_slots_are_twenty_five_each() {
    let plan = Plan::new(wanted(1000, 500_000)).unwrap();
    assert_eq!(plan.slots(), 40);
    for slot in 0..40 {
        let due: Vec<u64> =
            plan.streams_in(slot).iter().map(|stream| plan.due(*stream, 0).unwrap().0).collect();
        let expected: Vec<u64> = (0..25).map(|place| u64::from(slot) * 500_000 + place * 3000).collect();
        assert_eq!(due, expected);
    }
}

/// While a load ramps up, those that are under way are spread as evenly as all of them will be.
#[test]
fn the_first_streams_of_a_ramp_are_spread() {
    let plan = Plan::new(wanted(1000, 250_000)).unwrap();
    for up in [2u32, 4, 8, 16, 32] {
        let mut due: Vec<u64> = (0..up).map(|stream| plan.due(stream, 0).unwrap().0).collect();
        due.sort_unstable();
        let gaps = due.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.min() >= Some(INTERVAL / u64::from(up) / 2), "{up} streams: {due:?}");
    }
}

/// The burst: packets in 1 ms over their mean. 30 streams have 1.5 in each on average, so 2 is the least greatest.
#[test]
fn no_millisecond_is_crowded() {
    for (streams, most) in [(30, 2), (300, 15), (1000, 50)] {
        let plan = Plan::new(wanted(streams, 250_000)).unwrap();
        let mut milliseconds = [0; 20];
        for stream in 0..streams {
            milliseconds[(plan.due(stream, 0).unwrap().0 / 1_000_000) as usize] += 1;
        }
        assert_eq!(milliseconds.iter().max(), Some(&most), "{milliseconds:?}");
    }
}

#[test]
fn a_refusal_says_what_would_fit_and_that_fits() {
    // 5 us of every 500 us wake; 6 us of every 20 ms each stream: (0.70 - 0.01) * 20 ms / 6 us = 2300.
    let Err(Refused::Duty { streams, duty, fits }) = Plan::new(wanted(3000, 500_000)) else { panic!("fits") };
    assert_eq!((streams, fits), (3000, 2300));
    assert!((duty - 0.91).abs() < 1e-9);
    assert_eq!(Plan::most_streams(&wanted(1, 500_000)), 2300);
    assert!(Plan::new(wanted(fits, 500_000)).is_ok_and(|plan| (plan.duty() - 0.70).abs() < 1e-9));
    assert!(Plan::new(wanted(fits + 1, 500_000)).is_err());
    let text = Plan::new(wanted(3000, 500_000)).unwrap_err().to_string();
    assert_eq!(
        text,
        "3000 streams keep the media thread busy for 91 % of the time; above 70 % it is late, 2300 streams would fit"
    );
}

#[test]
fn one_slot_may_be_full_before_the_thread_is() {
    let mut tight = wanted(30, 250_000);
    tight.received_per_stream = 0.0;
    tight.cost = Cost { send_ns: 100_000.0, receive_ns: 0.0, wake_ns: 0.0 };
    assert!(Plan::new(tight).is_ok(), "one each");
    tight.streams = 81;
    assert!(matches!(Plan::new(tight), Err(Refused::Duty { fits: 80, .. })));
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let slot = |slot_ns| Plan::new(wanted(1, slot_ns)).unwrap_err();
    assert!([0, 300_000, 40_000_000].map(slot).iter().all(|error| matches!(error, Refused::Slot { .. })));
    assert_eq!(Plan::new(wanted(0, 500_000)).unwrap_err(), Refused::Empty);
    for send_ns in [f64::NAN, -1.0, f64::INFINITY] {
        let cost = Cost { send_ns, receive_ns: 0.0, wake_ns: 0.0 };
        assert_eq!(Plan::new(Wanted { cost, ..wanted(5, 500_000) }).unwrap_err(), Refused::Cost);
    }
}

#[test]
fn a_late_sender_skips_nothing_and_shifts_nothing() {
    let plan = Plan::new(wanted(7, 250_000)).unwrap();
    let origin = At::from_secs(3);
    let mut walk = plan.walk(origin);
    // It stalls for 50 ms: all that was due since then is due still, at its own time.
    let mut sent = Vec::new();
    while let Some(due) = walk.peek().filter(|due| due.at <= origin + std::time::Duration::from_millis(50)) {
        sent.push(due);
        walk.advance();
    }
    // Two whole rounds of 20 ms, and half of a third.
    assert_eq!(sent.len(), 7 + 7 + 4);
    for due in &sent {
        assert_eq!(Some(due.at.0 - origin.0), plan.due(due.stream, due.packet).map(|at| at.0));
    }
    assert_eq!(walk.peek().map(|due| due.packet), Some(2));
}

proptest! {
    #[test]
    fn every_stream_is_sent_once_a_round_and_in_order(streams in 1u32..700, slot in 0usize..4) {
        let slot_ns = [250_000, 500_000, 1_000_000, 20_000_000][slot];
        let plan = Plan::new(wanted(streams, slot_ns)).unwrap();
        let mut walk = plan.walk(At(5));
        let mut seen = vec![0u32; streams as usize];
        let mut before = At::ZERO;
        for _ in 0..2 * streams {
            let due = walk.peek().unwrap();
            prop_assert!(due.at >= before && walk.wake().unwrap() <= due.at);
            prop_assert!(due.at.0 - walk.wake().unwrap().0 < slot_ns, "within its slot");
            before = due.at;
            seen[due.stream as usize] += 1;
            walk.advance();
        }
        prop_assert!(seen.iter().all(|times| *times == 2));
        let in_slots: usize = (0..plan.slots()).map(|slot| plan.streams_in(slot).len()).sum();
        prop_assert_eq!(in_slots, streams as usize);
    }
}
