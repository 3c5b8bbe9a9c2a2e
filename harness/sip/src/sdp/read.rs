//! Reads a description to what an audio call needs.

use super::{Codec, Crypto, Direction, crypto};
use sdp_types::{Media, Session};
use std::net::IpAddr;

/// The first audio line that is not refused (else the first), with what it inherits from the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// `c=` address as written, without TTL; empty where there is none.
    pub address: String,
    /// RTP port; 0: refused.
    pub port: u16,
    /// All payload types in order, telephone-event included.
    pub payload_types: Vec<u8>,
    /// The codecs in order, telephone-event excluded.
    pub codecs: Vec<Codec>,
    /// Payload type of telephone-event at the clock of the first codec, else at any clock.
    pub telephone_event: Option<u8>,
    /// `a=ptime`, ms.
    pub ptime: Option<u32>,
    /// Direction; `sendrecv` where none is written.
    pub direction: Direction,
    /// The transport protocol of the m= line: `RTP/AVP`, `RTP/SAVP`.
    pub protocol: String,
    /// Its legal `a=crypto` lines, in order.
    pub crypto: Vec<Crypto>,
    /// What is wrong with `a=crypto` lines, in words that show no key: those that are not legal, and legal ones of unknown suites.
    pub crypto_problems: Vec<String>,
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

/// Reads a description.
pub fn read(bytes: &[u8]) -> Result<Description, NotSdp> {
    let session = parse(bytes)?;
    Ok(Description {
        session_id: session.origin.sess_id.clone(),
        version: session.origin.sess_version,
        media: session.medias.iter().map(|media| (media.media.clone(), media.port)).collect(),
        audio: audio_index(&session).and_then(|index| Some(audio(&session, session.medias.get(index)?))),
    })
}

pub(super) fn parse(bytes: &[u8]) -> Result<Session, NotSdp> {
    Session::parse(bytes).map_err(|error| NotSdp(error.to_string()))
}

/// Which m= line is meant by "the audio": the first that is not refused, else the first.
pub(super) fn audio_index(session: &Session) -> Option<usize> {
    let is_audio = |media: &Media| media.media.eq_ignore_ascii_case("audio");
    let live = session.medias.iter().position(|media| is_audio(media) && media.port != 0);
    live.or_else(|| session.medias.iter().position(is_audio))
}

/// Takes one audio line apart.
pub(super) fn audio(session: &Session, media: &Media) -> Audio {
    let connection = media.connections.first().or(session.connection.as_ref());
    let address = connection.map_or("", |c| c.connection_address.split('/').next().unwrap_or(""));
    let payload_types: Vec<u8> = media.fmt.split_whitespace().filter_map(|pt| pt.parse().ok()).collect();
    let known: Vec<Codec> = payload_types.iter().filter_map(|pt| Codec::of(media, *pt)).collect();
    let (events, codecs): (Vec<Codec>, Vec<Codec>) = known.into_iter().partition(Codec::is_telephone_event);
    let clock = codecs.first().map_or(8000, |codec| codec.clock);
    let event = events.iter().find(|event| event.clock == clock).or(events.first());
    let in_media = media.attributes.iter().find_map(|a| Direction::parse(&a.attribute));
    let (crypto, mut crypto_problems) = crypto::read_all(media.get_attribute_values("crypto"));
    if session.has_attribute("crypto") {
        crypto_problems.push("a=crypto stands before the first m= line, where it means nothing".to_owned());
    }
    let in_session = || session.attributes.iter().find_map(|a| Direction::parse(&a.attribute));
    Audio {
        address: address.to_string(),
        port: media.port,
        telephone_event: event.map(|event| event.pt),
        payload_types,
        codecs,
        ptime: media.get_first_attribute_value("ptime").flatten().and_then(|ms| ms.trim().parse().ok()),
        direction: in_media.or_else(in_session).unwrap_or(Direction::SendRecv),
        protocol: media.proto.clone(),
        crypto,
        crypto_problems,
    }
}

impl Audio {
    /// The address, where it is an IP literal.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }

    /// Hold of the old way: `c=0.0.0.0` (RFC 3264 §8.4).
    pub fn is_zero_address(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_unspecified())
    }

    /// What the writer does: the attribute, and nothing is received at 0.0.0.0 or on a refused line.
    pub fn effective_direction(&self) -> Direction {
        if self.port == 0 {
            return Direction::Inactive;
        }
        if self.is_zero_address() {
            return self.direction.narrowed(Direction::SendOnly);
        }
        self.direction
    }
}
