//! What one packet costs through send and receive: prints nanoseconds a packet on this machine.

use oxocert_machine::{At, Input, Machine, Output, Seed};
use oxocert_media::engine::{Command, Engine, PortId, Sending, Source};
use std::net::SocketAddr;
use std::time::Instant;

const PAIRS: u32 = 15;
const SECONDS: u64 = 60;

fn main() {
    for (name, source) in [
        ("silence", Source::Silence),
        ("tone 600 Hz", Source::Tone { hz: 600, dbm0: -10.0 }),
        ("music", Source::Music { dbm0: -15.0 }),
    ] {
        let (packets, nanoseconds) = run(&source);
        println!("{name}: {packets} packets, {} ns each", nanoseconds / packets.max(1));
    }
}

fn address(port: u32) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 4000 + 2 * port as u16))
}

fn run(source: &Source) -> (u128, u128) {
    let mut engine = Engine::new(Seed(1));
    for port in 0..2 * PAIRS {
        engine.handle(At::ZERO, Input::Command(Command::Open { port: PortId(port), local: address(port) }));
        let sending = Sending {
            remote: address(port ^ 1),
            payload_type: 8,
            event_payload_type: Some(101),
            ptime_ms: 20,
            tos: 184,
            source: source.clone(),
        };
        engine.handle(At::ZERO, Input::Command(Command::Send { port: PortId(port), sending }));
    }
    let begun = Instant::now();
    let mut packets = 0;
    while let Some(now) = engine.deadline().filter(|now| *now < At::from_secs(SECONDS)) {
        engine.handle(now, Input::Timeout);
        while let Some(output) = engine.poll() {
            if let Output::Transmit { flow, tos, bytes } = output {
                packets += 1;
                engine.handle(now, Input::Received { flow: flow.reversed(), tos: Some(tos), bytes });
            }
        }
    }
    (packets, begun.elapsed().as_nanos())
}
