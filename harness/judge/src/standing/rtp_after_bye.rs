//! `rtp-after-bye`: the DUT's RTP of a leg stops with the leg.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::result::Measured;
use crate::words::{limit_used, span, span_ms};
use oxocert_machine::At;
use oxocert_record::{EventNo, Verdict};
use oxocert_scenario::model::Quantity;
use std::net::SocketAddr;
use std::time::Duration;

pub(super) const CHECK: StandingCheck = StandingCheck::new("rtp-after-bye", judge);

/// The last packet of a flow after the end of its leg.
struct Tail {
    event: EventNo,
    after: Duration,
    remote: SocketAddr,
}

fn judge(context: &Context<'_, '_>) -> Outcome {
    let Some(limit) = context.bench.limits.get("rtp.tail") else {
        return Outcome::new(Verdict::Error, "the bench has no limit rtp.tail", Vec::new());
    };
    let Quantity::Time(allowed) = limit.value else {
        return Outcome::new(Verdict::Error, "the limit rtp.tail is no time", Vec::new());
    };
    let mut ended = 0u64;
    let mut worst: Option<Tail> = None;
    for leg in &context.legs {
        let Some(end) = leg.end() else { continue };
        let locals = leg.harness_media.iter().map(|(_, address)| *address).collect::<Vec<_>>();
        // A later call may be given the same port: its packets are its own.
        let next = context.legs.iter().filter(|other| other.call_id != leg.call_id);
        let next = next
            .flat_map(|other| &other.harness_media)
            .filter(|(at, local)| *at > end && locals.contains(local));
        let until = next.map(|(at, _)| *at).min().unwrap_or(At(u64::MAX));
        let mut fed = false;
        for (n, window) in context.windows_of_dut().filter(|(_, window)| locals.contains(&window.local)) {
            if window.packets == 0 || window.from >= until || window.to < leg.begun {
                continue;
            }
            fed = true;
            let after = window.to.since(end);
            if worst.as_ref().is_none_or(|tail| tail.after < after) {
                worst = Some(Tail { event: n, after, remote: window.remote });
            }
        }
        ended += u64::from(fed);
    }
    let Some(tail) = worst else {
        return Outcome::without_subject("no flow that the DUT emits to a call that ended");
    };
    let u = context.uncertainty_media();
    let verdict = if tail.after + u <= allowed {
        Verdict::Pass
    } else if tail.after.saturating_sub(u) > allowed {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    };
    let text = format!(
        "{ended} ended calls fed by the DUT; the last packet came {} after the end, from {}",
        span(tail.after),
        tail.remote
    );
    Outcome {
        limit: Some(limit_used(limit, "at most")),
        measured: Some(Measured {
            value: span_ms(tail.after),
            unit: "ms".to_owned(),
            uncertainty: Some(span_ms(u)),
            samples: ended,
        }),
        ..Outcome::new(verdict, text, vec![tail.event])
    }
}
