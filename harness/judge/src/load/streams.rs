//! The streams that the DUT sent to the members of a load point while it ran.

use crate::context::Context;
use oxocert_machine::At;
use oxocert_record::{Emitter, EventNo, RoleName};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// One stream: source, port of the bench, SSRC.
#[derive(Debug, Clone)]
pub(crate) struct StreamRead {
    /// Who received it.
    pub role: RoleName,
    /// When its first packet came.
    pub from: At,
    /// Packets received.
    pub packets: u64,
    /// Packets missing by sequence number.
    pub lost: u64,
    /// The greatest RFC 3550 jitter at the end of a window; `None` where none was read.
    pub jitter: Option<Duration>,
    /// Its windows.
    pub evidence: Vec<EventNo>,
}

impl StreamRead {
    /// Loss in percent.
    pub fn loss(&self) -> f64 {
        let all = self.packets.saturating_add(self.lost);
        if all == 0 { 0.0 } else { self.lost as f64 * 100.0 / all as f64 }
    }
}

/// The streams of the DUT to these roles between the two.
pub(super) fn read(
    context: &Context<'_, '_>,
    members: &BTreeSet<&RoleName>,
    from: At,
    to: At,
) -> Vec<StreamRead> {
    let mut streams: BTreeMap<(SocketAddr, SocketAddr, u32), StreamRead> = BTreeMap::new();
    let of_point = context.windows().filter(|(_, window)| {
        window.emitter == Emitter::Dut
            && members.contains(&window.role)
            && window.to >= from
            && window.from <= to
    });
    for (n, window) in of_point {
        let stream =
            streams.entry((window.remote, window.local, window.ssrc)).or_insert_with(|| StreamRead {
                role: window.role.clone(),
                from: window.from,
                packets: 0,
                lost: 0,
                jitter: None,
                evidence: Vec::new(),
            });
        stream.packets = stream.packets.saturating_add(window.packets);
        stream.lost = stream.lost.saturating_add(window.lost);
        stream.jitter = stream.jitter.max(window.jitter_ns.map(Duration::from_nanos));
        stream.evidence.push(n);
    }
    streams.into_values().collect()
}
