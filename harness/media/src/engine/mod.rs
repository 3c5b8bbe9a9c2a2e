//! The media engine: every RTP and RTCP port of one process, sans-IO.
//!
//! On sockets it runs on the media thread (absolute deadlines, kernel receive stamps); in virtual time the driver
//! steps it. Its owner (the bench, the virtual OXO) gives [`Command`]s and gets [`Event`]s.

mod admission;
mod fault;
mod findings;
mod guard;
mod hearing;
mod port;
mod receiver;
mod run;
mod sender;
mod stream;

pub use run::Engine;

use crate::srtp::Key;
use oxocert_machine::At;
use std::net::SocketAddr;

/// A port pair (RTP, and RTCP on port + 1), named by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u32);

/// What a stream carries when nothing else is ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A-law silence.
    Silence,
    /// One frequency.
    Tone {
        /// Hz.
        hz: u16,
        /// Level.
        dbm0: f64,
    },
    /// One frequency, on and off.
    Cadence {
        /// Hz.
        hz: u16,
        /// Level.
        dbm0: f64,
        /// Milliseconds on.
        on_ms: u32,
        /// Milliseconds off.
        off_ms: u32,
    },
    /// A melody that is no single tone of the grid: several simultaneous frequencies that change.
    Music {
        /// Level.
        dbm0: f64,
    },
}

/// How RTP is sent from a port.
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    /// To whom.
    pub remote: SocketAddr,
    /// Payload type of the audio (8 = PCMA).
    pub payload_type: u8,
    /// Payload type of telephone-event, where negotiated.
    pub event_payload_type: Option<u8>,
    /// Packet time in milliseconds.
    pub ptime_ms: u32,
    /// TOS byte (184 = EF).
    pub tos: u8,
    /// What.
    pub source: Source,
}

/// What the owner orders.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Open a port: from now on packets to `local` (and RTCP to port + 1) are this port's.
    Open {
        /// Its name.
        port: PortId,
        /// The address, port included, even.
        local: SocketAddr,
    },
    /// (Re)start sending; a port that already sends keeps SSRC, sequence and timestamps.
    Send {
        /// The port.
        port: PortId,
        /// How.
        sending: Sending,
    },
    /// Change what is sent, nothing else.
    Play {
        /// The port.
        port: PortId,
        /// What.
        source: Source,
    },
    /// Send digits as telephone-events (RFC 4733), then go on with the source. `loss_percent` of the event packets
    /// (but never all of one digit) are not sent.
    Digits {
        /// The port.
        port: PortId,
        /// `0-9*#A-D`.
        digits: String,
        /// Milliseconds of each.
        duration_ms: u32,
        /// Milliseconds between two.
        gap_ms: u32,
        /// 0-100.
        loss_percent: u8,
    },
    /// Stop sending; receiving goes on.
    Stop {
        /// The port.
        port: PortId,
    },
    /// Forward what `from` receives out of `to` (payload, timestamp and marker unaltered) instead of `to`'s own source;
    /// `None` ends it. One direction: give both for a conversation. `to` must be sending to know its remote, payload
    /// types and TOS.
    Relay {
        /// Received here.
        from: PortId,
        /// Sent from there.
        to: Option<PortId>,
    },
    /// Spoil what leaves the port from now on, relayed packets too. For a simulated device with a defect only.
    Spoil {
        /// The port.
        port: PortId,
        /// How.
        fault: Fault,
    },
    /// Protect what leaves the port and expect what comes to be protected (RFC 3711): both or none. From the first such order on
    /// a port that receives reports [`SrtpCounts`] in its windows. A new key replaces the old one at once (RFC 4568 §7.1.4), but
    /// packets received under the old one are taken for 500 ms more: they left while the answer was on its way. The roll-over
    /// counter of a stream starts again with a new key and goes on with the same one.
    ///
    /// `sending` alone tells that theirs is not known yet (an offer without its answer): what comes is neither played nor counted.
    /// A key that is none for its suite is an [`Event::Finding`], and nothing passes in its direction.
    Secure {
        /// The port.
        port: PortId,
        /// For what is sent; `None`: clear.
        sending: Option<Key>,
        /// For what is received; `None`: clear is expected.
        receiving: Option<Key>,
    },
    /// Trouble made on purpose, by the harness toward a DUT, in what leaves a port.
    Trouble {
        /// The port.
        port: PortId,
        /// Which.
        trouble: Trouble,
    },
    /// Close the port; its streams end with a last window.
    Close {
        /// The port.
        port: PortId,
    },
}

/// What a faulty device does to its packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// RTCP leaves with TOS 0.
    ReportsUnmarked,
    /// Timestamps advance by half the samples.
    HalfTimestamps,
    /// Audio packets carry half their payload.
    HalfPayload,
    /// telephone-events leave with this payload type.
    EventsAsType(u8),
    /// Events never state more than 20 ms.
    EventsCut,
    /// Events have one packet with the end bit instead of three.
    OneEndPacket,
    /// The two frequencies of a digit are in the audio beside its event.
    EventsInAudioToo,
    /// Every second event is not sent.
    EveryOtherEventLost,
    /// Every second packet waits for the next one: they leave in pairs.
    InPairs,
    /// One packet in 50 is not sent, and its sequence number is missing.
    OneIn50Lost,
    /// SRTP: plain RTP leaves although keys were agreed.
    ClearRtp,
    /// SRTP: one packet in 50 leaves plain.
    ClearNowAndThen,
    /// SRTP: RTCP leaves plain.
    ClearRtcp,
    /// SRTP: the tag is wrong.
    BadTag,
    /// SRTP: the roll-over counter is not counted up at the wrap.
    RollOverForgotten,
    /// SRTP: packets that do not authenticate are played.
    PlaysUnauthenticated,
    /// SRTP: replayed packets are played.
    PlaysReplayed,
    /// SRTP: the old key is used on after a new one was agreed.
    OldKeyUsedOn,
}

/// Trouble made on purpose in what leaves a port. Each is over after `packets` packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// One bit of the authentication tag is wrong.
    BadTag {
        /// How many.
        packets: u32,
    },
    /// Each packet is followed by an exact copy of the one before it.
    Replay {
        /// How many.
        packets: u32,
    },
    /// Plain RTP where SRTP was agreed.
    Clear {
        /// How many.
        packets: u32,
    },
    /// Protected with a key that nobody agreed.
    WrongKey {
        /// How many.
        packets: u32,
    },
    /// The next stream begins at this sequence number (65500: the roll-over comes after 36 packets).
    StartAt {
        /// The number.
        sequence: u16,
    },
}

/// Packets by what became of their protection; fields as in `oxocert_record::SrtpCounts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SrtpCounts {
    /// Tag right, index new or replayed.
    pub authenticated: u64,
    /// No key and roll-over counter fits.
    pub unauthenticated: u64,
    /// Right under another key of the call.
    pub other_key: u64,
    /// Right under another roll-over counter.
    pub roll_over: u64,
    /// Plain RTP.
    pub clear: u64,
    /// Of the authenticated: index seen before.
    pub replayed: u64,
    /// SRTCP with a right tag.
    pub rtcp_authenticated: u64,
    /// SRTCP without, and clear RTCP.
    pub rtcp_unauthenticated: u64,
    /// Of the authenticated SRTCP: E bit zero.
    pub rtcp_unencrypted: u64,
}

/// What is heard, by frames of 20 ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sound {
    /// Below -50 dBm0.
    Silence,
    /// One dominant frequency: a multiple of 50 Hz from 200 to 3400 Hz, or 440 Hz.
    Tone {
        /// Hz.
        hz: u16,
    },
    /// Energy that is no single tone.
    Music,
    /// No packet for 60 ms (packets longer than 20 ms: by so much longer).
    Nothing,
}

/// What the engine reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What is heard at a port changed (two equal frames make a change; `since` is the first of them), or another
    /// source goes on with the same sound. Before the first one of a port nothing was heard. [`Sound::Nothing`] is
    /// since the end of the last packet's audio.
    Heard {
        /// The port.
        port: PortId,
        /// The source of the packets.
        remote: Option<SocketAddr>,
        /// What.
        sound: Sound,
        /// Mean level of the frames that made the change.
        level_dbm0: Option<f64>,
        /// Receive stamp of the first of them.
        since: At,
    },
    /// A telephone-event digit ended (or its packets stopped).
    Digit {
        /// The port.
        port: PortId,
        /// Its source.
        remote: SocketAddr,
        /// Which.
        digit: char,
        /// Payload type.
        payload_type: u8,
        /// Last duration stated, ms.
        duration_ms: u32,
        /// Packets with the end bit.
        end_packets: u32,
        /// -dBm0.
        volume: u8,
        /// Whether its two frequencies were in the audio as well.
        in_band: bool,
    },
    /// Statistics of one received stream over one window (1 s; the last one may be shorter). It is told when the
    /// first packet of a later window comes, when the stream was quiet for 1 s, or when the port closes.
    Window(Box<Window>),
    /// Something that should not be: a packet that is not RTP or RTCP (RFC 3550 A.1, A.2), a payload type that was not
    /// negotiated, a jump of the sequence, a packet that SRTP refuses and why; at most one per source and kind in a second. Where an order cannot be
    /// carried out, `remote` is whom it concerned.
    Finding {
        /// The port.
        port: PortId,
        /// Its source.
        remote: SocketAddr,
        /// In words.
        note: String,
    },
}

/// One received stream over one window: fields as in `oxocert_record::StreamWindow`.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The port.
    pub port: PortId,
    /// Its source.
    pub remote: SocketAddr,
    /// SSRC.
    pub ssrc: u32,
    /// First receive stamp.
    pub from: At,
    /// Last receive stamp.
    pub to: At,
    /// Last window of the stream: closed, or quiet for a second.
    pub last: bool,
    /// Packets, also those that SRTP refused; the other counts of RTP but bytes, DSCP and second copies are without these.
    pub packets: u64,
    /// Layer-3 bytes.
    pub l3_bytes: u64,
    /// Audio packets per payload type.
    pub payload_types: Vec<(u8, u64)>,
    /// Audio packets per payload size.
    pub payload_sizes: Vec<(u16, u64)>,
    /// Timestamp steps that were not the samples of the packet before (telephone-events and marked packets apart).
    pub timestamp_jumps: u64,
    /// Missing by sequence; a hole counts once 16 later packets came, or in the last window.
    pub lost: u64,
    /// Second copies.
    pub duplicates: u64,
    /// After a higher number.
    pub reordered: u64,
    /// RFC 3550 A.8.
    pub jitter_ns: Option<u64>,
    /// Greatest distance.
    pub max_gap_ns: Option<u64>,
    /// Packets per DSCP.
    pub dscp: Vec<(u8, u64)>,
    /// Packets without kernel stamp.
    pub unstamped: u64,
    /// RTCP packets.
    pub rtcp_packets: u64,
    /// RTCP packets per DSCP.
    pub rtcp_dscp: Vec<(u8, u64)>,
    /// What SRTP showed; `None` where the port was never secured.
    pub srtp: Option<SrtpCounts>,
}
