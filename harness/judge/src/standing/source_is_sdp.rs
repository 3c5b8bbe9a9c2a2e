//! `source-is-sdp`: RTP that the DUT emits comes from the address and port it announced in its SDP.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use oxocert_record::Emitter;
use std::collections::BTreeSet;
use std::net::SocketAddr;

pub(super) const CHECK: StandingCheck = StandingCheck::new("source-is-sdp", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut found = Vec::new();
    let mut told: BTreeSet<(SocketAddr, SocketAddr)> = BTreeSet::new();
    let mut flows: BTreeSet<(SocketAddr, SocketAddr)> = BTreeSet::new();
    // A stranger that sends to a port which only the DUT was told of is an address of the DUT that nobody declared.
    let not_ours =
        context.windows().filter(|(_, window)| window.emitter != Emitter::Harness && window.packets > 0);
    for (n, window) in not_ours {
        flows.insert((window.remote, window.local));
        // The leg to which the packets came; where no SDP of the harness named that port, any leg of the case may.
        let announced: Vec<SocketAddr> = match context.leg_at(window.local, window.to) {
            Some(leg) => {
                leg.dut_media.iter().filter(|(at, _)| *at <= window.to).map(|(_, address)| *address).collect()
            }
            None => context.legs.iter().flat_map(|leg| &leg.dut_media).map(|(_, address)| *address).collect(),
        };
        if !announced.contains(&window.remote) && told.insert((window.remote, window.local)) {
            let list = announced.iter().map(SocketAddr::to_string).collect::<Vec<_>>();
            let list = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
            found.push((
                n,
                format!("RTP from {} to {} where the DUT announced {list}", window.remote, window.local),
            ));
        }
    }
    if flows.is_empty() {
        return Outcome::without_subject("no flow that the DUT emits");
    }
    Outcome::of(found, format!("{} flows of the DUT, each from its announced address", flows.len()))
}
