//! Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3).
#![allow(clippy::unwrap_used)]

use oxocert_machine::{At, Flow};
use oxocert_sip::message::Message;
use oxocert_sip::transaction::{Layer, LayerOutput, OnRequest, OnResponse};
use oxocert_sip::ua::Timers;

fn flow() -> Flow {
    Flow::udp("127.0.0.1:5060".parse().unwrap(), "127.0.0.2:5060".parse().unwrap())
}

fn request(method: &str, cseq: &str, via: &str, to: &str) -> Message {
    let text = format!(
        "{method} sip:b@127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP {via}\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\n\
         To: <sip:b@y>{to}\r\nCall-ID: c1\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.as_bytes()).unwrap()
}

fn response(status: u16, cseq: &str, branch: &str) -> Message {
    let text = format!(
        "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch={branch}\r\nFrom: <sip:a@x>;tag=1\r\n\
         To: <sip:b@y>;tag=2\r\nCall-ID: c1\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.as_bytes()).unwrap()
}

fn receive(layer: &mut Layer, message: &Message) -> OnRequest {
    layer.request(At::ZERO, flow(), message, Timers::default())
}

fn sent(layer: &mut Layer) -> Vec<(bool, Vec<u8>)> {
    std::iter::from_fn(|| layer.poll())
        .filter_map(|output| match output {
            LayerOutput::Transmit { bytes, retransmission, .. } => Some((retransmission, bytes)),
            _ => None,
        })
        .collect()
}

#[test]
fn the_response_to_cancel_is_not_the_response_to_invite() {
    let mut layer = Layer::new();
    let branch = "127.0.0.1:5060;branch=z9hG4bKa";
    let invite = request("INVITE", "1 INVITE", branch, "");
    let cancel = request("CANCEL", "1 CANCEL", branch, "");
    let invite_key = layer.send(At::ZERO, flow(), invite.raw().to_vec(), Timers::default()).unwrap();
    let cancel_key = layer.send(At::ZERO, flow(), cancel.raw().to_vec(), Timers::default()).unwrap();
    assert_ne!(invite_key, cancel_key);
    let ok = layer.response(At::ZERO, &response(200, "1 CANCEL", "z9hG4bKa"));
    assert_eq!(ok, OnResponse::Deliver { key: cancel_key, ack: None });
    let OnResponse::Deliver { key, ack: Some((_, ack)) } =
        layer.response(At::ZERO, &response(487, "1 INVITE", "z9hG4bKa"))
    else {
        panic!()
    };
    assert_eq!(key, invite_key);
    let ack = Message::parse(&ack).unwrap();
    assert_eq!((ack.method(), ack.cseq()), (Some("ACK"), Some((1, "ACK"))));
    assert_eq!((ack.branch().as_deref(), ack.to_tag().as_deref()), (Some("z9hG4bKa"), Some("2")));
    assert_eq!(layer.response(At::ZERO, &response(200, "1 BYE", "z9hG4bKa")), OnResponse::Unknown);
    assert_eq!(layer.response(At::ZERO, &response(200, "1 INVITE", "z9hG4bKb")), OnResponse::Unknown);
}

#[test]
fn a_repeated_request_gets_the_same_answer_and_its_ack_is_absorbed() {
    let mut layer = Layer::new();
    let invite = request("INVITE", "1 INVITE", "127.0.0.1;branch=z9hG4bKa", "");
    let OnRequest::New(key) = receive(&mut layer, &invite) else { panic!() };
    assert_eq!(receive(&mut layer, &invite), OnRequest::Repeated(key.clone()));
    assert_eq!(sent(&mut layer), [], "nothing was answered yet");
    assert!(layer.respond(At::ZERO, &key, 486, b"486".to_vec()));
    assert_eq!(receive(&mut layer, &invite), OnRequest::Repeated(key.clone()));
    assert_eq!(sent(&mut layer), [(false, b"486".to_vec()), (true, b"486".to_vec())]);
    let ack = request("ACK", "1 ACK", "127.0.0.1;branch=z9hG4bKa", ";tag=2");
    assert_eq!(receive(&mut layer, &ack), OnRequest::Acknowledged { key: key.clone(), again: false });
    assert_eq!(receive(&mut layer, &ack), OnRequest::Acknowledged { key, again: true });
}

#[test]
fn the_same_branch_of_another_sender_is_another_transaction() {
    let mut layer = Layer::new();
    let one = request("OPTIONS", "1 OPTIONS", "127.0.0.1;branch=z9hG4bKa", "");
    let other = request("OPTIONS", "1 OPTIONS", "127.0.0.9;branch=z9hG4bKa", "");
    let port = request("OPTIONS", "1 OPTIONS", "127.0.0.1:5070;branch=z9hG4bKa", "");
    let explicit = request("OPTIONS", "1 OPTIONS", "127.0.0.1:5060;branch=z9hG4bKA", "");
    assert!(matches!(receive(&mut layer, &one), OnRequest::New(_)));
    assert!(matches!(receive(&mut layer, &other), OnRequest::New(_)));
    assert!(matches!(receive(&mut layer, &port), OnRequest::New(_)));
    // Port 5060 is what no port means, and branches compare without regard to case.
    assert!(matches!(receive(&mut layer, &explicit), OnRequest::Repeated(_)));
}

#[test]
fn without_the_cookie_the_rules_of_rfc_2543_hold() {
    let mut layer = Layer::new();
    for via in ["127.0.0.1", "127.0.0.7;branch=1", "127.0.0.8;branch=z9hG4bK"] {
        let invite = request("INVITE", "1 INVITE", via, "");
        let OnRequest::New(key) = receive(&mut layer, &invite) else { panic!("{via}") };
        assert_eq!(receive(&mut layer, &invite), OnRequest::Repeated(key.clone()));
        layer.respond(At::ZERO, &key, 404, b"404".to_vec());
        let ack = request("ACK", "1 ACK", via, ";tag=9");
        assert_eq!(receive(&mut layer, &ack), OnRequest::Acknowledged { key, again: false });
        let next = request("INVITE", "2 INVITE", via, "");
        assert!(matches!(receive(&mut layer, &next), OnRequest::New(_)));
    }
}

#[test]
fn what_lacks_a_via_cannot_be_answered() {
    let mut layer = Layer::new();
    let message = Message::parse(b"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\n").unwrap();
    assert_eq!(receive(&mut layer, &message), OnRequest::Unanswerable);
    assert_eq!(layer.deadline(), None);
}
