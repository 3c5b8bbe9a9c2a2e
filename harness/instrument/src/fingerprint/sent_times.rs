//! When packets left.

use crate::stamp::Stamp;
use oxocert_machine::At;

/// When the latest packets of one stream were sent. It never grows: a packet takes the place of one sent long before.
///
/// Give all packets of a stream stamps of one kind (card, kernel, or before the call): delays between stamps of two kinds do not compare.
#[derive(Debug, Clone)]
pub struct SentTimes {
    /// A power of two of them.
    entries: Vec<(u32, Stamp)>,
}

impl SentTimes {
    /// Room for the latest `packets` packets, rounded up to a power of two (512 are 10 s at 20 ms), 2^20 at most.
    pub fn with_room(packets: usize) -> SentTimes {
        let room = packets.clamp(1, 1 << 20).next_power_of_two();
        SentTimes { entries: vec![(u32::MAX, Stamp::UNKNOWN); room] }
    }

    /// Notes that packet `number` leaves; its stamp is not known yet.
    pub fn leaves(&mut self, number: u32) {
        *self.place(number) = (number, Stamp::UNKNOWN);
    }

    /// Notes the stamp of a packet that left. One that is no longer kept, or never left, is passed over.
    pub fn stamped(&mut self, number: u32, stamp: At) {
        let place = self.place(number);
        if place.0 == number {
            place.1 = Some(stamp).into();
        }
    }

    /// When packet `number` left; `None` where that is not known, or too long ago.
    pub fn sent(&self, number: u32) -> Option<At> {
        let (kept, stamp) = self.entries[number as usize & (self.entries.len() - 1)];
        stamp.known().filter(|_| kept == number)
    }

    fn place(&mut self, number: u32) -> &mut (u32, Stamp) {
        let mask = self.entries.len() - 1;
        &mut self.entries[number as usize & mask]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_and_only_with_their_own_stamp() {
        let mut times = SentTimes::with_room(5);
        for number in 0..20u32 {
            times.leaves(number);
            assert_eq!(times.sent(number), None, "no stamp yet");
            times.stamped(number, At(u64::from(number) * 100));
        }
        times.stamped(3, At(7));
        let known: Vec<u32> = (0..40).filter(|number| times.sent(*number).is_some()).collect();
        assert_eq!(known, (12..20).collect::<Vec<_>>());
        assert_eq!(times.sent(15), Some(At(1500)));
        assert_eq!((times.sent(u32::MAX), SentTimes::with_room(0).sent(0)), (None, None));
    }
}
