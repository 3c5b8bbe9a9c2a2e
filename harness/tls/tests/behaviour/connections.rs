//! Connections over their life: who closes, what waits, what passes untouched.

use crate::lab::{dut, of_sbc, sbc};
use crate::pair::{A, B, Do, Pair, Saw, a_to_b, address, findings, handshakes, machine, ponged};
use oxocert_machine::{At, Flow, Input, Machine, Output};
use oxocert_tls::{Backend, Command, Ended, Endpoint, Event, Side};
use rstest::rstest;

fn ended(seen: &[Saw]) -> Vec<Ended> {
    seen.iter()
        .filter_map(|saw| match saw {
            Saw::Tls(Event::Ended(ended)) => Some(ended.clone()),
            _ => None,
        })
        .collect()
}

fn closed(seen: &[Saw]) -> Vec<Flow> {
    seen.iter()
        .filter_map(|saw| match saw {
            Saw::Closed(flow, _) => Some(*flow),
            _ => None,
        })
        .collect()
}

#[rstest]
fn what_is_sent_early_waits_and_goes_over_one_connection(
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let big = vec![7; 100_000];
    let orders = vec![Do::Send(a_to_b(), big.clone()), Do::Send(a_to_b(), b"ping".to_vec())];
    let mut pair = Pair::new(dut(backend), sbc(backend), orders);
    pair.run(600);
    assert_eq!(handshakes(&pair.seen_by_a()).len(), 1);
    let received: Vec<u8> = pair
        .seen_by_b()
        .into_iter()
        .filter_map(|saw| match saw {
            Saw::Received(_, bytes) => Some(bytes),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(received.len(), big.len() + 4);
    assert!(received.ends_with(b"\x07ping"));
}

/// The one who closes is told the end, not the closing; the other is told both, once.
#[rstest]
fn close_notify_from_either_side(
    #[values(Backend::Rustls, Backend::OpenSsl)] a: Backend,
    #[values(Backend::Rustls, Backend::OpenSsl)] b: Backend,
    #[values(true, false)] client_closes: bool,
) {
    let close = |saw: &Saw| match saw {
        Saw::Received(flow, _) => vec![Do::Close(*flow)],
        _ => vec![],
    };
    let nothing = |_: &Saw| vec![];
    let orders = vec![Do::Send(a_to_b(), b"hello".to_vec())];
    let mut pair = if client_closes {
        let orders = vec![Do::Send(a_to_b(), b"ping".to_vec())];
        Pair::answering(dut(a), sbc(b), orders, Box::new(close), Box::new(nothing))
    } else {
        Pair::answering(dut(a), sbc(b), orders, Box::new(nothing), Box::new(close))
    };
    pair.run(600);
    let (by_a, by_b) = (pair.seen_by_a(), pair.seen_by_b());
    let (closer, other) = if client_closes { (by_a, by_b) } else { (by_b, by_a) };
    let [own] = ended(&closer).try_into().unwrap();
    let [peers] = ended(&other).try_into().unwrap();
    assert_eq!((own.by, own.peer_spoke), (Side::Own, true));
    assert_eq!((peers.by, peers.peer_spoke), (Side::Peer, client_closes));
    assert!(peers.why.contains("close_notify") && !peers.why.contains("without"), "{}", peers.why);
    assert_eq!((closed(&closer), closed(&other)), (vec![], vec![peers.flow]));
    assert!(findings(&closer).is_empty() && findings(&other).is_empty());
}

/// SEC-07 the other way round: a peer that completes the handshake and says no word has refused.
#[test]
fn closed_without_a_word() {
    let close = |saw: &Saw| match saw {
        Saw::Connected(flow) => vec![Do::Close(*flow)],
        _ => vec![],
    };
    let connect = vec![Do::Tls(Command::Connect { flow: a_to_b() })];
    let nothing = Box::new(|_: &Saw| vec![]);
    let mut pair =
        Pair::answering(dut(Backend::OpenSsl), sbc(Backend::Rustls), connect, nothing, Box::new(close));
    pair.run(600);
    let [end] = ended(&pair.seen_by_a()).try_into().unwrap();
    assert_eq!((end.by, end.peer_spoke, end.alert), (Side::Peer, false, None));
}

#[test]
fn close_all_ends_every_connection_and_tells_each() {
    let connect = || Do::Tls(Command::Connect { flow: a_to_b() });
    let mut left = 2;
    let on_a = move |saw: &Saw| match saw {
        Saw::Connected(_) => {
            left -= 1;
            if left == 0 { vec![Do::Tls(Command::CloseAll { local: address(A).ip() })] } else { vec![] }
        }
        _ => vec![],
    };
    let nothing = Box::new(|_: &Saw| vec![]);
    let orders = vec![connect(), connect()];
    let mut pair =
        Pair::answering(dut(Backend::OpenSsl), sbc(Backend::Rustls), orders, Box::new(on_a), nothing);
    pair.run(600);
    assert_eq!(handshakes(&pair.seen_by_a()).len(), 2, "Connect makes a connection of its own each time");
    assert_eq!((ended(&pair.seen_by_a()).len(), closed(&pair.seen_by_a()).len()), (2, 2));
    assert_eq!(ended(&pair.seen_by_b()).len(), 2);
}

#[test]
fn nobody_listens_and_nobody_has_an_endpoint() {
    let nowhere = Flow::tls(a_to_b().local, address("127.0.0.9:5061"));
    let from_nowhere = Flow::tls(address("127.0.0.7:0"), address(B));
    let orders = vec![Do::Send(nowhere, b"ping".to_vec()), Do::Send(from_nowhere, b"ping".to_vec())];
    let mut pair = Pair::new(dut(Backend::OpenSsl), sbc(Backend::Rustls), orders);
    pair.run(600);
    let seen = pair.seen_by_a();
    assert_eq!(closed(&seen), [from_nowhere, nowhere], "each by the flow it was asked with");
    assert!(handshakes(&seen).is_empty(), "no stream, no handshake");
}

/// What the machine is told of a flow that is gone.
#[test]
fn a_connection_that_is_gone_is_not_made_again() {
    let gone = Flow::tls(address("127.0.0.1:5061"), address("127.0.0.2:40000"));
    let mut machine = machine(A, dut(Backend::OpenSsl), 1);
    machine.handle(At::ZERO, Input::Command(Do::Send(gone, b"200".to_vec())));
    let Some(Output::Event(crate::pair::Told::Saw(Saw::Closed(flow, _)))) = machine.poll() else { panic!() };
    assert_eq!(flow, gone);
    assert!(machine.poll().is_none());
}

/// Clear SIP beside the secured one: datagrams, streams the machine makes, and a port that was named.
#[test]
fn what_is_no_tls_passes_untouched() {
    let mut machine = machine(B, sbc(Backend::Rustls), 1);
    let at = At::ZERO;
    let clear = address("127.0.0.2:5060");
    machine.handle(at, Input::Command(Do::Tls(Command::Plain { local: clear })));
    assert!(machine.poll().is_none());
    let came_in = Flow::tcp(clear, address("127.0.0.1:40000"));
    let made = Flow::tcp(address("127.0.0.2:0"), address("127.0.0.3:23"));
    let made_at = Flow::tcp(address("127.0.0.2:40001"), made.remote);
    let datagram = Flow::udp(address(B), address(A));
    machine.handle(at, Input::Command(Do::Send(made, b"login".to_vec())));
    let sent = machine.poll();
    assert_eq!(transmitted(sent), Some((made, b"login".to_vec())));
    for flow in [came_in, made_at] {
        machine.handle(at, Input::Connected { flow });
        assert!(
            matches!(machine.poll(), Some(Output::Event(crate::pair::Told::Saw(Saw::Connected(it)))) if it == flow)
        );
    }
    for flow in [came_in, made_at, datagram] {
        machine.handle(at, Input::Received { flow, tos: None, bytes: b"ping".to_vec() });
        let answer = std::iter::from_fn(|| machine.poll()).find_map(|output| transmitted(Some(output)));
        assert_eq!(answer, Some((flow, b"pong".to_vec())));
    }
}

fn transmitted<E>(output: Option<Output<E>>) -> Option<(Flow, Vec<u8>)> {
    match output {
        Some(Output::Transmit { flow, bytes, .. }) => Some((flow, bytes)),
        _ => None,
    }
}

/// A DUT that expects another name of each a-SBC: `Toward` goes before `Endpoint`; what stands stays.
#[test]
fn another_endpoint_toward_one_peer() {
    let stranger = Endpoint { peer_name: Some("sbc2.example".into()), ..dut(Backend::OpenSsl) };
    let toward = Command::Toward {
        local: address(A).ip(),
        remote: address(B).ip(),
        endpoint: Box::new(dut(Backend::OpenSsl)),
    };
    let ping = Do::Send(a_to_b(), b"ping".to_vec());
    let server = Endpoint { identity: of_sbc("good"), ..sbc(Backend::Rustls) };
    let mut pair = Pair::new(stranger.clone(), server.clone(), vec![ping.clone()]);
    pair.run(600);
    assert!(!ponged(&pair.seen_by_a()));
    let mut pair = Pair::new(stranger, server, vec![Do::Tls(toward), ping]);
    pair.run(600);
    assert!(ponged(&pair.seen_by_a()));
}

/// The endpoint may change between the stream and its ClientHello: the handshake is the new one's, whole.
#[test]
fn an_endpoint_that_changes_before_the_hello() {
    let mut client = machine(A, dut(Backend::OpenSsl), 1);
    let mut server = machine(B, Endpoint { asks_client: false, ..sbc(Backend::OpenSsl) }, 2);
    client.handle(At::ZERO, Input::Command(Do::Send(a_to_b(), b"ping".to_vec())));
    let Some(Output::Transmit { flow, mut bytes, .. }) = client.poll() else { panic!() };
    while client.poll().is_some() {}
    client.handle(At::ZERO, Input::Connected { flow });
    server.handle(At::ZERO, Input::Connected { flow: flow.reversed() });
    let order = Command::Endpoint { local: address(B).ip(), endpoint: Box::new(sbc(Backend::OpenSsl)) };
    server.handle(At::ZERO, Input::Command(Do::Tls(order)));
    assert!(server.poll().is_none());
    let mut saw = Vec::new();
    while !bytes.is_empty() {
        server.handle(At::ZERO, Input::Received { flow: flow.reversed(), tos: None, bytes });
        let mut back = Vec::new();
        while let Some(output) = server.poll() {
            match output {
                Output::Transmit { bytes, .. } => back.extend(bytes),
                Output::Event(crate::pair::Told::Saw(one)) => saw.push(one),
                _ => {}
            }
        }
        client.handle(At::ZERO, Input::Received { flow, tos: None, bytes: back });
        bytes = std::iter::from_fn(|| client.poll())
            .filter_map(|one| transmitted(Some(one)))
            .flat_map(|one| one.1)
            .collect();
    }
    let [seen] = handshakes(&saw).try_into().unwrap();
    assert_eq!((seen.client_asked, seen.presented.map(|it| it.chain.len())), (Some(true), Some(2)));
    assert!(saw.iter().any(|one| matches!(one, Saw::Tls(Event::Secret { .. }))));
}
