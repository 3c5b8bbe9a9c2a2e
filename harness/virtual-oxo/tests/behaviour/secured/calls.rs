//! Calls over the secured trunk: keys in descriptions, keys at the media engine, addresses.

use super::lab::{A_PROFILE, B_PROFILE, Lab, SBC1};
use super::party::crypto;
use oxocert_machine::Flow;
use oxocert_media::engine::Command;
use oxocert_media::srtp::{Key, Suite};
use oxocert_sip::sdp;
use oxocert_virtual_oxo::Defect;

/// What the box's ports were told: sending and receiving keys, in order.
fn secured(lab: &Lab) -> Vec<(Option<Key>, Option<Key>)> {
    let of = |command: &Command| match command {
        Command::Secure { sending, receiving, .. } => Some((sending.clone(), receiving.clone())),
        _ => None,
    };
    lab.media.iter().filter_map(of).collect()
}

fn outgoing(lab: &mut Lab) -> sdp::Audio {
    lab.dial();
    lab.run(50);
    sdp::read(lab.party("nominal").last("INVITE").body()).unwrap().audio.unwrap()
}

#[test]
fn an_outgoing_call_is_tls_and_srtp_and_the_set_speaks_clear() {
    let mut lab = Lab::new();
    let offer = outgoing(&mut lab);
    assert_eq!(offer.protocol, "RTP/SAVP");
    assert_eq!(offer.crypto.len(), 4);
    assert_eq!(offer.crypto[0].suite, Suite::AesCm128Sha1_80.name());
    let invite = lab.party("nominal").last("INVITE").clone();
    assert_eq!(invite.uri(), Some(format!("sip:+33277123456@{SBC1};user=phone").as_str()));
    assert!(invite.header("Via").unwrap().starts_with("SIP/2.0/TLS 127.21.2.1:5061;"));
    assert!(invite.header("Contact").unwrap().contains("@127.21.2.1:5061;transport=tls"));
    lab.party("nominal").answer();
    lab.run(50);
    assert_eq!(lab.party("nominal").count("ACK"), 1);
    let answered =
        lab.party("101").seen.iter().rev().find(|(_, _, m)| m.status() == Some(200)).unwrap().2.clone();
    assert_eq!(sdp::read(answered.body()).unwrap().audio.unwrap().protocol, "RTP/AVP");
    let keys = secured(&lab);
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].0.as_ref().unwrap().key_and_salt, offer.crypto[0].key_and_salt);
    assert_eq!(keys[0].1.as_ref().unwrap().key_and_salt, vec![7; 30]);
}

#[test]
fn an_incoming_call_takes_the_first_suite_it_knows() {
    let mut lab = Lab::new();
    lab.party("nominal").local.crypto =
        vec![crypto(3, Suite::AesCm128Sha1_32, 5), crypto(4, Suite::AesCm128Sha1_80, 6)];
    lab.call_in("nominal", None);
    lab.run(50);
    lab.party("101").answer();
    lab.run(50);
    let answer = lab
        .party("nominal")
        .seen
        .iter()
        .rev()
        .find(|(_, _, m)| m.status() == Some(200) && !m.body().is_empty());
    let answer = sdp::read(answer.unwrap().2.body()).unwrap().audio.unwrap();
    assert_eq!((answer.protocol.as_str(), answer.crypto[0].tag), ("RTP/SAVP", 3));
    let keys = secured(&lab);
    assert_eq!(keys[0].0.as_ref().unwrap().key_and_salt, answer.crypto[0].key_and_salt);
    assert_eq!(keys[0].1.as_ref().unwrap().key_and_salt, vec![5; 30]);
}

#[test]
fn clear_and_dtls_offers_are_refused() {
    for protocol in ["RTP/AVP", "UDP/TLS/RTP/SAVP"] {
        let mut lab = Lab::new();
        lab.party("nominal").local.crypto.clear();
        lab.party("nominal").local.protocol = Some(protocol.into());
        lab.call_in("nominal", None);
        lab.run(50);
        assert_eq!(lab.party("nominal").statuses("INVITE"), [100, 488], "{protocol}");
    }
    let mut lab = Lab::with(A_PROFILE, &[Defect::SrtpClearFallback]);
    lab.party("nominal").local.crypto.clear();
    lab.call_in("nominal", None);
    lab.run(50);
    lab.party("101").answer();
    lab.run(50);
    assert!(lab.party("nominal").statuses("INVITE").contains(&200));
    assert_eq!(secured(&lab), []);
}

#[test]
fn an_answer_in_clear_ends_the_call() {
    let mut lab = Lab::new();
    outgoing(&mut lab);
    lab.party("nominal").local.crypto.clear();
    let (call, invite) = lab.party("nominal").offered();
    let offer = String::from_utf8(invite.body().to_vec()).unwrap().replace("RTP/SAVP", "RTP/AVP");
    let answer = lab.party("nominal").local.answer(offer.as_bytes(), sdp::Direction::SendRecv).unwrap();
    let now = lab.now;
    lab.party("nominal").ua.answer(now, call, &[], Some(super::party::body(answer.bytes)));
    lab.run(50);
    assert_eq!(lab.party("nominal").count("BYE"), 1);
    let to_sbc = |command: &Command| matches!(command, Command::Send { sending, .. } if sending.remote.port() == 20_000 && sending.remote.ip().to_string() == "127.21.1.1");
    assert!(!lab.media.iter().any(to_sbc));
}

#[test]
fn keys_differ_from_call_to_call_unless_a_defect_reuses_them() {
    let two = |defects: &[Defect]| {
        let mut lab = Lab::with(A_PROFILE, defects);
        let first = outgoing(&mut lab).crypto[0].key_and_salt.clone();
        lab.dial();
        lab.run(50);
        let second = sdp::read(lab.party("nominal").last("INVITE").body()).unwrap().audio.unwrap();
        first == second.crypto[0].key_and_salt
    };
    assert!(!two(&[]));
    assert!(two(&[Defect::SrtpKeyReused]));
}

#[test]
fn behind_a_firewall_the_address_outside_is_written_unless_static_nat_is_off() {
    let shown = |lab: &mut Lab| {
        let audio = outgoing(lab);
        let invite = lab.party("nominal").last("INVITE").clone();
        let inside = |text: &str| text.contains("10.8.0.2");
        [
            inside(invite.header("Via").unwrap()),
            inside(invite.header("Contact").unwrap()),
            inside(&audio.address),
        ]
    };
    assert_eq!(shown(&mut Lab::with(B_PROFILE, &[])), [false; 3]);
    assert_eq!(shown(&mut Lab::with(&B_PROFILE.replace("static  = true", ""), &[])), [true; 3]);
    assert_eq!(shown(&mut Lab::with(B_PROFILE, &[Defect::PrivateAddressInVia])), [true, false, false]);
    assert_eq!(shown(&mut Lab::with(B_PROFILE, &[Defect::PrivateAddressInContact])), [false, true, false]);
    assert_eq!(shown(&mut Lab::with(B_PROFILE, &[Defect::PrivateAddressInSdp])), [false, false, true]);
    let mut lab = Lab::with(B_PROFILE, &[]);
    assert_eq!(lab.say("set nat.static off"), "ok");
    assert_eq!(shown(&mut lab), [true; 3]);
}

#[test]
fn a_secure_uri_gets_a_secure_contact() {
    let contact = |defects: &[Defect]| {
        let mut lab = Lab::with(A_PROFILE, defects);
        lab.call_in("nominal", Some("sips:+33155501001@127.21.2.1:5061"));
        lab.run(50);
        if lab.party("nominal").statuses("INVITE").contains(&416) {
            return "416".to_owned();
        }
        lab.party("101").answer();
        lab.run(50);
        let ok = lab
            .party("nominal")
            .seen
            .iter()
            .rev()
            .find(|(_, _, m)| m.status() == Some(200) && !m.body().is_empty());
        ok.unwrap().2.header("Contact").unwrap().split(':').next().unwrap().to_owned()
    };
    assert_eq!(contact(&[]), "<sips");
    assert_eq!(contact(&[Defect::SipsAnsweredSip]), "<sip");
    assert_eq!(contact(&[Defect::SipsRefused]), "416");
}

#[test]
fn sip_in_clear_is_not_heard() {
    let ask = |defects: &[Defect]| {
        let mut lab = Lab::with(A_PROFILE, defects);
        let flow = Flow::udp(lab.at("8.1:5060"), lab.at("2.1:5060"));
        let options = "OPTIONS sip:127.21.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.21.8.1:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
             From: <sip:a@127.21.8.1>;tag=1\r\nTo: <sip:127.21.2.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
        lab.throw(flow, options.as_bytes());
        lab.other.iter().filter(|(_, bytes)| bytes.starts_with(b"SIP/2.0 200")).count()
    };
    assert_eq!(ask(&[]), 0);
    assert_eq!(ask(&[Defect::AnswersClearSip]), 1);
}
