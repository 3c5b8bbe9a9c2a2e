//! Call flows between two agents.
#![allow(clippy::unwrap_used)]

mod wire;

use oxocert_machine::{At, Transport};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{CallState, Event, Override};
use std::time::Duration;
use wire::{ANSWER, OFFER, Side, Wire, sdp};

#[test]
fn a_call_is_made_answered_and_ended() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut wire = Wire::with(transport, |_, _| {});
        let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
        wire.run_for(10);
        let b = wire.incoming();
        assert_eq!(wire.b.dialog(b).unwrap().state, CallState::Ringing);
        wire.b.ring(wire.now, b, 180, &[], None);
        wire.run_for(10);
        assert_eq!(wire.a.dialog(a).unwrap().state, CallState::Early);
        wire.b.answer(wire.now, b, &[], sdp(ANSWER));
        wire.run_for(10);
        assert_eq!(wire.a.dialog(a).unwrap().state, CallState::Up);
        wire.a.hang_up(wire.now, a, &[]);
        wire.run_for(60_000);
        assert_eq!(
            wire.ladder(),
            ["A INVITE", "B 100 INVITE", "B 180 INVITE", "B 200 INVITE", "A ACK", "A BYE", "B 200 BYE"]
        );
        assert_eq!(wire.told(Side::A), ["Progress", "Answered", "Response"]);
        assert_eq!(wire.told(Side::B), ["Incoming", "Confirmed", "Ended"]);
        assert_eq!(wire.a.calls().count() + wire.b.calls().count(), 0);
        assert_eq!((wire.a.deadline(), wire.b.deadline()), (None, None));
    }
}

#[test]
fn the_callee_hangs_up() {
    let mut wire = Wire::new();
    let (a, b) = wire.established();
    wire.b.hang_up(wire.now, b, &[]);
    wire.run_for(40_000);
    assert_eq!(wire.ladder(), ["B BYE", "A 200 BYE"]);
    assert_eq!(wire.told(Side::A), ["Ended"]);
    assert_eq!(wire.a.dialog(a).unwrap().state, CallState::Over);
}

#[test]
fn headers_of_a_call_are_as_a_box_expects_them() {
    let mut wire = Wire::new();
    wire.a.config_mut().first_cseq = Some(2_147_431_040);
    let mut invite = wire.invite(sdp(OFFER));
    invite.headers = vec![
        ("P-Asserted-Identity".to_string(), "<sip:+33987654321@127.0.0.1>".to_string()),
        ("Max-Forwards".to_string(), "68".to_string()),
        ("Supported".to_string(), String::new()),
    ];
    wire.a.call(At::ZERO, invite);
    wire.run_for(5);
    let invite = &wire.log[0].message;
    let names: Vec<&str> = invite.header_lines().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "Via",
            "Max-Forwards",
            "From",
            "To",
            "Call-ID",
            "CSeq",
            "Contact",
            "Allow",
            "User-Agent",
            "P-Asserted-Identity",
            "Content-Type",
            "Content-Length"
        ]
    );
    assert_eq!(invite.header("Max-Forwards"), Some("68"));
    assert_eq!(invite.cseq(), Some((2_147_431_040, "INVITE")));
    assert_eq!(invite.header("Contact"), Some("<sip:+33987654321@127.0.0.1:5060;transport=UDP;user=phone>"));
    assert!(invite.via().unwrap().params.contains(&("rport".to_string(), None)));
    let trying = &wire.log[1].message;
    assert_eq!(trying.to_tag(), None);
    assert_eq!(trying.via().unwrap().param("rport"), Some("5060"));
    assert_eq!(trying.via().unwrap().param("received"), Some("127.0.0.1"));
    assert_eq!(trying.header("Server"), Some("OXO063/011.001 GW_063/011.001"));
}

#[test]
fn a_refused_call_is_acknowledged_by_its_transaction() {
    let mut wire = Wire::new();
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(10);
    let b = wire.incoming();
    wire.b.reject(wire.now, b, 486, &[("Reason".to_string(), "Q.850;cause=17".to_string())]);
    wire.run_for(60_000);
    assert_eq!(wire.ladder(), ["A INVITE", "B 100 INVITE", "B 486 INVITE", "A ACK"]);
    let ack = &wire.log[3].message;
    assert_eq!(ack.branch(), wire.log[0].message.branch());
    assert_eq!(ack.to_tag(), wire.log[2].message.to_tag());
    assert!(
        matches!(&wire.events.last().unwrap().2, Event::Failed { response: Some(r), .. } if r.status() == Some(486))
    );
}

#[test]
fn a_lost_ack_makes_the_200_come_again_on_the_t1_t2_grid() {
    let mut wire = Wire::new();
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(1000);
    let b = wire.incoming();
    wire.lose = Box::new(|_, name, before| name == "ACK" && before < 5);
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(60_000);
    let sent: Vec<u64> = wire.times(Side::B, "200 INVITE").iter().map(|at| at - 1000).collect();
    assert_eq!(sent, [0, 500, 1500, 3500, 7500, 11_500]);
    assert_eq!(wire.times(Side::A, "ACK").len(), 6);
    assert_eq!(wire.told(Side::A), ["Answered"]);
    assert_eq!(wire.told(Side::B), ["Incoming", "Confirmed"]);
    let acks: Vec<&[u8]> =
        wire.log.iter().filter(|line| line.name() == "ACK").map(|line| line.message.raw()).collect();
    assert!(acks.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_refusal_that_is_never_acknowledged_is_told_at_timer_h() {
    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.a.override_next(a, Override::NoAck);
    wire.run_for(1000);
    let b = wire.incoming();
    wire.b.reject(wire.now, b, 486, &[]);
    wire.run_for(60_000);
    let sent: Vec<u64> = wire.times(Side::B, "486 INVITE").iter().map(|at| at - 1000).collect();
    assert_eq!(sent, [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert_eq!(wire.times(Side::A, "ACK"), [] as [u64; 0]);
    assert_eq!(wire.told(Side::A), ["Failed"]);
    assert_eq!(wire.told(Side::B), ["Incoming", "Unconfirmed"]);
}

#[test]
fn a_200_that_is_never_acknowledged_ends_in_bye_after_64_t1() {
    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.a.override_next(a, Override::NoAck);
    wire.run_for(1000);
    let b = wire.incoming();
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(60_000);
    assert_eq!(wire.times(Side::A, "ACK"), [] as [u64; 0]);
    assert_eq!(wire.times(Side::B, "BYE"), [33_000]);
    assert_eq!(wire.told(Side::B), ["Incoming", "Unconfirmed", "Response"]);
    assert_eq!(wire.told(Side::A), ["Answered", "Ended"]);
}

#[test]
fn acks_come_late_or_twice_as_ordered() {
    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.a.override_next(a, Override::LateAck(Duration::from_millis(2000)));
    wire.run_for(1000);
    let b = wire.incoming();
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(20_000);
    assert_eq!(wire.times(Side::A, "ACK"), [3001]);
    assert_eq!(wire.told(Side::B), ["Incoming", "Confirmed"]);

    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.a.override_next(a, Override::DoubleAck);
    wire.run_for(1000);
    let b = wire.incoming();
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(20_000);
    assert_eq!(wire.times(Side::A, "ACK"), [1001, 1001]);
    assert_eq!(wire.absorbed, 1);
}

#[test]
fn an_answer_may_be_left_out_as_ordered() {
    let mut wire = Wire::new();
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(10);
    let b = wire.incoming();
    wire.b.override_next(b, Override::NoAnswerBody);
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(10);
    let ok = wire.log.iter().find(|line| line.name() == "200 INVITE").unwrap();
    assert_eq!(ok.message.body(), b"");
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut wire = Wire::with(Transport::Udp, |_, config| config.auto_trying = false);
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.a.cancel(At::ZERO, a);
    wire.run_for(100);
    assert_eq!(wire.ladder(), ["A INVITE"]);
    let b = wire.incoming();
    wire.b.ring(wire.now, b, 180, &[], None);
    wire.run_for(60_000);
    assert_eq!(
        wire.ladder(),
        ["A INVITE", "B 180 INVITE", "A CANCEL", "B 200 CANCEL", "B 487 INVITE", "A ACK"]
    );
    let (invite, cancel) = (&wire.log[0].message, &wire.log[2].message);
    assert_eq!(cancel.branch(), invite.branch());
    assert_eq!(cancel.uri(), invite.uri());
    assert_eq!(cancel.cseq().unwrap().0, invite.cseq().unwrap().0);
    assert_eq!(wire.told(Side::B), ["Incoming", "Cancelled"]);
    assert!(
        matches!(&wire.events.last().unwrap().2, Event::Failed { response: Some(r), .. } if r.status() == Some(487))
    );
}

#[test]
fn a_200_that_crosses_cancel_is_acknowledged_and_ended() {
    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(100);
    let b = wire.incoming();
    wire.a.cancel(wire.now, a);
    wire.b.answer(wire.now, b, &[], sdp(ANSWER));
    wire.run_for(60_000);
    assert_eq!(
        wire.ladder(),
        [
            "A INVITE",
            "B 100 INVITE",
            "A CANCEL",
            "B 200 INVITE",
            "B 200 CANCEL",
            "A ACK",
            "A BYE",
            "B 200 BYE"
        ]
    );
    assert_eq!(wire.a.calls().count() + wire.b.calls().count(), 0);
    assert_eq!(wire.told(Side::B), ["Incoming", "Confirmed", "Ended"]);
}

#[test]
fn cancel_without_any_final_response_is_given_up() {
    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(100);
    wire.lose = Box::new(|side, _, _| side == Side::B);
    wire.a.cancel(wire.now, a);
    wire.run_for(60_000);
    let failed = wire
        .events
        .iter()
        .find(|(_, side, event)| *side == Side::A && matches!(event, Event::Failed { response: None, .. }));
    assert_eq!(failed.unwrap().0, At::from_millis(32_100));
}

#[test]
fn an_unanswered_invite_fails_at_timer_b() {
    let mut wire = Wire::new();
    wire.lose = Box::new(|_, _, _| true);
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(60_000);
    assert_eq!(wire.times(Side::A, "INVITE"), [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    assert!(matches!(wire.events[..], [(At(32_000_000_000), Side::A, Event::Failed { response: None, .. })]));
}

#[test]
fn an_unreachable_peer_fails_the_call_at_once() {
    let mut wire = Wire::new();
    wire.lose = Box::new(|_, _, _| true);
    wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
    wire.run_for(10);
    let flow = wire.flow();
    wire.a.unreachable(wire.now, flow);
    wire.run_for(60_000);
    assert_eq!(wire.events[0].0, At::from_millis(10));
    assert_eq!(wire.told(Side::A), ["Failed"]);
    assert_eq!(wire.ladder(), ["A INVITE"]);
}

#[test]
fn a_delayed_offer_is_answered_in_the_ack() {
    let mut wire = Wire::new();
    let a = wire.a.call(At::ZERO, wire.invite(None));
    wire.run_for(10);
    let b = wire.incoming();
    wire.b.answer(wire.now, b, &[], sdp(OFFER));
    wire.run_for(10);
    assert_eq!(wire.times(Side::A, "ACK").len(), 0);
    wire.a.ack_with_answer(wire.now, a, sdp(ANSWER).unwrap());
    wire.run_for(10);
    let ack = wire.log.last().unwrap();
    assert_eq!((ack.name().as_str(), ack.message.body()), ("ACK", ANSWER));
    assert!(
        matches!(&wire.events.last().unwrap().2, Event::Confirmed { request, .. } if request.body() == ANSWER)
    );
}

#[test]
fn hold_by_reinvite_and_the_owner_answers() {
    let mut wire = Wire::new();
    let (a, _) = wire.established();
    let held = String::from_utf8_lossy(OFFER).replace("sendrecv", "sendonly");
    let sent = wire.a.reinvite(wire.now, a, &[], sdp(held.as_bytes()));
    wire.run_for(10);
    let Event::Modify { request_id, answered: false, .. } = &wire.events[0].2 else { panic!() };
    wire.b.respond(wire.now, *request_id, 200, &[], sdp(ANSWER));
    wire.run_for(10);
    assert_eq!(wire.ladder(), ["A INVITE", "B 200 INVITE", "A ACK"]);
    assert!(
        matches!(&wire.events[1].2, Event::Modified { request_id, response: Some(_), .. } if *request_id == sent)
    );
    assert_eq!(wire.told(Side::B), ["Modify", "Confirmed"]);
}

#[test]
fn a_refresh_with_the_same_body_is_answered_by_itself() {
    let mut wire = Wire::new();
    let (a, _) = wire.established();
    wire.a.reinvite(wire.now, a, &[], sdp(OFFER));
    wire.run_for(10);
    assert!(matches!(&wire.events[0].2, Event::Modify { answered: true, .. }));
    assert_eq!(wire.ladder(), ["A INVITE", "B 200 INVITE", "A ACK"]);
    assert_eq!(wire.log[1].message.body(), ANSWER);
    wire.log.clear();
    wire.a.update(wire.now, a, &[], None);
    wire.run_for(10);
    assert_eq!(wire.ladder(), ["A UPDATE", "B 200 UPDATE"]);
}

#[test]
fn glare_is_answered_491_on_both_sides() {
    let mut wire = Wire::new();
    let (a, b) = wire.established();
    let changed = [OFFER, b"a=ptime:20\r\n"].concat();
    wire.a.reinvite(wire.now, a, &[], sdp(&changed));
    wire.b.reinvite(wire.now, b, &[], sdp(&changed));
    wire.run_for(10);
    let mut ladder = wire.ladder();
    ladder.sort();
    assert_eq!(ladder, ["A 491 INVITE", "A ACK", "A INVITE", "B 491 INVITE", "B ACK", "B INVITE"]);
    for side in [Side::A, Side::B] {
        assert_eq!(wire.told(side), ["Stray", "Modified"]);
    }
}

#[test]
fn refer_and_notify_go_to_the_owner() {
    let mut wire = Wire::new();
    let (a, b) = wire.established();
    let refer_to = [("Refer-To".to_string(), "<sip:120@127.0.0.3>".to_string())];
    let sent = wire.a.in_call(wire.now, a, "REFER", &refer_to, None);
    wire.run_for(10);
    let Event::InCall { request_id, request, .. } = wire.events[0].2.clone() else { panic!() };
    assert_eq!(request.header("Refer-To"), Some("<sip:120@127.0.0.3>"));
    assert!(request.contact().is_some());
    wire.b.respond(wire.now, request_id, 202, &[], None);
    wire.b.in_call(wire.now, b, "NOTIFY", &[("Event".to_string(), "refer".to_string())], None);
    wire.run_for(10);
    assert!(matches!(&wire.events[2].2, Event::InCall { request, .. } if request.method() == Some("NOTIFY")));
    assert!(matches!(&wire.events[1].2, Event::Response { request_id, response: Some(r), .. }
        if *request_id == sent && r.status() == Some(202)));
}

#[test]
fn a_request_in_an_unknown_dialog_gets_481() {
    let mut wire = Wire::new();
    let (a, b) = wire.established();
    wire.lose = Box::new(|_, _, _| true);
    wire.b.hang_up(wire.now, b, &[]);
    wire.run_for(40_000);
    wire.log.clear();
    wire.lose = Box::new(|_, _, _| false);
    wire.a.in_call(wire.now, a, "INFO", &[], None);
    wire.run_for(10);
    assert_eq!(wire.ladder(), ["A INFO", "B 481 INFO"]);
}

#[test]
fn a_cseq_that_goes_backwards_gets_500() {
    let mut wire = Wire::new();
    wire.a.config_mut().first_cseq = Some(70_000);
    let (a, _) = wire.established();
    wire.a.in_call(wire.now, a, "INFO", &[("CSeq".to_string(), "5 INFO".to_string())], None);
    wire.run_for(10);
    assert_eq!(wire.ladder(), ["A INFO", "B 500 INFO"]);
    assert_eq!(wire.told(Side::B), ["Stray"]);
}

#[test]
fn a_call_survives_heavy_loss() {
    for seed in 0..40_u32 {
        let mut wire = Wire::new();
        // A fixed pattern per seed: about a third of all messages is lost.
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        wire.lose = Box::new(move |_, _, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16 & 0xff < 85
        });
        let a = wire.a.call(At::ZERO, wire.invite(sdp(OFFER)));
        wire.run_for(10_000);
        let b = wire.incoming();
        wire.b.answer(wire.now, b, &[], sdp(ANSWER));
        wire.run_for(20_000);
        assert_eq!(wire.a.dialog(a).unwrap().state, CallState::Up, "seed {seed}");
        wire.a.hang_up(wire.now, a, &[]);
        wire.run_for(100_000);
        assert_eq!(wire.a.calls().count() + wire.b.calls().count(), 0, "seed {seed}");
        assert_eq!((wire.a.deadline(), wire.b.deadline()), (None, None), "seed {seed}");
        assert_eq!(wire.told(Side::B), ["Incoming", "Confirmed", "Ended"], "seed {seed}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let play = || {
        let mut wire = Wire::new();
        let (a, _) = wire.established();
        wire.a.hang_up(wire.now, a, &[]);
        wire.run_for(40_000);
        wire.log.iter().map(|line| line.message.raw().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(play(), play());
}

#[test]
fn raw_bytes_go_out_untouched_and_a_stray_response_is_told() {
    let mut wire = Wire::new();
    let bytes = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bKnone\r\n\
        From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    let flow = wire.flow();
    wire.a.send_raw(flow, bytes.to_vec());
    wire.run_for(10);
    assert_eq!(wire.log[0].message, Message::parse(bytes).unwrap());
    assert_eq!(wire.told(Side::B), ["Stray"]);
}
