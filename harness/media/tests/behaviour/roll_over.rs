//! Roll-over counters and keys that change.

use crate::wire::{Wire, secs, secure, secured_talk, tone};
use oxocert_media::engine::{Command, Fault, PortId, Sound, SrtpCounts, Trouble};

fn starts_at(port: u32, sequence: u16) -> Command {
    Command::Trouble { port: PortId(port), trouble: Trouble::StartAt { sequence } }
}

/// Port 1 talks to port 2, from number 65500 on.
fn from_65500(faults: &[Fault]) -> Wire {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.order(0, starts_at(1, 65_500));
    wire.order(0, secure(1, 1, 2));
    wire.order(1, secure(2, 2, 1));
    for fault in faults {
        wire.order(0, Command::Spoil { port: PortId(1), fault: *fault });
    }
    wire.send(0, 1, 2, tone(600));
    wire
}

#[test]
fn a_call_of_25_minutes_rolls_over_twice() {
    let mut wire = from_65500(&[]);
    for _ in 0..25 {
        wire.run(secs(60));
        wire.sent.clear();
    }
    wire.end_talk();
    assert_eq!(wire.findings(), [""; 0]);
    assert_eq!(wire.heard(2).len(), 2, "one tone, then nothing");
    let counts = wire.srtp(2);
    assert!(counts.authenticated > 65_536 + 36, "so that it rolled over twice");
    assert_eq!((counts.authenticated, counts.unauthenticated + counts.roll_over), (wire.packets(2), 0));
    assert!(wire.windows(2).iter().all(|window| window.lost == 0 && window.max_gap_ns == Some(20_000_000)));
}

#[test]
fn a_forgotten_roll_over_is_told_as_such() {
    let mut wire = from_65500(&[Fault::RollOverForgotten]);
    wire.run(secs(10));
    wire.end_talk();
    let counts = wire.srtp(2);
    assert_eq!(counts.authenticated, 36);
    assert_eq!(counts.roll_over, wire.packets(2) - 36);
    assert_eq!(counts.rtcp_unauthenticated, 0, "RTCP has an index of its own");
    assert_eq!(wire.heard(2).last().unwrap().0, Sound::Nothing);
    assert_eq!(wire.findings()[0], "SRTP packet with roll-over counter 0, 1 was due");
    assert_eq!(wire.findings().len(), 10, "once a second");
}

#[test]
fn the_same_keys_again_change_nothing() {
    let mut wire = from_65500(&[]);
    for _ in 0..5 {
        wire.run(secs(1));
        wire.order(0, secure(1, 1, 2));
        wire.order(1, secure(2, 2, 1));
    }
    wire.end_talk();
    assert_eq!(wire.srtp(2).authenticated, wire.packets(2));
    assert_eq!(wire.findings(), [""; 0]);
}

#[test]
fn a_new_key_counts_at_once_and_its_roll_overs_begin_at_0() {
    let mut wire = from_65500(&[]);
    wire.run(secs(1));
    wire.order(1, secure(2, 4, 3));
    wire.order(0, secure(1, 3, 4));
    wire.run(secs(1));
    wire.end_talk();
    let counts = wire.srtp(2);
    // One packet under the old key was on its way.
    assert_eq!((counts.authenticated, counts.other_key), (wire.packets(2), 0));
    assert_eq!(wire.findings(), [""; 0]);
}

#[test]
fn the_old_key_used_on_is_told_from_an_unknown_one() {
    let mut wire = from_65500(&[Fault::OldKeyUsedOn]);
    wire.run(secs(1));
    wire.order(0, secure(1, 3, 2));
    wire.order(1, secure(2, 2, 3));
    wire.run(secs(2));
    wire.end_talk();
    let counts = wire.srtp(2);
    let crossing = 25;
    assert!((100 - crossing - 1..=100 - crossing + 1).contains(&counts.other_key), "{counts:?}");
    assert_eq!(counts.authenticated + counts.other_key, wire.packets(2));
    assert_eq!(wire.findings()[0], "SRTP packet under the key that was replaced");
}

#[test]
fn our_own_key_sent_back_is_told() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.order(0, secure(1, 2, 2));
    wire.order(1, secure(2, 2, 1));
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(1));
    wire.order(0, Command::Stop { port: PortId(1) });
    wire.run(secs(2));
    let counts = wire.srtp(2);
    let expected =
        SrtpCounts { other_key: wire.packets(2), rtcp_unauthenticated: 1, ..SrtpCounts::default() };
    assert_eq!(counts, expected);
    assert_eq!(wire.findings()[0], "SRTP packet under the key of the other direction");
    assert!(wire.heard(2).is_empty());
}

#[test]
fn a_stream_after_a_stop_is_protected_with_the_same_key() {
    let mut wire = secured_talk();
    for _ in 0..3 {
        wire.run(secs(1));
        wire.order(0, Command::Stop { port: PortId(1) });
        wire.run(secs(1));
        wire.send(0, 1, 2, tone(600));
    }
    wire.end_talk();
    assert_eq!(wire.srtp(2).authenticated, wire.packets(2));
    assert_eq!(wire.findings(), [""; 0]);
}
