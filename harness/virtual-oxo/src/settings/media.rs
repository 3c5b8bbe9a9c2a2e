//! Media of the box.

use serde::Deserialize;

/// Where the media of a call between a set and the trunk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaMode {
    /// Direct RTP: between set and a-SBC.
    Direct,
    /// Through the box (RTP proxy).
    Anchored,
}

/// Codecs, ports, marking.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Media {
    /// `direct` or `anchored`.
    pub mode: MediaMode,
    /// Codecs let through, in order of preference.
    pub codecs: Vec<String>,
    /// First and last port of the box's own RTP and RTCP, both included.
    pub rtp_range: [u16; 2],
    /// Payload type of telephone-event in the box's own offers.
    pub dtmf_payload_type: u8,
    /// Milliseconds of audio in a packet.
    pub ptime_ms: u32,
    /// TOS byte of the box's RTP (184 = EF).
    pub tos: u8,
    /// Level of music on hold and prompts, dBm0.
    pub music_dbm0: i32,
    /// Where the sequence numbers of streams under SRTP begin; absent: drawn for each. 65500 brings the roll-over into a short call.
    pub first_sequence: Option<u16>,
}

impl Default for Media {
    fn default() -> Self {
        Media {
            mode: MediaMode::Direct,
            codecs: vec!["PCMA".into(), "PCMU".into()],
            rtp_range: [32000, 32255],
            dtmf_payload_type: 106,
            ptime_ms: 20,
            tos: 184,
            music_dbm0: -20,
            first_sequence: None,
        }
    }
}
