//! `savp`: every description of the DUT on the trunk is RTP/SAVP with legal keys (Orange §2.4.7, §5.2.5; RFC 4568 §5.1).

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;
use crate::words::fixed_limit;
use oxocert_record::RoleName;
use oxocert_sip::sdp::{Audio, Crypto};
use std::collections::BTreeMap;

pub(super) const CHECK: StandingCheck = StandingCheck::new("savp", judge);

/// The suite that Orange prefers, and that §5.2.5 wants at least.
const PREFERRED: &str = "AES_CM_128_HMAC_SHA1_80";

/// A transaction: point, Call-ID, CSeq number.
type Transaction = (RoleName, String, u32);

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut offers: BTreeMap<Transaction, &[Crypto]> = BTreeMap::new();
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.messages().filter(|seen| context.bench.sbcs.contains_key(&seen.on.point)) {
        let audio = seen.sdp.as_ref().and_then(|sdp| sdp.audio.as_ref()).filter(|audio| audio.port != 0);
        let (Some(audio), Some(transaction)) = (audio, transaction(seen)) else { continue };
        if !seen.is_from_dut() {
            offers.insert(transaction, &audio.crypto);
            continue;
        }
        // A refusal may describe what would have been taken (RFC 3261 §21.4.26).
        if seen.status().is_some_and(|code| code >= 300) {
            continue;
        }
        looked_at += 1;
        let is_answer = seen.status().is_some() || seen.is_request("ACK");
        let offer = offers.get(&transaction).copied().filter(|_| is_answer);
        let clear = || clear_audio(seen).map(|line| format!("a second audio line in clear: `{line}`"));
        found.extend(problem(audio, offer).or_else(clear).map(|text| (seen.n, text)));
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT described no audio on the trunk in this case");
    }
    let limit = Some(fixed_limit(
        "exactly",
        format!("RTP/SAVP, {PREFERRED}"),
        "Orange §2.4.7, §5.2.5; RFC 4568 §5.1",
    ));
    Outcome {
        limit,
        ..Outcome::of(found, format!("{looked_at} descriptions of the DUT, all RTP/SAVP with legal keys"))
    }
}

/// What is wrong with a description; `offer`: the crypto lines it answers.
fn problem(audio: &Audio, offer: Option<&[Crypto]>) -> Option<String> {
    if audio.protocol != "RTP/SAVP" {
        return Some(format!("audio over {}, not RTP/SAVP", audio.protocol));
    }
    if let Some(problem) = audio.crypto_problems.first() {
        return Some(format!("an illegal a=crypto line: {problem}"));
    }
    if audio.crypto.is_empty() {
        return Some("RTP/SAVP without any a=crypto line".to_owned());
    }
    let Some(offer) = offer else {
        let offers_preferred = audio.crypto.iter().any(|crypto| crypto.suite.eq_ignore_ascii_case(PREFERRED));
        return (!offers_preferred)
            .then(|| format!("an offer without {PREFERRED}: {}", suites(&audio.crypto)));
    };
    let [answer] = audio.crypto.as_slice() else {
        return Some(format!("an answer with {} a=crypto lines where one is due", audio.crypto.len()));
    };
    let taken = offer.iter().any(|line| line.tag == answer.tag && line.same_suite(answer));
    (!offer.is_empty() && !taken).then(|| {
        format!(
            "an answer with tag {} and {}, which the offer ({}) does not have",
            answer.tag,
            answer.suite,
            suites(offer)
        )
    })
}

/// An audio line over RTP/AVP that is not refused, wherever it stands in the description.
fn clear_audio<'s>(seen: &'s Seen<'_>) -> Option<&'s str> {
    let body = std::str::from_utf8(seen.sip()?.body()).ok()?;
    body.lines().find(|line| {
        line.strip_prefix("m=audio ").is_some_and(|rest| {
            let mut words = rest.split(' ');
            words.next() != Some("0") && words.next() == Some("RTP/AVP")
        })
    })
}

fn suites(lines: &[Crypto]) -> String {
    lines.iter().map(|line| format!("{} {}", line.tag, line.suite)).collect::<Vec<_>>().join(", ")
}

fn transaction(seen: &Seen<'_>) -> Option<Transaction> {
    let message = seen.sip()?;
    Some((seen.on.point.clone(), message.call_id()?.to_owned(), message.cseq()?.0))
}
