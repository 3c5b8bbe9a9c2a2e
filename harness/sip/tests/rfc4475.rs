//! The torture messages of RFC 4475: each is accepted or rejected as the RFC says, for the reason it gives.
#![allow(clippy::unwrap_used)]

mod torture;

use oxocert_sip::message::{Message, NameAddr, Via};
use oxocert_sip::stream::{Framed, Framer};
use torture::CASES;

fn message(name: &str) -> Message {
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    Message::parse(case.bytes).unwrap()
}

#[test]
fn all_49_messages_are_there_once() {
    let mut names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 49);
}

#[test]
fn each_message_has_exactly_its_findings() {
    let mut wrong = Vec::new();
    for case in CASES {
        let message = Message::parse(case.bytes).unwrap();
        let codes: Vec<&str> = message.findings().iter().map(|finding| finding.code).collect();
        if codes != case.findings || message.is_rejectable() == case.accept {
            wrong.push(format!("§{} {}: {:?}", case.section, case.name, message.findings()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_lost_and_every_span_lies_inside() {
    for case in CASES {
        let message = Message::parse(case.bytes).unwrap();
        assert_eq!(message.raw(), case.bytes, "{}", case.name);
        for finding in message.findings() {
            assert!(finding.span.start <= finding.span.end && finding.span.end <= case.bytes.len());
            assert!(finding.rule.starts_with("RFC "));
        }
    }
}

/// What is cut off, chopped or mutilated must not bring the parser or the framer down.
#[test]
fn no_prefix_of_a_message_breaks_anything() {
    for case in CASES {
        for end in 0..case.bytes.len() {
            if let Ok(message) = Message::parse(&case.bytes[..end]) {
                let _ = (message.from(), message.to(), message.contact(), message.via(), message.cseq());
            }
            let mut framer = Framer::new();
            framer.push(&case.bytes[..end]);
            while framer.poll().is_some() {}
        }
    }
}

#[test]
fn wsinv_is_read_through_all_its_folding() {
    let wsinv = message("wsinv");
    assert_eq!(wsinv.cseq(), Some((9, "INVITE")));
    assert_eq!(wsinv.to_tag().as_deref(), Some("1918181833n"));
    assert_eq!(wsinv.from().unwrap().display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(wsinv.from_tag().as_deref(), Some("98asjd8"));
    let vias: Vec<Via> = wsinv.values("Via").into_iter().map(|value| Via::parse(value).unwrap()).collect();
    let transports: Vec<&str> = vias.iter().map(|via| via.transport.as_str()).collect();
    assert_eq!(transports, ["UDP", "TCP", "UDP"]);
    assert_eq!(vias[1].branch(), Some("z9hG4bK9ikj8"));
    assert_eq!(vias[2].branch(), Some("z9hG4bK30239"));
    let contact = wsinv.contact().unwrap();
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.param("newparam"), Some("newvalue"));
    assert_eq!(contact.param("q"), Some("0.33"));
    assert_eq!(wsinv.header("NewFangledHeader"), Some("newfangled value continued newfangled value"));
    assert_eq!(wsinv.header("Subject"), Some(""));
    assert_eq!(wsinv.body().len(), 150);
}

#[test]
fn escapes_are_kept_and_resolved_only_on_request() {
    let uri = oxocert_sip::message::Uri::parse(message("esc01").uri().unwrap()).unwrap();
    assert_eq!(uri.user.as_deref(), Some("sips%3Auser%40example.com"));
    assert_eq!(uri.user_decoded().as_deref(), Some("sips:user@example.com"));
    assert_eq!(uri.host, "example.net");
    assert_eq!(message("esc01").from().unwrap().uri.user_decoded().as_deref(), Some("I have spaces"));
    // A name is no place for escapes: `C%6Fntact` is another header, `RE%47IST%45R` another method.
    assert_eq!(message("esc02").method(), Some("RE%47IST%45R"));
    assert_eq!(message("esc02").values("Contact").len(), 2);
    let uri = oxocert_sip::message::Uri::parse(message("semiuri").uri().unwrap()).unwrap();
    assert_eq!(uri.user_decoded().as_deref(), Some("user;par=u@example.net"));
}

#[test]
fn names_and_parameters_go_to_the_right_place() {
    let lwsdisp = message("lwsdisp").from().unwrap();
    assert_eq!((lwsdisp.display.as_deref(), lwsdisp.tag()), (Some("caller"), Some("323")));
    // Without angle brackets the parameter is the header's, with them the URI's (RFC 4475 §3.3.12, §3.3.13).
    assert_eq!(message("cparam01").contact().unwrap().param("unknownparam"), Some(""));
    assert_eq!(message("cparam02").contact().unwrap().uri.param("unknownparam"), Some(""));
    assert_eq!(message("noreason").reason(), Some(""));
    assert_eq!(message("intmeth").from_tag().as_deref(), Some("_token~1'+`*%!-."));
    assert_eq!(
        NameAddr::parse(message("intmeth").header("To").unwrap()).unwrap().display.as_deref(),
        Some("BEL:\u{7} NUL:\u{0} DEL:\u{7f}")
    );
    assert!(message("mpart01").body().windows(4).any(|bytes| bytes == [0, 1, 2, 3]));
}

#[test]
fn two_requests_in_a_row_are_told_apart_on_a_stream() {
    let case = CASES.iter().find(|case| case.name == "dblreq").unwrap();
    let mut framer = Framer::new();
    framer.push(case.bytes);
    let Some(Framed::Message { bytes, has_length: true }) = framer.poll() else { panic!() };
    assert_eq!(Message::parse(&bytes).unwrap().method(), Some("REGISTER"));
    let Some(Framed::Message { bytes, .. }) = framer.poll() else { panic!() };
    assert_eq!(Message::parse(&bytes).unwrap().method(), Some("INVITE"));
    assert_eq!(framer.poll(), None);
}
