//! The receiving half of a port: its streams, each with ear, digits and estimators.

use super::admission::{self, Admission, Admitted, Found};
use super::findings::{Findings, Kind};
use super::hearing::{StreamKey, Told};
use super::stream::{Control, QUIET, Stream};
use super::{Event, PortId};
use crate::control::{self, ReportBlock, SenderInfo};
use crate::dtmf::{Digit, EventPayload};
use crate::estimate::{Arrival, Packet, StreamEstimator};
use crate::srtp::{Refusal, RtcpSeen};
use oxocert_machine::{At, Output};
use rtp_rs::RtpReader;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

/// Streams of one port that are followed at once.
const MOST_STREAMS: usize = 32;

/// Sources whose RTCP is remembered before their first RTP packet.
const MOST_EARLY: usize = 16;

/// Payload type of PCMA (RFC 3551).
const PCMA: u8 = 8;

/// Payload type of comfort noise (RFC 3389).
const COMFORT_NOISE: u8 = 13;

/// A received datagram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram<'a> {
    /// When it is handled.
    pub(super) at: At,
    /// Its receive stamp; `None` where the kernel gave none.
    pub(super) stamp: Option<At>,
    pub(super) remote: SocketAddr,
    pub(super) tos: Option<u8>,
    pub(super) bytes: &'a [u8],
}

impl Datagram<'_> {
    /// What the estimators need of it, RTP's header apart.
    fn packet(&self) -> Packet {
        let ip_and_udp = if self.remote.is_ipv4() { 28 } else { 48 };
        Packet {
            stamp: self.stamp,
            at: self.at,
            sequence: 0,
            timestamp: 0,
            marker: false,
            payload_type: 0,
            payload_bytes: 0,
            telephone_event: false,
            l3_bytes: self.bytes.len() as u64 + ip_and_udp,
            tos: self.tos,
        }
    }
}

/// Which payload types the port's session negotiated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Expected {
    pub(super) audio: Option<u8>,
    pub(super) event: Option<u8>,
}

/// Everything received at a port.
#[derive(Debug)]
pub(super) struct Receiver {
    port: PortId,
    pub(super) admission: Admission,
    streams: Vec<Stream>,
    told: Told,
    early_rtcp: BTreeMap<u32, Vec<Control>>,
    pub(super) findings: Findings,
}

impl Receiver {
    pub(super) fn new(port: PortId) -> Receiver {
        Receiver {
            port,
            admission: Admission::default(),
            streams: Vec::new(),
            told: Told::default(),
            early_rtcp: BTreeMap::new(),
            findings: Findings::new(port),
        }
    }

    /// Ends the windows under way where the port is secured for the first time: before, nothing was judged.
    pub(super) fn begin_secured(&mut self, at: At, out: &mut VecDeque<Output<Event>>) {
        for stream in &mut self.streams {
            if !stream.estimator.is_empty() {
                let window = stream.estimator.close(self.port, stream.key.0, stream.key.1, Some(at));
                out.push_back(Output::Event(Event::Window(Box::new(window))));
            }
            stream.estimator.secure();
        }
    }

    /// Takes a datagram of the RTP port; gives the packet back if it is RTP that is let in. What has to be opened for that is opened
    /// into `opened`.
    pub(super) fn rtp<'a>(
        &mut self,
        datagram: Datagram<'a>,
        expected: Expected,
        opened: &'a mut Vec<u8>,
        out: &mut VecDeque<Output<Event>>,
    ) -> Option<RtpReader<'a>> {
        let Datagram { at, remote, .. } = datagram;
        let (bytes, found) = match self.admission.rtp(at, datagram.bytes, expected, opened) {
            Admitted::Yes(bytes, found) => (bytes, found),
            Admitted::No(refusal) => {
                self.refused(datagram, refusal, out);
                return None;
            }
            Admitted::Ignored => return None,
        };
        if let Found::Refused(refusal) = found {
            self.find(at, remote, admission::kind_of(refusal), out, || refusal.to_string());
        }
        let reader = match RtpReader::new(bytes) {
            Ok(reader) => reader,
            Err(error) => {
                self.find(at, remote, Kind::NotRtp, out, || format!("not RTP: {error:?}"));
                return None;
            }
        };
        let payload_type = reader.payload_type();
        if (72..=76).contains(&payload_type) {
            // RFC 3550 A.1: SR and RR with the marker bit taken for RTP.
            self.find(at, remote, Kind::RtcpOnRtpPort, out, || "RTCP on the RTP port".into());
            return None;
        }
        let payload = reader.payload();
        let telephone_event =
            expected.event.map_or(payload_type >= 96 && payload.len() == 4, |event| event == payload_type);
        let packet = Packet {
            sequence: reader.sequence_number().into(),
            timestamp: reader.timestamp(),
            marker: reader.mark(),
            payload_type,
            payload_bytes: u16::try_from(payload.len()).unwrap_or(u16::MAX),
            telephone_event,
            ..datagram.packet()
        };
        let Some((place, arrival)) = self.estimate((remote, reader.ssrc()), &packet, found, out) else {
            self.find(at, remote, Kind::TooManyStreams, out, || {
                format!("more than {MOST_STREAMS} streams at one port")
            });
            return Some(reader);
        };
        if arrival == Arrival::Stray || arrival == Arrival::Restarted {
            let number = packet.sequence;
            self.find(at, remote, Kind::Sequence, out, || format!("sequence number jumped to {number}"));
        }
        if telephone_event {
            self.event_packet(place, &packet, payload, out);
        } else {
            let wrong = expected.audio.unwrap_or(PCMA) != payload_type && payload_type != COMFORT_NOISE;
            if wrong {
                self.find(at, remote, Kind::PayloadType, out, || {
                    format!("payload type {payload_type} was not negotiated")
                });
            }
            self.audio_packet(place, &packet, arrival, payload, out);
        }
        Some(reader)
    }

    /// Counts an RTP packet that is not let in, for the stream it claims to be of.
    fn refused(&mut self, datagram: Datagram<'_>, refusal: Refusal, out: &mut VecDeque<Output<Event>>) {
        let Datagram { at, remote, bytes, .. } = datagram;
        let Some(ssrc) = bytes.get(8..12).and_then(<[u8]>::first_chunk).filter(|_| bytes[0] >> 6 == 2) else {
            self.find(at, remote, Kind::NotRtp, out, || format!("not RTP: {} bytes", bytes.len()));
            return;
        };
        self.find(at, remote, admission::kind_of(refusal), out, || refusal.to_string());
        let packet = datagram.packet();
        let Some(place) = self.place((remote, u32::from_be_bytes(*ssrc)), &packet, out) else { return };
        let estimator = &mut self.streams[place].estimator;
        estimator.refused(&packet, refusal == Refusal::Replayed);
        admission::count(estimator.srtp(), Found::Refused(refusal));
    }

    /// Takes a datagram of the RTCP port. What has to be opened is opened into `opened`.
    pub(super) fn rtcp(
        &mut self,
        datagram: Datagram<'_>,
        opened: &mut Vec<u8>,
        out: &mut VecDeque<Output<Event>>,
    ) {
        let Datagram { at, remote, tos, .. } = datagram;
        let Some((bytes, seen)) = self.admission.rtcp(at, datagram.bytes, opened) else { return };
        if let Some((kind, note)) = seen.and_then(|seen| admission::told_rtcp(seen, datagram.bytes)) {
            self.find(at, remote, kind, out, || note.to_owned());
        }
        let readable = !matches!(seen, Some(RtcpSeen::Replayed | RtcpSeen::Unauthenticated));
        let compound = if readable { control::read(bytes) } else { control::claimed(datagram.bytes) };
        let compound = match compound {
            Ok(compound) => compound,
            Err(error) => {
                self.find(at, remote, Kind::NotRtcp, out, || error.to_string());
                return;
            }
        };
        let by_ssrc = self.streams.iter().position(|stream| stream.key.1 == compound.ssrc);
        // A receiver report can come from an SSRC that sends no RTP; its address still tells the emitter.
        let from =
            by_ssrc.or_else(|| self.streams.iter().rposition(|stream| stream.key.0.ip() == remote.ip()));
        match from.and_then(|place| self.streams.get_mut(place)) {
            Some(stream) => {
                stream.control(Control { tos, seen });
                if let Some(SenderInfo { ntp, .. }) = compound.sender.filter(|_| by_ssrc.is_some()) {
                    stream.last_sender_report = Some(((ntp >> 16) as u32, at));
                }
            }
            None if self.early_rtcp.len() < MOST_EARLY || self.early_rtcp.contains_key(&compound.ssrc) => {
                let early = self.early_rtcp.entry(compound.ssrc).or_default();
                if early.len() < MOST_EARLY {
                    early.push(Control { tos, seen });
                }
            }
            None => {}
        }
    }

    /// When something of a stream is over.
    pub(super) fn deadline(&self) -> Option<At> {
        self.streams.iter().filter_map(Stream::deadline).min()
    }

    /// Ends what is over at `at`.
    pub(super) fn expire(&mut self, at: At, out: &mut VecDeque<Output<Event>>) {
        let mut place = 0;
        while place < self.streams.len() {
            let stream = &mut self.streams[place];
            let key = stream.key;
            if let Some(digit) = stream.digits.expire(at) {
                out.push_back(told_digit(self.port, key, digit));
            }
            if stream.ear.deadline().is_some_and(|deadline| deadline <= at) {
                let ended = stream.ear.expire();
                self.hear_no_more(key, ended, out);
            }
            if self.streams[place].last + QUIET <= at {
                self.end_stream(place, at, out);
            } else {
                place += 1;
            }
        }
    }

    /// Ends every stream: the port closes.
    pub(super) fn close(&mut self, at: At, out: &mut VecDeque<Output<Event>>) {
        while !self.streams.is_empty() {
            self.end_stream(0, at, out);
        }
    }

    /// Reception reports of all streams (RFC 3550 §6.4.1), and what is lost since the last ones.
    pub(super) fn report_blocks(&mut self, at: At) -> Vec<ReportBlock> {
        self.streams.iter_mut().filter_map(|stream| stream.report_block(at)).collect()
    }

    fn estimate(
        &mut self,
        key: StreamKey,
        packet: &Packet,
        found: Found,
        out: &mut VecDeque<Output<Event>>,
    ) -> Option<(usize, Arrival)> {
        let place = self.place(key, packet, out)?;
        let estimator = &mut self.streams[place].estimator;
        let arrival = estimator.packet(packet);
        admission::count(estimator.srtp(), found);
        Some((place, arrival))
    }

    /// Where the stream of a packet stands, its window being the one of the packet; a new one begins.
    fn place(&mut self, key: StreamKey, packet: &Packet, out: &mut VecDeque<Output<Event>>) -> Option<usize> {
        if let Some(place) = self.streams.iter().position(|stream| stream.key == key) {
            let stream = &mut self.streams[place];
            if stream.estimator.is_over(packet.at) {
                let window = stream.estimator.close(self.port, key.0, key.1, Some(packet.at));
                out.push_back(Output::Event(Event::Window(Box::new(window))));
            }
            stream.last = stream.last.max(packet.at);
            return Some(place);
        }
        if self.streams.len() >= MOST_STREAMS {
            return None;
        }
        let mut estimator = StreamEstimator::new(packet);
        if self.admission.was_secured() {
            estimator.secure();
        }
        let mut stream = Stream::new(key, estimator, packet.at);
        for early in self.early_rtcp.remove(&key.1).unwrap_or_default() {
            stream.control(early);
        }
        self.streams.push(stream);
        Some(self.streams.len() - 1)
    }

    fn event_packet(
        &mut self,
        place: usize,
        packet: &Packet,
        payload: &[u8],
        out: &mut VecDeque<Output<Event>>,
    ) {
        let stream = &mut self.streams[place];
        let key = stream.key;
        stream.ear.alive(packet.at);
        match EventPayload::read(payload) {
            Some(event) => {
                let over = stream.digits.packet(packet.at, packet.timestamp, packet.payload_type, event);
                out.extend(over.map(|digit| told_digit(self.port, key, digit)));
            }
            None => self.find(packet.at, key.0, Kind::Event, out, || {
                format!("telephone-event of {} bytes is too short", payload.len())
            }),
        }
    }

    fn audio_packet(
        &mut self,
        place: usize,
        packet: &Packet,
        arrival: Arrival,
        payload: &[u8],
        out: &mut VecDeque<Output<Event>>,
    ) {
        let Stream { key, ear, digits, .. } = &mut self.streams[place];
        match (packet.payload_type, arrival) {
            // A copy or a late packet is not heard again: a jitter buffer would have dropped it as well.
            (PCMA, Arrival::InOrder { .. } | Arrival::Restarted) => {
                let follows = arrival == Arrival::InOrder { step: 1 };
                let since = packet.stamp.unwrap_or(packet.at);
                let change = ear.packet(since, payload, follows, |frame| digits.audio(since, frame));
                if let Some(change) = change {
                    out.extend(self.told.change(self.port, *key, change).map(Output::Event));
                }
            }
            _ => ear.alive(packet.at),
        }
    }

    fn hear_no_more(&mut self, key: StreamKey, ended: Option<At>, out: &mut VecDeque<Output<Event>>) {
        let Some(since) = ended else { return };
        let other = self
            .streams
            .iter()
            .filter(|stream| stream.key != key)
            .find_map(|stream| stream.ear.sound().map(|sound| (stream.key, sound)));
        out.extend(self.told.ended(self.port, key, since, other).map(Output::Event));
    }

    fn end_stream(&mut self, place: usize, at: At, out: &mut VecDeque<Output<Event>>) {
        let mut stream = self.streams.remove(place);
        let (remote, ssrc) = stream.key;
        out.extend(stream.digits.finish().map(|digit| told_digit(self.port, stream.key, digit)));
        let ended = stream.ear.expire().map(|since| since.min(at));
        self.hear_no_more(stream.key, ended, out);
        let window = stream.estimator.close(self.port, remote, ssrc, None);
        out.push_back(Output::Event(Event::Window(Box::new(window))));
    }

    fn find(
        &mut self,
        at: At,
        remote: SocketAddr,
        kind: Kind,
        out: &mut VecDeque<Output<Event>>,
        note: impl FnOnce() -> String,
    ) {
        out.extend(self.findings.tell(at, remote, kind, note).map(Output::Event));
    }
}

fn told_digit(port: PortId, (remote, _): StreamKey, digit: Digit) -> Output<Event> {
    Output::Event(Event::Digit {
        port,
        remote,
        digit: digit.digit,
        payload_type: digit.payload_type,
        duration_ms: u32::from(digit.samples) / 8,
        end_packets: digit.end_packets,
        volume: digit.volume,
        in_band: digit.in_band,
    })
}
