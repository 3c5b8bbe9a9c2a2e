//! Readings of streams made by hand: exact where nothing is wrong, and bounded where everything is.

use super::*;
use crate::void::{Facts, Voids};
use crate::{Packet, Samples, StreamMeter, Taken, WINDOW_NS};
use oxocert_media::estimate::Arrival;
use oxocert_metrology::{Statistic, Tier, hlog};
use proptest::prelude::*;

const INTERVAL: u64 = 20_000_000;

fn packet(n: u64) -> Packet {
    let at = At(n * INTERVAL);
    Packet {
        stamp: Some(at),
        at,
        ssrc: 7,
        sequence: n as u16,
        timestamp: (n as u32).wrapping_mul(160),
        payload_type: 8,
        marker: n == 0,
        samples: 160,
        l3_bytes: 200,
        sent: None,
    }
}

fn late(n: u64, ns: u64) -> Packet {
    let at = At(n * INTERVAL + ns);
    Packet { stamp: Some(at), at, ..packet(n) }
}

fn quiet() -> Voids {
    Voids::of_tier(Tier::Simulation)
}

/// All windows, and their sum.
fn read_windows(packets: impl IntoIterator<Item = Packet>, voids: &Voids) -> (Vec<Reading>, Reading) {
    let mut meter = StreamMeter::new(Samples::with_capacity(1024));
    let mut estimator = Estimator::new();
    let mut windows = Vec::new();
    for packet in packets {
        if meter.is_over(packet.moment()) {
            windows.push(estimator.read(&meter.swap(Samples::with_capacity(1024)), voids));
        }
        meter.packet(&packet);
    }
    windows.push(estimator.read(&meter.swap(Samples::with_capacity(1024)), voids));
    let mut sum = Reading::default();
    windows.iter().for_each(|window| sum.merge(window));
    sum.merge(&estimator.finish());
    (windows, sum)
}

fn read(packets: impl IntoIterator<Item = Packet>) -> Reading {
    read_windows(packets, &quiet()).1
}

#[test]
fn nothing_came_nothing_is_known() {
    let reading = read([]);
    assert_eq!((reading.packets, reading.losses.share(), reading.jitter.mean()), (0, None, None));
    assert_eq!((reading.arrival.pdv.max(), reading.delay.n(), reading.skew), (None, 0, None));
    assert_eq!(reading.log("1").map(|lines| lines.len()), Some(0));
}

#[test]
fn windows_are_ten_seconds_of_the_timeline() {
    let (windows, sum) = read_windows((0..1600).map(packet), &quiet());
    let bounds: Vec<_> =
        windows.iter().map(|one| (one.from.unwrap(), one.to.unwrap(), one.packets)).collect();
    let at = At::from_secs;
    let expected =
        [(at(0), at(10), 500), (at(10), at(20), 500), (at(20), at(30), 500), (at(30), at(40), 100)];
    assert_eq!(bounds, expected);
    assert_eq!((sum.from, sum.to, sum.packets, sum.l3_bytes), (Some(at(0)), Some(at(40)), 1600, 320_000));
    assert_eq!((sum.losses.expected, sum.losses.lost), (1600, 0));
}

/// Every number of 16 bits, twice around, with timestamps that wrap as well.
#[test]
fn all_wraps_are_no_event() {
    let reading =
        read((0..140_000).map(|n| Packet {
            timestamp: 0xffff_0000u32.wrapping_add(n as u32 * 160),
            ..packet(n + 65_000)
        }));
    assert_eq!((reading.losses.expected, reading.losses.lost, reading.reordered), (140_000, 0, 0));
    assert_eq!((reading.discontinuities.count(), reading.arrival.pdv.max()), (0, Some(0)));
    assert_eq!(reading.arrival.ipdv.n(), 139_999);
}

#[test]
fn one_packet_late_by_100_ms_peaks_at_twelve_and_the_mean_hides_it() {
    let reading = read((0..500).map(|n| late(n, if n == 49 { 100_000_000 } else { 0 })));
    assert_eq!(reading.jitter.max(), Some(12_109_375));
    assert!(reading.jitter.mean().unwrap() < 1_000_000.0, "{:?}", reading.jitter.mean());
    // Five packets came in the time in which it did not, so it was overtaken.
    assert_eq!((reading.late_40_ms, reading.late_60_ms), (1, 1));
    assert_eq!(reading.arrival.pdv.max(), Some(100_000_000));
}

#[test]
fn jitter_buffers_of_40_and_60_ms_are_told_apart() {
    let shift = |n: u64| match n % 50 {
        10 => 40_000_000,
        20 => 40_000_001,
        30 => 60_000_001,
        _ => 0,
    };
    let reading = read((0..500).map(|n| late(n, shift(n))));
    assert_eq!((reading.late_40_ms, reading.late_60_ms), (20, 10));
}

#[test]
fn a_wrong_clock_is_found_and_taken_out() {
    // 80 ppm fast: 20 ms last 1.6 us less.
    let fast = |n: u64| {
        let at = At(1_000_000_000 + n * (INTERVAL - 1600));
        Packet { stamp: Some(at), at, ..packet(n) }
    };
    let (windows, sum) = read_windows((0..3000).map(fast), &quiet());
    let skew = sum.skew.unwrap();
    let exact = 1e6 * 1600.0 / (INTERVAL - 1600) as f64;
    assert!((skew.ppm - exact).abs() < 1e-6 && skew.is_removed, "{skew:?}");
    for window in &windows[..6] {
        assert!(window.arrival.pdv.max().unwrap() <= 2, "{:?}", window.arrival.pdv.max());
    }
    // RFC 3393 and RFC 3550 take it as it comes.
    assert_eq!(sum.arrival.ipdv.value(Statistic::P50), Some(1600));
}

#[test]
fn void_seconds_are_in_no_statistic() {
    let mut voids = quiet();
    for n in 0..10 {
        voids.second(&Facts {
            from: At::from_secs(n),
            to: At::from_secs(n + 1),
            steal_ns: None,
            involuntary_switches: None,
            socket_drops: Some(u64::from(n == 4)),
            stimulus_error_ns: None,
            missed_slots: 0,
            clock_steps: 0,
        });
    }
    let disturbed = (0..500).filter(|n| !(210..220).contains(n)).map(|n| {
        let bad = (200..250).contains(&n);
        late(n, if bad { (n % 7) * 1_000_000 } else { 0 })
    });
    let packets: Vec<Packet> =
        disturbed.flat_map(|one| std::iter::repeat_n(one, if one.sequence == 230 { 2 } else { 1 })).collect();
    let (_, voided) = read_windows(packets.iter().copied(), &voids);
    assert_eq!((voided.void_packets, voided.packets), (41, 491));
    assert_eq!((voided.arrival.pdv.n(), voided.arrival.pdv.max(), voided.duplicates), (450, Some(0), 0));
    assert_eq!((voided.losses.lost, voided.losses.lost_in_void, voided.losses.expected), (0, 10, 450));
    assert_eq!((voided.jitter.max(), voided.arrival.ipdv.max()), (Some(0), Some(0)));
    let (_, whole) = read_windows(packets, &quiet());
    assert_eq!((whole.losses.lost, whole.arrival.pdv.max(), whole.duplicates), (10, Some(6_000_000), 1));
}

#[test]
fn a_new_ssrc_begins_anew_and_one_stranger_does_not() {
    let strange = |n| Packet { ssrc: 99, sequence: 40_000 + n as u16, ..packet(n) };
    let single = read((0..100).map(packet).chain([strange(100)]).chain((100..200).map(packet)));
    assert_eq!((single.foreign, single.discontinuities.count(), single.losses.lost), (1, 0, 0));
    let changed = read((0..100).map(packet).chain((100..200).map(strange)));
    assert_eq!(changed.foreign, 1, "the first one was not believed");
    let kinds: Vec<Break> = changed.discontinuities.listed.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Break::Ssrc { from: 7, to: 99 }]);
    assert_eq!((changed.losses.lost, changed.losses.expected, changed.arrival.pdv.n()), (0, 199, 199));
}

/// Two streams that send by turns at one port: one is measured, the other counted.
#[test]
fn two_streams_by_turns_do_not_reset_each_other() {
    let mixed = (0..200).flat_map(|n| [packet(n), Packet { ssrc: 99, ..packet(n) }]);
    let reading = read(mixed);
    assert_eq!((reading.foreign, reading.discontinuities.count(), reading.losses.expected), (200, 0, 200));
}

#[test]
fn numbers_and_timestamps_that_break_are_listed_and_reset() {
    let jumped = (0..300).map(|n| match n {
        0..100 => packet(n),
        100..200 => Packet { timestamp: packet(n).timestamp + 8000, ..packet(n) },
        _ => Packet { sequence: 30_000 + n as u16, timestamp: packet(n).timestamp + 8000, ..packet(n) },
    });
    let reading = read(jumped);
    let kinds: Vec<Break> = reading.discontinuities.listed.iter().map(|one| one.kind).collect();
    let timestamp = Break::Timestamp { expected: 16_000, got: 24_000 };
    assert_eq!(kinds, [timestamp, Break::Sequence { from: Some(199), to: 30_201 }]);
    assert_eq!((reading.stray, reading.losses.lost), (1, 0));
    // 8000 units are a second: nothing of it is delay variation.
    assert_eq!((reading.arrival.pdv.max(), reading.jitter.max()), (Some(0), Some(0)));
}

#[test]
fn a_marker_may_jump_in_timestamp_when_time_has_passed() {
    let pause = (0..100).map(packet).chain((100..200).map(|n| Packet {
        marker: n == 100,
        timestamp: packet(n).timestamp + 4000,
        ..late(n, 500_000_000)
    }));
    let reading = read(pause);
    assert_eq!((reading.discontinuities.count(), reading.arrival.pdv.max()), (0, Some(0)));
}

#[test]
fn a_stall_of_more_than_a_second_is_told_as_another_time_base() {
    let reading = read((0..400).map(|n| late(n, if n >= 200 { 1_500_000_000 } else { 0 })));
    let kinds: Vec<Break> = reading.discontinuities.listed.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Break::Transit { by_ns: 1_500_000_000 }]);
}

#[test]
fn the_list_of_breaks_does_not_grow() {
    let reading =
        read((0..2000).map(|n| Packet { timestamp: (n as u32).wrapping_mul(0x1234_5678), ..packet(n) }));
    assert_eq!(reading.discontinuities.listed.len(), LISTED);
    assert_eq!(reading.discontinuities.count(), 1999);
}

#[test]
fn unstamped_and_unmatched_packets_are_in_no_statistic_that_needs_it() {
    let reading = read((0..100).map(|n| Packet {
        stamp: packet(n).stamp.filter(|_| n % 10 != 3),
        sent: (n % 4 == 0).then(|| At(n * INTERVAL)),
        ..late(n, 0)
    }));
    assert_eq!((reading.packets, reading.unstamped, reading.losses.lost), (100, 10, 0));
    assert_eq!((reading.arrival.pdv.n(), reading.delay.n()), (90, 25));
    assert_eq!((reading.through.pdv.n(), reading.through.ipdv.n()), (25, 0));
}

#[test]
fn telephone_events_have_no_time_but_a_number() {
    let reading = read((0..100).map(|n| match n {
        40..50 => Packet { samples: 0, timestamp: 6400, payload_type: 101, ..packet(n) },
        _ => packet(n),
    }));
    assert_eq!((reading.losses.expected, reading.discontinuities.count()), (100, 0));
    assert_eq!((reading.arrival.pdv.n(), reading.arrival.pdv.max()), (90, Some(0)));
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut meter = StreamMeter::new(Samples::with_capacity(10));
    (0..25).for_each(|n| {
        meter.packet(&packet(n));
    });
    let samples = meter.swap(Samples::with_capacity(10));
    assert_eq!((samples.packets(), samples.list().len(), samples.unkept()), (25, 10, 15));
    assert_eq!(Estimator::new().read(&samples, &quiet()).unkept, 15);
    assert_eq!(
        (meter.ssrc(), meter.packet(&packet(25))),
        (Some(7), Taken::Own(Arrival::InOrder { step: 1 }))
    );
}

/// A flood of copies fills the notes: what came after is not seen, and is no loss of the DUT.
#[test]
fn what_was_not_kept_is_not_lost() {
    let flood = (0..600).flat_map(|n| std::iter::repeat_n(packet(n), if n == 100 { 5000 } else { 1 }));
    let reading = read(flood);
    assert!(reading.unkept > 4000, "{}", reading.unkept);
    assert_eq!((reading.losses.lost, reading.losses.expected), (0, 201));
    assert_eq!(reading.losses.lost_in_void, 399);
}

#[test]
fn a_clock_that_stamps_before_sending_shows_a_negative_delay() {
    let reading = read((0..10).map(|n| Packet { sent: Some(At(n * INTERVAL + 500)), ..packet(n) }));
    assert_eq!((reading.delay.value(Statistic::Max), reading.delay.below().n()), (Some(-500), 10));
}

#[test]
fn the_log_holds_every_histogram_and_merges_to_the_sum() {
    let stream = (0..1500u64).map(|n| Packet { sent: Some(At(n * INTERVAL)), ..late(n, n * n % 3_000_000) });
    let (windows, sum) = read_windows(stream, &quiet());
    let lines: Vec<_> = windows.iter().flat_map(|window| window.log("7/in").unwrap()).collect();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let again = hlog::read(&(hlog::header("a call") + &text)).unwrap();
    assert_eq!(again.len(), 3 * 5);
    assert!(again.iter().all(|line| line.length_ns == WINDOW_NS));
    let tag = |name: &str| hlog::Tag::new(&format!("7/in/{name}")).unwrap();
    for (name, histogram) in [
        ("delay", sum.delay.from_zero()),
        ("through-pdv", &sum.through.pdv),
        ("through-ipdv", &sum.through.ipdv),
        ("arrival-pdv", &sum.arrival.pdv),
        ("arrival-ipdv", &sum.arrival.ipdv),
    ] {
        assert!(hlog::merged(&again, &tag(name)).steps().eq(histogram.steps()), "{name}");
    }
    assert!(windows[0].log("not a tag").is_none());
}

/// The slow way: all of one window at once.
fn plainly(shifts: &[u64]) -> (Vec<u64>, Vec<u64>, f64) {
    let least = shifts.iter().min().copied().unwrap_or(0);
    let mut pdv: Vec<u64> = shifts.iter().map(|shift| shift - least).collect();
    let mut ipdv: Vec<u64> = shifts.windows(2).map(|pair| pair[1].abs_diff(pair[0])).collect();
    pdv.sort_unstable();
    ipdv.sort_unstable();
    let jitter = shifts
        .windows(2)
        .fold(0f64, |jitter, pair| jitter + (pair[1].abs_diff(pair[0]) as f64 - jitter) / 16.0);
    (pdv, ipdv, jitter)
}

proptest! {
    /// Less than 7 s, so that no line is fitted; less than 20 ms, so that nothing is overtaken.
    #[test]
    fn the_plain_formulas_agree(shifts in prop::collection::vec(0u64..19_000_000, 2..340)) {
        let reading = read((0u64..).zip(&shifts).map(|(n, shift)| Packet { sent: Some(At(n * INTERVAL)), ..late(n, *shift) }));
        let (pdv, ipdv, jitter) = plainly(&shifts);
        for (histogram, exact) in [
            (&reading.arrival.pdv, &pdv), (&reading.arrival.ipdv, &ipdv),
            (&reading.through.pdv, &pdv), (&reading.through.ipdv, &ipdv),
        ] {
            prop_assert_eq!(histogram.n(), exact.len() as u64);
            for (rank, exact) in (1u64..).zip(exact) {
                let read = histogram.at_rank(rank).unwrap();
                prop_assert!(read >= *exact && read - exact <= exact / 1000, "{} read as {}", exact, read);
            }
        }
        prop_assert!((reading.jitter.last().unwrap() as f64 - jitter).abs() <= 2.0);
        prop_assert_eq!(reading.delay.value(Statistic::Min), shifts.iter().min().map(|ns| *ns as i64));
    }

    /// Whatever a DUT sends: no panic, and every packet is in exactly one place.
    #[test]
    fn no_stream_is_too_odd(
        packets in prop::collection::vec(
            (any::<u64>(), any::<u8>(), any::<u16>(), any::<u32>(), 0u32..3, any::<u16>(), any::<Option<u64>>()), 0..300,
        ),
        mild in any::<bool>(),
    ) {
        let mut n = 0;
        let reading = read(packets.into_iter().map(|(at, step, sequence, timestamp, ssrc, samples, sent)| {
            n += u64::from(step % 4);
            if mild {
                return Packet { ssrc: ssrc / 2, ..late(n, at % 100_000_000) };
            }
            let at = At(at >> (step % 64));
            Packet {
                stamp: (step % 5 != 0).then_some(at),
                at,
                ssrc,
                sequence,
                timestamp,
                payload_type: step,
                marker: step > 200,
                samples,
                l3_bytes: samples,
                sent: sent.map(At),
            }
        }));
        let losses = reading.losses;
        prop_assert!(losses.lost <= losses.expected && losses.burst_lost + losses.gap_lost >= losses.lost);
        prop_assert_eq!(losses.burst_packets + losses.gap_packets, losses.expected);
        prop_assert!(reading.foreign + reading.stray + reading.duplicates <= reading.packets);
        prop_assert!(reading.arrival.pdv.n() + reading.unstamped + reading.duplicates + reading.stray + reading.foreign <= reading.packets + reading.unstamped);
        prop_assert!(reading.delay.n() <= reading.packets);
    }
}
