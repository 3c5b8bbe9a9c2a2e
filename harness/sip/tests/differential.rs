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

/// A legal message of an OXO, for one fault at a time.
const SOUND: &str = "INVITE sip:+33296010203@10.0.0.9;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1d32\r\n\
    Max-Forwards: 70\r\n\
    From: \"Set 110\" <sip:+33296000110@10.0.0.2>;tag=9a01\r\n\
    To: <sip:+33296010203@10.0.0.9>\r\n\
    Call-ID: 0123456789abcdef0123456789abcdef@10.0.0.2\r\n\
    CSeq: 2147431040 INVITE\r\n\
    Contact: <sip:+33296000110@10.0.0.2;transport=UDP>;description=\"<OmniPCX Office>\"\r\n\
    Session-Expires: 1800\r\n\
    Content-Length: 0\r\n\r\n";

/// What is put in place of what, and who then accepts the message: we, the other.
const VARIANTS: &[(&str, &str, bool, bool, &str)] = &[
    ("OXO", "OXO", true, true, "as it is"),
    ("2147431040", "2147483647", true, true, "the greatest CSeq, RFC 3261 §8.1.1.5"),
    ("2147431040", "2147483648", false, false, "CSeq of 2^31, RFC 3261 §8.1.1.5"),
    ("2147431040", "4294967296", false, false, "CSeq of 2^32, RFC 3261 §8.1.1.5"),
    ("2147431040", "+5", false, false, "a sign in CSeq, RFC 3261 §20.16"),
    (
        "CSeq: 2147431040 INVITE",
        "CSeq: 2147431040 invite",
        false,
        false,
        "methods differ in case, RFC 3261 §7.1",
    ),
    ("Max-Forwards: 70", "Max-Forwards: 256", false, false, "RFC 3261 §20.22: 0 to 255"),
    ("Max-Forwards: 70\r\n", "", true, true, "RFC 3261 §16.3: an element lives without"),
    ("Length: 0", "Length: +0", false, false, "a sign in Content-Length, RFC 3261 §20.14"),
    ("Length: 0", "Length: 1", false, false, "a body shorter than declared, RFC 3261 §18.3"),
    ("\r\n\r\n", "\r\n", false, false, "no empty line, RFC 3261 §7"),
    ("Session-Expires", "Session Expires", false, false, "white space in a header name, RFC 3261 §7.3.1"),
    ("Session-Expires:", "Session-Expires", false, false, "no colon, RFC 3261 §7.3.1"),
    (" SIP/2.0\r\n", " sip/2.0\r\n", true, true, "RFC 3261 §7.1: the version is case-insensitive"),
    (";tag=9a01", "", true, true, "no From tag: RFC 2543 had none"),
    ("\"Set 110\"", "\"Set 110", false, false, "a quoted string without end, RFC 3261 §25.1"),
    ("\"Set 110\"", "Set 110", true, true, "tokens as display name, RFC 3261 §25.1"),
    ("\"Set 110\"", "Set,110", false, false, "a comma outside quotes, RFC 3261 §25.1"),
    ("From: ", "From:\r\n\t", true, true, "folding, RFC 3261 §7.3.1"),
    ("Call-ID: ", "Call-ID : ", true, true, "space before the colon, RFC 3261 §7.3.1"),
    ("To: <", "To: sip:a@b\r\nTo: <", false, false, "two To, RFC 3261 §7.3.1"),
    ("/UDP 10.0.0.2:5060", "/UDP", false, false, "no sent-by, RFC 3261 §20.42"),
    ("branch=", "branch=z9hG4bK;x=", false, true, "the cookie alone, RFC 4475 §3.2.1"),
    ("INVITE sip:+", "INVITE  sip:+", false, false, "two spaces, RFC 3261 §7.1"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// We accept, the other rejects.
    OnlyWe,
    /// The other accepts, we reject.
    OnlyTheOther,
}

/// Whether the other accepts: it frames, every header it has a type for reads, and validation has nothing but what it
/// calls repairable.
fn other_accepts(bytes: &[u8]) -> bool {
    let Ok(message) = parse_datagram(Bytes::copy_from_slice(bytes), &Limits::datagram()) else {
        return false;
    };
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

/// One fault at a time in a sound message; where the two differ the line says who is right.
#[test]
fn single_faults_are_judged_as_listed() {
    let mut wrong = Vec::new();
    for (old, new, we, other, why) in VARIANTS {
        let text = SOUND.replacen(old, new, 1);
        assert!(old == new || text != SOUND, "{old} is not in the message");
        let ours = Message::parse(text.as_bytes()).is_ok_and(|message| !message.is_rejectable());
        let theirs = other_accepts(text.as_bytes());
        if (ours, theirs) != (*we, *other) {
            wrong.push(format!("{why}: we {ours}, the other {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
