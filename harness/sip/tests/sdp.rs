//! Offers, answers and descriptions passed on (RFC 3264).
#![allow(clippy::unwrap_used)]

use oxocert_sip::sdp::{Codec, Direction, Local, Readdress, read, readdress};

const OFFER: &str = "v=0\r\no=oxo 100 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n\
    m=audio 32000 RTP/AVP 18 8 0 106\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n\
    a=rtpmap:106 telephone-event/8000\r\na=fmtp:106 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

fn local(names: &[&str]) -> Local {
    Local {
        address: "127.0.0.9".parse().unwrap(),
        port: 6000,
        codecs: names.iter().map(|name| Codec::named(name).unwrap()).collect(),
        telephone_event: Some(101),
        ptime: Some(20),
        crypto: Vec::new(),
        protocol: None,
        user: "-".to_string(),
        session_id: 7,
        version: 3,
    }
}

#[test]
fn an_offer_is_read() {
    let description = read(OFFER.as_bytes()).unwrap();
    assert_eq!((description.session_id.as_str(), description.version), ("100", 1));
    let audio = description.audio.unwrap();
    let names: Vec<&str> = audio.codecs.iter().map(|codec| codec.name.as_str()).collect();
    assert_eq!(names, ["G729", "PCMA", "PCMU"], "static payload types need no rtpmap");
    assert_eq!(audio.codecs[0].fmtp.as_deref(), Some("annexb=no"));
    assert_eq!(audio.payload_types, [18, 8, 0, 106]);
    assert_eq!((audio.telephone_event, audio.ptime), (Some(106), Some(20)));
    assert_eq!((audio.address.as_str(), audio.port), ("10.0.0.1", 32000));
    assert_eq!(audio.direction, Direction::SendRecv);
}

#[test]
fn an_answer_takes_the_first_common_codec_of_the_offer_and_its_numbers() {
    let answer = local(&["PCMU", "PCMA"]).answer(OFFER.as_bytes(), Direction::SendRecv).unwrap();
    assert_eq!((answer.codec.name.as_str(), answer.codec.pt), ("PCMA", 8));
    assert_eq!(answer.telephone_event, Some(106));
    assert_eq!(
        String::from_utf8(answer.bytes).unwrap(),
        "v=0\r\no=- 7 3 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n\
         m=audio 6000 RTP/AVP 8 106\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:106 telephone-event/8000\r\n\
         a=fmtp:106 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn no_common_codec_no_answer() {
    assert_eq!(local(&["G722"]).answer(OFFER.as_bytes(), Direction::SendRecv), None);
    assert_eq!(local(&["PCMA"]).answer(b"nonsense", Direction::SendRecv), None);
    let refused = OFFER.replace("m=audio 32000", "m=audio 0");
    assert_eq!(local(&["PCMA"]).answer(refused.as_bytes(), Direction::SendRecv), None);
}

#[test]
fn hold_is_mirrored_the_old_way_too() {
    let direction = |offer: &str, ours| local(&["PCMA"]).answer(offer.as_bytes(), ours).unwrap().direction;
    assert_eq!(direction(&OFFER.replace("sendrecv", "sendonly"), Direction::SendRecv), Direction::RecvOnly);
    assert_eq!(direction(&OFFER.replace("sendrecv", "recvonly"), Direction::SendRecv), Direction::SendOnly);
    assert_eq!(direction(&OFFER.replace("sendrecv", "inactive"), Direction::SendRecv), Direction::Inactive);
    assert_eq!(direction(OFFER, Direction::RecvOnly), Direction::RecvOnly);
    let old = OFFER.replace("c=IN IP4 10.0.0.1", "c=IN IP4 0.0.0.0");
    assert!(read(old.as_bytes()).unwrap().audio.unwrap().is_zero_address());
    assert_eq!(direction(&old, Direction::SendRecv), Direction::RecvOnly);
    // A direction of the session holds for a line that has none.
    let session = OFFER.replace("a=sendrecv\r\n", "").replace("t=0 0\r\n", "t=0 0\r\na=sendonly\r\n");
    assert_eq!(direction(&session, Direction::SendRecv), Direction::RecvOnly);
}

#[test]
fn other_lines_are_refused_and_keep_their_places() {
    let offer =
        format!("{}m=video 5004 RTP/AVP 31\r\n", OFFER.replace("m=audio", "m=image 9 udptl t38\r\nm=audio"));
    let answer = local(&["PCMA"]).answer(offer.as_bytes(), Direction::SendRecv).unwrap();
    let description = read(&answer.bytes).unwrap();
    let media: Vec<(&str, u16)> =
        description.media.iter().map(|(kind, port)| (kind.as_str(), *port)).collect();
    assert_eq!(media, [("image", 0), ("audio", 6000), ("video", 0)]);
}

#[test]
fn our_offer_reads_back() {
    let mut ours = local(&["PCMA", "G729"]);
    ours.codecs[1].fmtp = Some("annexb=no".to_string());
    let audio = read(&ours.offer(Direction::SendOnly)).unwrap().audio.unwrap();
    assert_eq!(audio.codecs, ours.codecs);
    assert_eq!((audio.telephone_event, audio.direction), (Some(101), Direction::SendOnly));
}

#[test]
fn a_description_is_passed_on_with_nothing_else_changed() {
    let change = Readdress {
        address: Some("192.0.2.7".parse().unwrap()),
        port: Some(40_000),
        direction: Some(Direction::SendOnly),
        crypto: None,
        origin: Some(("sbc".to_string(), 55, 2)),
    };
    let passed = readdress(OFFER.as_bytes(), &change).unwrap();
    let expected = OFFER
        .replace("o=oxo 100 1 IN IP4 10.0.0.1", "o=sbc 55 2 IN IP4 192.0.2.7")
        .replace("c=IN IP4 10.0.0.1", "c=IN IP4 192.0.2.7")
        .replace("m=audio 32000", "m=audio 40000")
        .replace("sendrecv", "sendonly");
    assert_eq!(String::from_utf8(passed).unwrap(), expected);
    assert_eq!(readdress(OFFER.as_bytes(), &Readdress::default()).unwrap(), OFFER.as_bytes());
}

#[test]
fn a_held_address_stays_held_when_passed_on() {
    let old = OFFER.replace("c=IN IP4 10.0.0.1", "c=IN IP4 0.0.0.0");
    let change = Readdress { address: Some("192.0.2.7".parse().unwrap()), ..Readdress::default() };
    let passed = readdress(old.as_bytes(), &change).unwrap();
    assert!(read(&passed).unwrap().audio.unwrap().is_zero_address());
}

#[test]
fn a_direction_is_added_where_none_was() {
    let bare = OFFER.replace("a=sendrecv\r\n", "");
    let change = Readdress { direction: Some(Direction::Inactive), ..Readdress::default() };
    for offer in [bare.clone(), format!("{bare}m=video 0 RTP/AVP 31\r\n"), bare.trim_end().to_string()] {
        let passed = readdress(offer.as_bytes(), &change).unwrap();
        assert_eq!(read(&passed).unwrap().audio.unwrap().direction, Direction::Inactive);
    }
}
