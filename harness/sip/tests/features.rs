//! Digest, session timers, reliable provisional responses, registration, streams.
#![allow(clippy::unwrap_used)]

mod wire;

use oxocert_machine::{At, Flow, Transport};
use oxocert_sip::digest::{self, Challenge, Verdict};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{
    CallState, Credentials, Event, Output, Outside, Override, RequestId, SessionTimer, UserAgent,
};
use wire::{ANSWER, OFFER, Side, Wire, config, sdp};

fn challenge(nonce: &str) -> Challenge {
    Challenge { realm: "oxo".into(), nonce: nonce.into(), opaque: None, qop_auth: true, stale: false }
}

fn credentials(password: &str) -> Option<Credentials> {
    Some(Credentials { user: "110".to_string(), password: password.to_string() })
}

fn outside(method: &str, credentials: Option<Credentials>) -> Outside {
    Outside {
        method: method.to_string(),
        target: "sip:127.0.0.2".to_string(),
        from: "<sip:110@127.0.0.2>".to_string(),
        to: "<sip:110@127.0.0.2>".to_string(),
        contact_user: Some("110".to_string()),
        headers: vec![("Expires".to_string(), "120".to_string())],
        body: None,
        credentials,
    }
}

fn asked_outside(wire: &Wire) -> (RequestId, Message) {
    let found = wire.events.iter().rev().find_map(|(_, side, event)| match event {
        Event::Outside { request_id, request, .. } if *side == Side::B => {
            Some((*request_id, request.clone()))
        }
        _ => None,
    });
    found.unwrap()
}

#[test]
fn options_are_answered_by_the_owner() {
    let mut wire = Wire::new();
    let flow = wire.flow();
    let sent = wire.a.request(At::ZERO, flow, outside("OPTIONS", None));
    wire.run_for(10);
    let (asked, _) = asked_outside(&wire);
    wire.b.respond(wire.now, asked, 200, &[], None);
    wire.run_for(60_000);
    assert_eq!(wire.ladder(), ["A OPTIONS", "B 200 OPTIONS"]);
    assert!(wire.log[1].message.to_tag().is_some());
    assert!(wire.log[1].message.lists("Allow", "update"));
    assert!(matches!(&wire.events[1].2, Event::Response { request_id, call: None, response: Some(r) }
        if *request_id == sent && r.status() == Some(200)));
}

#[test]
fn options_without_answer_repeat_on_timer_e_and_fail_at_timer_f() {
    let mut wire = Wire::new();
    wire.lose = Box::new(|_, _, _| true);
    let flow = wire.flow();
    wire.a.request(At::ZERO, flow, outside("OPTIONS", None));
    wire.run_for(60_000);
    assert_eq!(
        wire.times(Side::A, "OPTIONS"),
        [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    );
    assert!(matches!(
        wire.events[..],
        [(At(32_000_000_000), Side::A, Event::Response { response: None, .. })]
    ));
}

#[test]
fn registration_answers_a_challenge_and_counts_on() {
    let mut wire = Wire::new();
    let flow = wire.flow();
    for round in 0..2 {
        wire.events.clear();
        wire.a.request(wire.now, flow, outside("REGISTER", credentials("secret")));
        wire.run_for(10);
        let (asked, _) = asked_outside(&wire);
        let header = ("WWW-Authenticate".to_string(), challenge("n1").write());
        wire.b.respond(wire.now, asked, 401, &[header], None);
        wire.run_for(10);
        let (asked, request) = asked_outside(&wire);
        let value = request.header("Authorization").unwrap();
        assert_eq!(digest::user(value).as_deref(), Some("110"));
        assert_eq!(digest::verify(value, "REGISTER", "oxo", "n1", "secret"), Verdict::Ok);
        wire.b.respond(wire.now, asked, 200, &[], None);
        wire.run_for(10);
        assert!(
            matches!(&wire.events.last().unwrap().2, Event::Response { response: Some(r), .. }
            if r.status() == Some(200)),
            "round {round}"
        );
    }
    let registers: Vec<&Message> =
        wire.log.iter().filter(|line| line.name() == "REGISTER").map(|line| &line.message).collect();
    let numbers: Vec<u32> = registers.iter().map(|message| message.cseq().unwrap().0).collect();
    assert_eq!(numbers, [0, 1, 2, 3].map(|step| numbers[0] + step));
    assert!(registers.iter().all(|message| message.call_id() == registers[0].call_id()));
    assert!(registers.windows(2).all(|pair| pair[0].branch() != pair[1].branch()));
}

#[test]
fn a_wrong_password_is_tried_once_and_then_told() {
    let mut wire = Wire::new();
    let flow = wire.flow();
    wire.a.request(At::ZERO, flow, outside("REGISTER", credentials("wrong")));
    for _ in 0..2 {
        wire.run_for(10);
        let (asked, _) = asked_outside(&wire);
        let header = ("WWW-Authenticate".to_string(), challenge("n1").write());
        wire.b.respond(wire.now, asked, 401, &[header], None);
    }
    wire.run_for(10);
    assert_eq!(wire.times(Side::A, "REGISTER").len(), 2);
    assert_eq!(wire.told(Side::A), ["Response"]);
}

#[test]
fn an_invite_answers_a_proxy_challenge() {
    let mut wire = Wire::new();
    let mut invite = wire.invite(sdp(OFFER));
    invite.credentials = credentials("secret");
    let a = wire.a.call(At::ZERO, invite);
    wire.run_for(10);
    let header = ("Proxy-Authenticate".to_string(), challenge("n1").write());
    let first = wire.incoming();
    wire.b.reject(wire.now, first, 407, &[header]);
    wire.run_for(10);
    let second = wire.incoming();
    wire.b.answer(wire.now, second, &[], sdp(ANSWER));
    wire.run_for(10);
    assert_eq!(wire.a.dialog(a).unwrap().state, CallState::Up);
    let ladder = wire.ladder();
    assert_eq!(
        ladder,
        [
            "A INVITE",
            "B 100 INVITE",
            "B 407 INVITE",
            "A ACK",
            "A INVITE",
            "B 100 INVITE",
            "B 200 INVITE",
            "A ACK"
        ]
    );
    let (invite, ack) = (&wire.log[4].message, &wire.log[7].message);
    assert_eq!(ack.header("Proxy-Authorization"), invite.header("Proxy-Authorization"));
    assert_eq!(invite.body(), OFFER);
}

fn timer(expires: u32, by_update: bool) -> Option<SessionTimer> {
    Some(SessionTimer { expires, min_se: 90, by_update })
}

#[test]
fn the_caller_refreshes_at_half_the_interval() {
    for (by_update, method) in [(false, "INVITE"), (true, "UPDATE")] {
        let mut wire = Wire::with(Transport::Udp, |side, config| {
            if side == Side::A {
                config.session = timer(1800, by_update);
            }
        });
        let begin = wire.now;
        let (a, _) = wire.established();
        wire.run(begin + std::time::Duration::from_secs(3600));
        let at: Vec<u64> = wire.times(Side::A, method).iter().map(|at| at / 1000).collect();
        assert_eq!(at, [900, 1800, 2700], "{method}");
        assert_eq!(wire.a.dialog(a).unwrap().state, CallState::Up);
        let refresh = &wire.log[0].message;
        assert_eq!(refresh.header("Session-Expires"), Some("1800;refresher=uac"));
        assert_eq!(wire.log[1].message.header("Session-Expires"), Some("1800;refresher=uac"));
        assert!(wire.log[1].message.lists("Require", "timer"));
    }
}

#[test]
fn a_session_that_nobody_refreshes_ends_before_it_expires() {
    let mut wire = Wire::with(Transport::Udp, |_, config| config.session = timer(1800, false));
    let (a, _) = wire.established();
    wire.a.override_next(a, Override::NoRefresh);
    wire.run(At::from_secs(3000));
    // 1800 s minus 32 s after the 200, at about 10 ms.
    assert_eq!(wire.times(Side::B, "BYE"), [1_768_010]);
    assert_eq!(wire.told(Side::B), ["Expired", "Response"]);
}

#[test]
fn too_short_a_session_is_refused_with_422_and_tried_again() {
    let mut wire = Wire::with(Transport::Udp, |side, config| {
        config.session = match side {
            Side::A => Some(SessionTimer { expires: 100, min_se: 90, by_update: false }),
            Side::B => Some(SessionTimer { expires: 1800, min_se: 600, by_update: false }),
        }
    });
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(10);
    assert_eq!(wire.ladder()[..4], ["A INVITE", "B 422 INVITE", "A ACK", "A INVITE"]);
    let second = &wire.log[3].message;
    assert_eq!((second.header("Session-Expires"), second.header("Min-SE")), (Some("600"), Some("600")));
    let b = wire.incoming();
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(10);
    let ok = wire.log.iter().find(|line| line.name() == "200 INVITE").unwrap();
    assert_eq!(ok.message.header("Session-Expires"), Some("600;refresher=uac"));
    let ack = wire.log.iter().rfind(|line| line.name() == "ACK").unwrap();
    assert_eq!(ack.message.header("Session-Expires"), None);
}

#[test]
fn reliable_ringing_is_acknowledged_by_prack() {
    let mut wire = Wire::new();
    let mut invite = wire.invite(sdp(OFFER));
    invite.headers.push(("Require".to_string(), "100rel".to_string()));
    wire.a.call(At::ZERO, invite);
    wire.run_for(10);
    let b = wire.incoming();
    wire.lose = Box::new(|_, name, before| name == "180 INVITE" && before == 0);
    wire.b.ring(wire.now, b, 180, &[], None);
    wire.run_for(2000);
    assert_eq!(wire.ladder()[2..], ["B 180 INVITE", "B 180 INVITE*", "A PRACK", "B 200 PRACK"]);
    let (ringing, prack) = (&wire.log[3].message, &wire.log[4].message);
    let invite = &wire.log[0].message;
    assert_eq!(
        prack.header("RAck").unwrap(),
        format!("{} {} INVITE", ringing.header("RSeq").unwrap(), invite.cseq().unwrap().0)
    );
    assert_eq!(wire.told(Side::A), ["Progress"]);
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(10);
    assert_eq!(wire.told(Side::A), ["Progress", "Answered"]);
}

#[test]
fn reliable_ringing_without_prack_fails_the_call() {
    let mut wire = Wire::new();
    let mut invite = wire.invite(sdp(OFFER));
    invite.headers.push(("Require".to_string(), "100rel".to_string()));
    wire.a.call(At::ZERO, invite);
    wire.run_for(1000);
    let b = wire.incoming();
    wire.lose = Box::new(|_, name, _| name == "PRACK");
    wire.b.ring(wire.now, b, 180, &[], None);
    wire.run_for(40_000);
    assert_eq!(wire.times(Side::B, "180 INVITE"), [1000, 1500, 2500, 4500, 8500, 16_500, 32_500]);
    assert_eq!(wire.times(Side::B, "504 INVITE"), [33_000]);
}

#[test]
fn an_unknown_required_extension_gets_420() {
    let mut wire = Wire::new();
    let mut invite = wire.invite(sdp(OFFER));
    invite.headers.push(("Require".to_string(), "precondition".to_string()));
    wire.a.call(At::ZERO, invite);
    wire.run_for(10);
    assert_eq!(wire.ladder(), ["A INVITE", "B 420 INVITE", "A ACK"]);
    assert_eq!(wire.log[1].message.header("Unsupported"), Some("precondition"));
}

fn ports(wire: &Wire) -> (Flow, Flow) {
    (wire.flow(), wire.flow().reversed())
}

#[test]
fn a_stream_is_framed_whatever_its_chunks() {
    let mut wire = Wire::with(Transport::Tcp, |_, _| {});
    let (to_b, at_b) = ports(&wire);
    wire.a.request(At::ZERO, to_b, outside("OPTIONS", None));
    let mut bytes = b"\r\n\r\n".to_vec();
    while let Some(output) = wire.a.poll() {
        if let Output::Transmit { bytes: sent, .. } = output {
            bytes.extend(sent);
        }
    }
    for byte in &bytes {
        wire.b.receive(At::ZERO, at_b, std::slice::from_ref(byte));
    }
    let mut heard = Vec::new();
    while let Some(output) = wire.b.poll() {
        heard.push(output);
    }
    assert!(matches!(&heard[0], Output::Transmit { bytes, .. } if bytes == b"\r\n"));
    assert!(matches!(&heard[1], Output::Received { bytes: got, .. } if *got == bytes[4..]));
    assert!(matches!(&heard[2], Output::Event(Event::Outside { .. })));
    assert_eq!(heard.len(), 3);
}

#[test]
fn a_stream_that_cannot_be_framed_is_closed() {
    let mut b = UserAgent::new(config(Side::B, Transport::Tcp));
    let flow = Wire::with(Transport::Tcp, |_, _| {}).flow().reversed();
    b.receive(At::ZERO, flow, b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n");
    assert!(matches!(b.poll(), Some(Output::Event(Event::Unreadable { .. }))));
    assert!(matches!(b.poll(), Some(Output::Close { .. })));
    b.receive(At::ZERO, flow, &[b'x'; 100_000]);
    assert!(b.poll().is_none());
}

#[test]
fn a_stream_without_content_length_is_told() {
    let mut b = UserAgent::new(config(Side::B, Transport::Tcp));
    let flow = Wire::with(Transport::Tcp, |_, _| {}).flow().reversed();
    let text = "OPTIONS sip:b@127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
        From: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\n\r\n";
    b.receive(At::ZERO, flow, text.as_bytes());
    let outputs: Vec<Output> = std::iter::from_fn(|| b.poll()).collect();
    assert!(matches!(&outputs[1], Output::Event(Event::Outside { .. })));
    assert!(matches!(&outputs[2], Output::Event(Event::Stray { why, .. }) if why.contains("Content-Length")));
}

#[test]
fn a_closed_stream_fails_what_waits_on_it() {
    let mut wire = Wire::with(Transport::Tcp, |_, _| {});
    wire.lose = Box::new(|_, _, _| true);
    let flow = wire.flow();
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(10);
    wire.a.closed(wire.now, flow);
    wire.drain();
    assert_eq!(wire.told(Side::A), ["Failed"]);
}

#[test]
fn a_message_that_is_no_sip_is_told_and_keep_alives_are_not() {
    let mut wire = Wire::new();
    let flow = wire.flow().reversed();
    wire.b.receive(At::ZERO, flow, b"\r\n\r\n");
    wire.b.receive(At::ZERO, flow, b"GET / HTTP/1.1\r\n\r\n");
    wire.drain();
    assert_eq!(wire.told(Side::B), ["Unreadable"]);
}
