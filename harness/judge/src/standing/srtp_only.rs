//! `srtp-only`: every RTP packet of the DUT toward the trunk is SRTP that authenticates (Orange §2.4, §2.4.7; RFC 3711 §3.3).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::words::fixed_limit;
use oxocert_record::{EventNo, SrtpCounts, StreamWindow};
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(super) const CHECK: StandingCheck = StandingCheck::new("srtp-only", judge);

/// Payload of a frame of 20 ms of G.711 without a tag behind it.
const CLEAR_FRAME: u16 = 160;

/// One stream: source, destination, SSRC.
type Stream = (SocketAddr, SocketAddr, u32);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut streams: BTreeMap<Stream, (EventNo, SrtpCounts)> = BTreeMap::new();
    let (mut authenticated, mut early) = (0u64, 0u64);
    for (n, window) in context.trunk_windows().filter(|(_, window)| window.packets > 0) {
        let (counts, unkeyed) = counts(window);
        authenticated += counts.authenticated;
        early += unkeyed;
        let (_, sum) =
            streams.entry((window.remote, window.local, window.ssrc)).or_insert((n, SrtpCounts::default()));
        add(sum, &counts);
    }
    if streams.is_empty() {
        return Outcome::without_subject("no flow that the DUT emits toward the trunk");
    }
    let mut found = Vec::new();
    for ((remote, ..), (n, counts)) in &streams {
        let kinds = [
            (counts.clear, "in clear"),
            (counts.unauthenticated, "whose authentication fails"),
            (counts.other_key, "under another key of the call than the one last agreed"),
            (counts.roll_over, "under another roll-over counter than the one due"),
            (counts.replayed, "with an index that came before (replay)"),
        ];
        let told: Vec<String> = kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, kind)| format!("{count} packets {kind}"))
            .collect();
        if !told.is_empty() {
            found.push((*n, format!("from {remote}: {}", told.join(", "))));
        }
    }
    let limit = Some(fixed_limit(
        "exactly",
        "SRTP that authenticates".to_owned(),
        "Orange §2.4, §2.4.7; RFC 3711 §3.3",
    ));
    let early = if early > 0 {
        format!("; {early} protected packets came before their key and were not looked at")
    } else {
        String::new()
    };
    let healthy =
        format!("{authenticated} SRTP packets in {} streams, all authenticated{early}", streams.len());
    if found.is_empty() && authenticated == 0 {
        let text = "no packet came after its key: none could be authenticated";
        return Outcome { limit, ..Outcome::new(oxocert_record::Verdict::Inconclusive, text, Vec::new()) };
    }
    Outcome { limit, ..Outcome::of(found, healthy) }
}

/// What became of the packets of a window, and how many were protected but came before the port had a key (RFC 4568 §6.4.1: media
/// may be faster than the answer that keys it). A frame without a tag behind it is clear whenever it came.
fn counts(window: &StreamWindow) -> (SrtpCounts, u64) {
    if let Some(counts) = window.srtp {
        return (counts, 0);
    }
    let tagged: u64 =
        window.payload_sizes.iter().filter(|(size, _)| *size > CLEAR_FRAME).map(|(_, count)| count).sum();
    let clear = if tagged == 0 {
        window.packets
    } else {
        window.payload_sizes.iter().filter(|(size, _)| *size <= CLEAR_FRAME).map(|(_, count)| count).sum()
    };
    (SrtpCounts { clear, ..SrtpCounts::default() }, window.packets.saturating_sub(clear))
}

fn add(sum: &mut SrtpCounts, counts: &SrtpCounts) {
    sum.authenticated += counts.authenticated;
    sum.unauthenticated += counts.unauthenticated;
    sum.other_key += counts.other_key;
    sum.roll_over += counts.roll_over;
    sum.clear += counts.clear;
    sum.replayed += counts.replayed;
}
