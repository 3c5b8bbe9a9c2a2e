//! Secured ports: what they hear, measure, and let pass.

use crate::wire::{Wire, address, key, millis, secs, secure, secured_talk, tone};
use oxocert_media::engine::{Command, PortId, Sound, SrtpCounts};
use oxocert_media::srtp::{Key, Mki, Suite};
use rstest::rstest;

fn secure_with(port: u32, sending: &Key, receiving: &Key) -> Command {
    Command::Secure { port: PortId(port), sending: Some(sending.clone()), receiving: Some(receiving.clone()) }
}

#[rstest]
#[case(Suite::AesCm128Sha1_80, None, 84_000)]
#[case(Suite::AesCm128Sha1_32, None, 81_600)]
#[case(Suite::AesCm256Sha1_80, Some(4), 85_600)]
#[case(Suite::AesCm256Sha1_32, Some(1), 82_000)]
fn each_hears_the_other_and_the_tag_counts_on_the_wire(
    #[case] suite: Suite,
    #[case] mki: Option<usize>,
    #[case] bits_per_second: u64,
) {
    let with_mki = |seed| Key { mki: mki.map(|len| Mki { value: vec![seed; len] }), ..key(suite, seed) };
    let mut wire = Wire::new(2);
    for (engine, port, own, other) in [(0, 1, 1, 2), (1, 2, 2, 1)] {
        wire.open(engine, port);
        wire.order(engine, secure_with(port, &with_mki(own), &with_mki(other)));
    }
    wire.send(0, 1, 2, tone(600));
    wire.send(1, 2, 1, tone(950));
    wire.run(secs(20));
    wire.end_talk();
    assert_eq!(wire.heard(2)[0], (Sound::Tone { hz: 600 }, Some(address(1).port())));
    assert_eq!(wire.heard(1)[0], (Sound::Tone { hz: 950 }, Some(address(2).port())));
    assert_eq!(wire.findings(), [""; 0]);
    for window in wire.windows(2) {
        assert_eq!(window.payload_sizes, [(160, window.packets)]);
        assert_eq!((window.lost, window.duplicates, window.jitter_ns), (0, 0, Some(0)));
        assert_eq!(window.l3_bytes * 8 * 50, bits_per_second * window.packets);
        assert_eq!(window.srtp.unwrap().authenticated, window.packets);
        assert_eq!(window.srtp.unwrap().rtcp_authenticated, window.rtcp_packets);
    }
    let counts = wire.srtp(2);
    assert_eq!(counts.authenticated, wire.rtp_from(1).len() as u64);
    assert!(counts.rtcp_authenticated >= 3);
    assert_eq!(
        counts,
        SrtpCounts {
            authenticated: counts.authenticated,
            rtcp_authenticated: counts.rtcp_authenticated,
            ..SrtpCounts::default()
        }
    );
}

#[test]
fn reports_are_read_through_their_protection() {
    let mut wire = secured_talk();
    wire.run(secs(20));
    let rtcp = address(1).port() + 1;
    let reports: Vec<_> = wire.sent.iter().filter(|sent| sent.flow.local.port() == rtcp).collect();
    assert!(reports.len() >= 3);
    // Header and SSRC of the first packet are in clear, the rest is not: no report of the other's SSRC can be read.
    assert!(reports.iter().all(|sent| oxocert_media::control::read(&sent.bytes).is_err()));
    assert!(wire.windows(2).iter().any(|window| window.rtcp_packets == 1 && window.rtcp_dscp == [(46, 1)]));
}

#[test]
fn a_port_that_was_never_secured_tells_nothing_of_srtp() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(2));
    assert!(wire.windows(2).iter().all(|window| window.srtp.is_none()));
}

#[test]
fn what_came_before_the_first_key_is_in_a_window_of_its_own() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, tone(600));
    wire.run(millis(2500));
    wire.order(0, secure(1, 1, 2));
    wire.order(1, secure(2, 2, 1));
    wire.run(secs(2));
    wire.end_talk();
    let windows = wire.windows(2);
    let first = windows.iter().position(|window| window.srtp.is_some()).unwrap();
    assert!(windows[first..].iter().all(|window| window.srtp.is_some()));
    assert!(windows[..first].iter().all(|window| window.srtp.is_none()));
    let counts = wire.srtp(2);
    let after: u64 = windows[first..].iter().map(|window| window.packets).sum();
    // One packet was on its way in clear when the key came.
    assert!(counts.clear <= 1, "{counts:?}");
    assert_eq!(counts.authenticated + counts.clear, after);
    assert_eq!(wire.packets(2), wire.rtp_from(1).len() as u64);
}

#[test]
fn while_their_key_is_not_known_nothing_is_heard_and_nothing_judged() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.order(0, secure(1, 1, 2));
    wire.send(0, 1, 2, tone(600));
    let sending = Some(key(Suite::AesCm128Sha1_80, 2));
    wire.order(1, Command::Secure { port: PortId(2), sending, receiving: None });
    wire.run(secs(3));
    assert!(wire.heard(2).is_empty() && wire.windows(2).is_empty() && wire.findings().is_empty());
    wire.order(1, secure(2, 2, 1));
    wire.run(secs(2));
    wire.end_talk();
    assert_eq!(wire.heard(2)[0].0, Sound::Tone { hz: 600 });
    let counts = wire.srtp(2);
    assert_eq!(counts.authenticated, wire.packets(2));
    assert!((98..=101).contains(&counts.authenticated), "{counts:?}");
}

#[test]
fn keys_that_are_given_up_leave_clear_packets_that_are_counted_as_such() {
    let mut wire = secured_talk();
    wire.run(secs(1));
    let clear = |port| Command::Secure { port: PortId(port), sending: None, receiving: None };
    wire.order(0, clear(1));
    wire.order(1, clear(2));
    wire.run(secs(1));
    wire.end_talk();
    let counts = wire.srtp(2);
    assert_eq!(counts.authenticated + counts.clear, wire.packets(2));
    assert!(counts.clear >= 49 && counts.authenticated >= 49, "{counts:?}");
}

#[test]
fn a_key_that_is_none_lets_nothing_leave() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    let broken = Key { key_and_salt: vec![1; 29], ..key(Suite::AesCm128Sha1_80, 1) };
    wire.order(0, secure_with(1, &broken, &key(Suite::AesCm128Sha1_80, 2)));
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(10));
    assert!(wire.sent.is_empty());
    assert_eq!(
        wire.findings(),
        ["the port sends nothing: key and salt have 29 bytes, AES_CM_128_HMAC_SHA1_80 needs 30"]
    );
}

#[test]
fn a_secured_and_a_clear_side_are_joined() {
    let mut wire = Wire::new(3);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.open(1, 3);
    wire.open(2, 4);
    wire.order(0, secure(1, 1, 2));
    wire.order(1, secure(2, 2, 1));
    wire.send(0, 1, 2, tone(600));
    wire.send(1, 2, 1, tone(350));
    wire.send(1, 3, 4, tone(350));
    wire.send(2, 4, 3, tone(950));
    for (from, to) in [(2, 3), (3, 2)] {
        wire.order(1, Command::Relay { from: PortId(from), to: Some(PortId(to)) });
    }
    let digits = "42".to_owned();
    wire.order(0, Command::Digits { port: PortId(1), digits, duration_ms: 60, gap_ms: 60, loss_percent: 0 });
    wire.run(secs(2));
    assert!(wire.heard(4).iter().any(|(sound, _)| *sound == Sound::Tone { hz: 600 }));
    assert_eq!(wire.heard(1)[0].0, Sound::Tone { hz: 950 });
    assert!(wire.rtp_from(1).iter().all(|sent| [182, 26].contains(&sent.bytes.len())));
    assert!(wire.rtp_from(3).iter().all(|sent| [172, 16].contains(&sent.bytes.len())));
    assert!(wire.rtp_from(2).iter().all(|sent| sent.bytes.len() == 182));
    assert_eq!(wire.findings(), [""; 0]);
}

#[test]
fn the_same_seed_and_keys_send_the_same_bytes() {
    let run = || {
        let mut wire = secured_talk();
        wire.run(secs(10));
        wire.sent
    };
    assert_eq!(run(), run());
}

#[test]
fn a_key_is_shown_nowhere() {
    let mut wire = secured_talk();
    wire.run(millis(100));
    let bytes = &key(Suite::AesCm128Sha1_80, 1).key_and_salt;
    let shown = format!("{:?} {:?}", wire.engines[0], secure(1, 1, 2));
    let listed = format!("{bytes:?}");
    assert!(!shown.contains(listed.trim_matches(['[', ']'])));
    assert!(shown.contains("AesCm128Sha1_80"));
}
