//! `via-tag-cseq`: Via, tags and CSeq of the DUT's messages keep to RFC 3261 §8.1.1, §8.2.6, §12.2.1.1, §9.1.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;
use oxocert_record::{EventNo, RoleName};
use oxocert_sip::message::Message;
use std::collections::BTreeMap;

pub(super) const CHECK: StandingCheck = StandingCheck::new("via-tag-cseq", judge);

/// RFC 3261 §8.1.1.5: the number must be less than 2**31.
const CSEQ_END: u32 = 1 << 31;

/// What is remembered from message to message.
#[derive(Default)]
struct Memory {
    /// The last CSeq number of the DUT by (point, Call-ID, its tag).
    last: BTreeMap<(RoleName, String, String), u32>,
    /// Requests of the harness by (point, top branch, method).
    asked: BTreeMap<(RoleName, String, String), Asked>,
    /// Bytes of the harness that are no request with a branch, by point: what answers them is not looked up.
    raw: Vec<(RoleName, String)>,
    /// INVITEs of the DUT by (point, Call-ID, CSeq number): branch.
    invites: BTreeMap<(RoleName, String, u32), String>,
}

/// What an answer must repeat (RFC 3261 §8.2.6.2).
struct Asked {
    /// CSeq number.
    number: u32,
    /// Call-ID.
    call_id: String,
    /// From tag; `None` where the request has none.
    from_tag: Option<String>,
    /// Host of From.
    from_host: Option<String>,
}

impl Memory {
    /// Remembers a message of the harness.
    fn note(&mut self, seen: &Seen<'_>) {
        let point = seen.on.point.clone();
        let asked = seen.sip().filter(|message| message.is_request()).and_then(|message| {
            let (number, method) = message.cseq()?;
            let asked = Asked {
                number,
                call_id: message.call_id()?.to_owned(),
                from_tag: message.from_tag(),
                from_host: from_host(message),
            };
            Some(((point.clone(), message.branch()?, method.to_owned()), asked))
        });
        match asked {
            Some((key, asked)) => {
                self.asked.insert(key, asked);
            }
            None if seen.status().is_none() => {
                self.raw.push((point, String::from_utf8_lossy(&seen.on.bytes.0).into_owned()));
            }
            None => {}
        }
    }
}

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut memory = Memory::default();
    // A request of the case before may be answered in this one.
    let begun = context.run.events.first().map_or(EventNo(0), |event| event.n);
    let before = context.timeline.messages.range(..begun).map(|(_, seen)| seen);
    before.filter(|seen| seen.is_from_harness()).for_each(|seen| memory.note(seen));
    let mut found = Vec::new();
    let mut looked_at = 0u64;
    for seen in context.messages() {
        if let (true, Some(message)) = (seen.is_from_dut(), seen.sip()) {
            looked_at += 1;
            let problem = if message.is_request() {
                request(&mut memory, seen, message)
            } else {
                response(&memory, seen, message)
            };
            found.extend(problem.map(|text| (seen.n, text)));
        } else if seen.is_from_harness() {
            memory.note(seen);
        }
    }
    if looked_at == 0 {
        return Outcome::without_subject("the DUT sent no SIP message in this case");
    }
    Outcome::of(found, format!("{looked_at} messages of the DUT, Via, tags and CSeq legal"))
}

fn request(memory: &mut Memory, seen: &Seen<'_>, message: &Message) -> Option<String> {
    let method = message.method()?;
    let Some(branch) = message.branch() else { return Some(format!("{method} without a Via branch")) };
    if !branch.starts_with("z9hG4bK") {
        return Some(format!("{method} with the Via branch `{branch}`, which does not begin with z9hG4bK"));
    }
    let Some(tag) = message.from_tag() else { return Some(format!("{method} without a From tag")) };
    let Some((number, cseq_method)) = message.cseq() else {
        return Some(format!("{method} without a readable CSeq"));
    };
    if cseq_method != method {
        return Some(format!("{method} whose CSeq says {cseq_method}"));
    }
    if number >= CSEQ_END {
        return Some(format!("{method} with CSeq {number}, which is not below 2^31"));
    }
    if seen.on.retransmission {
        return None;
    }
    let call_id = message.call_id().unwrap_or_default().to_owned();
    let point = seen.on.point.clone();
    match method {
        "ACK" => None,
        "CANCEL" => match memory.invites.get(&(point, call_id, number)) {
            None => Some(format!("CANCEL with CSeq {number}, which no INVITE of this call had")),
            Some(invite) if *invite != branch => {
                Some("CANCEL with another branch than its INVITE (RFC 3261 §9.1)".to_owned())
            }
            Some(_) => None,
        },
        _ => {
            if method == "INVITE" {
                memory.invites.insert((point.clone(), call_id.clone(), number), branch);
            }
            let in_dialog = message.to_tag().is_some();
            let last = memory.last.insert((point, call_id, tag), number);
            // In a dialog the number goes up by one (§12.2.1.1); outside it only may not go back.
            let legal =
                |last: u32| if in_dialog { Some(number) == last.checked_add(1) } else { number > last };
            last.filter(|last| !legal(*last))
                .map(|last| format!("{method} with CSeq {number} after {last} in the same dialog"))
        }
    }
}

fn response(memory: &Memory, seen: &Seen<'_>, message: &Message) -> Option<String> {
    let status = message.status()?;
    let Some((number, method)) = message.cseq() else {
        return Some(format!("{status} without a readable CSeq"));
    };
    let Some(branch) = message.branch() else { return Some(format!("{status} without a Via branch")) };
    if status > 100 && message.to_tag().is_none() {
        return Some(format!("{status} to {method} without a To tag (RFC 3261 §8.2.6.2)"));
    }
    let Some(asked) = memory.asked.get(&(seen.on.point.clone(), branch.clone(), method.to_owned())) else {
        let to_raw = |(point, text): &(RoleName, String)| *point == seen.on.point && text.contains(&branch);
        return (!memory.raw.iter().any(to_raw)).then(|| {
            format!("{status} with the Via branch `{branch}`, which no {method} of the harness had (RFC 3261 §8.2.6.2)")
        });
    };
    let call_id = message.call_id().unwrap_or_default();
    if asked.number != number {
        return Some(format!("{status} with CSeq {number} to a {method} with CSeq {}", asked.number));
    }
    if asked.call_id != call_id {
        return Some(format!("{status} with Call-ID `{call_id}` to a {method} with `{}`", asked.call_id));
    }
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let tag = message.from_tag();
    if asked.from_tag != tag {
        return Some(format!(
            "{status} with From tag `{}` to a {method} with `{}`",
            shown(&tag),
            shown(&asked.from_tag)
        ));
    }
    let host = from_host(message);
    (asked.from_host != host).then(|| {
        format!(
            "{status} whose From names `{}`, to a {method} that named `{}`: the DUT alters it, or a SIP ALG on the way does",
            shown(&host),
            shown(&asked.from_host)
        )
    })
}

fn from_host(message: &Message) -> Option<String> {
    message.from().map(|from| from.uri.host)
}
