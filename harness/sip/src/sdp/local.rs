//! Our side of an audio session: offers and answers (RFC 3264 §5, §6).

use super::{Audio, Codec, Crypto, Direction, read};
use sdp_types::{AddrType, Attribute, Connection, Media, NetType, Origin, Session, Time};
use std::fmt;
use std::net::IpAddr;

/// RTP in clear.
pub(super) const CLEAR: &str = "RTP/AVP";

/// RTP secured by keys in the description.
pub(super) const SECURED: &str = "RTP/SAVP";

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
    /// `a=crypto` lines of our offers, in order of preference; as an answerer the suites and keys we have. Empty: `RTP/AVP`.
    pub crypto: Vec<Crypto>,
    /// The transport protocol where it is not the one that `crypto` asks for (`RTP/SAVP` with, `RTP/AVP` without).
    pub protocol: Option<String>,
    /// `o=` user name, `-` where there is none.
    pub user: String,
    /// `o=` session id.
    pub session_id: u64,
    /// `o=` version; the owner adds one for each changed description.
    pub version: u64,
}

/// An answer we wrote, and what it means for media. Its `Debug` leaves the bytes out: there may be a key in them.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// The one codec, with the offer's payload type.
    pub codec: Codec,
    /// Payload type of telephone-event, where both know it.
    pub telephone_event: Option<u8>,
    /// As written in the answer (our side).
    pub direction: Direction,
    /// The keys, where the session is secured: ours (as answered), then theirs.
    pub crypto: Option<(Crypto, Crypto)>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("codec", &self.codec)
            .field("telephone_event", &self.telephone_event)
            .field("direction", &self.direction)
            .field("crypto", &self.crypto)
            .finish_non_exhaustive()
    }
}

impl Local {
    /// An offer of all our codecs, with all our keys.
    pub fn offer(&self, direction: Direction) -> Vec<u8> {
        let secured = if self.crypto.is_empty() { CLEAR } else { SECURED };
        let medias = vec![self.audio(secured, &self.crypto, &self.codecs, self.telephone_event, direction)];
        self.write(medias)
    }

    /// The answer to `offer`: the first codec of the offer that we know, and telephone-event where both know it; the
    /// direction mirrored and narrowed to `direction`; every other m= line refused. `None`: no description, no audio
    /// line that is not refused, no common codec, or other security than ours (a 488).
    ///
    /// With keys of our own only `RTP/SAVP` is answered, without only `RTP/AVP`. The first line of the offer whose suite we have
    /// is taken; ours goes back under its tag (RFC 4568 §5.1.2). A key over DTLS (`UDP/TLS/RTP/SAVP`) is never agreed.
    ///
    /// An offer from 0.0.0.0 receives nothing, so the answer to a `sendrecv` from there is `recvonly`.
    pub fn answer(&self, offer: &[u8], direction: Direction) -> Option<Answer> {
        let session = read::parse(offer).ok()?;
        let index = read::audio_index(&session)?;
        let audio = read::audio(&session, session.medias.get(index)?);
        if audio.port == 0 {
            return None;
        }
        let (protocol, crypto) = self.security(&audio)?;
        let offered = audio.codecs.iter().find_map(|theirs| {
            let ours = self.codecs.iter().find(|ours| ours.same_encoding(theirs))?;
            Some(Codec { fmtp: ours.fmtp.clone(), ..theirs.clone() })
        })?;
        let telephone_event = audio.telephone_event.filter(|_| self.telephone_event.is_some());
        let direction = audio.effective_direction().reversed().narrowed(direction);
        let medias = session
            .medias
            .iter()
            .enumerate()
            .map(|(at, media)| {
                if at == index {
                    let own = crypto.as_ref().map_or(&[][..], |(own, _)| std::slice::from_ref(own));
                    self.audio(protocol, own, std::slice::from_ref(&offered), telephone_event, direction)
                } else {
                    refused(media)
                }
            })
            .collect();
        Some(Answer { bytes: self.write(medias), codec: offered, telephone_event, direction, crypto })
    }

    /// What secures the answer to `offer`: the protocol, and our line and theirs. `None`: we cannot agree.
    fn security(&self, offer: &Audio) -> Option<(&'static str, Option<(Crypto, Crypto)>)> {
        if self.crypto.is_empty() {
            return offer.protocol.eq_ignore_ascii_case(CLEAR).then_some((CLEAR, None));
        }
        if !offer.protocol.eq_ignore_ascii_case(SECURED) {
            return None;
        }
        let taken = offer.crypto.iter().filter(|theirs| theirs.is_plain()).find_map(|theirs| {
            let ours = self.crypto.iter().find(|ours| ours.same_suite(theirs))?;
            Some((Crypto { tag: theirs.tag, suite: theirs.suite.clone(), ..ours.clone() }, theirs.clone()))
        })?;
        Some((SECURED, Some(taken)))
    }

    fn audio(
        &self,
        protocol: &str,
        crypto: &[Crypto],
        codecs: &[Codec],
        telephone_event: Option<u8>,
        direction: Direction,
    ) -> Media {
        let mut formats: Vec<String> = codecs.iter().map(|codec| codec.pt.to_string()).collect();
        let lines = crypto.iter().map(|line| Attribute::with_value("crypto", line.value()));
        let mut attributes: Vec<Attribute> = lines.collect();
        for codec in codecs {
            let map = format!("{} {}/{}", codec.pt, codec.name, codec.clock);
            attributes.push(Attribute::with_value("rtpmap", map));
            if let Some(fmtp) = &codec.fmtp {
                attributes.push(Attribute::with_value("fmtp", format!("{} {fmtp}", codec.pt)));
            }
        }
        if let Some(pt) = telephone_event {
            formats.push(pt.to_string());
            attributes.push(Attribute::with_value("rtpmap", format!("{pt} telephone-event/8000")));
            attributes.push(Attribute::with_value("fmtp", format!("{pt} 0-15")));
        }
        if let Some(ptime) = self.ptime {
            attributes.push(Attribute::with_value("ptime", ptime));
        }
        attributes.push(Attribute::new(direction.as_str()));
        let protocol = self.protocol.as_deref().unwrap_or(protocol);
        Media { attributes, ..line("audio", self.port, protocol, &formats.join(" ")) }
    }

    fn write(&self, medias: Vec<Media>) -> Vec<u8> {
        let addrtype = AddrType::from(self.address);
        let mut origin =
            Origin::new(self.session_id, self.version, NetType::In, addrtype.clone(), self.address);
        origin.set_username(&self.user);
        let mut session = Session::new(origin, "-");
        session.connection = Some(Connection::new(NetType::In, addrtype, self.address));
        session.times = vec![Time::new(0, 0)];
        session.medias = medias;
        bytes_of(&session)
    }
}

/// The description as bytes. Writing to memory cannot fail; were it to, what is written so far comes back.
pub(super) fn bytes_of(session: &Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = session.write(&mut bytes);
    bytes
}

fn line(kind: &str, port: u16, proto: &str, formats: &str) -> Media {
    Media {
        media: kind.to_string(),
        port,
        num_ports: None,
        proto: proto.to_string(),
        fmt: formats.to_string(),
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}

/// The same line with port 0 (RFC 3264 §6).
fn refused(media: &Media) -> Media {
    line(&media.media, 0, &media.proto, &media.fmt)
}
