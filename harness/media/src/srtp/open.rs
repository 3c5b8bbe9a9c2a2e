//! Opens what comes, and finds out why a packet cannot be opened.

use super::key::RTCP_TAG_LEN;
use super::protect::policy;
use super::{CannotSecure, Key, Refusal, Suite, Tags, Whose};
use srtp::{CryptoPolicy, Session, StreamPolicy};

/// Streams whose index is known at once; of more, the oldest is forgotten.
const MOST_STREAMS: usize = 64;

/// Shortest RTP header.
const RTP_HEADER: usize = 12;

/// RTCP header and SSRC, which are never encrypted.
const RTCP_HEADER: usize = 8;

/// E bit and index.
const RTCP_INDEX: usize = 4;

/// So far may the next packet be ahead of one under a wrong roll-over counter to be of the same trouble.
const SAME_TROUBLE: u16 = 3000;

/// Roll-over counters of a call of up to 87 minutes at 50 packets a second.
const LIKELY: [u32; 4] = [0, 1, 2, 3];

/// What an SRTCP packet was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RtcpSeen {
    /// The tag is right; it was decrypted.
    Encrypted,
    /// The tag is right; the E bit tells that it was not encrypted (RFC 3711 §3.4).
    Unencrypted,
    /// The tag is right, its index came before: not to be used.
    Replayed,
    /// The tag is wrong, or there is none.
    Unauthenticated,
}

/// Opens the packets of any number of streams that are protected with one key.
#[derive(Debug)]
pub struct Opener {
    key: Key,
    tags: Tags,
    session: Session,
    streams: Vec<Stream>,
    others: Vec<OtherKey>,
}

/// Another key of the call, by which a refused packet may be explained.
#[derive(Debug, Clone)]
pub struct OtherKey {
    whose: Whose,
    key: Key,
    tags: Tags,
    streams: Vec<Stream>,
}

impl OtherKey {
    /// One under which nothing was received.
    pub fn new(whose: Whose, key: &Key) -> Result<OtherKey, CannotSecure> {
        Ok(OtherKey { whose, key: key.clone(), tags: Tags::new(key)?, streams: Vec::new() })
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether `packet` has a tag of this key under a likely roll-over counter: that of its stream so far, or a low one. `scratch` is
    /// overwritten.
    fn explains(&self, packet: &[u8], ssrc: u32, sequence: u16, scratch: &mut Vec<u8>) -> bool {
        let stream = self.streams.iter().find(|stream| stream.ssrc == ssrc);
        let goes_on = (guess(stream.and_then(|stream| stream.highest), sequence) >> 16) as u32;
        without_mki(packet, &self.key, self.key.suite.tag_len(), scratch)
            && LIKELY.into_iter().chain([goes_on]).any(|counter| self.tags.fit_rtp(scratch, counter))
    }
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: u32,
    /// Roll-over counter and sequence number of the highest packet.
    highest: Option<u64>,
    /// The last packet under a wrong roll-over counter, while no right one came since.
    astray: Option<u16>,
    /// Index of the last SRTCP packet that was not encrypted.
    unencrypted: Option<u32>,
}

impl Opener {
    /// With `key`; refuses one that is none for its suite.
    pub fn new(key: &Key) -> Result<Opener, CannotSecure> {
        key.check()?;
        Ok(Opener {
            tags: Tags::new(key)?,
            session: Session::with_inbound_template(policy(key))?,
            key: key.clone(),
            streams: Vec::new(),
            others: Vec::new(),
        })
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Names the other keys of the call, by which a refused packet may be explained.
    pub fn explain_by(&mut self, others: impl Iterator<Item = OtherKey>) {
        self.others = others.filter(|other| other.key != self.key).collect();
    }

    /// What it knows, to explain packets by once another key has taken its place.
    pub fn as_earlier(&self) -> OtherKey {
        let (key, tags, streams) = (self.key.clone(), self.tags.clone(), self.streams.clone());
        OtherKey { whose: Whose::Earlier, key, tags, streams }
    }

    /// Opens an SRTP packet into `clear`, which holds the RTP packet after `Ok` only. `may_be_clear` tells that its length is one
    /// of plain RTP.
    pub fn rtp(&mut self, packet: &[u8], may_be_clear: bool, clear: &mut Vec<u8>) -> Result<(), Refusal> {
        let Some((sequence, ssrc)) = header(packet) else { return Err(Refusal::Unauthenticated) };
        let place = self.place(ssrc);
        let index = guess(self.streams[place].highest, sequence);
        if without_mki(packet, &self.key, self.key.suite.tag_len(), clear)
            && self.session.unprotect(clear).is_ok()
        {
            let stream = &mut self.streams[place];
            stream.highest = stream.highest.max(Some(index));
            stream.astray = None;
            return Ok(());
        }
        let due = (index >> 16) as u32;
        let refusal = self.diagnose(packet, place, sequence, due, may_be_clear, clear);
        if let Refusal::RollOver { .. } = refusal {
            self.streams[place].astray = Some(sequence);
        }
        clear.clear();
        Err(refusal)
    }

    /// Decrypts an SRTP packet without a look at its tag, as a faulty device does. `false`: it is too short.
    pub fn rtp_unchecked(&mut self, packet: &[u8], clear: &mut Vec<u8>) -> bool {
        clear.clear();
        let Some((sequence, ssrc)) = header(packet) else { return false };
        let trailer = self.key.suite.tag_len() + self.key.mki_len();
        let Some(length) = packet.len().checked_sub(trailer).filter(|length| *length >= RTP_HEADER) else {
            return false;
        };
        clear.extend_from_slice(&packet[..length]);
        let place = self.place(ssrc);
        let due = (guess(self.streams[place].highest, sequence) >> 16) as u32;
        self.decrypt(clear, ssrc, due).is_ok()
    }

    /// Opens an SRTCP packet into `clear`, which holds the RTCP packet after `Encrypted` and `Unencrypted` only.
    pub fn rtcp(&mut self, packet: &[u8], clear: &mut Vec<u8>) -> RtcpSeen {
        let seen = self.open_rtcp(packet, clear);
        if matches!(seen, RtcpSeen::Replayed | RtcpSeen::Unauthenticated) {
            clear.clear();
        }
        seen
    }

    fn open_rtcp(&mut self, packet: &[u8], clear: &mut Vec<u8>) -> RtcpSeen {
        if packet.len() < RTCP_HEADER + RTCP_INDEX + RTCP_TAG_LEN
            || !without_mki(packet, &self.key, RTCP_TAG_LEN, clear)
        {
            return RtcpSeen::Unauthenticated;
        }
        let index_at = clear.len() - RTCP_TAG_LEN - RTCP_INDEX;
        let encrypted = clear[index_at] & 0x80 != 0;
        if encrypted && self.session.unprotect_rtcp(clear).is_ok() {
            return RtcpSeen::Encrypted;
        }
        if !without_mki(packet, &self.key, RTCP_TAG_LEN, clear) || !self.tags.fit_rtcp(clear) {
            return RtcpSeen::Unauthenticated;
        }
        let (Some(ssrc), Some(index)) = (word(clear, 4), word(clear, index_at)) else {
            return RtcpSeen::Unauthenticated;
        };
        let place = self.place(ssrc);
        let last = &mut self.streams[place].unencrypted;
        if encrypted || last.is_some_and(|last| index <= last) {
            return RtcpSeen::Replayed;
        }
        *last = Some(index);
        clear.truncate(index_at);
        RtcpSeen::Unencrypted
    }

    /// Finds out why `packet` was refused. `scratch` is overwritten.
    fn diagnose(
        &self,
        packet: &[u8],
        place: usize,
        sequence: u16,
        due: u32,
        may_be_clear: bool,
        scratch: &mut Vec<u8>,
    ) -> Refusal {
        if without_mki(packet, &self.key, self.key.suite.tag_len(), scratch) {
            let astray = self.streams[place].astray;
            let goes_on = astray.is_some_and(|last| (1..SAME_TROUBLE).contains(&sequence.wrapping_sub(last)));
            if self.tags.fit_rtp(scratch, due) {
                // A sender that forgot a roll-over comes back to numbers that were right a cycle ago.
                return if goes_on {
                    Refusal::RollOver { used: due, due: due.wrapping_add(1) }
                } else {
                    Refusal::Replayed
                };
            }
            let others = [due.wrapping_sub(1), due.wrapping_add(1), 0];
            if let Some(used) = others.into_iter().find(|used| self.tags.fit_rtp(scratch, *used)) {
                return Refusal::RollOver { used, due };
            }
        }
        if self.key.mki.is_some() && self.tags.fit_rtp(packet, due) {
            return Refusal::NoMki;
        }
        let ssrc = self.streams[place].ssrc;
        if let Some(other) = self.others.iter().find(|other| other.explains(packet, ssrc, sequence, scratch))
        {
            return Refusal::OtherKey(other.whose);
        }
        if may_be_clear { Refusal::Clear } else { Refusal::Unauthenticated }
    }

    /// Decrypts `packet`, which has no tag, under a roll-over counter.
    fn decrypt(&self, packet: &mut Vec<u8>, ssrc: u32, roll_over: u32) -> Result<(), srtp::Error> {
        let rtp = match self.key.suite {
            Suite::AesCm128Sha1_80 | Suite::AesCm128Sha1_32 => CryptoPolicy::aes_cm_128_null_auth(),
            Suite::AesCm256Sha1_80 | Suite::AesCm256Sha1_32 => CryptoPolicy::aes_cm_256_null_auth(),
        };
        let mut session = Session::new()?;
        session.add_stream(ssrc, StreamPolicy { rtp, ..policy(&self.key) })?;
        session.set_stream_roc(ssrc, roll_over)?;
        session.unprotect(packet)
    }

    /// Where the stream of `ssrc` stands.
    fn place(&mut self, ssrc: u32) -> usize {
        if let Some(place) = self.streams.iter().position(|stream| stream.ssrc == ssrc) {
            return place;
        }
        if self.streams.len() >= MOST_STREAMS {
            // Those that never authenticated go first; libsrtp knows nothing of them.
            let place = self.streams.iter().position(|stream| stream.highest.is_none()).unwrap_or(0);
            let gone = self.streams.remove(place);
            let _ = self.session.remove_stream(gone.ssrc);
        }
        self.streams.push(Stream { ssrc, highest: None, astray: None, unencrypted: None });
        self.streams.len() - 1
    }
}

/// Sequence number and SSRC of a packet with RTP's version.
fn header(packet: &[u8]) -> Option<(u16, u32)> {
    let header = packet.first_chunk::<RTP_HEADER>().filter(|header| header[0] >> 6 == 2)?;
    Some((u16::from_be_bytes([header[2], header[3]]), word(header, 8)?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// Copies `packet` without the MKI of `key`. `false`: another one stands there, or the packet is too short.
fn without_mki(packet: &[u8], key: &Key, tag_len: usize, out: &mut Vec<u8>) -> bool {
    out.clear();
    let mki = key.mki_bytes();
    let Some(tag_at) = packet.len().checked_sub(tag_len) else { return false };
    let (before, tag) = packet.split_at(tag_at);
    let Some(body) = before.strip_suffix(mki) else { return false };
    out.extend_from_slice(body);
    out.extend_from_slice(tag);
    true
}

/// The index of the packet with this number: the one next to the highest so far (RFC 3711 §3.3.1, appendix A).
fn guess(highest: Option<u64>, sequence: u16) -> u64 {
    let Some(highest) = highest else { return u64::from(sequence) };
    let (roll_over, last) = (highest >> 16, highest as u16);
    let roll_over = if last < 0x8000 && sequence.wrapping_sub(last) > 0x8000 && sequence > last {
        roll_over.saturating_sub(1)
    } else if last >= 0x8000 && last - 0x8000 > sequence {
        roll_over + 1
    } else {
        roll_over
    };
    roll_over << 16 | u64::from(sequence)
}
