//! What the meter is told of a packet.

use oxocert_machine::At;
use oxocert_media::estimate::Arrival;

/// One RTP packet that was let in (SRTP: authenticated).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// When it arrived, by the kernel or the network card; `None` where no stamp came with it.
    pub stamp: Option<At>,
    /// When it was handled: its place on the timeline where there is no stamp. In no statistic of time.
    pub at: At,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp, in units of 125 us.
    pub timestamp: u32,
    /// Payload type.
    pub payload_type: u8,
    /// Marker bit.
    pub marker: bool,
    /// How long its payload lasts, in timestamp units (G.711: its bytes). 0 for a telephone-event and where it is not known: its
    /// timestamp is then in no statistic.
    pub samples: u16,
    /// Bytes at layer 3.
    pub l3_bytes: u16,
    /// When the harness sent what it carries, by the kernel or the network card, where that is known; from
    /// [`crate::fingerprint`].
    pub sent: Option<At>,
}

impl Packet {
    /// Its place on the timeline.
    pub fn moment(&self) -> At {
        self.stamp.unwrap_or(self.at)
    }
}

/// What a packet was to the meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Of the stream.
    Own(Arrival),
    /// Of another SSRC: counted and in no other statistic.
    Foreign,
    /// The first that is measured of a new SSRC.
    NewSsrc,
}
