//! Sequence numbers: loss, duplicates, reordering (RFC 3550 A.1 and A.3).

/// A.1: a step forward of so much is a new beginning.
const MAX_DROPOUT: u16 = 3000;

/// A.1: a step back of so much is a new beginning.
const MAX_MISORDER: u16 = 100;

/// A hole is a loss once so many later packets came. Until then it may still be filled by a late packet.
const GRACE: u64 = 16;

/// What one packet was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The next number, or a higher one with a hole before it.
    InOrder {
        /// The step from the highest number before; 1 = the very next.
        step: u16,
    },
    /// After a higher number.
    Reordered,
    /// A second copy.
    Duplicate,
    /// A single packet with a number far away.
    Stray,
    /// The second one in a row far away: counting has begun anew from it.
    Restarted,
}

/// The sequence numbers of one stream.
#[derive(Debug, Clone)]
pub struct Sequence {
    base: u64,
    highest: u64,
    /// Bit i: the packet `highest - i` came.
    came: u64,
    lost: u64,
    expects_restart_at: Option<u16>,
    /// Packets counted by A.3, duplicates and late ones included, since the last restart.
    received: u64,
}

impl Sequence {
    /// Begins with the first packet of a stream.
    pub fn new(first: u16) -> Sequence {
        // One cycle ahead, so that a packet from before the first one has a number.
        let first = 0x1_0000 + u64::from(first);
        // All bits are set: what came before the first packet is no loss.
        Sequence {
            base: first,
            highest: first,
            came: u64::MAX,
            lost: 0,
            expects_restart_at: None,
            received: 1,
        }
    }

    /// Takes the next packet in the order of arrival.
    pub fn packet(&mut self, number: u16) -> Arrival {
        let step = number.wrapping_sub(self.highest as u16);
        if step == 0 {
            self.received += 1;
            Arrival::Duplicate
        } else if step < MAX_DROPOUT {
            self.received += 1;
            self.expects_restart_at = None;
            self.advance(u64::from(step));
            Arrival::InOrder { step }
        } else if step > u16::MAX - MAX_MISORDER {
            self.received += 1;
            self.late(u64::from(step.wrapping_neg()))
        } else if self.expects_restart_at == Some(number) {
            let lost = self.lost + self.holes();
            *self = Sequence::new(number);
            self.lost = lost;
            Arrival::Restarted
        } else {
            self.expects_restart_at = Some(number.wrapping_add(1));
            Arrival::Stray
        }
    }

    /// Losses since the last call; `finally` counts the holes that may still be filled as well.
    pub fn take_lost(&mut self, finally: bool) -> u64 {
        let holes = if finally { self.holes() } else { 0 };
        if finally {
            self.came |= (1 << GRACE) - 1;
        }
        std::mem::take(&mut self.lost) + holes
    }

    /// A.3: packets expected so far.
    pub fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    /// A.3: packets received so far, duplicates and late ones included.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The highest number with its cycles in the upper half (RFC 3550 §6.4.1).
    pub fn extended_highest(&self) -> u32 {
        (self.highest - 0x1_0000) as u32
    }

    /// Holes younger than the grace.
    fn holes(&self) -> u64 {
        u64::from((!self.came & ((1 << GRACE) - 1)).count_ones())
    }

    fn advance(&mut self, step: u64) {
        let expiring = if step >= GRACE {
            self.holes() + (step - GRACE)
        } else {
            let mask = ((1u64 << step) - 1) << (GRACE - step);
            u64::from((!self.came & mask).count_ones())
        };
        self.lost += expiring;
        self.came = self.came.checked_shl(step as u32).unwrap_or(0) | 1;
        self.highest += step;
    }

    fn late(&mut self, back: u64) -> Arrival {
        let before_first = self.highest < self.base + back;
        let bit = 1u64.checked_shl(back as u32).unwrap_or(0);
        if !before_first && self.came & bit != 0 {
            return Arrival::Duplicate;
        }
        if before_first {
            self.open_holes_before_first(back);
            self.base = self.highest - back;
        }
        self.came |= bit;
        if before_first {
            return Arrival::Reordered;
        }
        if back >= GRACE {
            self.lost = self.lost.saturating_sub(1);
        }
        Arrival::Reordered
    }

    /// What lies between the first packet so far and one from before it has not come yet.
    fn open_holes_before_first(&mut self, back: u64) {
        for missing in self.highest - self.base + 1..back {
            if missing < GRACE {
                self.came &= !(1 << missing);
            } else {
                self.lost += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(numbers: impl IntoIterator<Item = u16>) -> (Sequence, Vec<Arrival>) {
        let mut numbers = numbers.into_iter();
        let mut sequence = Sequence::new(numbers.next().unwrap());
        let arrivals = numbers.map(|number| sequence.packet(number)).collect();
        (sequence, arrivals)
    }

    #[test]
    fn nothing_is_lost_across_the_wrap() {
        let (mut sequence, arrivals) = run((65_000..=65_535).chain(0..500));
        assert!(arrivals.iter().all(|arrival| *arrival == Arrival::InOrder { step: 1 }));
        assert_eq!((sequence.take_lost(true), sequence.expected()), (0, 1036));
        assert_eq!(sequence.extended_highest(), 0x1_0000 + 499);
    }

    #[test]
    fn a_hole_is_a_loss_when_sixteen_later_packets_came() {
        let (mut sequence, _) = run((0..10).chain(11..26));
        assert_eq!(sequence.take_lost(false), 0);
        sequence.packet(26);
        assert_eq!(sequence.take_lost(false), 1);
        assert_eq!(sequence.take_lost(true), 0);
    }

    #[test]
    fn a_late_packet_fills_its_hole() {
        let (mut sequence, arrivals) = run([0, 1, 3, 2, 4]);
        assert_eq!(arrivals[2], Arrival::Reordered);
        assert_eq!(sequence.take_lost(true), 0);
    }

    #[test]
    fn a_long_hole_is_counted_in_full() {
        let (mut sequence, _) = run([0, 1, 1002]);
        assert_eq!(sequence.take_lost(true), 1000);
        let (mut sequence, _) = run((0..10).chain(1000..1100));
        assert_eq!(sequence.take_lost(true), 990);
    }

    #[test]
    fn a_second_copy_is_a_duplicate_and_hides_no_loss() {
        let (mut sequence, arrivals) = run([0, 1, 1, 3, 3, 1]);
        assert_eq!(arrivals.iter().filter(|arrival| **arrival == Arrival::Duplicate).count(), 3);
        assert_eq!(sequence.take_lost(true), 1);
    }

    #[test]
    fn a_packet_from_before_the_first_is_reordered() {
        let (mut sequence, arrivals) = run([10, 9, 9, 11]);
        assert_eq!(arrivals, [Arrival::Reordered, Arrival::Duplicate, Arrival::InOrder { step: 1 }]);
        assert_eq!((sequence.take_lost(true), sequence.expected()), (0, 3));
    }

    #[test]
    fn two_in_a_row_far_away_begin_anew() {
        let (mut sequence, arrivals) = run([0, 1, 20_000, 2, 40_000, 40_001, 40_002]);
        assert_eq!(arrivals[1], Arrival::Stray);
        assert_eq!(arrivals[3..], [Arrival::Stray, Arrival::Restarted, Arrival::InOrder { step: 1 }]);
        assert_eq!(sequence.take_lost(true), 0);
    }

    proptest::proptest! {
        /// Whatever is taken out of a stream, in whatever windows it is read: the sum is what is missing.
        #[test]
        fn the_sum_of_all_windows_is_the_loss(
            first in proptest::num::u16::ANY,
            keep in proptest::collection::vec(proptest::bool::weighted(0.8), 1..600),
            window in 1usize..60,
        ) {
            let numbers: Vec<u16> = keep.iter().zip(0u16..).filter(|(keep, _)| **keep)
                .map(|(_, n)| first.wrapping_add(n)).collect();
            proptest::prop_assume!(!numbers.is_empty());
            let span = u64::from(numbers[numbers.len() - 1].wrapping_sub(numbers[0])) + 1;
            let mut sequence = Sequence::new(numbers[0]);
            let mut lost = 0;
            for (n, number) in numbers[1..].iter().enumerate() {
                sequence.packet(*number);
                if n % window == 0 {
                    lost += sequence.take_lost(false);
                }
            }
            lost += sequence.take_lost(true);
            proptest::prop_assert_eq!(lost, span - numbers.len() as u64);
        }

        #[test]
        fn no_sequence_is_too_odd(numbers in proptest::collection::vec(proptest::num::u16::ANY, 1..300)) {
            run(numbers).0.take_lost(true);
        }
    }
}
