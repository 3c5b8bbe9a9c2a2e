//! Whatever comes in: a finding at most, never a panic.

use crate::wire::{Wire, address, key, millis, secs, sending, tone};
use oxocert_machine::{At, Flow, Input, Machine, Seed};
use oxocert_media::engine::{Command, Engine, Event, Fault, PortId, Sending, Source, Trouble};
use oxocert_media::srtp::{Key, Mki, Suite};
use proptest::prelude::*;

#[test]
fn a_flood_of_bad_packets_is_one_finding_a_second() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    for _ in 0..300 {
        wire.inject(0, address(7), address(1), b"hello");
        wire.run(millis(10));
    }
    assert_eq!(wire.findings().len(), 3, "{:?}", wire.findings());
}

#[test]
fn each_kind_of_fault_has_its_finding() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    wire.send(0, 1, 2, tone(600));
    let mut rtcp = address(1);
    rtcp.set_port(rtcp.port() + 1);
    wire.inject(0, address(7), address(1), &[0; 4]);
    wire.inject(0, address(7), rtcp, &[0; 4]);
    wire.inject(0, address(7), address(1), &[0x80, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    wire.inject(0, address(7), address(1), &[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2]);
    wire.inject(0, address(7), address(1), &[0x80, 101, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 1]);
    wire.inject(0, address(7), address(1), &[0x80, 8, 0x40, 2, 0, 0, 0, 0, 0, 0, 0, 9, 1]);
    assert_eq!(
        wire.findings(),
        [
            "not RTP: BufferTooShort(4)",
            "RTCP of 4 bytes is too short",
            "RTCP on the RTP port",
            "payload type 0 was not negotiated",
            "telephone-event of 1 bytes is too short",
            "sequence number jumped to 16386",
        ]
    );
}

#[test]
fn more_streams_than_can_be_followed_are_a_finding() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    for ssrc in 0..100 {
        wire.inject(0, address(7), address(1), &[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, ssrc, 0xd5]);
    }
    assert_eq!(wire.findings(), ["more than 32 streams at one port"]);
    wire.run(secs(2));
    assert_eq!(wire.windows(1).len(), 32);
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        Just(Source::Silence),
        (any::<u16>(), any::<f64>()).prop_map(|(hz, dbm0)| Source::Tone { hz, dbm0 }),
        (any::<u16>(), any::<f64>(), any::<u32>(), any::<u32>())
            .prop_map(|(hz, dbm0, on_ms, off_ms)| Source::Cadence { hz, dbm0, on_ms, off_ms }),
        any::<f64>().prop_map(|dbm0| Source::Music { dbm0 }),
    ]
}

fn port() -> impl Strategy<Value = PortId> {
    (0..4u32).prop_map(PortId)
}

/// Keys of every suite, some of a wrong length, some with an MKI, few different ones.
fn any_key() -> impl Strategy<Value = Key> {
    (0..4usize, 0..3u8, 0..3usize, any::<bool>()).prop_map(|(suite, seed, mki, cut)| {
        let mut key = key(Suite::ALL[suite], seed);
        key.key_and_salt.truncate(if cut { 20 } else { 46 });
        key.mki = (mki > 0).then(|| Mki { value: vec![seed; mki] });
        key
    })
}

fn trouble() -> impl Strategy<Value = Trouble> {
    (0..5u8, any::<u16>()).prop_map(|(kind, number)| {
        let packets = u32::from(number) % 8;
        match kind {
            0 => Trouble::BadTag { packets },
            1 => Trouble::Replay { packets },
            2 => Trouble::Clear { packets },
            3 => Trouble::WrongKey { packets },
            _ => Trouble::StartAt { sequence: number },
        }
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::HalfPayload),
        Just(Fault::EventsInAudioToo),
        Just(Fault::ClearNowAndThen),
        Just(Fault::RollOverForgotten),
        Just(Fault::PlaysUnauthenticated),
        Just(Fault::PlaysReplayed),
        Just(Fault::OldKeyUsedOn),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let send = (port(), any::<u16>(), any::<u8>(), any::<Option<u8>>(), 0..400u32, source()).prop_map(
        |(port, remote, payload_type, event_payload_type, ptime_ms, source)| {
            let remote = ([127, 0, 0, 1], remote).into();
            let sending = Sending { remote, payload_type, event_payload_type, ptime_ms, tos: 184, source };
            Command::Send { port, sending }
        },
    );
    prop_oneof![
        (port(), prop_oneof![4000..4008u16, Just(65535)])
            .prop_map(|(port, local)| Command::Open { port, local: ([127, 0, 0, 1], local).into() }),
        send,
        (port(), source()).prop_map(|(port, source)| Command::Play { port, source }),
        (port(), ".{0,5}|[0-9]{1,3}", any::<u32>(), any::<u32>(), any::<u8>()).prop_map(
            |(port, digits, duration_ms, gap_ms, loss_percent)| Command::Digits {
                port,
                digits,
                duration_ms,
                gap_ms,
                loss_percent,
            }
        ),
        port().prop_map(|port| Command::Stop { port }),
        (port(), proptest::option::of(port())).prop_map(|(from, to)| Command::Relay { from, to }),
        port().prop_map(|port| Command::Close { port }),
        (port(), proptest::option::of(any_key()), proptest::option::of(any_key()))
            .prop_map(|(port, sending, receiving)| Command::Secure { port, sending, receiving }),
        (port(), trouble()).prop_map(|(port, trouble)| Command::Trouble { port, trouble }),
        (port(), fault()).prop_map(|(port, fault)| Command::Spoil { port, fault }),
    ]
}

/// An input, and how long after the one before it comes (milliseconds).
fn input() -> impl Strategy<Value = (u64, Input<Command>)> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        (proptest::collection::vec(any::<u8>(), 12..200), 0..3u8).prop_map(|(mut bytes, kind)| {
            bytes[0] = 0x80 | (bytes[0] & 0x1f);
            bytes[1] = [8, 101, 200][usize::from(kind)];
            // Few SSRCs, so that streams have more than one packet.
            bytes[8..12].copy_from_slice(&[0, 0, 0, kind]);
            bytes
        }),
    ];
    let received = (4000..4010u16, any::<Option<u8>>(), bytes).prop_map(|(to, tos, bytes)| {
        let flow = Flow::udp(([127, 0, 0, 1], to).into(), address(9));
        Input::Received { flow, tos, bytes }
    });
    let what = prop_oneof![3 => received, 2 => command().prop_map(Input::Command), 2 => Just(Input::Timeout)];
    (0..200u64, what)
}

proptest! {
    #[test]
    fn no_input_is_too_odd(inputs in proptest::collection::vec(input(), 1..200)) {
        let mut engine = Engine::new(Seed(1));
        let mut now = At::ZERO;
        for (later, input) in inputs {
            now = now + millis(later);
            engine.handle(now, input);
            let mut outputs = 0;
            while engine.poll().is_some() {
                outputs += 1;
            }
            prop_assert!(outputs < 10_000);
        }
    }

    #[test]
    fn stamps_may_come_out_of_order(stamps in proptest::collection::vec(any::<u32>(), 1..100)) {
        let mut engine = Engine::new(Seed(1));
        engine.handle(At::ZERO, Input::Command(Command::Open { port: PortId(1), local: address(1) }));
        for (stamp, number) in stamps.into_iter().zip(0..) {
            let packet = [&[0x80, 8, 0, number, 0, 0, 0, number, 0, 0, 0, 9][..], &[0xd5; 160]].concat();
            let flow = Flow::udp(address(1), address(2));
            engine.handle(At(u64::from(stamp)), Input::Received { flow, tos: None, bytes: packet });
        }
        while engine.poll().is_some() {}
    }
}

#[test]
fn an_unreachable_party_is_a_finding() {
    let mut wire = Wire::new(1);
    wire.open(0, 1);
    wire.send(0, 1, 2, sending(2, tone(600)).source);
    wire.engines[0].handle(wire.now, Input::Unreachable { flow: Flow::udp(address(1), address(2)) });
    let output = wire.engines[0].poll();
    assert!(matches!(output, Some(oxocert_machine::Output::Event(Event::Finding { .. }))), "{output:?}");
}
