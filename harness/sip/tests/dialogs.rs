//! Dialogs: route sets, targets and tags (RFC 3261 §12).
#![allow(clippy::unwrap_used)]

use oxocert_sip::dialog::Dialog;
use oxocert_sip::message::Message;

fn response(status: u16, contact: &str, routes: &str) -> Message {
    let text = format!(
        "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n{routes}From: <sip:a@a>;tag=1\r\n\
         To: <sip:b@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <{contact}>\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.as_bytes()).unwrap()
}

fn outgoing() -> Dialog {
    Dialog::outgoing("c".into(), "1".into(), "<sip:a@a>".into(), "<sip:b@b>".into(), "sip:b@b".into(), 1)
}

#[test]
fn the_caller_takes_record_routes_backwards() {
    let mut dialog = outgoing();
    let routes = "Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\nRecord-Route: <sip:p0;lr>\r\n";
    dialog.establish(&response(200, "sip:b@10.0.0.2", routes));
    let (uri, path) = dialog.request_path();
    assert_eq!(uri, "sip:b@10.0.0.2");
    assert_eq!(path, ["<sip:p0;lr>", "<sip:p1;lr>", "<sip:p2;lr>"]);
    assert_eq!(dialog.next_hop().unwrap().host, "p0");
    assert_eq!(dialog.remote_header(), "<sip:b@b>;tag=2");
}

#[test]
fn a_strict_router_comes_into_the_request_uri() {
    let mut dialog = outgoing();
    dialog.establish(&response(200, "sip:b@10.0.0.2", "Record-Route: <sip:p1;lr>, <sip:p0>\r\n"));
    let (uri, path) = dialog.request_path();
    assert_eq!(uri, "sip:p0");
    assert_eq!(path, ["<sip:p1;lr>", "<sip:b@10.0.0.2>"]);
}

#[test]
fn the_route_set_of_a_200_replaces_that_of_a_180_and_a_refresh_changes_the_target_alone() {
    let mut dialog = outgoing();
    dialog.establish(&response(180, "sip:b@10.0.0.2", "Record-Route: <sip:old;lr>\r\n"));
    dialog.establish(&response(200, "sip:b@10.0.0.3", "Record-Route: <sip:new;lr>\r\n"));
    assert_eq!(dialog.request_path().1, ["<sip:new;lr>"]);
    dialog.refresh_target(&response(200, "sip:b@10.0.0.4", "Record-Route: <sip:other;lr>\r\n"));
    assert_eq!(dialog.request_path(), ("sip:b@10.0.0.4".to_string(), vec!["<sip:new;lr>".to_string()]));
}

#[test]
fn the_callee_takes_record_routes_forwards_and_owns_what_bears_both_tags() {
    let text = "INVITE sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
        Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p0;lr>\r\nFrom: \"A; tag=no\" <sip:a@a>;x=1;tag=1\r\nTo: <sip:b@b>\r\n\
        Call-ID: c\r\nCSeq: 5 INVITE\r\nContact: <sip:a@10.0.0.1>\r\nContent-Length: 0\r\n\r\n";
    let invite = Message::parse(text.as_bytes()).unwrap();
    let dialog = Dialog::incoming(&invite, "2".into(), 0).unwrap();
    assert_eq!(
        dialog.request_path(),
        ("sip:a@10.0.0.1".into(), vec!["<sip:p1;lr>".into(), "<sip:p0;lr>".into()])
    );
    assert_eq!(dialog.remote_header(), "\"A; tag=no\" <sip:a@a>;x=1;tag=1");
    assert_eq!(dialog.local_header(), "<sip:b@b>;tag=2");
    let bye = |to: &str| {
        let text = text.replace("INVITE", "BYE").replace("To: <sip:b@b>", to).replace("CSeq: 5", "CSeq: 6");
        Message::parse(text.as_bytes()).unwrap()
    };
    assert!(dialog.owns_request(&bye("To: <sip:b@b>;tag=2")));
    assert!(!dialog.owns_request(&bye("To: <sip:b@b>;tag=3")));
    assert!(!dialog.owns_request(&bye("To: <sip:b@b>")));
}
