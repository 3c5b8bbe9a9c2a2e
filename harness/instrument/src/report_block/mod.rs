//! The DUT's own view: its RTCP reception reports (RFC 3550 §6.4.1) held against our reading of the same stream.
//!
//! They are a cross-check of both, never a reading by themselves: what a DUT reports of what the harness sent says something of the DUT's
//! receiver.

mod read;

pub use read::{Blocks, blocks};

use crate::reading::Reading;
use oxocert_machine::At;
use oxocert_media::control::ReportBlock;
use oxocert_media::g711::SAMPLE_NS;
use serde::Serialize;

/// Two readings of one quantity agree up to this share of ours.
pub const AGREEMENT: f64 = 0.20;

/// Two values of one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Compared {
    /// What the DUT says.
    pub theirs: f64,
    /// What we read; `None` = nothing.
    pub ours: Option<f64>,
    /// theirs - ours.
    pub difference: Option<f64>,
    /// Whether they agree to 20 % of ours, or to the resolution; `None` where we read nothing.
    pub agrees: Option<bool>,
}

impl Compared {
    /// `resolution`: the least difference that means anything.
    fn new(theirs: f64, ours: Option<f64>, resolution: f64) -> Compared {
        let difference = ours.map(|ours| theirs - ours);
        let agrees = ours
            .zip(difference)
            .map(|(ours, difference)| difference.abs() <= (AGREEMENT * ours.abs()).max(resolution));
        Compared { theirs, ours, difference, agrees }
    }
}

/// A report against a reading.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Packets lost.
    pub lost: Compared,
    /// RFC 3550 jitter in nanoseconds.
    pub jitter_ns: Compared,
    /// Round-trip time of RTCP in nanoseconds, by the report; `None` where it had no sender report to answer, or says what cannot be.
    pub round_trip_ns: Option<u64>,
}

/// Holds a report, which came at `at`, against `ours`: the reading of the stream that it reports on, up to then. `sender_report_at` is
/// when the sender report whose middle NTP bits it repeats was sent, if it was one of ours.
pub fn compare(theirs: &ReportBlock, at: At, ours: &Reading, sender_report_at: Option<At>) -> Comparison {
    // A.3 counts duplicates as received: what is lost for it is less by them.
    let expected = ours.losses.expected > 0;
    let lost = expected.then_some(ours.losses.lost as f64 - ours.duplicates as f64);
    let jitter = ours.jitter.last().map(|ns| ns as f64);
    Comparison {
        lost: Compared::new(theirs.cumulative_lost.into(), lost, 1.0),
        jitter_ns: Compared::new(f64::from(theirs.jitter) * SAMPLE_NS as f64, jitter, SAMPLE_NS as f64),
        round_trip_ns: sender_report_at
            .filter(|_| theirs.last_sr != 0)
            .and_then(|sent| at.0.checked_sub(sent.0)?.checked_sub(held_ns(theirs.delay_since_last_sr))),
    }
}

/// 1/65536 s in nanoseconds.
fn held_ns(delay_since_last_sr: u32) -> u64 {
    u64::from(delay_since_last_sr) * 1_000_000_000 / 65_536
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Estimator;
    use crate::{Packet, Samples, StreamMeter};

    const THEIRS: ReportBlock = ReportBlock {
        ssrc: 1,
        fraction_lost: 0,
        cumulative_lost: 10,
        extended_highest: 1000,
        jitter: 16,
        last_sr: 0x1234_5678,
        delay_since_last_sr: 65_536,
    };

    /// 400 packets, each other one 1 ms late, every 40th lost.
    fn ours() -> Reading {
        let mut meter = StreamMeter::new(Samples::with_capacity(600));
        for n in (0..400u32).filter(|n| n % 40 != 39) {
            let at = At(u64::from(n) * 20_000_000 + u64::from(n % 2) * 1_000_000);
            meter.packet(&Packet {
                stamp: Some(at),
                at,
                ssrc: 1,
                sequence: n as u16,
                timestamp: n * 160,
                payload_type: 8,
                marker: n == 0,
                samples: 160,
                l3_bytes: 200,
                sent: None,
            });
        }
        let mut estimator = Estimator::new();
        let voids = crate::void::Voids::of_tier(oxocert_metrology::Tier::Simulation);
        let mut reading = estimator.read(&meter.swap(Samples::with_capacity(600)), &voids);
        reading.merge(&estimator.finish());
        reading
    }

    #[test]
    fn two_that_agree_and_two_that_do_not() {
        let reading = ours();
        // Number 399 is the last and was never seen: nine are missing.
        assert_eq!(reading.losses.lost, 9);
        let jitter = reading.jitter.last().unwrap();
        let theirs = ReportBlock { cumulative_lost: 9, jitter: (jitter / 125_000) as u32, ..THEIRS };
        let same = compare(&theirs, At::from_secs(20), &reading, None);
        assert_eq!((same.lost.agrees, same.jitter_ns.agrees), (Some(true), Some(true)));
        let other = ReportBlock { cumulative_lost: 12, jitter: theirs.jitter * 2, ..theirs };
        let other = compare(&other, At::from_secs(20), &reading, None);
        assert_eq!((other.lost.agrees, other.lost.difference), (Some(false), Some(3.0)));
        assert_eq!(other.jitter_ns.agrees, Some(false));
    }

    #[test]
    fn what_we_did_not_read_agrees_with_nothing() {
        let compared = compare(&THEIRS, At::ZERO, &Reading::default(), None);
        assert_eq!((compared.lost.agrees, compared.jitter_ns.ours), (None, None));
    }

    #[test]
    fn the_round_trip_leaves_out_what_the_dut_held() {
        let at = At::from_millis(6_012);
        let round_trip = |theirs, sent| compare(&theirs, at, &Reading::default(), sent).round_trip_ns;
        assert_eq!(round_trip(THEIRS, Some(At::from_secs(5))), Some(12_000_000));
        assert_eq!(round_trip(THEIRS, None), None);
        assert_eq!(round_trip(ReportBlock { last_sr: 0, ..THEIRS }, Some(At::from_secs(5))), None);
        let impossible = ReportBlock { delay_since_last_sr: u32::MAX, ..THEIRS };
        assert_eq!(round_trip(impossible, Some(At::from_secs(5))), None);
    }
}
