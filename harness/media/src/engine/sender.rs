//! The sending half of a port: one RTP stream on an absolute schedule, with its reports.

use super::fault::Faults;
use super::guard::Guard;
use super::{Event, Fault, PortId, Sending, Source};
use crate::control::{self, Report, ReportBlock, SenderInfo};
use crate::dtmf::{DigitSender, EventPacket, Order};
use crate::g711::SAMPLE_NS;
use crate::tone::Generator;
use oxocert_machine::{At, Flow, Output};
use rand::Rng;
use rand::rngs::SmallRng;
use rtp_rs::{RtpPacketBuilder, Seq};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// Streams are staggered in slots of this length, so that a thread that wakes per slot finds some of them in each.
const SLOT_NS: u64 = 250_000;

/// The interval in which streams are staggered.
const STAGGER_NS: u64 = 20_000_000;

/// The packet time taken where none is given.
const DEFAULT_PTIME_MS: u32 = 20;

/// The longest packet time that fits an Ethernet frame.
const LONGEST_PTIME_MS: u32 = 160;

/// One RTP stream from `local`.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    local: SocketAddr,
    rtcp_local: SocketAddr,
    stagger_ns: u64,
    pub(super) sending: Sending,
    generator: Generator,
    ssrc: u32,
    sequence: u16,
    timestamp_base: u32,
    /// Timestamp zero: when the first packet was due.
    epoch: At,
    next_packet: At,
    next_report: At,
    talkspurt_begins: bool,
    digits: DigitSender,
    pub(super) faults: Faults,
    packets: u32,
    octets: u32,
    /// Timestamp and time of the last packet, for sender reports.
    last_sent: Option<(u32, At)>,
    sent_since_report: bool,
    rng: SmallRng,
}

/// A packet to forward unaltered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forwarded<'a> {
    pub(super) payload_type: u8,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: &'a [u8],
}

impl Sender {
    /// Begins a stream at or after `at`; SSRC, sequence and timestamp come from `rng`, the sequence number from `start_at` where given.
    pub(super) fn new(
        port: PortId,
        local: SocketAddr,
        rtcp_local: SocketAddr,
        sending: Sending,
        at: At,
        start_at: Option<u16>,
        mut rng: SmallRng,
    ) -> Sender {
        let stagger_ns = stagger(port);
        let epoch = aligned(at, stagger_ns, packet_ns(&sending));
        let (ssrc, sequence, timestamp_base) = (rng.random(), rng.random(), rng.random());
        let next_report = at + control::next_interval(true, &mut rng);
        Sender {
            local,
            rtcp_local,
            stagger_ns,
            generator: Generator::new(&sending.source, 0),
            sending,
            ssrc,
            sequence: start_at.unwrap_or(sequence),
            timestamp_base,
            epoch,
            next_packet: epoch,
            next_report,
            talkspurt_begins: true,
            digits: DigitSender::default(),
            faults: Faults::default(),
            packets: 0,
            octets: 0,
            last_sent: None,
            sent_since_report: false,
            rng,
        }
    }

    /// Goes on in the same stream with other settings.
    pub(super) fn change(&mut self, sending: Sending, at: At) {
        if packet_ns(&sending) != packet_ns(&self.sending) {
            self.next_packet = aligned(self.next_packet.max(at), self.stagger_ns, packet_ns(&sending));
        }
        if sending.source != self.sending.source {
            self.generator = Generator::new(&sending.source, self.sample_of(self.next_packet));
        }
        self.talkspurt_begins = true;
        self.sending = sending;
    }

    /// Changes what is sent.
    pub(super) fn play(&mut self, source: Source) {
        self.generator = Generator::new(&source, self.sample_of(self.next_packet));
        self.sending.source = source;
    }

    /// Puts digits behind those that wait.
    pub(super) fn order_digits(&mut self, order: &Order) {
        self.digits.order(order);
    }

    /// When the next packet or report is due.
    pub(super) fn deadline(&self) -> At {
        self.next_packet.min(self.next_report)
    }

    /// Whether a report is due.
    pub(super) fn report_is_due(&self, at: At) -> bool {
        self.next_report <= at
    }

    /// Sends every packet that is due; late ones at once, in the places where they belong. `muted`: another port's
    /// audio is forwarded instead.
    pub(super) fn send_due(
        &mut self,
        at: At,
        muted: bool,
        guard: &mut Guard,
        out: &mut VecDeque<Output<Event>>,
    ) {
        let packet_ns = packet_ns(&self.sending);
        while self.next_packet <= at {
            let due = self.next_packet;
            self.next_packet = At(due.0.saturating_add(packet_ns));
            self.send_one(due, packet_ns, muted, guard, out);
            if due.0 == u64::MAX {
                break;
            }
        }
    }

    fn send_one(
        &mut self,
        due: At,
        packet_ns: u64,
        muted: bool,
        guard: &mut Guard,
        out: &mut VecDeque<Output<Event>>,
    ) {
        let sample = self.sample_of(due);
        let timestamp = self.timestamp_base.wrapping_add(sample as u32);
        let samples = (packet_ns / SAMPLE_NS) as u32;
        let event_type = self.sending.event_payload_type;
        let event = event_type.and_then(|_| self.digits.next(timestamp, samples, &mut self.rng));
        if let (Some(payload_type), Some(event)) = (event_type, event) {
            self.send_event(payload_type, event, due, guard, out);
        } else if muted {
            self.talkspurt_begins = true;
        } else {
            let mut audio = [0u8; LONGEST_PTIME_MS as usize * 8];
            let length = audio.len().min(samples as usize);
            self.generator.fill(sample, &mut audio[..length]);
            let marker = std::mem::take(&mut self.talkspurt_begins);
            let payload_type = self.sending.payload_type;
            let packet = Forwarded { payload_type, timestamp, marker, payload: &audio[..length] };
            self.transmit(packet, due, guard, out);
        }
    }

    fn send_event(
        &mut self,
        payload_type: u8,
        event: EventPacket,
        due: At,
        guard: &mut Guard,
        out: &mut VecDeque<Output<Event>>,
    ) {
        if event.lost {
            // As if the network had lost it: its number is used up.
            self.sequence = self.sequence.wrapping_add(1);
            return;
        }
        let EventPacket { payload, timestamp, marker, .. } = event;
        let packet = Forwarded { payload_type, timestamp, marker, payload: &payload.bytes() };
        self.transmit(packet, due, guard, out);
    }

    /// Sends a packet with the stream's own SSRC and next sequence number.
    pub(super) fn transmit(
        &mut self,
        packet: Forwarded<'_>,
        at: At,
        guard: &mut Guard,
        out: &mut VecDeque<Output<Event>>,
    ) {
        if self.faults.is_none() {
            self.transmit_whole(packet, at, guard, out);
            return;
        }
        if self.faults.loses_next() {
            self.sequence = self.sequence.wrapping_add(1);
            return;
        }
        for altered in self.faults.alter(packet, self.sending.event_payload_type) {
            let packet = Forwarded {
                payload_type: altered.payload_type,
                timestamp: altered.timestamp,
                marker: altered.marker,
                payload: &altered.payload,
            };
            self.transmit_whole(packet, at, guard, out);
        }
    }

    fn transmit_whole(
        &mut self,
        packet: Forwarded<'_>,
        at: At,
        guard: &mut Guard,
        out: &mut VecDeque<Output<Event>>,
    ) {
        let builder = RtpPacketBuilder::new()
            .payload_type(packet.payload_type & 0x7f)
            .marked(packet.marker)
            .sequence(Seq::from(self.sequence))
            .timestamp(packet.timestamp)
            .ssrc(self.ssrc)
            .payload(packet.payload);
        let length = builder.target_length();
        let mut bytes = Vec::with_capacity(length + guard.room());
        bytes.resize(length, 0);
        if builder.build_into(&mut bytes).is_err() {
            return;
        }
        let number = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        self.last_sent = Some((packet.timestamp, at));
        self.sent_since_report = true;
        let flow = Flow::udp(self.local, self.sending.remote);
        guard.rtp(bytes, number, &self.faults, (flow, self.sending.tos), out);
    }

    /// Sends a report with the port's reception `blocks`, or the last one with a BYE.
    pub(super) fn report(
        &mut self,
        at: At,
        blocks: Vec<ReportBlock>,
        bye: bool,
        guard: &mut Guard,
        out: &mut VecDeque<Output<Event>>,
    ) {
        self.next_report = at.max(self.next_report) + control::next_interval(false, &mut self.rng);
        let sender = self.last_sent.filter(|_| std::mem::take(&mut self.sent_since_report)).map(|last| {
            let since_last = (at.since(last.1).as_nanos() / u128::from(SAMPLE_NS)) as u32;
            SenderInfo {
                ntp: ntp_of(at),
                rtp_timestamp: last.0.wrapping_add(since_last),
                packets: self.packets,
                octets: self.octets,
            }
        });
        let report = Report { ssrc: self.ssrc, sender, blocks };
        let cname = format!("oxocert@{}", self.local.ip());
        let mut bytes = control::compound(&report, &cname, bye);
        let mut remote = self.sending.remote;
        let Some(rtcp_port) = remote.port().checked_add(1) else { return };
        remote.set_port(rtcp_port);
        if !guard.rtcp(&mut bytes, &self.faults) {
            return;
        }
        out.push_back(Output::Transmit {
            flow: Flow::udp(self.rtcp_local, remote),
            tos: if self.faults.has(Fault::ReportsUnmarked) { 0 } else { self.sending.tos },
            bytes,
        });
    }

    /// The number of the sample that is due at `at`.
    fn sample_of(&self, at: At) -> u64 {
        at.0.saturating_sub(self.epoch.0) / SAMPLE_NS
    }
}

/// The time of one packet.
fn packet_ns(sending: &Sending) -> u64 {
    let ms = if sending.ptime_ms == 0 { DEFAULT_PTIME_MS } else { sending.ptime_ms.min(LONGEST_PTIME_MS) };
    u64::from(ms) * 1_000_000
}

/// A port's constant place within 20 ms. 37 shares no divisor with the 80 slots, so neighbours lie far apart.
fn stagger(port: PortId) -> u64 {
    let slots = STAGGER_NS / SLOT_NS;
    u64::from(port.0).wrapping_mul(37) % slots * SLOT_NS
}

/// The first moment at or after `at` that lies `stagger` after a multiple of `packet`.
fn aligned(at: At, stagger: u64, packet: u64) -> At {
    let stagger = stagger % packet;
    let past = at.0.saturating_sub(stagger);
    let whole = past.div_ceil(packet);
    At(whole.saturating_mul(packet).saturating_add(stagger))
}

/// Time since the run began as an NTP timestamp: RFC 3550 §6.4.1 allows it for a sender without a wall clock.
fn ntp_of(at: At) -> u64 {
    let seconds = at.0 / 1_000_000_000;
    let fraction = ((at.0 % 1_000_000_000) << 32) / 1_000_000_000;
    (seconds << 32) | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_keeps_its_place_in_the_packet_time() {
        assert_eq!(aligned(At(0), 250_000, 20_000_000), At(250_000));
        assert_eq!(aligned(At(250_000), 250_000, 20_000_000), At(250_000));
        assert_eq!(aligned(At(250_001), 250_000, 20_000_000), At(20_250_000));
        assert_eq!(aligned(At(u64::MAX), 0, 20_000_000), At(u64::MAX));
    }

    #[test]
    fn eighty_ports_lie_in_eighty_slots() {
        let mut places: Vec<_> = (0..80).map(|port| stagger(PortId(port))).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!((places.len(), places.last()), (80, Some(&19_750_000)));
    }

    #[test]
    fn half_a_second_is_half_of_the_ntp_fraction() {
        assert_eq!(ntp_of(At::from_millis(2500)), (2 << 32) | (1 << 31));
    }
}
