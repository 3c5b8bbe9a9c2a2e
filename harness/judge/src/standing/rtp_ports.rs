//! `rtp-ports`: the DUT's RTP ports are even (RFC 3550 §11) and inside the operator's range (§2.4.4).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::words::fixed_limit;
use oxocert_record::EventNo;
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(super) const CHECK: StandingCheck = StandingCheck::new("rtp-ports", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut used: BTreeMap<SocketAddr, EventNo> = BTreeMap::new();
    for (n, window) in context.windows_of_dut().filter(|(_, window)| window.packets > 0) {
        used.entry(window.remote).or_insert(n);
    }
    for seen in context.of_dut() {
        let Some(audio) = seen.sdp.as_ref().and_then(|sdp| sdp.audio.as_ref()) else { continue };
        // Where media is direct, the DUT passes on the address of a set: that port is not the DUT's.
        let Some(ip) = audio.ip().filter(|ip| context.bench.dut.addresses.contains(ip)) else { continue };
        if audio.port != 0 {
            used.entry(SocketAddr::new(ip, audio.port)).or_insert(seen.n);
        }
    }
    if used.is_empty() {
        return Outcome::without_subject("no flow that the DUT emits, and no port of the DUT announced");
    }
    let (low, high) = context.bench.operator.rtp_range;
    let (own_low, own_high) = context.bench.dut.rtp_range;
    let mut found = Vec::new();
    let mut outside_own = 0u64;
    for (address, n) in &used {
        let port = address.port();
        if port % 2 != 0 {
            found.push((*n, format!("RTP port {port} of {} is odd", address.ip())));
        } else if port < low || port > high {
            found.push((*n, format!("RTP port {port} of {} is outside {low}-{high}", address.ip())));
        }
        outside_own += u64::from(port < own_low || port > own_high);
    }
    let limit = Some(fixed_limit(
        "inside",
        format!("{low}-{high}, even"),
        "Orange §2.4.4, operator profile; RFC 3550 §11",
    ));
    let healthy = format!(
        "{} ports, {outside_own} of them outside the DUT's declared range {own_low}-{own_high}",
        used.len()
    );
    Outcome { limit, ..Outcome::of(found, healthy) }
}
