//! The packet loop over real sockets.

use crate::clock::RunClock;
use crate::packet_loop::{
    CannotStart, Finished, Kind, Observer, PacketLoop, Receiving, Second, Sending, Sent, Settings,
    TransmitStamps,
};
use oxocert_instrument::Packet;
use oxocert_instrument::schedule::{Cost, Refused};
use oxocert_machine::At;
use oxocert_media::srtp::{Key, Protector, Refusal, Suite};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

const STREAMS: u32 = 20;
const PACKETS: u64 = 60;
const PTIME_NS: u64 = 20_000_000;

/// What an end saw, in full.
#[derive(Default)]
struct Book {
    sent: BTreeMap<(u32, u64), Sent>,
    left: BTreeMap<(u32, u64), At>,
    received: BTreeMap<(u32, u16), Vec<Packet>>,
    controls: usize,
}

impl Observer for Book {
    fn payload(&mut self, stream: u32, packet: u64, out: &mut [u8]) {
        out.fill((stream as u8).wrapping_add(packet as u8));
    }
    fn sent(&mut self, stream: u32, sent: &Sent) {
        self.sent.insert((stream, sent.packet), *sent);
    }
    fn left(&mut self, stream: u32, packet: u64, at: At) {
        self.left.insert((stream, packet), at);
    }
    fn received(&mut self, stream: u32, packet: &Packet, payload: &[u8]) {
        let number = packet.sequence.wrapping_sub(first_sequence(stream));
        assert!(payload.iter().all(|byte| *byte == (stream as u8).wrapping_add(number as u8)));
        self.received.entry((stream, number)).or_default().push(*packet);
    }
    fn control(&mut self, _: u32, _: At, _: &[u8]) {
        self.controls += 1;
    }
    fn second(&mut self, second: &Second) {
        assert!(second.to >= second.from);
    }
}

/// An address of this process's own: other test processes run beside it.
fn address(end: u8) -> Ipv4Addr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, (high << 4) | end, middle, low)
}

fn local(end: u8, stream: u32) -> SocketAddr {
    SocketAddr::from((address(end), 21_000 + 2 * stream as u16))
}

fn locals(end: u8) -> Vec<SocketAddr> {
    (0..STREAMS).map(|stream| local(end, stream)).collect()
}

fn first_sequence(stream: u32) -> u16 {
    65_500u16.wrapping_add(stream as u16)
}

fn key(end: u8, stream: u32) -> Key {
    let suite = Suite::ALL[stream as usize % 4];
    Key {
        suite,
        key_and_salt: vec![end.wrapping_mul(31) ^ stream as u8; suite.key_and_salt_len()],
        mki: None,
    }
}

fn sending(from: u8, to: u8, stream: u32, key: Option<Key>) -> Sending {
    Sending {
        remote: local(to, stream),
        tos: 0xb8,
        payload_type: 8,
        payload_bytes: 160,
        ssrc: 1000 * u32::from(from) + stream,
        first_sequence: first_sequence(stream),
        first_timestamp: u32::MAX - 500,
        packets: Some(PACKETS),
        key,
    }
}

fn receiving(from: u8, stream: u32, key: Option<Key>) -> Receiving {
    Receiving {
        remote: Some(local(from, stream)),
        ssrc: Some(1000 * u32::from(from) + stream),
        payload_type: Some(8),
        event_payload_type: Some(101),
        key,
    }
}

fn settings() -> Settings {
    let cost = Some(Cost { send_ns: 3000.0, receive_ns: 2000.0, wake_ns: 20_000.0 });
    Settings { cost, transmit_stamps: TransmitStamps::All, ..Settings::default() }
}

fn wait_until_sent(ends: &[&PacketLoop<Book>]) {
    while ends.iter().any(|end| end.sending() > 0) {
        std::thread::yield_now();
    }
}

/// Both directions between two loops, each stream in the clear or under a key of its own.
fn converse(a: u8, b: u8, secure: bool) -> [Finished<Book>; 2] {
    let keyed = |end, stream| secure.then(|| key(end, stream));
    let ends = [(a, b), (b, a)].map(|(own, other)| {
        let end = PacketLoop::start(RunClock::start(), settings(), &locals(own), Book::default()).unwrap();
        for stream in 0..STREAMS {
            end.receive(stream, receiving(other, stream, keyed(other, stream))).unwrap();
        }
        end
    });
    for (end, (own, other)) in ends.iter().zip([(a, b), (b, a)]) {
        for stream in 0..STREAMS {
            end.send(stream, sending(own, other, stream, keyed(own, stream))).unwrap();
        }
    }
    wait_until_sent(&[&ends[0], &ends[1]]);
    ends.map(|end| end.stop().unwrap())
}

#[test]
fn both_ends_agree_on_every_packet() {
    for (a, b, secure) in [(1, 2, false), (3, 4, true)] {
        let [one, other] = converse(a, b, secure);
        for (from, to) in [(&one, &other), (&other, &one)] {
            assert_eq!(from.findings.sum(), 0, "{:?}", from.findings.examples());
            assert_eq!(from.sent, vec![PACKETS; STREAMS as usize]);
            assert_eq!(from.observer.sent.len() as u64, PACKETS * u64::from(STREAMS));
            for (&(stream, packet), sent) in &from.observer.sent {
                let received = &to.observer.received[&(stream, packet as u16)];
                assert_eq!(received.len(), 1);
                // Absolute, never re-based: each packet is due 20 ms after the one before, whatever happened.
                let first = from.observer.sent[&(stream, 0)].due;
                assert_eq!(sent.due.0 - first.0, packet * PTIME_NS);
                assert_eq!(received[0].samples, 160);
            }
            assert_eq!(to.observer.received.len(), from.observer.sent.len());
            assert_eq!(to.total.received, PACKETS * u64::from(STREAMS));
            assert_eq!((from.total.unsent, from.total.drops), (0, 0));
        }
    }
}

#[test]
fn transmit_stamps_are_told_of_the_packet_they_belong_to() {
    let [one, _] = converse(5, 6, false);
    // The kernel may begin to stamp only after a while; what it does stamp lies after the hand-over and before the next packet's.
    assert!(!one.observer.left.is_empty());
    for (&(stream, packet), left) in &one.observer.left {
        let sent = one.observer.sent[&(stream, packet)];
        assert!(left.0 + 1_000_000 > sent.at.0, "{packet} left at {left}, was handed over at {}", sent.at);
        if let Some(next) = one.observer.sent.get(&(stream, packet + 1)) {
            assert!(
                left.0 < next.at.0 + 1_000_000,
                "{packet} left at {left}, the next was handed over at {}",
                next.at
            );
        }
    }
}

/// A packet of RTP with these fields, 160 bytes of payload.
fn packet(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, fill: u8) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.resize(172, fill);
    packet
}

#[test]
fn bad_input_is_a_finding_each_and_the_schedule_is_kept() {
    let settings = Settings { control: true, ..settings() };
    let end = PacketLoop::start(RunClock::start(), settings, &locals(7), Book::default()).unwrap();
    let friend = UdpSocket::bind(local(8, 0)).unwrap();
    let secure_friend = UdpSocket::bind(local(8, 1)).unwrap();
    let stranger = UdpSocket::bind((address(8), 0)).unwrap();
    end.receive(0, receiving(8, 0, None)).unwrap();
    end.receive(1, receiving(8, 1, Some(key(8, 1)))).unwrap();
    for stream in 0..STREAMS {
        end.send(stream, sending(7, 8, stream, None)).unwrap();
    }
    let (ssrc, at, first) = (8000, local(7, 0), first_sequence(0));
    let good = |n: u16| packet(8, first.wrapping_add(n), u32::from(n) * 160, ssrc, n as u8);
    let send = |bytes: &[u8]| assert_eq!(friend.send_to(bytes, at).unwrap(), bytes.len());
    send(&good(0));
    send(b"no RTP");
    send(&[]);
    send(&packet(8, first, 0, ssrc, 0)[..11]);
    send(&[0x40; 172]);
    // Four CSRC that are not there, an extension longer than the packet, padding longer than the packet.
    send(&[&[0x84][..], &good(1)[1..14]].concat());
    send(&[&[0x90][..], &good(1)[1..12], &[0, 0, 0xff, 0xff]].concat());
    send(&[&[0xa0][..], &good(1)[1..171], &[200]].concat());
    send(&vec![0x80; 5000]);
    send(&packet(8, first.wrapping_add(1), 160, 77, 1));
    send(&packet(18, first.wrapping_add(1), 160, ssrc, 1));
    stranger.send_to(&good(1), at).unwrap();
    send(&good(1));
    send(&packet(8, first.wrapping_add(2), 999_999, ssrc, 2));
    send(&packet(8, first.wrapping_add(3), 999_999 + 160, ssrc, 3));
    send(&packet(8, first.wrapping_add(20_003), 999_999 + 320, ssrc, 20_003u16 as u8));
    // SRTP: plain, forged, and one good packet twice.
    let mut protected = packet(8, first_sequence(1), 0, 8001, 1);
    Protector::new(&key(8, 1)).unwrap().rtp(&mut protected).unwrap();
    let mut forged = protected.clone();
    forged[30] ^= 1;
    for bytes in [&packet(8, first_sequence(1), 0, 8001, 1), &forged, &protected, &protected] {
        secure_friend.send_to(bytes, local(7, 1)).unwrap();
    }
    // RTCP: a receiver report, one that claims a block it has not, an XR whose block is too long, and garbage under SRTCP.
    let control = SocketAddr::from((address(7), at.port() + 1));
    let report: &[u8] = &[0x80, 201, 0, 1, 0, 0, 0, 1];
    let xr: &[u8] = &[0x80, 207, 0, 2, 0, 0, 0, 1, 4, 0, 0, 9];
    for bytes in [report, &[0x81, 201, 0, 1, 0, 0, 0, 1], &[report, xr].concat(), b"?"] {
        friend.send_to(bytes, control).unwrap();
    }
    secure_friend.send_to(report, SocketAddr::from((address(7), local(7, 1).port() + 1))).unwrap();
    // Where nothing was agreed.
    friend.send_to(&good(0), local(7, 5)).unwrap();
    wait_until_sent(&[&end]);
    let finished = end.stop().unwrap();
    let total = |kind| finished.findings.total(kind);
    let expected = [
        (Kind::NotRtp, 4),
        (Kind::Truncated, 3),
        (Kind::TooLong, 1),
        (Kind::ForeignAddress, 1),
        (Kind::ForeignSsrc, 1),
        (Kind::WrongPayloadType, 1),
        (Kind::TimestampJump, 1),
        (Kind::SequenceJump, 1),
        (Kind::Refused, 3),
        (Kind::Uncalled, 1),
        (Kind::NotRtcp, 2),
        (Kind::RtcpRefused, 1),
        (Kind::BadXr, 1),
    ];
    for (kind, count) in expected {
        assert_eq!(total(kind), count, "{kind:?}: {:?}", finished.findings.examples());
    }
    assert_eq!(finished.findings.sum(), expected.iter().map(|(_, count)| u64::from(*count)).sum::<u64>());
    let refusals: Vec<_> =
        finished.findings.examples().iter().filter_map(|finding| finding.refusal).collect();
    assert_eq!(refusals, [Refusal::Clear, Refusal::Unauthenticated, Refusal::Replayed]);
    let taken: usize = finished.observer.received.values().map(Vec::len).sum();
    assert_eq!((taken, finished.observer.controls), (6, 1));
    assert_eq!(finished.sent, vec![PACKETS; STREAMS as usize]);
    for (&(stream, packet), sent) in &finished.observer.sent {
        assert_eq!(sent.due.0 - finished.observer.sent[&(stream, 0)].due.0, packet * PTIME_NS);
    }
}

#[test]
fn a_plan_that_is_too_much_is_refused_before_a_port_is_opened() {
    let cost = Some(Cost { send_ns: 1_000_000.0, receive_ns: 1_000_000.0, wake_ns: 0.0 });
    let settings = Settings { cost, slot: Some(Duration::from_millis(20)), ..Settings::default() };
    // Somebody holds the first port: opening it would be told instead.
    let _taken = UdpSocket::bind(local(9, 0)).unwrap();
    match PacketLoop::start(RunClock::start(), settings, &locals(9), Book::default()).map(drop) {
        // 20 streams x 50 packets x 2 ms are two seconds a second; 0.7 s are 7 streams.
        Err(CannotStart::Refused(Refused::Duty { streams: STREAMS, fits, .. })) => assert_eq!(fits, 7),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_can_be_ended_and_another_begun_in_its_place() {
    let ends = [10, 11].map(|own| {
        PacketLoop::start(RunClock::start(), settings(), &[local(own, 0)], Book::default()).unwrap()
    });
    ends[1].receive(0, receiving(10, 0, None)).unwrap();
    ends[0].send(0, Sending { packets: None, ..sending(10, 11, 0, None) }).unwrap();
    ends[0].quiet(0).unwrap();
    wait_until_sent(&[&ends[0]]);
    ends[0].send(0, Sending { ssrc: 5, ..sending(10, 11, 0, None) }).unwrap();
    ends[1].receive(0, Receiving { ssrc: Some(5), ..receiving(10, 0, None) }).unwrap();
    wait_until_sent(&[&ends[0]]);
    let [from, to] = ends.map(|end| end.stop().unwrap());
    assert_eq!(from.sent, [PACKETS]);
    let last = to.observer.received.values().flatten().filter(|packet| packet.ssrc == 5).count() as u32;
    assert_eq!(u64::from(last + to.findings.total(Kind::ForeignSsrc)), to.findings.sum() + u64::from(last));
    assert!(to.observer.received.values().flatten().any(|packet| packet.ssrc == 5));
}

#[test]
fn the_cost_of_a_packet_is_a_number() {
    let cost = crate::packet_loop::measure_cost(RunClock::start()).unwrap();
    for part in [cost.send_ns, cost.receive_ns, cost.wake_ns] {
        assert!(part > 0.0 && part < Duration::from_secs(1).as_nanos() as f64, "{cost:?}");
    }
}
