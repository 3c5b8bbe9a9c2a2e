//! One received stream: its ear, its digits and its estimators.

use super::admission;
use super::hearing::{Ear, StreamKey};
use crate::control::ReportBlock;
use crate::dtmf::DigitReceiver;
use crate::estimate::StreamEstimator;
use crate::g711::SAMPLE_NS;
use crate::srtp::RtcpSeen;
use oxocert_machine::At;
use std::time::Duration;

/// A stream without packets for so long has ended.
pub(super) const QUIET: Duration = Duration::from_secs(1);

/// One RTCP packet: its TOS byte, and what SRTCP showed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Control {
    pub(super) tos: Option<u8>,
    pub(super) seen: Option<RtcpSeen>,
}

/// One stream.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) key: StreamKey,
    /// When its last packet came.
    pub(super) last: At,
    pub(super) ear: Ear,
    pub(super) digits: DigitReceiver,
    pub(super) estimator: StreamEstimator,
    /// The middle of its last NTP timestamp, and when it came.
    pub(super) last_sender_report: Option<(u32, At)>,
    /// A.3: expected and received at the last reception report.
    reported: (u64, u64),
}

impl Stream {
    /// Begins at `at`.
    pub(super) fn new(key: StreamKey, estimator: StreamEstimator, at: At) -> Stream {
        Stream {
            key,
            last: at,
            ear: Ear::default(),
            digits: DigitReceiver::default(),
            estimator,
            last_sender_report: None,
            reported: (0, 0),
        }
    }

    /// When something of it is over.
    pub(super) fn deadline(&self) -> Option<At> {
        let quiet = self.last + QUIET;
        let others = [self.ear.deadline(), self.digits.deadline()];
        others.into_iter().flatten().chain([quiet]).min()
    }

    /// Counts an RTCP packet of its emitter.
    pub(super) fn control(&mut self, Control { tos, seen }: Control) {
        self.estimator.rtcp(tos);
        if let Some(seen) = seen {
            admission::count_rtcp(self.estimator.srtp(), seen);
        }
    }

    /// Its reception report (RFC 3550 §6.4.1) with what was lost since the last; `None` while nothing of it was let in.
    pub(super) fn report_block(&mut self, at: At) -> Option<ReportBlock> {
        let sequence = self.estimator.sequence()?;
        let (expected, received) = (sequence.expected(), sequence.received());
        let (expected_before, received_before) = self.reported;
        self.reported = (expected, received);
        let interval = expected.saturating_sub(expected_before);
        let lost = interval.saturating_sub(received.saturating_sub(received_before));
        let fraction = lost.saturating_mul(256).checked_div(interval).unwrap_or(0).min(255);
        let cumulative = (expected as i64).saturating_sub(received as i64).clamp(-0x80_0000, 0x7f_ffff);
        let (last_sr, delay) = self.last_sender_report.map_or((0, 0), |(ntp, came)| {
            let delay = at.since(came).as_nanos().saturating_mul(65_536) / 1_000_000_000;
            (ntp, u32::try_from(delay).unwrap_or(u32::MAX))
        });
        let jitter = self.estimator.jitter().nanoseconds().unwrap_or(0) / SAMPLE_NS;
        Some(ReportBlock {
            ssrc: self.key.1,
            fraction_lost: fraction as u8,
            cumulative_lost: cumulative as i32,
            extended_highest: sequence.extended_highest(),
            jitter: u32::try_from(jitter).unwrap_or(u32::MAX),
            last_sr,
            delay_since_last_sr: delay,
        })
    }
}
