//! Interarrival jitter (RFC 3550 §6.4.1 and A.8).

use crate::g711::SAMPLE_NS;
use oxocert_machine::At;

/// A difference of transit times above one second is a new time base, not jitter.
const NEW_BASE_NS: u64 = 1_000_000_000;

/// The estimator, in whole nanoseconds scaled by 16 as in A.8 (which scales timestamp units alike).
#[derive(Debug, Clone, Default)]
pub struct Jitter {
    last: Option<(At, u32)>,
    scaled: u64,
    differences: u64,
}

impl Jitter {
    /// Takes one audio packet, in the order of arrival.
    pub fn packet(&mut self, at: At, timestamp: u32) {
        if let Some((last_at, last_timestamp)) = self.last {
            let sent = i64::from(timestamp.wrapping_sub(last_timestamp) as i32) * SAMPLE_NS as i64;
            let arrived = at.0.wrapping_sub(last_at.0) as i64;
            let difference = arrived.wrapping_sub(sent).unsigned_abs();
            if difference <= NEW_BASE_NS {
                self.scaled = self.scaled + difference - ((self.scaled + 8) >> 4);
                self.differences += 1;
            }
        }
        self.last = Some((at, timestamp));
    }

    /// Forgets the packet before, so that the next one is not compared with it (its timestamps began anew).
    pub fn new_base(&mut self) {
        self.last = None;
    }

    /// The jitter in nanoseconds; `None` before two packets were compared.
    pub fn nanoseconds(&self) -> Option<u64> {
        (self.differences > 0).then_some(self.scaled >> 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// J += (|D| - J) / 16 in floating point.
    fn formula(packets: &[(u64, u32)]) -> f64 {
        let mut jitter = 0f64;
        for pair in packets.windows(2) {
            let arrived = pair[1].0 as f64 - pair[0].0 as f64;
            let sent = f64::from(pair[1].1.wrapping_sub(pair[0].1) as i32) * 125_000.0;
            jitter += ((arrived - sent).abs() - jitter) / 16.0;
        }
        jitter
    }

    fn measured(packets: &[(u64, u32)]) -> Option<u64> {
        let mut jitter = Jitter::default();
        for (at, timestamp) in packets {
            jitter.packet(At(*at), *timestamp);
        }
        jitter.nanoseconds()
    }

    #[test]
    fn one_packet_late_by_100_ms_shows_twelve() {
        let mut packets: Vec<(u64, u32)> =
            (0..50u32).map(|n| (u64::from(n) * 20_000_000, n.wrapping_mul(160))).collect();
        packets[49].0 += 100_000_000;
        assert_eq!(measured(&packets), Some(6_250_000));
        packets.push((1_000_000_000, 8000));
        // The next one, in time again: 6.25 ms * 15/16 + 100 ms / 16.
        assert_eq!(measured(&packets), Some(12_109_375));
    }

    #[test]
    fn a_steady_stream_has_none_even_where_timestamps_wrap() {
        let packets: Vec<(u64, u32)> =
            (0..200u32).map(|n| (u64::from(n) * 20_000_000, 0xffff_f000u32.wrapping_add(n * 160))).collect();
        assert_eq!(measured(&packets), Some(0));
        assert_eq!(measured(&packets[..1]), None);
    }

    proptest::proptest! {
        #[test]
        fn whole_numbers_follow_the_formula(shifts in proptest::collection::vec(0u64..40_000_000, 2..400)) {
            let packets: Vec<(u64, u32)> =
                shifts.iter().zip(0u32..).map(|(shift, n)| (u64::from(n) * 20_000_000 + shift, n * 160)).collect();
            let difference = measured(&packets).unwrap() as f64 - formula(&packets);
            proptest::prop_assert!(difference.abs() <= 2.0, "{difference} ns");
        }
    }
}
