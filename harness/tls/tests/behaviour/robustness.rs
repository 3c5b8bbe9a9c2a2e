//! What a bad peer, or a bad network, may do.

use crate::lab::{dut, sbc};
use crate::pair::{A, B, Do, Owner, Saw, Told, a_to_b, address, findings, handshake, handshakes, machine};
use oxocert_machine::{At, Flow, Input, Machine, Output};
use oxocert_tls::{Backend, Endpoint, Event, Outcome, Side, Version, WithTls};
use rstest::rstest;
use std::net::SocketAddr;
use std::time::Duration;

/// What a machine put out: on the stream, whether it closed one, and what it saw.
#[derive(Default)]
struct Drained {
    bytes: Vec<u8>,
    closed: Vec<Flow>,
    saw: Vec<Saw>,
}

fn drain(machine: &mut WithTls<Owner>) -> Drained {
    let mut all = Drained::default();
    while let Some(output) = machine.poll() {
        match output {
            Output::Transmit { bytes, .. } => all.bytes.extend(bytes),
            Output::Close { flow } => all.closed.push(flow),
            Output::Event(Told::Saw(saw)) => all.saw.push(saw),
            Output::Event(Told::Order(order)) => panic!("{order:?}"),
        }
    }
    all
}

fn stream(port: u16) -> Flow {
    Flow::tcp(address(B), SocketAddr::new(address(A).ip(), port))
}

/// A server with a stream that came in.
fn server(endpoint: Endpoint) -> WithTls<Owner> {
    let mut server = machine(B, endpoint, 1);
    server.handle(At::ZERO, Input::Connected { flow: stream(40_000) });
    assert!(server.poll().is_none());
    server
}

fn receive(machine: &mut WithTls<Owner>, at: At, bytes: &[u8]) -> Drained {
    machine.handle(at, Input::Received { flow: stream(40_000), tos: None, bytes: bytes.to_vec() });
    drain(machine)
}

#[rstest]
fn byte_by_byte(
    #[values(Backend::Rustls, Backend::OpenSsl)] a: Backend,
    #[values(Backend::Rustls, Backend::OpenSsl)] b: Backend,
    #[values(Version::Tls12, Version::Tls13)] version: Version,
) {
    let only = |endpoint| Endpoint { lowest: version, highest: version, suites: vec![0xc030], ..endpoint };
    let mut client = machine(A, only(dut(a)), 1);
    let mut server = machine(B, only(sbc(b)), 2);
    client.handle(At::ZERO, Input::Command(Do::Send(a_to_b(), b"ping".to_vec())));
    let Some(Output::Transmit { flow, bytes: mut to_server, .. }) = client.poll() else { panic!() };
    let mut saw = drain(&mut client).saw;
    client.handle(At::ZERO, Input::Connected { flow });
    server.handle(At::ZERO, Input::Connected { flow: flow.reversed() });
    let mut to_client = Vec::new();
    while !to_server.is_empty() || !to_client.is_empty() {
        for byte in std::mem::take(&mut to_server) {
            server.handle(At::ZERO, Input::Received { flow: flow.reversed(), tos: None, bytes: vec![byte] });
            to_client.extend(drain(&mut server).bytes);
        }
        for byte in std::mem::take(&mut to_client) {
            client.handle(At::ZERO, Input::Received { flow, tos: None, bytes: vec![byte] });
            let drained = drain(&mut client);
            to_server.extend(drained.bytes);
            saw.extend(drained.saw);
        }
    }
    assert!(saw.iter().any(|saw| matches!(saw, Saw::Received(_, bytes) if bytes == b"pong")), "{saw:#?}");
    assert!(findings(&saw).is_empty());
}

#[rstest]
#[case(b"OPTIONS sip:127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1\r\n\r\n".to_vec())]
#[case(vec![0; 300])]
#[case(vec![0xff; 70_000])]
#[case([&[22, 3, 1, 0xff, 0xff][..], &[1; 70_000]].concat())]
#[case([&[22, 3, 1, 0, 9, 1, 0, 0, 5][..], &[3, 3, 1, 2, 3]].concat())]
#[case([&[23, 3, 3, 0, 9][..], &[0; 9]].concat())]
fn what_is_no_tls(#[case] bytes: Vec<u8>, #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend) {
    for chunk in [1, 7, bytes.len()] {
        let mut server = server(dut(backend));
        let mut all = Drained::default();
        for part in bytes.chunks(chunk) {
            let drained = receive(&mut server, At::ZERO, part);
            all.closed.extend(drained.closed);
            all.saw.extend(drained.saw);
        }
        if bytes[0] == 23 && all.saw.is_empty() {
            // A sealed record instead of a ClientHello is a well-formed record: only the clock ends it.
            server.handle(At::from_secs(61), Input::Timeout);
            all = drain(&mut server);
        }
        let seen = handshake(&all.saw);
        assert!(matches!(seen.outcome, Outcome::Refused { by: Side::Own, .. }), "{seen:?}");
        assert_eq!(all.closed, [stream(40_000)]);
        assert_eq!(findings(&all.saw).len(), 1, "{:?}", all.saw);
        assert_eq!(server.deadline(), None, "nothing is left of it");
    }
}

/// SEC-18: a handshake that does not end is ended after 60 s, wherever it stands.
#[rstest]
fn a_slow_handshake(
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
    #[values(0, 1, 100)] sent: usize,
) {
    let mut client = machine(A, sbc(backend), 1);
    client.handle(At::ZERO, Input::Command(Do::Send(a_to_b(), b"ping".to_vec())));
    let hello = drain(&mut client).bytes;
    let mut server = server(dut(backend));
    for (second, byte) in hello.iter().take(sent).enumerate() {
        let at = At::from_millis(100 * second as u64);
        assert!(receive(&mut server, at, &[*byte]).saw.is_empty());
    }
    assert_eq!(server.deadline(), Some(At::from_secs(60)));
    server.handle(At::from_millis(59_999), Input::Timeout);
    assert!(drain(&mut server).saw.is_empty());
    server.handle(At::from_secs(60), Input::Timeout);
    let drained = drain(&mut server);
    let seen = handshake(&drained.saw);
    assert_eq!((seen.from, seen.took), (At::ZERO, Duration::from_secs(60)));
    assert!(matches!(seen.outcome, Outcome::Refused { by: Side::Own, alert: None, .. }));
    assert_eq!((drained.closed.len(), findings(&drained.saw).len()), (1, 1));
    assert_eq!(server.deadline(), None);
}

/// A peer that opens and says nothing cannot hold more than 256 handshakes; the oldest goes.
#[test]
fn hundreds_half_open() {
    let mut server = machine(B, dut(Backend::OpenSsl), 1);
    let mut closed = Vec::new();
    for port in 1..=600 {
        server.handle(At::from_millis(u64::from(port)), Input::Connected { flow: stream(port) });
        let drained = drain(&mut server);
        assert_eq!(findings(&drained.saw).len(), usize::from(port > 256));
        closed.extend(drained.closed);
    }
    assert_eq!(closed, (1..=344).map(stream).collect::<Vec<_>>());
    server.handle(At::from_secs(100), Input::Timeout);
    assert_eq!(handshakes(&drain(&mut server).saw).len(), 256);
    assert_eq!(server.deadline(), None);
}

/// A record of an open connection that was tampered with ends it, with a finding.
#[rstest]
fn a_changed_record(#[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend) {
    let mut client = machine(A, dut(Backend::OpenSsl), 1);
    let mut server = machine(B, sbc(backend), 2);
    client.handle(At::ZERO, Input::Command(Do::Send(a_to_b(), b"ping".to_vec())));
    let Some(Output::Transmit { flow, mut bytes, .. }) = client.poll() else { panic!() };
    drain(&mut client);
    client.handle(At::ZERO, Input::Connected { flow });
    server.handle(At::ZERO, Input::Connected { flow: flow.reversed() });
    let mut up = false;
    while !up {
        server.handle(At::ZERO, Input::Received { flow: flow.reversed(), tos: None, bytes });
        let drained = drain(&mut server);
        up = drained.saw.iter().any(|saw| matches!(saw, Saw::Connected(_)));
        client.handle(At::ZERO, Input::Received { flow, tos: None, bytes: drained.bytes });
        bytes = drain(&mut client).bytes;
    }
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    server.handle(At::ZERO, Input::Received { flow: flow.reversed(), tos: None, bytes });
    let drained = drain(&mut server);
    let ended =
        drained.saw.iter().any(|saw| matches!(saw, Saw::Tls(Event::Ended(end)) if end.by == Side::Own));
    assert!(ended && findings(&drained.saw).len() == 1, "{:?}", drained.saw);
    assert_eq!(drained.closed, [flow.reversed()]);
}

/// What waits for a handshake that does not come is bounded.
#[test]
fn too_much_waits() {
    let mut client = machine(A, dut(Backend::OpenSsl), 1);
    let mut saw = Vec::new();
    for _ in 0..5 {
        client.handle(At::ZERO, Input::Command(Do::Send(a_to_b(), vec![0; 64 * 1024])));
        saw.extend(drain(&mut client).saw);
    }
    assert_eq!(findings(&saw).len(), 1);
    assert!(saw.iter().any(|saw| matches!(saw, Saw::Closed(flow, _) if *flow == a_to_b())));
}
