//! What a session writes, and what it orders of the engine.

use super::*;
use oxocert_machine::Seed;
use oxocert_media::srtp::Suite;
use rstest::rstest;

fn session() -> Session {
    Session::new(PortId(1), "127.0.3.1:20000".parse().unwrap(), 7, Security::default())
}

fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(start)).unwrap_or_default()
}

#[rstest]
#[case(None, "a=sendrecv", "c=IN IP4 127.0.3.1")]
#[case(Some(HoldStyle::SendOnly), "a=sendonly", "c=IN IP4 127.0.3.1")]
#[case(Some(HoldStyle::Inactive), "a=inactive", "c=IN IP4 127.0.3.1")]
#[case(Some(HoldStyle::RecvOnly), "a=recvonly", "c=IN IP4 127.0.3.1")]
#[case(Some(HoldStyle::ZeroAddress), "a=sendrecv", "c=IN IP4 0.0.0.0")]
fn a_hold_is_written_in_its_style(
    #[case] hold: Option<HoldStyle>,
    #[case] direction: &str,
    #[case] address: &str,
) {
    let text = String::from_utf8(session().offer(hold).bytes).unwrap();
    assert!(text.contains(direction) || direction == "a=sendrecv", "{text}");
    assert_eq!(line(&text, "c="), address);
    assert_eq!(line(&text, "o="), "o=- 7 1 IN IP4 127.0.3.1", "the origin keeps its address");
}

#[test]
fn the_version_counts_changes_only() {
    let mut session = session();
    let first = session.offer(None);
    assert_eq!(session.offer(None), first);
    let held = String::from_utf8(session.offer(Some(HoldStyle::SendOnly)).bytes).unwrap();
    assert_eq!(line(&held, "o="), "o=- 7 2 IN IP4 127.0.3.1");
}

#[test]
fn what_is_sent_follows_offer_and_answer() {
    let answer = |direction: &str, address: &str| {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.2.1\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
             m=audio 32000 RTP/AVP 8 106\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:106 telephone-event/8000\r\na={direction}\r\n"
        )
    };
    let mut session = session();
    session.offer(None);
    session.answered(answer("sendrecv", "127.0.2.1").as_bytes()).unwrap();
    let [Command::Send { sending, .. }] = &session.refresh(false)[..] else { panic!("both ways") };
    assert_eq!((sending.remote.port(), sending.event_payload_type), (32000, Some(106)));
    assert_eq!(session.refresh(false), [], "nothing changed");
    session.answered(answer("sendonly", "127.0.2.1").as_bytes()).unwrap();
    assert_eq!(session.refresh(false), [Command::Stop { port: PortId(1) }], "they do not receive");
    session.answered(answer("sendrecv", "0.0.0.0").as_bytes()).unwrap();
    assert_eq!(session.refresh(false), [], "held the old way");
    assert!(session.answered(b"v=0\r\n").is_err());
}

fn secured(port: u32, seed: u64) -> Session {
    let mut dice = Seed(seed).generator("bench");
    let security = Security::fresh(&[Suite::AesCm128Sha1_80, Suite::AesCm256Sha1_80], false, &mut dice);
    let local = SocketAddr::new("127.0.3.1".parse().unwrap(), 20_000 + u16::try_from(port).unwrap() * 2);
    Session::new(PortId(port), local, 7, security)
}

#[test]
fn keys_cross_over_and_come_before_what_they_protect() {
    let (mut one, mut other) = (secured(1, 1), secured(2, 2));
    let [Command::Secure { sending: Some(first), receiving: None, .. }] = &one.opened()[..] else {
        panic!("what comes before the answer cannot be opened yet")
    };
    let offer = one.offer(None);
    let answer = other.answer(&offer.bytes, None).unwrap();
    one.answered(&answer.bytes).unwrap();
    let of = |commands: Vec<Command>| match &commands[..] {
        [Command::Secure { sending, receiving, .. }, Command::Send { .. }] => {
            (sending.clone().unwrap(), receiving.clone().unwrap())
        }
        _ => panic!("a key, then the stream: {commands:?}"),
    };
    let (a, b) = (of(one.refresh(false)), of(other.refresh(false)));
    assert_eq!((&a.0, &a.1), (&b.1, &b.0));
    assert_eq!(&a.0, first);
    assert_ne!(a.0, a.1);
    assert_eq!(one.refresh(false), [], "nothing is ordered twice");
}

#[test]
fn a_new_key_in_a_reoffer_is_taken_and_a_hold_keeps_the_old_one() {
    let (mut one, mut other) = (secured(1, 1), secured(2, 2));
    let answer = other.answer(&one.offer(None).bytes, None).unwrap();
    one.answered(&answer.bytes).unwrap();
    one.refresh(false);
    other.refresh(false);
    let held = one.offer(Some(HoldStyle::SendOnly));
    other.answer(&held.bytes, None).unwrap();
    assert_eq!(other.refresh(false), [Command::Stop { port: PortId(2) }], "the key goes on");
    one.secure(Security::fresh(&[Suite::AesCm128Sha1_80], true, &mut Seed(3).generator("bench")));
    other.answer(&one.offer(None).bytes, None).unwrap();
    let [Command::Secure { receiving: Some(key), .. }, Command::Send { .. }] = &other.refresh(false)[..]
    else {
        panic!("a new key")
    };
    assert_eq!(key.mki.as_ref().unwrap().value, [0, 0, 0, 1]);
}

#[test]
fn an_answer_in_clear_to_a_secured_offer_is_told_and_nothing_is_sent() {
    let mut one = secured(1, 1);
    one.opened();
    one.offer(None);
    let answer = session().offer(None);
    assert_eq!(one.answered(&answer.bytes).unwrap_err(), "the answer has protocol RTP/AVP, not RTP/SAVP");
    let [Command::Secure { sending, receiving, .. }] = &one.refresh(false)[..] else {
        panic!("nothing is sent, and what comes in clear is counted as clear")
    };
    assert_eq!(sending, receiving);
    assert!(one.objection(&answer.bytes).unwrap().contains("RTP/AVP on a secured trunk"));
}

#[test]
fn legs_that_the_network_joins_know_each_others_keys() {
    let (mut one, mut other) = (secured(1, 1), secured(2, 2));
    one.opened();
    other.opened();
    let (a, b) = ((one.local, one.sending_key()), (other.local, other.sending_key()));
    one.redirect(b.0, b.1.clone());
    other.redirect(a.0, a.1.clone());
    let secured = |session: &mut Session, sending: Option<Key>, receiving: Option<Key>| {
        let port = session.port;
        let wanted = Command::Secure { port, sending, receiving };
        assert_eq!(session.refresh(false).first(), Some(&wanted));
    };
    secured(&mut one, a.1.clone(), b.1.clone());
    secured(&mut other, b.1, a.1);
}
