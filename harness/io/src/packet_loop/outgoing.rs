//! One stream that is sent.

use super::prefetch::prefetch;
use super::{Observer, Sending, Sent, TransmitStamps};
use crate::clock::RunClock;
use crate::send::{Address, Ask};
use nix::sys::socket::{setsockopt, sockopt};
use oxocert_machine::At;
use oxocert_media::srtp::{CannotSecure, Protector};
use std::net::UdpSocket;

/// Fixed RTP header.
const HEADER: usize = 12;

/// Stamped packets of which the number is remembered until the kernel's answer is read.
const REMEMBERED: usize = 64;

/// What sending needs of the loop.
pub(super) struct Hands<'a, O> {
    pub(super) clock: RunClock,
    pub(super) transmit: TransmitStamps,
    /// Whether the network card stamps.
    pub(super) has_card: bool,
    /// The round of the schedule and the stream's place in it, added. By it a quarter of neighbouring streams makes packets in each
    /// round, so that every round takes as long, and what comes after them is sent as late each time.
    pub(super) turn: u64,
    pub(super) scratch: &'a mut Vec<u8>,
    pub(super) observer: &'a mut O,
}

/// Why a stream cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum CannotSend {
    /// Its key is none.
    #[error(transparent)]
    Secure(#[from] CannotSecure),
    /// Not IPv4.
    #[error("{0} is no IPv4 address: the packet loop sends over IPv4 only")]
    Address(std::net::SocketAddr),
    /// There is no such port, or the loop has ended.
    #[error("the packet loop has no port {0}, or has ended")]
    NoPort(u32),
}

/// Packets made at once, for as many to come: the first finds the stream's keys far away in memory, the others find them near.
const AHEAD: usize = 4;

/// What protection may add at the end: the longest tag, and an MKI (RFC 3711 §3.1).
const TRAILER: usize = TAG + 128;

/// The longest tag.
const TAG: usize = 10;

/// The state of a stream.
pub(super) struct Outgoing {
    to: Address,
    /// Packets so far.
    packets: u64,
    limit: u64,
    /// Stamps asked for so far: the kernel counts them alike.
    asked: u32,
    ready: Ready,
    sending: Sending,
    protector: Option<Protector>,
    remembered: [u64; REMEMBERED],
}

/// Packets that were made ahead.
struct Ready {
    /// Which of them is next; [`AHEAD`] = none is left.
    next: usize,
    /// Their lengths; 0 = it could not be made.
    lengths: [u16; AHEAD],
    stride: usize,
    bytes: Vec<u8>,
}

impl Outgoing {
    pub(super) fn new(sending: Sending) -> Result<Outgoing, CannotSend> {
        let to = Address::of(sending.remote).ok_or(CannotSend::Address(sending.remote))?;
        let protector = sending.key.as_ref().map(Protector::new).transpose()?;
        let stride = HEADER + usize::from(sending.payload_bytes) + TRAILER;
        let ready = Ready { next: AHEAD, lengths: [0; AHEAD], stride, bytes: vec![0; AHEAD * stride] };
        let limit = sending.packets.unwrap_or(u64::MAX);
        Ok(Outgoing {
            to,
            packets: 0,
            limit,
            asked: 0,
            ready,
            sending,
            protector,
            remembered: [u64::MAX; REMEMBERED],
        })
    }

    /// Room that a packet needs while it is made.
    pub(super) fn room(payload_bytes: usize) -> usize {
        HEADER + payload_bytes + Protector::ROOM
    }

    /// Packets sent so far.
    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Whether all packets were sent.
    pub(super) fn is_over(&self) -> bool {
        self.packets >= self.limit
    }

    /// Sets what the socket has to know of the stream, and goes on counting stamps where the kernel is.
    pub(super) fn attach(&mut self, socket: &UdpSocket, asked: u32) {
        // A kernel that refuses a TOS byte sends without it, which the receiver's reading shows.
        let _ = setsockopt(socket, sockopt::Ipv4Tos, &i32::from(self.sending.tos));
        self.asked = asked;
    }

    /// Stamps asked for so far.
    pub(super) fn asked(&self) -> u32 {
        self.asked
    }

    /// Sends the next packet and tells when. `None`: the kernel or the SRTP library refused it; its number is used up.
    #[inline]
    pub(super) fn send(
        &mut self,
        stream: u32,
        socket: &UdpSocket,
        due: At,
        desk: Hands<'_, impl Observer>,
    ) -> Option<At> {
        if self.ready.next >= AHEAD {
            self.make_ahead(stream, desk.turn, desk.scratch, desk.observer);
        }
        let (number, place) = (self.packets, self.ready.next);
        self.packets += 1;
        self.ready.next += 1;
        let from = place * self.ready.stride;
        let length = usize::from(self.ready.lengths[place]);
        let packet = self.ready.bytes.get(from..from + length).filter(|packet| !packet.is_empty())?;
        let asks = desk.transmit.wanted(stream, number);
        let ask = match desk.transmit {
            TransmitStamps::OneIn(_) if asks => Ask::ThisOne { hardware: desk.has_card },
            _ => Ask::Nothing,
        };
        // Read last: what comes after it is the kernel's part.
        let at = desk.clock.now();
        if crate::send::send(socket, &self.to, packet, ask).is_err() {
            return None;
        }
        if asks {
            self.remembered[self.asked as usize % REMEMBERED] = number;
            self.asked = self.asked.wrapping_add(1);
        }
        desk.observer.sent(stream, &Sent { packet: number, due, at, asked: asks });
        Some(at)
    }

    /// Asks for the packet that is next.
    #[inline]
    pub(super) fn fetch(&self) {
        let from = self.ready.next * self.ready.stride;
        if let Some(packet) = self.ready.bytes.get(from..) {
            prefetch(packet, usize::from(self.sending.payload_bytes) + HEADER + TAG);
        }
    }

    /// Makes the next packets.
    fn make_ahead(&mut self, stream: u32, turn: u64, scratch: &mut Vec<u8>, observer: &mut impl Observer) {
        let skipped = turn as usize % AHEAD;
        self.ready.next = skipped;
        self.ready.lengths = [0; AHEAD];
        let numbers = self.packets..self.limit.min(self.packets.saturating_add((AHEAD - skipped) as u64));
        for (place, number) in (skipped..).zip(numbers) {
            self.write(stream, number, scratch, observer);
            if let Some(protector) = &mut self.protector
                && protector.rtp(scratch).is_err()
            {
                continue;
            }
            let from = place * self.ready.stride;
            if let Some(room) = self.ready.bytes.get_mut(from..from + scratch.len().min(self.ready.stride)) {
                room.copy_from_slice(&scratch[..room.len()]);
                self.ready.lengths[place] = u16::try_from(room.len()).unwrap_or(0);
            }
        }
    }

    /// Which packet the kernel's answer number `answer` is of.
    pub(super) fn packet_of(&self, answer: u32) -> Option<u64> {
        let behind = self.asked.wrapping_sub(answer);
        let known = behind >= 1 && behind as usize <= REMEMBERED;
        known.then(|| self.remembered[answer as usize % REMEMBERED]).filter(|number| *number != u64::MAX)
    }

    fn write(&self, stream: u32, number: u64, packet: &mut Vec<u8>, observer: &mut impl Observer) {
        let sending = &self.sending;
        let marker = if number == 0 { 0x80 } else { 0 };
        // The fields wrap as RFC 3550 §5.1 has them.
        let sequence = sending.first_sequence.wrapping_add(number as u16);
        let passed = (number as u32).wrapping_mul(u32::from(sending.payload_bytes));
        let timestamp = sending.first_timestamp.wrapping_add(passed);
        packet.clear();
        packet.extend_from_slice(&[0x80, marker | (sending.payload_type & 0x7f)]);
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&sending.ssrc.to_be_bytes());
        packet.resize(HEADER + usize::from(sending.payload_bytes), 0);
        observer.payload(stream, number, &mut packet[HEADER..]);
    }
}
