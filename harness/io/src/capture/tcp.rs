//! The sequence numbers of synthesised TCP segments, so that a reader follows the stream.

use oxocert_machine::Flow;
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;

/// The varying fields of a TCP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) sequence: u32,
    pub(super) acknowledges: u32,
    pub(super) flags: u8,
}

/// Next sequence number of each direction of each connection of one file.
#[derive(Debug, Default)]
pub(super) struct Connections {
    next: BTreeMap<(SocketAddr, SocketAddr), u32>,
}

impl Connections {
    /// The handshake, where this file has not seen the connection yet: who sends what. The end with the higher
    /// port is taken as the one that connected.
    pub(super) fn handshake(&mut self, flow: Flow) -> Vec<(Flow, Segment)> {
        if self.next.contains_key(&(flow.local, flow.remote)) {
            return Vec::new();
        }
        self.next.insert((flow.local, flow.remote), 1);
        self.next.insert((flow.remote, flow.local), 1);
        let client = if flow.local.port() >= flow.remote.port() { flow } else { flow.reversed() };
        vec![
            (client, Segment { sequence: 0, acknowledges: 0, flags: SYN }),
            (client.reversed(), Segment { sequence: 0, acknowledges: 1, flags: SYN | ACK }),
            (client, Segment { sequence: 1, acknowledges: 1, flags: ACK }),
        ]
    }

    /// The header of `length` bytes from `flow.local`.
    pub(super) fn data(&mut self, flow: Flow, length: usize) -> Segment {
        let acknowledges = self.next.get(&(flow.remote, flow.local)).copied().unwrap_or(1);
        let next = self.next.entry((flow.local, flow.remote)).or_insert(1);
        let sequence = *next;
        // Sequence numbers go round (RFC 9293 §3.4).
        *next = sequence.wrapping_add(length as u32);
        Segment { sequence, acknowledges, flags: PSH | ACK }
    }

    /// The end of a connection that this file knows, closed by `flow.local`.
    pub(super) fn close(&mut self, flow: Flow) -> Vec<(Flow, Segment)> {
        let Some(own) = self.next.remove(&(flow.local, flow.remote)) else { return Vec::new() };
        let other = self.next.remove(&(flow.remote, flow.local)).unwrap_or(1);
        let (own_end, other_end) = (own.wrapping_add(1), other.wrapping_add(1));
        vec![
            (flow, Segment { sequence: own, acknowledges: other, flags: FIN | ACK }),
            (flow.reversed(), Segment { sequence: other, acknowledges: own_end, flags: FIN | ACK }),
            (flow, Segment { sequence: own_end, acknowledges: other_end, flags: ACK }),
        ]
    }
}
