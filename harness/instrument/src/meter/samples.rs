//! The notes of one window.

use super::{Packet, Taken};
use crate::stamp::Stamp;
use oxocert_machine::At;

/// Length of a window: 10 s. Windows begin at whole multiples of it on the timeline, so that those of all streams are the same.
pub const WINDOW_NS: u64 = 10_000_000_000;

/// Changes of SSRC that are listed in one window; beyond that they are counted.
const LISTED_CHANGES: usize = 16;

/// One packet, noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    stamp: Stamp,
    sent: Stamp,
    /// Its place on the timeline in whole milliseconds (its stamp, else when it was handled).
    pub millisecond: u32,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Sequence number with its cycles, since the stream or its numbers last began anew.
    pub extended: u32,
    /// Timestamp units it lasts; 0 = its timestamp says nothing.
    pub samples: u16,
    /// Payload type.
    pub payload_type: u8,
    /// Marker bit.
    pub marker: bool,
    /// What it was.
    pub taken: Taken,
}

impl Sample {
    /// When it arrived; `None` = no stamp.
    pub fn stamp(&self) -> Option<At> {
        self.stamp.known()
    }

    /// When what it carries was sent; `None` = not known.
    pub fn sent(&self) -> Option<At> {
        self.sent.known()
    }
}

/// The stream went on under another SSRC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SsrcChange {
    /// When.
    pub at: At,
    /// The SSRC before.
    pub from: u32,
    /// The SSRC since.
    pub to: u32,
}

/// What was noted of one stream in one window of 10 s. It never grows: what does not fit is counted.
#[derive(Debug, Clone)]
pub struct Samples {
    window: u64,
    list: Vec<Sample>,
    capacity: usize,
    packets: u64,
    l3_bytes: u64,
    unkept: u64,
    foreign: u64,
    changes: Vec<SsrcChange>,
    unlisted_changes: u64,
}

impl Samples {
    /// Room for `capacity` packets: those of 10 s and some more (500 at 20 ms; 640 leaves room for duplicates).
    pub fn with_capacity(capacity: usize) -> Samples {
        Samples {
            window: 0,
            list: Vec::with_capacity(capacity),
            capacity,
            packets: 0,
            l3_bytes: 0,
            unkept: 0,
            foreign: 0,
            changes: Vec::with_capacity(LISTED_CHANGES),
            unlisted_changes: 0,
        }
    }

    /// The number of the window: it lasts from `window * 10 s` for 10 s.
    pub fn window(&self) -> u64 {
        self.window
    }

    /// The packets, in the order of arrival.
    pub fn list(&self) -> &[Sample] {
        &self.list
    }

    /// Packets in all, foreign and unkept ones included.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Their bytes at layer 3.
    pub fn l3_bytes(&self) -> u64 {
        self.l3_bytes
    }

    /// Packets for which there was no room.
    pub fn unkept(&self) -> u64 {
        self.unkept
    }

    /// Packets of another SSRC.
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Changes of SSRC, the first of them.
    pub fn changes(&self) -> &[SsrcChange] {
        &self.changes
    }

    /// Changes of SSRC that are not listed.
    pub fn unlisted_changes(&self) -> u64 {
        self.unlisted_changes
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        self.packets == 0
    }

    pub(super) fn is_over(&self, at: At) -> bool {
        !self.is_empty() && at.0 / WINDOW_NS > self.window
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.changes.clear();
        (self.packets, self.l3_bytes, self.unkept, self.foreign, self.unlisted_changes) = (0, 0, 0, 0, 0);
    }

    /// The first packet decides which window it is.
    #[inline]
    pub(super) fn begin(&mut self, moment: At) {
        if self.is_empty() {
            self.window = moment.0 / WINDOW_NS;
        }
    }

    pub(super) fn ssrc_changed(&mut self, change: SsrcChange) {
        if self.changes.len() < LISTED_CHANGES {
            self.changes.push(change);
        } else {
            self.unlisted_changes += 1;
        }
    }

    /// Notes a packet; `highest` is the highest number of the stream so far.
    #[inline]
    pub(super) fn note(&mut self, packet: &Packet, taken: Taken, highest: u32) {
        self.packets += 1;
        self.l3_bytes += u64::from(packet.l3_bytes);
        if taken == Taken::Foreign {
            self.foreign += 1;
            return;
        }
        if self.list.len() >= self.capacity {
            self.unkept += 1;
            return;
        }
        let back = (highest as u16).wrapping_sub(packet.sequence);
        self.list.push(Sample {
            stamp: packet.stamp.into(),
            sent: packet.sent.into(),
            timestamp: packet.timestamp,
            extended: highest.wrapping_sub(u32::from(back)),
            millisecond: u32::try_from(packet.moment().0 / 1_000_000).unwrap_or(u32::MAX),
            samples: packet.samples,
            payload_type: packet.payload_type,
            marker: packet.marker,
            taken,
        });
    }
}
