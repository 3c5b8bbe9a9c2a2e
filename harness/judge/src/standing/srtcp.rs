//! `srtcp`: RTCP of the DUT toward the trunk is SRTCP: authenticated, and encrypted where SDP does not say otherwise (RFC 3711
//! §3.4, RFC 4568 §6.3.2).

use super::{Outcome, StandingCheck};
use crate::context::Context;

pub(super) const CHECK: StandingCheck = StandingCheck::new("srtcp", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut found = Vec::new();
    let mut authenticated = 0u64;
    for (n, window) in context.trunk_windows() {
        let (good, bad, plain) = match window.srtp {
            Some(srtp) => (srtp.rtcp_authenticated, srtp.rtcp_unauthenticated, srtp.rtcp_unencrypted),
            None => (0, window.rtcp_packets, 0),
        };
        authenticated += good;
        if bad > 0 {
            found.push((
                n,
                format!("{bad} RTCP packets of {} that are in clear or do not authenticate", window.remote),
            ));
        }
        if plain > 0 && !unencrypted_agreed(context) {
            found.push((n, format!("{plain} SRTCP packets of {} that are not encrypted", window.remote)));
        }
    }
    if found.is_empty() && authenticated == 0 {
        return Outcome::without_subject("no RTCP of the DUT toward the trunk");
    }
    Outcome::of(found, format!("{authenticated} SRTCP packets, all authenticated"))
}

/// Whether some description of the DUT declares unencrypted SRTCP.
fn unencrypted_agreed(context: &Context<'_, '_>) -> bool {
    let audio = context.on_trunk().filter_map(|seen| seen.sdp.as_ref()?.audio.as_ref());
    let mut lines = audio.flat_map(|audio| &audio.crypto);
    lines.any(|crypto| crypto.session.iter().any(|parameter| parameter == "UNENCRYPTED_SRTCP"))
}
