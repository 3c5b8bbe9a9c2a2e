//! `signalling-secured`: no SIP of the DUT reaches an a-SBC in clear (Orange §2.4).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use oxocert_machine::Transport;

pub(super) const CHECK: StandingCheck = StandingCheck::new("signalling-secured", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.on_trunk() {
        looked_at += 1;
        if seen.on.transport != Transport::Tls {
            let what = seen.method().unwrap_or("a message");
            let via = seen.on.transport.via();
            found.push((seen.n, format!("{what} at {} over {via} in clear", seen.on.point)));
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT sent no SIP message to an a-SBC in this case");
    }
    Outcome::of(found, format!("{looked_at} messages of the DUT to the a-SBCs, all over TLS"))
}
