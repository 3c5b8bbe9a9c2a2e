//! What the media side saw.

use crate::{Emitter, RoleName};
use oxocert_machine::At;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What is heard, decided on received samples, never on SDP.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sound {
    /// Packets arrive, their level is below -50 dBm0.
    Silence,
    /// One dominant frequency of the known grid (identity tones, 440 Hz signalling tones).
    Tone {
        /// Its frequency in Hz.
        hz: u16,
    },
    /// Energy that is no single known tone: music, speech, noise, a mixture.
    Music,
    /// No packet arrived for 60 ms or more.
    Nothing,
}

/// A change of what is heard at one port; it lasts until the next one of the same port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    /// The role that hears: `pstn.a`, `set.hq1`.
    pub role: RoleName,
    /// The port it hears on.
    pub local: SocketAddr,
    /// The source of the packets; `None` for [`Sound::Nothing`].
    pub remote: Option<SocketAddr>,
    /// Who emits them.
    pub emitter: Emitter,
    /// What.
    pub sound: Sound,
    /// The mean level of the two frames that made the change, in dBm0 (G.711 A-law, 0 dBm0 = 3.14 dB below full scale).
    pub level_dbm0: Option<f64>,
    /// When it began (receive stamp of the first packet that carries it); the event itself comes up to 60 ms later.
    pub since: At,
}

/// A digit received as telephone-event (RFC 4733).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitSeen {
    /// The role that received it.
    pub role: RoleName,
    /// The port it came to.
    pub local: SocketAddr,
    /// Who emits it.
    pub emitter: Emitter,
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    pub digit: char,
    /// The payload type it came with.
    pub payload_type: u8,
    /// The last duration it stated, in milliseconds.
    pub duration_ms: u32,
    /// Packets with the end bit (RFC 4733 §2.5.1.4 asks for three).
    pub end_packets: u32,
    /// The volume field, in -dBm0.
    pub volume: u8,
    /// Whether the same tone was audible in the audio of the same moment (in-band).
    pub in_band: bool,
}

/// One received RTP stream (one SSRC from one source to one port) over one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamWindow {
    /// The role that received it.
    pub role: RoleName,
    /// The port it came to.
    pub local: SocketAddr,
    /// Its source.
    pub remote: SocketAddr,
    /// Who emits it.
    pub emitter: Emitter,
    /// Its SSRC.
    pub ssrc: u32,
    /// Receive stamp of the first packet of the window.
    pub from: At,
    /// Receive stamp of the last one.
    pub to: At,
    /// Whether this is the last window of the stream (port closed, or quiet for a second).
    pub last: bool,
    /// Packets in the window.
    pub packets: u64,
    /// Bytes at layer 3: IP, UDP and RTP headers included, of RTP only.
    pub l3_bytes: u64,
    /// Audio packets per payload type, ascending.
    pub payload_types: Vec<(u8, u64)>,
    /// Audio packets per payload size in bytes, ascending.
    pub payload_sizes: Vec<(u16, u64)>,
    /// Steps between successive timestamps that were not equal to the samples of the packet before.
    pub timestamp_jumps: u64,
    /// Packets missing by sequence number within the window; duplicates are not subtracted.
    pub lost: u64,
    /// Packets that came a second time.
    pub duplicates: u64,
    /// Packets that came after a higher sequence number.
    pub reordered: u64,
    /// RFC 3550 A.8 jitter at the end of the window, in nanoseconds; `None` below two audio packets.
    pub jitter_ns: Option<u64>,
    /// Greatest distance between successive packets, in nanoseconds; `None` below two packets.
    pub max_gap_ns: Option<u64>,
    /// Packets per DSCP value, ascending; packets whose TOS byte could not be read are not in it.
    pub dscp: Vec<(u8, u64)>,
    /// Packets whose kernel receive stamp was missing (their time is unknown and not in the statistics of time).
    pub unstamped: u64,
    /// RTCP packets received on port + 1 from the same emitter in the window.
    pub rtcp_packets: u64,
    /// RTCP packets per DSCP value.
    pub rtcp_dscp: Vec<(u8, u64)>,
    /// What SRTP showed; `null` where the port was not secured (then every packet is clear).
    #[serde(default)]
    pub srtp: Option<SrtpCounts>,
}

/// Packets of one stream in one window by what became of their protection (RFC 3711 §3.3). RTP: the first five together are all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SrtpCounts {
    /// The tag is right under the key of the last answer, and the index is new.
    pub authenticated: u64,
    /// No key and no roll-over counter that was tried gives the tag: a bad tag or an unknown key.
    pub unauthenticated: u64,
    /// The tag is right under another key known to the call: that of an earlier offer, or of the other direction.
    pub other_key: u64,
    /// The tag is right under another roll-over counter than the one due.
    pub roll_over: u64,
    /// Not protected at all: the packet is plain RTP whose payload has the length of the codec.
    pub clear: u64,
    /// Of the authenticated: packets whose index came before (they are not played).
    pub replayed: u64,
    /// SRTCP packets that authenticate.
    pub rtcp_authenticated: u64,
    /// SRTCP packets that do not, and clear RTCP.
    pub rtcp_unauthenticated: u64,
    /// Of the authenticated: SRTCP packets whose E bit is zero (not encrypted).
    pub rtcp_unencrypted: u64,
}
