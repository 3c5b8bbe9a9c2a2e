//! What a faulty device does to protection, as a secured port sees it.

use crate::wire::{Wire, secs, secure, secured_talk, tone};
use oxocert_media::engine::{Command, Fault, PortId, SrtpCounts, Trouble};

fn faulty(fault: Fault) -> Wire {
    let mut wire = secured_talk();
    wire.order(0, Command::Spoil { port: PortId(1), fault });
    wire.run(secs(20));
    wire.end_talk();
    wire
}

#[test]
fn plain_packets_only() {
    let wire = faulty(Fault::ClearRtp);
    let counts = wire.srtp(2);
    assert_eq!((counts.clear, counts.authenticated), (wire.packets(2), 0));
    assert_eq!(counts.rtcp_unauthenticated, 0);
    assert!(wire.heard(2).is_empty());
    for window in wire.windows(2) {
        assert_eq!(
            window.l3_bytes,
            200 * window.packets,
            "a window of refused packets has their bytes and marks"
        );
        assert_eq!(window.dscp, [(46, window.packets)]);
        assert_eq!((window.jitter_ns, window.lost, window.payload_types.len()), (None, 0, 0));
    }
    assert_eq!(wire.srtp(1).authenticated, wire.packets(1), "the other direction is not concerned");
}

#[test]
fn a_plain_packet_now_and_then() {
    let wire = faulty(Fault::ClearNowAndThen);
    let counts = wire.srtp(2);
    assert_eq!((counts.clear, counts.authenticated), (20, wire.packets(2) - 20));
    assert_eq!(counts.unauthenticated, 0);
}

#[test]
fn plain_reports() {
    let wire = faulty(Fault::ClearRtcp);
    let counts = wire.srtp(2);
    assert_eq!((counts.authenticated, counts.rtcp_authenticated), (wire.packets(2), 0));
    assert!(counts.rtcp_unauthenticated >= 3);
    assert!(wire.findings().iter().all(|note| *note == "plain RTCP where SRTCP was agreed"));
    assert_eq!(wire.findings().len() as u64, counts.rtcp_unauthenticated);
}

#[test]
fn wrong_tags_only() {
    let wire = faulty(Fault::BadTag);
    assert_eq!(wire.srtp(2).unauthenticated, wire.packets(2));
    assert!(wire.srtp(2).rtcp_authenticated >= 3);
    assert!(wire.heard(2).is_empty());
}

/// Party 1, secured, and party 4, in clear, with a device between them that owns ports 2 and 3; the trouble is party 1's.
fn anchored(fault: Option<Fault>, trouble: Trouble) -> (u64, u64) {
    let mut wire = Wire::new(3);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.open(1, 3);
    wire.open(2, 4);
    wire.order(0, secure(1, 1, 2));
    wire.order(1, secure(2, 2, 1));
    wire.send(1, 2, 1, tone(350));
    wire.send(1, 3, 4, tone(350));
    wire.order(1, Command::Relay { from: PortId(2), to: Some(PortId(3)) });
    if let Some(fault) = fault {
        wire.order(1, Command::Spoil { port: PortId(2), fault });
    }
    wire.send(0, 1, 4, tone(600));
    wire.send(0, 1, 2, tone(600));
    wire.run(secs(1));
    wire.order(0, Command::Trouble { port: PortId(1), trouble });
    wire.run(secs(2));
    let sent = wire.rtp_from(1).len() as u64;
    wire.order(1, Command::Stop { port: PortId(3) });
    wire.run(secs(2));
    (sent, wire.packets(4))
}

#[test]
fn packets_that_do_not_authenticate_are_passed_on() {
    for trouble in
        [Trouble::BadTag { packets: 30 }, Trouble::WrongKey { packets: 30 }, Trouble::Clear { packets: 30 }]
    {
        let (sent, sound) = anchored(None, trouble);
        let (sent_too, faulty) = anchored(Some(Fault::PlaysUnauthenticated), trouble);
        assert_eq!(sent, sent_too);
        assert_eq!(faulty, sound + 30, "{trouble:?}");
    }
}

#[test]
fn replayed_packets_are_passed_on() {
    let trouble = Trouble::Replay { packets: 30 };
    let (_, sound) = anchored(None, trouble);
    let (_, faulty) = anchored(Some(Fault::PlaysReplayed), trouble);
    assert_eq!(faulty, sound + 30);
    let (_, other) = anchored(Some(Fault::PlaysUnauthenticated), trouble);
    assert_eq!(other, sound, "a replayed packet does authenticate");
}

#[test]
fn a_wrong_tag_is_decrypted_all_the_same() {
    let mut wire = secured_talk();
    wire.order(1, Command::Spoil { port: PortId(2), fault: Fault::PlaysUnauthenticated });
    wire.order(0, Command::Trouble { port: PortId(1), trouble: Trouble::BadTag { packets: 1000 } });
    wire.run(secs(2));
    wire.end_talk();
    let counts = wire.srtp(2);
    let expected = SrtpCounts { unauthenticated: wire.packets(2), ..SrtpCounts::default() };
    assert_eq!(SrtpCounts { rtcp_authenticated: 0, ..counts }, expected);
    assert_eq!(wire.heard(2)[0].0, oxocert_media::engine::Sound::Tone { hz: 600 });
}
