//! Trouble that the harness makes on purpose, as a secured port sees it.

use crate::wire::{Wire, secs, secured_talk};
use oxocert_media::engine::{Command, PortId, SrtpCounts, Trouble};

/// A second of talk, the trouble in port 1, and two more seconds.
fn troubled(trouble: Trouble) -> Wire {
    let mut wire = secured_talk();
    wire.run(secs(1));
    wire.order(0, Command::Trouble { port: PortId(1), trouble });
    wire.run(secs(2));
    wire.end_talk();
    wire
}

/// What is left when the good packets and RTCP are taken out.
fn bad(wire: &Wire) -> SrtpCounts {
    SrtpCounts { authenticated: 0, rtcp_authenticated: 0, ..wire.srtp(2) }
}

#[test]
fn wrong_tags_are_not_played() {
    let wire = troubled(Trouble::BadTag { packets: 10 });
    assert_eq!(bad(&wire), SrtpCounts { unauthenticated: 10, ..SrtpCounts::default() });
    assert_eq!(wire.srtp(2).authenticated + 10, wire.packets(2));
    let lost: u64 = wire.windows(2).iter().map(|window| window.lost).sum();
    assert_eq!(lost, 10, "who cannot open a packet has lost it");
    assert_eq!(
        wire.findings(),
        ["SRTP packet does not authenticate: its tag is wrong, or its key is unknown"]
    );
}

#[test]
fn a_key_that_nobody_agreed_is_not_played() {
    let wire = troubled(Trouble::WrongKey { packets: 50 });
    assert_eq!(bad(&wire), SrtpCounts { unauthenticated: 50, ..SrtpCounts::default() });
    assert_eq!(wire.heard(2).len(), 4, "tone, nothing, tone, nothing: no noise between");
}

#[test]
fn plain_packets_are_not_played() {
    let wire = troubled(Trouble::Clear { packets: 50 });
    assert_eq!(bad(&wire), SrtpCounts { clear: 50, ..SrtpCounts::default() });
    assert_eq!(wire.findings(), ["plain RTP where SRTP was agreed"; 1]);
    assert_eq!(wire.heard(2).len(), 4);
}

#[test]
fn replayed_packets_are_second_copies() {
    let wire = troubled(Trouble::Replay { packets: 20 });
    assert_eq!(bad(&wire), SrtpCounts { replayed: 20, ..SrtpCounts::default() });
    assert_eq!(wire.srtp(2).authenticated, wire.packets(2));
    let duplicates: u64 = wire.windows(2).iter().map(|window| window.duplicates).sum();
    assert_eq!((duplicates, wire.heard(2).len()), (20, 2));
    let sent = wire.rtp_from(1);
    let came_before = |place: usize| sent[..place].iter().any(|before| before.bytes == sent[place].bytes);
    assert_eq!((1..sent.len()).filter(|place| came_before(*place)).count(), 20);
}

#[test]
fn a_copy_is_a_copy_in_clear_too() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, crate::wire::tone(600));
    wire.order(0, Command::Trouble { port: PortId(1), trouble: Trouble::Replay { packets: 5 } });
    wire.run(secs(1));
    wire.end_talk();
    assert_eq!(wire.windows(2).iter().map(|window| window.duplicates).sum::<u64>(), 5);
}

#[test]
fn a_stream_may_begin_at_any_number() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    let trouble = Trouble::StartAt { sequence: 65_534 };
    wire.order(0, Command::Trouble { port: PortId(1), trouble });
    for round in 0..2 {
        wire.send(0, 1, 2, crate::wire::tone(600));
        wire.run(secs(1));
        wire.order(0, Command::Stop { port: PortId(1) });
        wire.run(secs(2));
        let first = wire.rtp_from(1)[0].bytes[2..4].to_vec();
        assert_eq!(first == 65_534u16.to_be_bytes(), round == 0, "the next stream only");
        wire.sent.clear();
    }
}
