//! `malformed`: every SIP message of the DUT is one that an element keeping to RFC 3261 accepts.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use oxocert_sip::message::Severity;

pub(super) const CHECK: StandingCheck = StandingCheck::new("malformed", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.of_dut() {
        // CRLF keep-alives are no messages (RFC 5626 §3.5.1).
        if seen.on.bytes.0.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        looked_at += 1;
        match &seen.message {
            Err(error) => found.push((seen.n, error.clone())),
            Ok(message) => {
                if let Some(finding) =
                    message.findings().iter().find(|finding| finding.severity == Severity::Reject)
                {
                    found.push((seen.n, format!("{}: {} ({})", finding.code, finding.detail, finding.rule)));
                }
            }
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT sent no SIP message in this case");
    }
    Outcome::of(found, format!("{looked_at} messages of the DUT, all well formed"))
}
