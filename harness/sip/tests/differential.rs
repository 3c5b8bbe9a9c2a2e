//! The same messages through a parser that nobody here wrote: `sipx-sip`. Every difference is listed with the line that
//! decides it; a difference that is not listed fails, and so does a listed one that has vanished.
#![allow(clippy::unwrap_used)]

mod torture;

use bytes::Bytes;
use oxocert_sip::message::Message;
use sipx_sip::headers::{CSeq, ContactValue, Date, From, To, Via};
use sipx_sip::{Limits, parse_datagram, validate};
use torture::CASES;

/// Message, who accepts it, and what decides.
const DIFFERENCES: &[(&str, Side, &str)] = &[(
    "badbranch",
    Side::OnlyTheOther,
    "RFC 3261 §8.1.1.7: a branch that begins with the cookie identifies the transaction; RFC 4475 §3.2.1: the cookie alone \
     does not, and the element may answer 400",
)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// We accept, the other rejects.
    OnlyWe,
    /// The other accepts, we reject.
    OnlyTheOther,
}

/// Whether the other accepts: it frames, every header it has a type for reads, and validation has nothing but what it
/// calls repairable.
fn other_accepts(bytes: &'static [u8]) -> bool {
    let Ok(message) = parse_datagram(Bytes::from_static(bytes), &Limits::datagram()) else { return false };
    let headers = message.headers();
    let readable = [
        headers.typed::<Via>().is_none_or(|header| header.is_ok()),
        headers.typed::<CSeq>().is_none_or(|header| header.is_ok()),
        headers.typed::<To>().is_none_or(|header| header.is_ok()),
        headers.typed::<From>().is_none_or(|header| header.is_ok()),
        headers.typed::<ContactValue>().is_none_or(|header| header.is_ok()),
        headers.typed::<Date>().is_none_or(|header| header.is_ok()),
    ];
    readable.into_iter().all(|ok| ok) && validate(&message).iter().all(|finding| finding.is_repairable())
}

#[test]
fn every_difference_is_listed_and_every_listed_one_is_there() {
    let mut found = Vec::new();
    for case in CASES {
        let we = !Message::parse(case.bytes).unwrap().is_rejectable();
        let other = other_accepts(case.bytes);
        match (we, other) {
            (true, false) => found.push((case.name, Side::OnlyWe)),
            (false, true) => found.push((case.name, Side::OnlyTheOther)),
            _ => {}
        }
    }
    let listed: Vec<(&str, Side)> = DIFFERENCES.iter().map(|(name, side, _)| (*name, *side)).collect();
    assert_eq!(found, listed);
}

/// Where both accept, they read the same.
#[test]
fn what_both_accept_they_read_alike() {
    for case in CASES {
        let ours = Message::parse(case.bytes).unwrap();
        if ours.is_rejectable() || !other_accepts(case.bytes) {
            continue;
        }
        let theirs = parse_datagram(Bytes::from_static(case.bytes), &Limits::datagram()).unwrap();
        let cseq = theirs.headers().typed::<CSeq>().unwrap().unwrap();
        let (number, method) = ours.cseq().unwrap();
        assert_eq!((number, method.as_bytes()), (cseq.sequence, cseq.method.as_bytes()), "{}", case.name);
        let body: &[u8] = match &theirs {
            sipx_sip::Message::Request(request) => request.body(),
            sipx_sip::Message::Response(response) => response.body(),
        };
        assert_eq!(ours.body(), body, "{}", case.name);
    }
}
