//! How many TLS handshakes a second a layer takes as server, with mutual authentication and RSA 2048, in memory on one core.
//!
//! `cargo run --release -p oxocert-tls --example handshakes`. Only the time that the server's side takes is
//! counted, and the one handshake of ten that takes least: on a busy machine the
//! others were interrupted.
#![allow(dead_code, clippy::unwrap_used)]

#[path = "../tests/behaviour/lab.rs"]
mod lab;
#[path = "../tests/behaviour/pair.rs"]
mod pair;

use lab::{dut, sbc};
use oxocert_machine::{At, Input, Machine, Output};
use oxocert_tls::{Backend, Endpoint, Version, WithTls};
use pair::{A, B, Do, Owner, Saw, Told, a_to_b, machine};
use std::time::{Duration, Instant};

const HANDSHAKES: u32 = 501;

fn main() {
    for version in [Version::Tls12, Version::Tls13] {
        for backend in [Backend::Rustls, Backend::OpenSsl] {
            let rate = 1.0 / least(version, backend).as_secs_f64();
            println!(
                "TLS {}, {backend:?}: {rate:.0} handshakes/s as server, mutual, RSA 2048",
                version.name()
            );
        }
    }
}

fn least(version: Version, backend: Backend) -> Duration {
    let only = |endpoint| Endpoint { lowest: version, highest: version, suites: vec![0xc030], ..endpoint };
    let mut client = machine(A, only(dut(Backend::Rustls)), 1);
    let mut server = machine(B, only(sbc(backend)), 2);
    let mut spent: Vec<Duration> = (0..HANDSHAKES).map(|_| one(&mut client, &mut server)).collect();
    spent.sort();
    spent[spent.len() / 10]
}

/// One handshake, a ping and a pong; the time of the server's side.
fn one(client: &mut WithTls<Owner>, server: &mut WithTls<Owner>) -> Duration {
    let mut spent = Duration::ZERO;
    client.handle(At::ZERO, Input::Command(Do::Send(a_to_b(), b"ping".to_vec())));
    let Some(Output::Transmit { flow, bytes, .. }) = client.poll() else { panic!("no ClientHello") };
    drain(client);
    client.handle(At::ZERO, Input::Connected { flow });
    server.handle(At::ZERO, Input::Connected { flow: flow.reversed() });
    let mut to_server = bytes;
    loop {
        let begun = Instant::now();
        server.handle(At::ZERO, Input::Received { flow: flow.reversed(), tos: None, bytes: to_server });
        let (to_client, _) = drain(server);
        spent += begun.elapsed();
        client.handle(At::ZERO, Input::Received { flow, tos: None, bytes: to_client });
        let (bytes, ponged) = drain(client);
        if ponged {
            break;
        }
        assert!(!bytes.is_empty(), "the handshake stands still");
        to_server = bytes;
    }
    client.handle(At::ZERO, Input::Closed { flow, reason: "done".into() });
    server.handle(At::ZERO, Input::Closed { flow: flow.reversed(), reason: "done".into() });
    drain(client);
    drain(server);
    spent
}

fn drain(machine: &mut WithTls<Owner>) -> (Vec<u8>, bool) {
    let (mut sent, mut ponged) = (Vec::new(), false);
    while let Some(output) = machine.poll() {
        match output {
            Output::Transmit { bytes, .. } => sent.extend(bytes),
            Output::Event(Told::Saw(Saw::Received(_, bytes))) => ponged |= bytes == b"pong",
            _ => {}
        }
    }
    (sent, ponged)
}
