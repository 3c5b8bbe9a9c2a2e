//! What a loop is told.

use oxocert_instrument::schedule::{Cost, Refused};
use oxocert_media::srtp::Key;
use std::net::SocketAddr;
use std::time::Duration;

/// Which packets ask the kernel when they left. Each answer costs about half a microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransmitStamps {
    /// None.
    None,
    /// One in so many of each stream, the streams taking turns.
    OneIn(u32),
    /// All.
    All,
}

impl TransmitStamps {
    /// Whether this packet asks.
    pub(super) fn wanted(self, stream: u32, packet: u64) -> bool {
        match self {
            TransmitStamps::None => false,
            TransmitStamps::OneIn(many) => {
                (packet + u64::from(stream)).is_multiple_of(u64::from(many.max(1)))
            }
            TransmitStamps::All => true,
        }
    }
}

/// How a loop runs. The default is one of G.711 streams with 20 ms a packet.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Distance of the packets of one stream.
    pub interval: Duration,
    /// Distance of two wake-ups; divides `interval`. A slot in which nothing is due is slept through. `None` = by the number of
    /// streams ([`slot_for`]).
    pub slot: Option<Duration>,
    /// How often each port is read. Packets have the kernel's stamp, so this delays what is told of them, and no reading. Five
    /// packets a call are the cheapest.
    pub sweep: Duration,
    /// Which packets ask when they left.
    pub transmit_stamps: TransmitStamps,
    /// Whether to ask for SCHED_FIFO and locked memory.
    pub real_time: bool,
    /// Whether to open the port after each for RTCP.
    pub control: bool,
    /// Receive buffer of each port in bytes.
    pub buffer: usize,
    /// What work costs here; measured when the loop starts where it is `None`.
    pub cost: Option<Cost>,
    /// Streams received for each port that sends: 1 = both directions.
    pub received_per_stream: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            interval: Duration::from_millis(20),
            slot: None,
            sweep: Duration::from_millis(100),
            transmit_stamps: TransmitStamps::OneIn(16),
            real_time: true,
            control: false,
            buffer: 1024 * 1024,
            cost: None,
            received_per_stream: 1.0,
        }
    }
}

/// The slot for so many streams. A wake-up costs as much as ten packets on a virtual machine, so each should send some; but what is
/// sent at once should stay a small part of a millisecond's packets, or bursts are seen.
pub fn slot_for(streams: usize) -> Duration {
    Duration::from_micros(match streams {
        ..500 => 250,
        500..900 => 500,
        900.. => 1000,
    })
}

/// A stream to send.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Where to.
    pub remote: SocketAddr,
    /// TOS byte.
    pub tos: u8,
    /// Payload type.
    pub payload_type: u8,
    /// Bytes of payload, which for G.711 are its samples: 160 for 20 ms.
    pub payload_bytes: u16,
    /// SSRC.
    pub ssrc: u32,
    /// Sequence number of packet 0.
    pub first_sequence: u16,
    /// Timestamp of packet 0.
    pub first_timestamp: u32,
    /// How many packets; `None` = until told to end.
    pub packets: Option<u64>,
    /// The key to protect it with.
    pub key: Option<Key>,
}

/// What is to come in on a port.
#[derive(Debug, Clone, Default)]
pub struct Receiving {
    /// From where; anything else is a finding. `None` = from anywhere.
    pub remote: Option<SocketAddr>,
    /// SSRC; `None` = that of the first packet which is let in.
    pub ssrc: Option<u32>,
    /// Payload type of the audio; `None` = any.
    pub payload_type: Option<u8>,
    /// Payload type of telephone-events, which are let in too.
    pub event_payload_type: Option<u8>,
    /// The key to open it with.
    pub key: Option<Key>,
}

/// Why a loop did not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// The plan cannot be kept.
    #[error("the plan was refused: {0}")]
    Refused(#[from] Refused),
    /// A port cannot be opened.
    #[error(transparent)]
    Bind(#[from] crate::BindError),
    /// The machine's own costs could not be measured, or there is no thread.
    #[error("the packet loop cannot start: {0}")]
    System(#[from] std::io::Error),
}
