//! `constant-product`: the DUT names itself alike in all its messages of the run.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;

pub(super) const CHECK: StandingCheck = StandingCheck::new("constant-product", judge);

/// User-Agent of a request, Server of a response (either where the other is missing).
pub(super) fn product<'s>(seen: &'s Seen<'_>) -> Option<&'s str> {
    let message = seen.sip()?;
    let (first, second) =
        if message.is_request() { ("User-Agent", "Server") } else { ("Server", "User-Agent") };
    message.header(first).or_else(|| message.header(second)).map(str::trim)
}

fn judge(context: &Context<'_, '_>) -> Outcome {
    // The reference is the first one of the whole record, so that a change between two cases is seen as well.
    let all = context.timeline.messages.values();
    let Some(reference) = all.filter(|seen| seen.is_from_dut()).find_map(product) else {
        return Outcome::without_subject("the DUT names no product in any message");
    };
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.of_dut() {
        if let Some(product) = product(seen) {
            looked_at += 1;
            if product != reference {
                found.push((seen.n, format!("`{product}` where the run began with `{reference}`")));
            }
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT names no product in this case");
    }
    Outcome::of(found, format!("`{reference}` in {looked_at} messages"))
}
