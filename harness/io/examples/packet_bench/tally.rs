//! What one end measures: the observer of its packet loop.

use crate::ledger::Ledger;
use crate::order::Order;
use oxocert_instrument::{Packet, Samples, StreamMeter};
use oxocert_io::packet_loop::{Observer, Second, Sent};
use oxocert_machine::At;
use oxocert_media::estimate::Jitter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Packet time of all streams of the bench.
const PTIME_NS: u64 = 20_000_000;

/// Width of the bins by which bursts are told.
const BIN_NS: u64 = 1_000_000;

/// Packets of 10 s and a reserve.
const WINDOW_PACKETS: usize = 640;

/// Sent packets whose hand-over is remembered until their stamp is read.
const REMEMBERED: usize = 64;

/// All notes of one end. Every list has its room from the beginning.
pub struct Tally {
    measuring: Arc<AtomicBool>,
    stamps: u64,
    streams: Vec<Stream>,
    spare: Option<Samples>,
    /// |interval - 20 ms| of neighbouring packets, nanoseconds.
    pub intervals: Vec<u32>,
    /// Packets in each millisecond.
    pub bins: Vec<u32>,
    first_bin: Option<At>,
    /// RFC 3550 jitter of each stream, once a second, nanoseconds.
    pub jitters: Vec<u32>,
    /// Sent - due, nanoseconds.
    pub stimulus: Vec<u32>,
    /// Left by the kernel's stamp - handed over, nanoseconds.
    pub left: Vec<u32>,
    /// Sum over the seconds that were measured.
    pub measured: Second,
    /// Packets received while measuring.
    pub received: u64,
    /// Packets of a stream that were longer than plain G.711: SRTP.
    pub protected: u64,
}

struct Stream {
    ledger: Option<Ledger>,
    meter: StreamMeter,
    jitter: Jitter,
    last: Option<(At, u16)>,
    handed: [(u64, At); REMEMBERED],
}

impl Tally {
    /// Of one end; it measures while the flag is set.
    pub fn new(order: &Order, measuring: Arc<AtomicBool>) -> Tally {
        let streams = (0..order.streams).map(|stream| Stream {
            ledger: (order.awaited > 0).then(|| Ledger::new(order.first_awaited(stream), order.awaited)),
            meter: StreamMeter::new(Samples::with_capacity(WINDOW_PACKETS)),
            jitter: Jitter::default(),
            last: None,
            handed: [(u64::MAX, At::ZERO); REMEMBERED],
        });
        // 50 packets a second, and two seconds for the ends.
        let seconds = order.seconds as usize + 2;
        let packets = order.streams as usize * 50 * seconds;
        let receives = if order.awaited > 0 || order.packets == 0 { packets } else { 0 };
        let sends = if order.packets > 0 { packets } else { 0 };
        Tally {
            measuring,
            stamps: order.stamps.max(1).into(),
            streams: streams.collect(),
            spare: Some(Samples::with_capacity(WINDOW_PACKETS)),
            intervals: Vec::with_capacity(receives),
            bins: vec![0; seconds * 1000],
            first_bin: None,
            jitters: Vec::with_capacity(order.streams as usize * seconds),
            stimulus: Vec::with_capacity(sends),
            left: Vec::with_capacity(sends / order.stamps.max(1) as usize),
            measured: Second::none(At::ZERO),
            received: 0,
            protected: 0,
        }
    }

    /// The packets that came of a stream.
    pub fn ledger(&self, stream: u32) -> Option<&Ledger> {
        self.streams.get(stream as usize)?.ledger.as_ref()
    }

    fn measures(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }
}

/// Where there is no room any more a value is left out: nothing grows while the loop runs.
fn note(list: &mut Vec<u32>, value: u64) {
    if list.len() < list.capacity() {
        list.push(u32::try_from(value).unwrap_or(u32::MAX));
    }
}

impl Observer for Tally {
    fn sent(&mut self, stream: u32, sent: &Sent) {
        if let Some(stream) = self.streams.get_mut(stream as usize).filter(|_| sent.asked) {
            stream.handed[(sent.packet / self.stamps) as usize % REMEMBERED] = (sent.packet, sent.at);
        }
        if self.measures() {
            note(&mut self.stimulus, sent.at.0.saturating_sub(sent.due.0));
        }
    }

    fn left(&mut self, stream: u32, packet: u64, at: At) {
        let measures = self.measures();
        if let Some(stream) = self.streams.get(stream as usize)
            && let (number, handed) = stream.handed[(packet / self.stamps) as usize % REMEMBERED]
            && number == packet
            && measures
        {
            note(&mut self.left, at.0.saturating_sub(handed.0));
        }
    }

    fn received(&mut self, stream: u32, packet: &Packet, payload: &[u8]) {
        let measures = self.measures();
        let Some(stream) = self.streams.get_mut(stream as usize) else { return };
        if let Some(ledger) = &mut stream.ledger {
            ledger.came(packet.sequence);
        }
        if stream.meter.is_over(packet.moment())
            && let Some(spare) = self.spare.take()
        {
            self.spare = Some(stream.meter.swap(spare));
        }
        stream.meter.packet(packet);
        let Some(stamp) = packet.stamp else { return };
        stream.jitter.packet(stamp, packet.timestamp);
        let last = stream.last.replace((stamp, packet.sequence));
        if !measures {
            return;
        }
        self.received += 1;
        self.protected += u64::from(payload.len() > 160);
        if let Some((before, sequence)) = last
            && packet.sequence == sequence.wrapping_add(1)
        {
            note(&mut self.intervals, stamp.0.saturating_sub(before.0).abs_diff(PTIME_NS));
        }
        // Ports are read in turn: what was received before the first bin began is in none.
        let first = *self.first_bin.get_or_insert(At(stamp.0 + 200_000_000));
        if let Some(since) = stamp.0.checked_sub(first.0)
            && let Some(bin) = self.bins.get_mut((since / BIN_NS) as usize)
        {
            *bin += 1;
        }
    }

    fn second(&mut self, second: &Second) {
        if !self.measures() {
            return;
        }
        if self.measured.to == At::ZERO {
            self.measured = Second::none(second.to);
        } else {
            self.measured.add(second);
        }
        for stream in &self.streams {
            if let Some(jitter) = stream.jitter.nanoseconds().filter(|_| stream.last.is_some()) {
                note(&mut self.jitters, jitter);
            }
        }
    }
}
