//! Session descriptions: reading, offering, answering (RFC 8866, RFC 3264).

use std::net::IpAddr;

/// Which way media flows, seen from the one who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// Only from the writer.
    SendOnly,
    /// Only to the writer.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// One payload format of an audio line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Payload type.
    pub pt: u8,
    /// Encoding name as written, e.g. `PCMA`.
    pub name: String,
    /// RTP clock, Hz.
    pub clock: u32,
    /// `a=fmtp` value.
    pub fmtp: Option<String>,
}

/// The first audio line that is not refused (else the first), with what it inherits from the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// `c=` address as written.
    pub address: String,
    /// RTP port; 0: refused.
    pub port: u16,
    /// All payload types in order, telephone-event included.
    pub payload_types: Vec<u8>,
    /// The codecs in order, telephone-event excluded.
    pub codecs: Vec<Codec>,
    /// Payload type of telephone-event/8000.
    pub telephone_event: Option<u8>,
    /// `a=ptime`, ms.
    pub ptime: Option<u32>,
    /// Direction; `sendrecv` where none is written.
    pub direction: Direction,
}

/// A description that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// `o=` session id.
    pub session_id: String,
    /// `o=` version.
    pub version: u64,
    /// Kind and port of each m= line, in order.
    pub media: Vec<(String, u16)>,
    /// The audio.
    pub audio: Option<Audio>,
}

/// Why bytes are no description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a session description: {0}")]
pub struct NotSdp(pub String);

/// Our side of an audio session: writes offers, answers and re-offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Our media address.
    pub address: IpAddr,
    /// Our RTP port.
    pub port: u16,
    /// Our codecs in order of preference, telephone-event excluded.
    pub codecs: Vec<Codec>,
    /// Our payload type of telephone-event in offers (answers take the offer's); `None`: not supported.
    pub telephone_event: Option<u8>,
    /// `a=ptime`, ms.
    pub ptime: Option<u32>,
    /// `o=` user name, `-` where there is none.
    pub user: String,
    /// `o=` session id.
    pub session_id: u64,
    /// `o=` version; the owner adds one for each changed description.
    pub version: u64,
}

/// An answer we wrote, and what it means for media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// The one codec, with the offer's payload type.
    pub codec: Codec,
    /// Payload type of telephone-event, where both know it.
    pub telephone_event: Option<u8>,
    /// As written in the answer (our side).
    pub direction: Direction,
}

#[allow(unused_variables, missing_docs)]
impl Direction {
    pub fn as_str(self) -> &'static str {
        ""
    }
    pub fn parse(text: &str) -> Option<Direction> {
        None
    }
    /// The same, seen from the other side.
    pub fn reversed(self) -> Direction {
        self
    }
    pub fn sends(self) -> bool {
        true
    }
    pub fn receives(self) -> bool {
        true
    }
}

#[allow(unused_variables, missing_docs)]
impl Codec {
    /// A codec with static payload type: PCMU 0, PCMA 8, G722 9, G729 18.
    pub fn named(name: &str) -> Option<Codec> {
        None
    }
}

#[allow(unused_variables, missing_docs)]
impl Audio {
    pub fn ip(&self) -> Option<IpAddr> {
        None
    }
    /// Hold of the old way: c=0.0.0.0 (RFC 3264 §8.4).
    pub fn is_zero_address(&self) -> bool {
        false
    }
}

/// Reads a description.
pub fn read(bytes: &[u8]) -> Result<Description, NotSdp> {
    Err(NotSdp(String::from_utf8_lossy(bytes).to_string()))
}

#[allow(unused_variables, missing_docs)]
impl Local {
    pub fn offer(&self, direction: Direction) -> Vec<u8> {
        Vec::new()
    }
    /// One codec + telephone-event, direction mirrored and narrowed to `direction`; `None`: no common codec or no audio.
    pub fn answer(&self, offer: &[u8], direction: Direction) -> Option<Answer> {
        None
    }
}

/// What a B2BUA puts in place of the peer's values when it passes a description on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readdress {
    /// `c=` and `o=` address; `None` keeps.
    pub address: Option<IpAddr>,
    /// Audio port; `None` keeps.
    pub port: Option<u16>,
    /// Audio direction; `None` keeps.
    pub direction: Option<Direction>,
    /// Own `o=`: user, session id and version; `None` keeps.
    pub origin: Option<(String, u64, u64)>,
}

/// The same description with some values replaced, everything else kept byte by byte.
pub fn readdress(bytes: &[u8], change: &Readdress) -> Result<Vec<u8>, NotSdp> {
    let _ = change;
    Ok(bytes.to_vec())
}
