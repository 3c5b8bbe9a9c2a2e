//! `retransmission`: on a clean LAN the DUT repeats no request that the harness answered in time, and no 2xx that it
//! acknowledged in time. A lag of the harness excuses the repetitions it caused.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;
use oxocert_machine::At;
use oxocert_record::{EventNo, RoleName, What};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) const CHECK: StandingCheck = StandingCheck::new("retransmission", judge);

/// Point, Call-ID, CSeq number and method; status where it is a response.
type Key = (RoleName, String, u32, String);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let (found, all) = repeated(context);
    if all == 0 {
        return Outcome::without_subject("the DUT sent no request in this case");
    }
    Outcome::of(found, format!("{all} messages of the DUT that want an answer, none repeated after it"))
}

/// What the DUT repeated although it had been answered in time, and how many of its messages want an answer.
pub(crate) fn repeated(context: &Context<'_, '_>) -> (Vec<(EventNo, String)>, u64) {
    let t1 = Duration::from_millis(context.bench.timers.t1_ms);
    let mut first: BTreeMap<(Key, bool), At> = BTreeMap::new();
    let mut reacted: BTreeMap<(Key, bool), At> = BTreeMap::new();
    let mut found = Vec::new();
    for seen in context.messages() {
        let Some(message) = seen.sip() else { continue };
        let Some(key) = key(seen) else { continue };
        let is_request = message.is_request();
        if seen.is_from_harness() {
            // A response answers the request; an ACK acknowledges the 2xx.
            if !is_request {
                reacted.entry((key, true)).or_insert(seen.at);
            } else if seen.is_request("ACK") {
                let (point, call_id, number, _) = key;
                reacted.entry(((point, call_id, number, "INVITE".to_owned()), false)).or_insert(seen.at);
            }
            continue;
        }
        let is_final_to_invite =
            seen.status().is_some_and(|code| (200..300).contains(&code)) && key.3 == "INVITE";
        if !seen.is_from_dut() || seen.is_request("ACK") || !(is_request || is_final_to_invite) {
            continue;
        }
        let slot = (key, is_request);
        let began = *first.entry(slot.clone()).or_insert(seen.at);
        let Some(answer) = reacted.get(&slot) else { continue };
        // In time: before the sender's first repetition was due, and before this repetition came. An answer is stamped with the
        // time of what it answers, and left later by the lag of the signalling side.
        let left = answer.since(began) + lag_over(context, *answer, seen.at);
        // Over a stream no transaction waits for a repetition (RFC 3261 §17.2.2, timer J): there it looks like a new request.
        let repeated = seen.on.retransmission || (seen.on.transport.is_reliable() && began < seen.at);
        if repeated && left < t1 && *answer < seen.at {
            let what = if is_request { slot.0.3.clone() } else { "2xx to INVITE".to_owned() };
            let late = seen.at.since(*answer);
            found.push((seen.n, format!("{what} repeated {} ms after it was answered", late.as_millis())));
        }
    }
    (found, first.len() as u64)
}

/// The greatest lag of the signalling side that lay over some of the time between the two: it is recorded when it ends.
fn lag_over(context: &Context<'_, '_>, from: At, to: At) -> Duration {
    let lags = context.run.events.iter().filter_map(|event| match event.what {
        What::Lag { by_ns } => Some((event.at, Duration::from_nanos(by_ns))),
        _ => None,
    });
    let over = lags.filter(|(ended, by)| *ended >= from && *ended <= to + *by);
    over.map(|(_, by)| by).max().unwrap_or_default()
}

fn key(seen: &Seen<'_>) -> Option<Key> {
    let message = seen.sip()?;
    let (number, method) = message.cseq()?;
    Some((seen.on.point.clone(), message.call_id()?.to_owned(), number, method.to_owned()))
}
