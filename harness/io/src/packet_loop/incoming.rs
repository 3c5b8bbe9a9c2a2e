//! One stream that comes in: what is let in, and what is a finding.

use super::{CannotSend, Finding, Findings, Kind, Observer, Receiving, compound};
use oxocert_instrument::Packet;
use oxocert_machine::At;
use oxocert_media::srtp::{Opener, Refusal, RtcpSeen};
use rtp_rs::{RtpReader, RtpReaderError};
use std::net::SocketAddr;

/// Headers of IPv4 and UDP.
const L3_L4_BYTES: usize = 28;

/// A step forward of so much is no loss but a jump (RFC 3550 A.1).
const JUMP: u16 = 3000;

/// A step back of so much is no reordering but a jump (RFC 3550 A.1).
const BACK: u16 = 100;

/// Samples in the shortest payload of G.711 that anybody sends, 10 ms: a plain packet is a whole number of them.
const SHORTEST_PAYLOAD: usize = 80;

/// A datagram as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) remote: SocketAddr,
    pub(super) stamp: Option<At>,
    /// When it was read.
    pub(super) at: At,
    /// Whether its end is missing.
    pub(super) cut: bool,
    pub(super) bytes: &'a [u8],
}

/// Why something was not let in.
type NotLetIn = (Kind, Option<Refusal>);

/// Where a stream is, for what must go on.
#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u16,
    timestamp: u32,
    samples: u16,
}

/// The state of a stream.
pub(super) struct Incoming {
    receiving: Receiving,
    opener: Option<Opener>,
    last: Option<Last>,
}

impl Incoming {
    pub(super) fn new(receiving: Receiving) -> Result<Incoming, CannotSend> {
        let opener = receiving.key.as_ref().map(Opener::new).transpose()?;
        Ok(Incoming { receiving, opener, last: None })
    }

    /// Takes a datagram of the RTP port. `true`: it was let in.
    pub(super) fn rtp(
        &mut self,
        stream: u32,
        arrived: Arrived<'_>,
        clear: &mut Vec<u8>,
        observer: &mut impl Observer,
        findings: &mut Findings,
    ) -> bool {
        let finding = |kind, refusal| Finding {
            at: arrived.stamp.unwrap_or(arrived.at),
            stream,
            remote: arrived.remote,
            kind,
            refusal,
        };
        match self.let_in(arrived, clear) {
            Ok((packet, payload)) => {
                if let Some(kind) = self.goes_on(&packet) {
                    findings.note(finding(kind, None));
                }
                observer.received(stream, &packet, payload);
                true
            }
            Err((kind, refusal)) => {
                findings.note(finding(kind, refusal));
                false
            }
        }
    }

    /// Takes a datagram of the RTCP port.
    pub(super) fn rtcp(
        &mut self,
        stream: u32,
        arrived: Arrived<'_>,
        clear: &mut Vec<u8>,
        observer: &mut impl Observer,
        findings: &mut Findings,
    ) {
        let at = arrived.stamp.unwrap_or(arrived.at);
        let opened = match &mut self.opener {
            Some(opener) => {
                matches!(opener.rtcp(arrived.bytes, clear), RtcpSeen::Encrypted | RtcpSeen::Unencrypted)
                    .then_some(&**clear)
            }
            None => Some(arrived.bytes),
        };
        let kind = match opened {
            None => Some(Kind::RtcpRefused),
            Some(_) if arrived.cut => Some(Kind::TooLong),
            Some(packet) => compound::fault(packet),
        };
        match (kind, opened) {
            (None, Some(packet)) => observer.control(stream, at, packet),
            (Some(kind), _) => {
                findings.note(Finding { at, stream, remote: arrived.remote, kind, refusal: None });
            }
            (None, None) => {}
        }
    }

    /// The packet, and what it carries.
    fn let_in<'a>(
        &mut self,
        arrived: Arrived<'a>,
        clear: &'a mut Vec<u8>,
    ) -> Result<(Packet, &'a [u8]), NotLetIn> {
        let plain = |kind| (kind, None);
        if arrived.cut {
            return Err(plain(Kind::TooLong));
        }
        if self.receiving.remote.is_some_and(|remote| remote != arrived.remote) {
            return Err(plain(Kind::ForeignAddress));
        }
        // The fixed header is never encrypted: what is no RTP and what is a stranger's costs no cryptography.
        let ssrc = ssrc(arrived.bytes).ok_or(plain(Kind::NotRtp))?;
        if self.receiving.ssrc.is_some_and(|own| own != ssrc) {
            return Err(plain(Kind::ForeignSsrc));
        }
        let bytes = match &mut self.opener {
            Some(opener) => {
                let may_be_clear =
                    (arrived.bytes.len() - RtpReader::MIN_HEADER_LEN).is_multiple_of(SHORTEST_PAYLOAD);
                opener
                    .rtp(arrived.bytes, may_be_clear, clear)
                    .map_err(|refusal| (Kind::Refused, Some(refusal)))?;
                &clear[..]
            }
            None => arrived.bytes,
        };
        let reader = RtpReader::new(bytes).map_err(|error| plain(kind_of(&error)))?;
        let payload_type = reader.payload_type();
        let is_event = self.receiving.event_payload_type == Some(payload_type);
        if !is_event && self.receiving.payload_type.is_some_and(|own| own != payload_type) {
            return Err(plain(Kind::WrongPayloadType));
        }
        self.receiving.ssrc = Some(ssrc);
        let (offset, padding) = (reader.payload_offset(), usize::from(padding(bytes)));
        let payload = bytes.get(offset..bytes.len().saturating_sub(padding)).unwrap_or(&[]);
        let packet = Packet {
            stamp: arrived.stamp,
            at: arrived.at,
            ssrc,
            sequence: reader.sequence_number().into(),
            timestamp: reader.timestamp(),
            payload_type,
            marker: reader.mark(),
            samples: if is_event { 0 } else { u16::try_from(payload.len()).unwrap_or(u16::MAX) },
            l3_bytes: u16::try_from(arrived.bytes.len() + L3_L4_BYTES).unwrap_or(u16::MAX),
            sent: None,
        };
        Ok((packet, payload))
    }

    /// What does not go on as it should. After it the stream goes on from here.
    fn goes_on(&mut self, packet: &Packet) -> Option<Kind> {
        let now = Last { sequence: packet.sequence, timestamp: packet.timestamp, samples: packet.samples };
        let Some(last) = self.last else {
            self.last = Some(now);
            return None;
        };
        let step = packet.sequence.wrapping_sub(last.sequence);
        let is_jump = (JUMP..u16::MAX - BACK).contains(&step);
        let is_old = step == 0 || step >= u16::MAX - BACK;
        // An event keeps the timestamp of its beginning, and the audio after it takes up its own clock (RFC 4733 §2.3.5).
        let tells_time = last.samples != 0 && packet.samples != 0 && !packet.marker;
        if !is_old && (is_jump || packet.samples != 0) {
            self.last = Some(now);
        }
        if is_jump {
            return Some(Kind::SequenceJump);
        }
        let due = last.timestamp.wrapping_add(u32::from(step).wrapping_mul(u32::from(last.samples)));
        (!is_old && tells_time && packet.timestamp != due).then_some(Kind::TimestampJump)
    }
}

/// Bytes of padding at the end, where the P bit says so; the reader has seen that they fit.
fn padding(bytes: &[u8]) -> u8 {
    if bytes.first().is_some_and(|first| first & 0x20 != 0) { bytes.last().copied().unwrap_or(0) } else { 0 }
}

/// The SSRC of a packet with RTP's version.
fn ssrc(bytes: &[u8]) -> Option<u32> {
    let header = bytes.first_chunk::<{ RtpReader::MIN_HEADER_LEN }>().filter(|header| header[0] >> 6 == 2)?;
    Some(u32::from_be_bytes([header[8], header[9], header[10], header[11]]))
}

fn kind_of(error: &RtpReaderError) -> Kind {
    match error {
        RtpReaderError::BufferTooShort(_) | RtpReaderError::UnsupportedVersion(_) => Kind::NotRtp,
        RtpReaderError::HeadersTruncated { .. } | RtpReaderError::PaddingLengthInvalid(_) => Kind::Truncated,
    }
}
