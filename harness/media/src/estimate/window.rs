//! The statistics of one received stream in windows of one second, aligned to its first packet.

use super::{Arrival, Jitter, Sequence, Tally};
use crate::engine::{PortId, SrtpCounts, Window};
use oxocert_machine::At;
use std::net::SocketAddr;

const SECOND_NS: u64 = 1_000_000_000;

/// One RTP packet as the estimators need it.
#[derive(Debug, Clone, Copy)]
pub struct Packet {
    /// Receive stamp; `None` where the kernel gave none.
    pub stamp: Option<At>,
    /// When it was handled, for the windows.
    pub at: At,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// Payload type.
    pub payload_type: u8,
    /// Bytes of payload.
    pub payload_bytes: u16,
    /// Whether it is a telephone-event, which counts for sequence and bytes only.
    pub telephone_event: bool,
    /// Bytes at layer 3.
    pub l3_bytes: u64,
    /// TOS byte, where it could be read.
    pub tos: Option<u8>,
}

/// The estimators of one stream.
#[derive(Debug, Clone)]
pub struct StreamEstimator {
    start: At,
    window_end: At,
    from: At,
    to: At,
    /// `None` before the first packet that was let in.
    sequence: Option<Sequence>,
    jitter: Jitter,
    /// Sequence number, timestamp and samples of the last audio packet in order.
    last_audio: Option<(u16, u32, u32)>,
    last_stamp: Option<At>,
    /// Whether the port is secured.
    secured: bool,
    counts: Counts,
}

#[derive(Debug, Clone, Default)]
struct Counts {
    packets: u64,
    l3_bytes: u64,
    payload_types: Tally<u8>,
    payload_sizes: Tally<u16>,
    timestamp_jumps: u64,
    duplicates: u64,
    reordered: u64,
    max_gap_ns: Option<u64>,
    dscp: Tally<u8>,
    unstamped: u64,
    rtcp_packets: u64,
    rtcp_dscp: Tally<u8>,
    srtp: SrtpCounts,
}

impl StreamEstimator {
    /// Begins with the first packet of a stream, which is still to be taken.
    pub fn new(packet: &Packet) -> StreamEstimator {
        StreamEstimator {
            start: packet.at,
            window_end: At(packet.at.0.saturating_add(SECOND_NS)),
            from: packet.at,
            to: packet.at,
            sequence: None,
            jitter: Jitter::default(),
            last_audio: None,
            last_stamp: None,
            secured: false,
            counts: Counts::default(),
        }
    }

    /// Whether a packet at `at` belongs to a later window, so that the current one is to be closed first.
    pub fn is_over(&self, at: At) -> bool {
        at >= self.window_end
    }

    /// Takes the next packet in the order of arrival.
    pub fn packet(&mut self, packet: &Packet) -> Arrival {
        let arrival = match &mut self.sequence {
            Some(sequence) => sequence.packet(packet.sequence),
            None => {
                self.sequence = Some(Sequence::new(packet.sequence));
                Arrival::InOrder { step: 1 }
            }
        };
        self.count(packet, arrival);
        arrival
    }

    /// Takes a packet that was not let in: it was on the wire with its bytes and its mark, and is in no other statistic. A replayed
    /// one is a second copy.
    pub fn refused(&mut self, packet: &Packet, replayed: bool) {
        self.to = self.to.max(packet.at);
        self.counts.wire(packet);
        self.counts.unstamped += u64::from(packet.stamp.is_none());
        self.counts.duplicates += u64::from(replayed);
    }

    /// From now on its windows tell what SRTP showed.
    pub fn secure(&mut self) {
        self.secured = true;
    }

    /// What SRTP showed in this window so far.
    pub fn srtp(&mut self) -> &mut SrtpCounts {
        &mut self.counts.srtp
    }

    /// Whether nothing came in this window so far.
    pub fn is_empty(&self) -> bool {
        self.counts.packets == 0 && self.counts.rtcp_packets == 0
    }

    /// Counts an RTCP packet of the same emitter.
    pub fn rtcp(&mut self, tos: Option<u8>) {
        self.counts.rtcp_packets += 1;
        if let Some(tos) = tos {
            self.counts.rtcp_dscp.add(tos >> 2);
        }
    }

    /// The sequence numbers, for reception reports; `None` while no packet was let in.
    pub fn sequence(&self) -> Option<&Sequence> {
        self.sequence.as_ref()
    }

    /// The jitter, for reception reports.
    pub fn jitter(&self) -> &Jitter {
        &self.jitter
    }

    /// Closes the window; the next one begins at the whole second (since the stream's start) before `next`.
    pub fn close(&mut self, port: PortId, remote: SocketAddr, ssrc: u32, next: Option<At>) -> Window {
        let mut counts = std::mem::take(&mut self.counts);
        let window = Window {
            srtp: self.secured.then_some(counts.srtp),
            port,
            remote,
            ssrc,
            from: self.from,
            to: self.to,
            last: next.is_none(),
            packets: counts.packets,
            l3_bytes: counts.l3_bytes,
            payload_types: counts.payload_types.take(),
            payload_sizes: counts.payload_sizes.take(),
            timestamp_jumps: counts.timestamp_jumps,
            lost: self.sequence.as_mut().map_or(0, |sequence| sequence.take_lost(next.is_none())),
            duplicates: counts.duplicates,
            reordered: counts.reordered,
            jitter_ns: self.jitter.nanoseconds(),
            max_gap_ns: counts.max_gap_ns,
            dscp: counts.dscp.take(),
            unstamped: counts.unstamped,
            rtcp_packets: counts.rtcp_packets,
            rtcp_dscp: counts.rtcp_dscp.take(),
        };
        if let Some(next) = next {
            let whole = next.0.saturating_sub(self.start.0) / SECOND_NS + 1;
            self.window_end = At(self.start.0.saturating_add(whole.saturating_mul(SECOND_NS)));
            (self.from, self.to) = (next, next);
        }
        window
    }

    fn count(&mut self, packet: &Packet, arrival: Arrival) {
        let counts = &mut self.counts;
        counts.wire(packet);
        match arrival {
            Arrival::Duplicate => counts.duplicates += 1,
            Arrival::Reordered => counts.reordered += 1,
            Arrival::InOrder { .. } | Arrival::Stray | Arrival::Restarted => {}
        }
        self.to = self.to.max(packet.at);
        match packet.stamp {
            Some(stamp) => {
                if let Some(last) = self.last_stamp {
                    let gap = stamp.0.saturating_sub(last.0);
                    counts.max_gap_ns = counts.max_gap_ns.max(Some(gap));
                }
                self.last_stamp = Some(stamp);
            }
            None => {
                // The distance across a packet of unknown time is no distance between successive packets.
                counts.unstamped += 1;
                self.last_stamp = None;
            }
        }
        if packet.telephone_event {
            return;
        }
        counts.payload_types.add(packet.payload_type);
        counts.payload_sizes.add(packet.payload_bytes);
        self.count_times(packet, arrival);
    }

    fn count_times(&mut self, packet: &Packet, arrival: Arrival) {
        match arrival {
            Arrival::Duplicate | Arrival::Stray => return,
            Arrival::Restarted => {
                self.jitter.new_base();
                self.last_audio = None;
            }
            Arrival::InOrder { .. } | Arrival::Reordered => {}
        }
        let jumped = self.last_audio.is_some_and(|(sequence, timestamp, samples)| {
            packet.sequence == sequence.wrapping_add(1)
                && !packet.marker
                && packet.timestamp != timestamp.wrapping_add(samples)
        });
        if jumped {
            self.counts.timestamp_jumps += 1;
            self.jitter.new_base();
        }
        match packet.stamp {
            Some(stamp) => self.jitter.packet(stamp, packet.timestamp),
            None => self.jitter.new_base(),
        }
        if arrival != Arrival::Reordered {
            // G.711: one byte of payload is one sample.
            self.last_audio = Some((packet.sequence, packet.timestamp, u32::from(packet.payload_bytes)));
        }
    }
}

impl Counts {
    /// What every packet on the wire counts for.
    fn wire(&mut self, packet: &Packet) {
        self.packets += 1;
        self.l3_bytes += packet.l3_bytes;
        if let Some(tos) = packet.tos {
            self.dscp.add(tos >> 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(n: u16) -> Packet {
        let at = At::from_millis(u64::from(n) * 20);
        Packet {
            stamp: Some(at),
            at,
            sequence: n,
            timestamp: u32::from(n) * 160,
            marker: n == 0,
            payload_type: 8,
            payload_bytes: 160,
            telephone_event: false,
            l3_bytes: 200,
            tos: Some(0xb8),
        }
    }

    fn begun() -> StreamEstimator {
        let mut estimator = StreamEstimator::new(&packet(0));
        estimator.packet(&packet(0));
        estimator
    }

    fn window(estimator: &mut StreamEstimator, next: Option<At>) -> Window {
        estimator.close(PortId(1), "127.0.0.1:4000".parse().unwrap(), 9, next)
    }

    #[test]
    fn a_clean_second_is_fifty_packets_of_80_kb_per_second() {
        let mut estimator = begun();
        for n in 1..50 {
            assert!(!estimator.is_over(packet(n).at));
            estimator.packet(&packet(n));
        }
        assert!(estimator.is_over(packet(50).at));
        let window = window(&mut estimator, Some(packet(50).at));
        assert_eq!((window.packets, window.l3_bytes * 8), (50, 80_000));
        assert_eq!(window.payload_types, [(8, 50)]);
        assert_eq!(window.payload_sizes, [(160, 50)]);
        assert_eq!(window.dscp, [(46, 50)]);
        assert_eq!((window.max_gap_ns, window.jitter_ns), (Some(20_000_000), Some(0)));
        assert_eq!((window.lost, window.timestamp_jumps, window.last), (0, 0, false));
        assert!(estimator.is_over(packet(100).at) && !estimator.is_over(packet(99).at));
    }

    #[test]
    fn events_are_apart_from_jitter_and_sizes() {
        let mut estimator = begun();
        for n in 1..20 {
            let mut one = packet(n);
            if (5..10).contains(&n) {
                one = Packet {
                    telephone_event: true,
                    timestamp: 800,
                    payload_type: 101,
                    payload_bytes: 4,
                    ..one
                };
            }
            estimator.packet(&one);
        }
        let window = window(&mut estimator, None);
        assert_eq!((window.packets, window.jitter_ns, window.timestamp_jumps), (20, Some(0), 0));
        assert_eq!((window.payload_types, window.payload_sizes), (vec![(8, 15)], vec![(160, 15)]));
    }

    #[test]
    fn a_timestamp_that_does_not_follow_is_a_jump_and_no_jitter() {
        let mut estimator = begun();
        for n in 1..20 {
            let shift = if n >= 10 { 5000 } else { 0 };
            estimator.packet(&Packet { timestamp: packet(n).timestamp + shift, ..packet(n) });
        }
        let window = window(&mut estimator, None);
        assert_eq!((window.timestamp_jumps, window.jitter_ns), (1, Some(0)));
    }

    #[test]
    fn a_packet_without_stamp_is_in_no_statistic_of_time() {
        let mut estimator = begun();
        let mut unstamped = packet(1);
        unstamped.stamp = None;
        unstamped.at = At::from_millis(35);
        estimator.packet(&unstamped);
        estimator.packet(&packet(2));
        let window = window(&mut estimator, None);
        assert_eq!((window.packets, window.unstamped), (3, 1));
        assert_eq!((window.jitter_ns, window.max_gap_ns), (None, None));
    }
}
