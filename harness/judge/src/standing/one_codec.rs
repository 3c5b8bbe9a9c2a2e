//! `one-codec`: an answer of the DUT names exactly one audio codec; telephone-event is not counted (RFC 3264 §6.1
//! allows more, the trunk does not).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;
use oxocert_record::RoleName;
use std::collections::BTreeSet;

pub(super) const CHECK: StandingCheck = StandingCheck::new("one-codec", judge);

/// A transaction: point, Call-ID, CSeq number.
type Transaction = (RoleName, String, u32);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut offers: BTreeSet<Transaction> = BTreeSet::new();
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.messages() {
        let (Some(sdp), Some(transaction)) = (&seen.sdp, transaction(seen)) else { continue };
        let is_request = seen.sip().is_some_and(|message| message.is_request());
        let is_ack = seen.is_request("ACK");
        if !seen.is_from_dut() {
            // An offer stands in a request, or in the 2xx to an INVITE that had none; the answer is then in the ACK.
            offers.insert(transaction);
            continue;
        }
        let is_answer = if is_request { is_ack } else { offers.contains(&transaction) };
        if !is_answer {
            continue;
        }
        if let Some(audio) = sdp.audio.as_ref().filter(|audio| audio.port != 0) {
            looked_at += 1;
            if audio.codecs.len() != 1 {
                let names = audio.codecs.iter().map(|codec| codec.name.as_str()).collect::<Vec<_>>();
                let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                found.push((seen.n, format!("an answer with {} audio codecs: {list}", names.len())));
            }
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT gave no answer to an offer in this case");
    }
    Outcome::of(found, format!("{looked_at} answers of the DUT, one codec each"))
}

fn transaction(seen: &Seen<'_>) -> Option<Transaction> {
    let message = seen.sip()?;
    Some((seen.on.point.clone(), message.call_id()?.to_owned(), message.cseq()?.0))
}
