//! Loss against a plain reckoning over the whole list.

use super::*;
use oxocert_media::estimate::Sequence;
use proptest::prelude::*;

fn follow(pattern: &str) -> Losses {
    let mut tracker = LossTracker::default();
    for (number, letter) in (0u32..).zip(pattern.chars()) {
        if letter != 'x' {
            tracker.came(number, letter == 'v');
        }
    }
    tracker.take(true)
}

/// Bursts and gaps from the whole list at once.
fn plainly(received: &[bool]) -> (u64, u64, u64, u64, u64) {
    let losses: Vec<usize> = (0..received.len()).filter(|place| !received[*place]).collect();
    let clusters: Vec<(usize, usize, u64)> = losses
        .chunk_by(|one, next| ((next - one - 1) as u64) < GMIN)
        .map(|cluster| (cluster[0], cluster[cluster.len() - 1], cluster.len() as u64))
        .filter(|(_, _, lost)| *lost > 1)
        .collect();
    let burst_packets: u64 = clusters.iter().map(|(from, to, _)| (to - from + 1) as u64).sum();
    let burst_lost: u64 = clusters.iter().map(|(_, _, lost)| lost).sum();
    let in_burst = |place: usize| clusters.iter().any(|(from, to, _)| (*from..=*to).contains(&place));
    let gaps =
        (0..received.len()).filter(|place| !in_burst(*place) && (*place == 0 || in_burst(place - 1))).count();
    (clusters.len() as u64, burst_packets, burst_lost, gaps as u64, received.len() as u64 - burst_packets)
}

#[test]
fn a_clean_stream_is_one_gap() {
    let losses = follow(&".".repeat(100));
    assert_eq!(losses, Losses { expected: 100, gaps: 1, gap_packets: 100, ..Losses::default() });
    assert_eq!((losses.share(), losses.burst_density(), losses.gap_density()), (Some(0.0), None, Some(0.0)));
}

#[test]
fn nothing_came_nothing_is_known() {
    let none = follow("");
    assert_eq!((none, none.share(), none.gap_density()), (Losses::default(), None, None));
}

#[test]
fn three_in_a_row_are_a_burst_and_one_alone_is_not() {
    let losses = follow(&format!("{0}xxx{0}x{0}", ".".repeat(40)));
    assert_eq!((losses.expected, losses.lost, losses.runs, losses.longest_run), (124, 4, 2, 3));
    assert_eq!((losses.bursts, losses.burst_packets, losses.burst_lost), (1, 3, 3));
    assert_eq!((losses.gaps, losses.gap_packets, losses.gap_lost), (2, 121, 1));
    assert_eq!((losses.mean_burst(), losses.mean_gap()), (Some(3.0), Some(60.5)));
}

/// Gmin: sixteen received between two losses part them, fifteen do not.
#[test]
fn sixteen_received_part_two_losses() {
    let apart = |received| follow(&format!("{0}x{1}x{0}", ".".repeat(20), ".".repeat(received))).bursts;
    assert_eq!((apart(15), apart(16)), (1, 0));
    assert_eq!(follow(&format!(".x{}x.", ".".repeat(15))).burst_packets, 17);
}

#[test]
fn a_loss_beside_a_void_second_is_not_the_duts() {
    let losses = follow(&format!("{0}vvxxvv{0}vx{0}xv{0}", ".".repeat(30)));
    assert_eq!((losses.lost, losses.lost_in_void, losses.expected), (0, 4, 120));
}

#[test]
fn a_late_packet_is_hopeless_after_sixteen_others() {
    let mut tracker = LossTracker::default();
    for number in (0..10).chain(11..27) {
        tracker.came(number, false);
    }
    tracker.came(10, false);
    let losses = tracker.take(true);
    assert_eq!((losses.expected, losses.lost, losses.hopeless), (27, 0, 1));
    assert_eq!((losses.gap_lost, losses.runs), (1, 1));
}

#[test]
fn numbers_that_begin_anew_are_no_loss() {
    let mut tracker = LossTracker::default();
    (0..100).for_each(|number| tracker.came(number, false));
    tracker.restart();
    (50_000..50_100).for_each(|number| tracker.came(number, false));
    let losses = tracker.take(true);
    assert_eq!((losses.expected, losses.lost), (200, 0));
}

#[test]
fn the_extended_numbers_may_wrap_as_well() {
    let mut tracker = LossTracker::default();
    for number in 0..100u32 {
        if number != 50 {
            tracker.came(number.wrapping_sub(50), false);
        }
    }
    let losses = tracker.take(true);
    assert_eq!((losses.expected, losses.lost), (100, 1));
}

proptest! {
    #[test]
    fn the_plain_reckoning_agrees(received in prop::collection::vec(prop::bool::weighted(0.85), 2..400), window in 1usize..80) {
        let mut received = received;
        // The first and the last number are only known by having come.
        received[0] = true;
        *received.last_mut().unwrap() = true;
        let mut tracker = LossTracker::default();
        let mut sequence: Option<Sequence> = None;
        let mut sum = Losses::default();
        for (number, came) in (0u32..).zip(&received) {
            if *came {
                tracker.came(number, false);
                match &mut sequence {
                    Some(sequence) => { sequence.packet(number as u16); }
                    None => sequence = Some(Sequence::new(number as u16)),
                }
            }
            if (number as usize).is_multiple_of(window) {
                sum.add(&tracker.take(false));
            }
        }
        sum.add(&tracker.take(true));
        prop_assert_eq!(sum.expected, received.len() as u64);
        prop_assert_eq!(sum.lost, sequence.unwrap().take_lost(true));
        let (bursts, packets, lost, gaps, gap_packets) = plainly(&received);
        prop_assert_eq!((sum.bursts, sum.burst_packets, sum.burst_lost), (bursts, packets, lost));
        prop_assert_eq!((sum.gaps, sum.gap_packets), (gaps, gap_packets));
        prop_assert_eq!(sum.gap_lost + sum.burst_lost, sum.lost);
        let runs = received.chunk_by(|one, next| one == next).filter(|run| !run[0]);
        prop_assert_eq!((sum.runs, sum.longest_run), (runs.clone().count() as u64, runs.map(<[bool]>::len).max().unwrap_or(0) as u64));
    }

    /// Overtaking by less than sixteen changes nothing.
    #[test]
    fn order_does_not_matter_within_the_grace(shifts in prop::collection::vec(0u32..14, 20..300), gone in any::<prop::sample::Index>()) {
        let mut order: Vec<(u32, u32)> = (0u32..).zip(&shifts).map(|(number, shift)| (number + shift, number)).collect();
        order.sort_unstable();
        let first = order[0].1;
        let gone = gone.index(shifts.len()) as u32;
        let mut tracker = LossTracker::default();
        for (_, number) in order.iter().filter(|(_, number)| *number != gone || gone == first) {
            tracker.came(number.wrapping_add(7), false);
        }
        let losses = tracker.take(true);
        let at_an_end = gone == first || gone + 1 == shifts.len() as u32 || gone == 0;
        prop_assert_eq!(losses.lost, u64::from(!at_an_end));
    }

    #[test]
    fn no_numbers_are_too_odd(numbers in prop::collection::vec((0u32..200_000, any::<bool>(), any::<bool>()), 0..200)) {
        let mut tracker = LossTracker::default();
        for (number, void, restart) in numbers {
            tracker.came(number, void);
            if restart && void {
                tracker.restart();
            }
        }
        tracker.take(true);
    }
}
