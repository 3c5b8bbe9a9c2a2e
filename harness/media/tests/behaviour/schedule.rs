//! When packets leave, and as which stream.

use crate::wire::{Sent, Wire, address, millis, secs, sending, tone};
use oxocert_machine::{At, Input, Machine, Output, Seed};
use oxocert_media::engine::{Command, Engine, PortId, Source};
use rtp_rs::RtpReader;

fn header(sent: &Sent) -> (u32, u16, u32, bool) {
    let packet = RtpReader::new(&sent.bytes).unwrap();
    (packet.ssrc(), packet.sequence_number().into(), packet.timestamp(), packet.mark())
}

#[test]
fn fifty_packets_a_second_at_exact_distances() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(10));
    let packets = wire.rtp_from(1);
    assert_eq!(packets.len(), 500);
    for pair in packets.windows(2) {
        assert_eq!(pair[1].at - pair[0].at, millis(20));
        let (before, after) = (header(pair[0]), header(pair[1]));
        assert_eq!(after.2.wrapping_sub(before.2), 160);
        assert!(!after.3);
    }
    assert!(header(packets[0]).3 && packets.iter().all(|sent| sent.tos == 184 && sent.bytes.len() == 172));
}

#[test]
fn late_packets_are_sent_at_once_and_the_schedule_stays() {
    let mut engine = Engine::new(Seed(3));
    engine.handle(At::ZERO, Input::Command(Command::Open { port: PortId(1), local: address(1) }));
    let sending = sending(2, tone(600));
    engine.handle(At::ZERO, Input::Command(Command::Send { port: PortId(1), sending }));
    let first = engine.deadline().unwrap();
    engine.handle(first, Input::Timeout);
    let due = engine.deadline().unwrap();
    engine.handle(due + millis(107), Input::Timeout);
    let mut timestamps = Vec::new();
    while let Some(output) = engine.poll() {
        if let Output::Transmit { bytes, .. } = output {
            timestamps.push(RtpReader::new(&bytes).unwrap().timestamp());
        }
    }
    assert_eq!(timestamps.len(), 7);
    assert!(timestamps.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == 160));
    assert_eq!(engine.deadline(), Some(first + millis(140)));
}

#[test]
fn ports_are_staggered_within_20_ms() {
    let mut wire = Wire::new(1);
    for port in 1..=30 {
        wire.open(0, port);
        wire.send(0, port, port + 100, tone(600));
    }
    wire.run(secs(1));
    let mut places: Vec<u64> = (1..=30).map(|port| wire.rtp_from(port)[0].at.0 % 20_000_000).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 30);
}

#[test]
fn a_changed_sending_is_the_same_stream_and_one_after_a_stop_is_a_new_one() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(1));
    wire.send(0, 1, 3, Source::Silence);
    wire.run(secs(1));
    let stopped = wire.rtp_from(1).len();
    wire.order(0, Command::Stop { port: PortId(1) });
    wire.run(millis(333));
    assert_eq!(wire.rtp_from(1).len(), stopped);
    wire.send(0, 1, 3, tone(600));
    wire.run(secs(1));
    let packets = wire.rtp_from(1);
    let (first, second, third) = (header(packets[0]), header(packets[50]), header(packets[stopped]));
    assert_eq!(second, (first.0, first.1.wrapping_add(50), first.2.wrapping_add(8000), true));
    assert_eq!((packets[49].flow.remote, packets[50].flow.remote), (address(2), address(3)));
    assert!(third.0 != first.0 && third.3);
}

#[test]
fn the_same_seed_sends_the_same_bytes() {
    let run = |seed| {
        let mut wire = Wire::new(1);
        wire.engines[0] = Engine::new(Seed(seed));
        wire.open(0, 1);
        wire.send(0, 1, 2, Source::Music { dbm0: -15.0 });
        wire.run(secs(30));
        wire.sent
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn orders_for_ports_that_are_not_open_do_nothing() {
    let mut wire = Wire::new(1);
    for round in 0..2 {
        wire.send(0, 1, 2, tone(600));
        wire.order(0, Command::Play { port: PortId(1), source: Source::Silence });
        let digits = "1".to_owned();
        wire.order(
            0,
            Command::Digits { port: PortId(1), digits, duration_ms: 1, gap_ms: 1, loss_percent: 0 },
        );
        wire.order(0, Command::Relay { from: PortId(1), to: Some(PortId(9)) });
        wire.order(0, Command::Stop { port: PortId(1) });
        wire.order(0, Command::Close { port: PortId(1) });
        assert!(wire.sent.is_empty() && wire.events.is_empty());
        assert_eq!(wire.engines[0].deadline(), None, "round {round}");
        wire.open(0, 1);
        wire.order(0, Command::Close { port: PortId(1) });
    }
}

#[test]
fn a_port_is_owned_with_its_rtcp_while_it_is_open() {
    let mut wire = Wire::new(1);
    let mut rtcp = address(1);
    rtcp.set_port(rtcp.port() + 1);
    assert!(!wire.engines[0].owns(address(1)));
    wire.open(0, 1);
    assert!(wire.engines[0].owns(address(1)) && wire.engines[0].owns(rtcp));
    assert_eq!(wire.engines[0].open_ports().collect::<Vec<_>>(), [(PortId(1), address(1))]);
    wire.order(0, Command::Open { port: PortId(5), local: rtcp });
    assert_eq!(wire.findings().len(), 1);
    wire.order(0, Command::Close { port: PortId(1) });
    assert!(!wire.engines[0].owns(address(1)) && !wire.engines[0].owns(rtcp));
}
