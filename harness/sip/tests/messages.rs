//! Reading messages: what an OXO is known to write, the scenario fields, and whatever else may come.
#![allow(clippy::unwrap_used)]

use oxocert_sip::dialog::Dialog;
use oxocert_sip::message::{Builder, FIELDS, Message, NameAddr, Severity, Uri, field};
use proptest::prelude::*;

const REGISTER: &str = "REGISTER sip:10.0.0.1 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1d32hash4;rport\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:0296@10.0.0.1>;tag=9a01\r\n\
    To: <sip:0296@10.0.0.1>\r\n\
    Call-ID: 0123456789abcdef0123456789abcdef@10.0.0.2\r\n\
    CSeq: 2147431040 REGISTER\r\n\
    Contact: <sip:0296@10.0.0.2;transport=UDP;user=phone>;audio;class=\"business, personal\";duplex=\"full, half\";\
    mobility=\"fixed\";description=\"<OmniPCX Office>\";methods=\"ACK, INVITE, CANCEL\";schemes=\"sip\"\r\n\
    Supported: 100rel,timer,from-change\r\n\
    User-Agent: OXO052/035.001 GW_052/035.001\r\n\
    Expires: 120\r\n\
    Content-Length: 0\r\n\r\n";

fn values(message: &Message, name: &str) -> Vec<String> {
    field(message, name).unwrap().unwrap_or_default()
}

#[test]
fn what_an_oxo_writes_is_read_without_a_finding() {
    let message = Message::parse(REGISTER.as_bytes()).unwrap();
    assert_eq!(message.findings(), []);
    assert_eq!(message.values("Contact").len(), 1);
    let contact = message.contact().unwrap();
    assert_eq!(contact.display, None);
    assert_eq!(contact.uri_text, "sip:0296@10.0.0.2;transport=UDP;user=phone");
    assert_eq!(contact.uri.param("Transport"), Some("UDP"));
    assert_eq!(contact.param("description"), Some("<OmniPCX Office>"));
    assert_eq!(contact.param("class"), Some("business, personal"));
    assert_eq!(contact.param("audio"), Some(""));
    assert_eq!(message.cseq(), Some((2_147_431_040, "REGISTER")));
    assert!(message.lists("Supported", "from-change"));
    assert_eq!(values(&message, "contact.host"), ["10.0.0.2"]);
    assert_eq!(values(&message, "product"), ["OXO052/035.001 GW_052/035.001"]);
}

#[test]
fn a_cseq_is_legal_up_to_2_to_the_31_and_never_wraps() {
    let with = |number: &str| {
        let text = REGISTER.replace("2147431040", number);
        let message = Message::parse(text.as_bytes()).unwrap();
        let codes: Vec<&str> = message.findings().iter().map(|finding| finding.code).collect();
        (message.cseq().map(|(number, _)| number), codes)
    };
    assert_eq!(with("2147483647"), (Some(2_147_483_647), vec![]));
    assert_eq!(with("2147483648"), (Some(2_147_483_648), vec!["cseq-range"]));
    assert_eq!(with("4294967296"), (None, vec!["cseq-range"]));
    assert_eq!(with("-1"), (None, vec!["cseq-syntax"]));

    let text = REGISTER.replace("2147431040", "2147483646");
    let mut dialog =
        Dialog::incoming(&Message::parse(text.as_bytes()).unwrap(), "t".into(), 2_147_483_646).unwrap();
    assert!(dialog.accept_cseq(2_147_483_647));
    assert!(!dialog.accept_cseq(1));
    assert!(dialog.accept_cseq(2_147_483_648), "illegal, yet it goes forward");
    assert_eq!((dialog.next_cseq(), dialog.next_cseq()), (2_147_483_647, 1));
}

const INVITE: &str = "INVITE sip:+33296010203@10.0.0.9;user=phone SIP/2.0\r\n\
    v: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK7\r\nMax-Forwards: 69\r\n\
    f: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\r\nt: <sip:+33296010203@10.0.0.9>\r\ni: x@10.0.0.2\r\n\
    CSeq: 1 INVITE\r\nm: <sip:+33296000000@10.0.0.2:5062>\r\n\
    P-Asserted-Identity: \"A, B\" <sip:+33296000000@10.0.0.2;user=phone>, <tel:+33296000000>\r\n\
    Privacy: id;user\r\nDiversion: <sip:+33111111111@x>;reason=no-answer;counter=1,<sip:+33222222222@x>;reason=unconditional\r\n\
    k: 100rel, timer\r\nx: 1800;refresher=uac\r\nMin-SE: 90\r\nAllow: INVITE, ACK\r\nAllow: BYE\r\n\
    c: application/sdp\r\nl: 173\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n\
    m=audio 32000 RTP/AVP 8 0 106\r\na=rtpmap:106 telephone-event/8000\r\na=ptime:20\r\na=sendonly\r\nm=video 0 RTP/AVP 31\r\n";

#[test]
fn every_field_is_looked_up_by_its_name() {
    let message = Message::parse(INVITE.as_bytes()).unwrap();
    assert_eq!(message.findings(), []);
    for (name, expected) in [
        ("ruri", vec!["sip:+33296010203@10.0.0.9;user=phone"]),
        ("ruri.user", vec!["+33296010203"]),
        ("ruri.host", vec!["10.0.0.9"]),
        ("method", vec!["INVITE"]),
        ("status", vec![]),
        ("from.user", vec!["anonymous"]),
        ("from.host", vec!["anonymous.invalid"]),
        ("from.display", vec!["Anonymous"]),
        ("from.tag", vec!["1"]),
        ("to.tag", vec![]),
        ("contact.port", vec!["5062"]),
        ("pai.user", vec!["+33296000000", "+33296000000"]),
        ("pai.host", vec!["10.0.0.2"]),
        ("privacy", vec!["id", "user"]),
        ("diversion.user", vec!["+33111111111", "+33222222222"]),
        ("diversion.reason", vec!["no-answer", "unconditional"]),
        ("allow", vec!["INVITE", "ACK", "BYE"]),
        ("supported", vec!["100rel", "timer"]),
        ("session-expires", vec!["1800"]),
        ("session-refresher", vec!["uac"]),
        ("min-se", vec!["90"]),
        ("max-forwards", vec!["69"]),
        ("cseq.number", vec!["1"]),
        ("cseq.method", vec!["INVITE"]),
        ("call-id", vec!["x@10.0.0.2"]),
        ("via.transport", vec!["UDP"]),
        ("via.branch", vec!["z9hG4bK7"]),
        ("content-type", vec!["application/sdp"]),
        ("header.Session-Expires", vec!["1800;refresher=uac"]),
        ("body.length", vec!["173"]),
        ("sdp.codecs", vec!["PCMA", "PCMU"]),
        ("sdp.payload-types", vec!["8", "0", "106"]),
        ("sdp.ptime", vec!["20"]),
        ("sdp.direction", vec!["sendonly"]),
        ("sdp.address", vec!["10.0.0.2"]),
        ("sdp.port", vec!["32000"]),
        ("sdp.audio-streams", vec!["1"]),
        ("sdp.media", vec!["audio", "video"]),
        ("sdp.telephone-event", vec!["106"]),
    ] {
        assert_eq!(values(&message, name), expected, "{name}");
    }
}

#[test]
fn each_listed_field_is_known_and_no_other_is() {
    let messages = [REGISTER, INVITE].map(|text| Message::parse(text.as_bytes()).unwrap());
    for message in &messages {
        for (name, doc) in FIELDS {
            assert!(!doc.is_empty());
            let name = name.replace("<Any>", "Subject");
            assert!(field(message, &name).is_ok(), "{name}");
        }
        for name in ["form.user", "from", "from.port", "sdp", "sdp.codec", "header.", "header.a b", "", "."] {
            assert!(field(message, name).is_err(), "{name}");
        }
    }
}

#[test]
fn the_builder_writes_headers_in_the_stated_order() {
    let bytes = Builder::request("MESSAGE", "sip:a@b")
        .header("X-Second", "2")
        .header("X-First", "1")
        .body("text/plain", b"hi");
    assert_eq!(
        bytes,
        b"MESSAGE sip:a@b SIP/2.0\r\nX-Second: 2\r\nX-First: 1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
    );
    assert_eq!(Builder::response(200, "OK").finish(), b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn addresses_of_every_shape_are_taken_apart() {
    let uri = Uri::parse("sips:alice:secret@[2001:db8::1]:5061;lr;x=1?Subject=hi").unwrap();
    assert_eq!((uri.scheme.as_str(), uri.user.as_deref()), ("sips", Some("alice")));
    assert_eq!((uri.password.as_deref(), uri.host.as_str()), (Some("secret"), "[2001:db8::1]"));
    assert_eq!(uri.socket_addr(), Some("[2001:db8::1]:5061".parse().unwrap()));
    assert_eq!((uri.param("LR"), uri.headers.as_deref()), (Some(""), Some("Subject=hi")));
    let tel = Uri::parse("tel:+33-2-96;phone-context=fr").unwrap();
    assert_eq!((tel.user.as_deref(), tel.param("phone-context")), (Some("+33-2-96"), Some("fr")));
    assert_eq!(NameAddr::parse("*"), None);
    assert_eq!(Uri::parse("sip:"), None);
    assert_eq!(Uri::parse("sip:host").unwrap().socket_addr(), None);
}

#[test]
fn what_has_no_start_line_is_no_message() {
    for bytes in [&b""[..], b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"INVITE SIP/2.0\r\n\r\n", b"\0\0\0\0"] {
        assert!(Message::parse(bytes).is_err());
    }
}

#[test]
fn a_finding_tells_where_and_by_which_rule() {
    let text = REGISTER.replace("Max-Forwards: 70", "Max-Forwards: 300");
    let message = Message::parse(text.as_bytes()).unwrap();
    let [finding] = message.findings() else { panic!() };
    assert_eq!((finding.code, finding.severity), ("max-forwards-range", Severity::Reject));
    assert_eq!(&message.raw()[finding.span.clone()], b"Max-Forwards: 300");
    assert_eq!(finding.rule, "RFC 3261 §20.22");
}

/// Looks at everything there is to look at.
fn look(message: &Message) {
    for (name, _) in FIELDS {
        let _ = field(message, &name.replace("<Any>", "Via"));
    }
    let _ = (message.from_tag(), message.sent_by(), message.content_length(), message.header_lines());
    for finding in message.findings() {
        assert!(finding.span.end <= message.raw().len());
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic_and_are_kept(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(message) = Message::parse(&bytes) {
            prop_assert_eq!(message.raw(), &bytes[..]);
            look(&message);
        }
    }

    #[test]
    fn mutated_messages_never_panic_and_are_kept(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        for text in [REGISTER, INVITE] {
            let mut bytes = text.as_bytes().to_vec();
            for (index, byte) in &changes {
                let at = index.index(bytes.len());
                bytes[at] = *byte;
            }
            let end = cut.index(bytes.len()).max(40);
            for bytes in [&bytes[..], &bytes[..end]] {
                if let Ok(message) = Message::parse(bytes) {
                    prop_assert_eq!(message.raw(), bytes);
                    look(&message);
                }
            }
        }
    }

    #[test]
    fn header_lines_of_any_text_never_panic(value in ".{0,80}") {
        let text = REGISTER.replace("Supported: 100rel,timer,from-change", &format!("Contact: {value}\r\nVia: {value}"));
        if let Ok(message) = Message::parse(text.as_bytes()) {
            look(&message);
            let _ = (NameAddr::parse(&value), Uri::parse(&value));
        }
    }
}
