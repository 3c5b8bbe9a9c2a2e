//! `ef-media`: every RTP and RTCP packet that the DUT emits carries the operator's DSCP for media (§2.1).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::words::fixed_limit;
use oxocert_record::Verdict;

pub(super) const CHECK: StandingCheck = StandingCheck::new("ef-media", judge);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let wanted = context.bench.operator.dscp_media;
    let (mut right, mut unread, mut any) = (0u64, 0u64, false);
    let mut found = Vec::new();
    for (n, window) in context.windows_of_dut() {
        any |= window.packets > 0 || window.rtcp_packets > 0;
        for (what, list, packets) in
            [("RTP", &window.dscp, window.packets), ("RTCP", &window.rtcp_dscp, window.rtcp_packets)]
        {
            let read: u64 = list.iter().map(|(_, count)| count).sum();
            unread += packets.saturating_sub(read);
            right += list.iter().filter(|(dscp, _)| *dscp == wanted).map(|(_, count)| count).sum::<u64>();
            let wrong = list.iter().filter(|(dscp, count)| *dscp != wanted && *count > 0);
            for (dscp, count) in wrong {
                found.push((n, format!("{count} {what} packets from {} with DSCP {dscp}", window.remote)));
            }
        }
    }
    if !any {
        return Outcome::without_subject("no flow that the DUT emits");
    }
    let limit = Some(fixed_limit("equal to", format!("DSCP {wanted}"), "Orange §2.1, operator profile"));
    if found.is_empty() && right == 0 {
        let text = format!("the TOS byte of none of {unread} packets could be read");
        return Outcome { limit, ..Outcome::new(Verdict::Inconclusive, text, Vec::new()) };
    }
    Outcome {
        limit,
        ..Outcome::of(
            found,
            format!("{right} packets with DSCP {wanted}, {unread} whose TOS byte could not be read"),
        )
    }
}
