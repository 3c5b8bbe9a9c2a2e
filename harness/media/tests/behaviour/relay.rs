//! What an anchoring engine forwards.

use crate::wire::{Wire, address, secs, tone};
use oxocert_media::engine::{Command, Event, PortId, Sound, Source};
use rtp_rs::RtpReader;

/// Party 1 and party 4 with an engine between them that owns ports 2 and 3.
fn anchored() -> Wire {
    let mut wire = Wire::new(3);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.open(1, 3);
    wire.open(2, 4);
    wire.send(0, 1, 2, tone(600));
    wire.send(1, 2, 1, Source::Music { dbm0: -15.0 });
    wire.send(1, 3, 4, Source::Music { dbm0: -15.0 });
    wire.send(2, 4, 3, tone(950));
    wire
}

fn join(wire: &mut Wire) {
    for (from, to) in [(2, 3), (3, 2)] {
        wire.order(1, Command::Relay { from: PortId(from), to: Some(PortId(to)) });
    }
}

#[test]
fn a_conversation_through_the_middle_is_heard_at_both_ends() {
    let mut wire = anchored();
    wire.run(secs(1));
    join(&mut wire);
    wire.run(secs(1));
    wire.order(1, Command::Relay { from: PortId(2), to: None });
    wire.run(secs(1));
    let sounds = |port| wire.heard(port).into_iter().map(|(sound, _)| sound).collect::<Vec<_>>();
    assert_eq!(sounds(1), [Sound::Music, Sound::Tone { hz: 950 }]);
    assert_eq!(sounds(4), [Sound::Music, Sound::Tone { hz: 600 }, Sound::Music]);
}

#[test]
fn payload_timestamp_marker_and_type_are_unaltered() {
    let mut wire = anchored();
    join(&mut wire);
    let digits = "42".to_owned();
    wire.order(0, Command::Digits { port: PortId(1), digits, duration_ms: 60, gap_ms: 60, loss_percent: 0 });
    wire.run(secs(1));
    let (sent, forwarded) = (wire.rtp_from(1), wire.rtp_from(3));
    assert!(forwarded.len() + 1 >= sent.len() && forwarded.len() > 40);
    let (mut own_number, mut own_ssrc) = (None, None);
    for (sent, forwarded) in sent.iter().zip(&forwarded) {
        let (before, after) =
            (RtpReader::new(&sent.bytes).unwrap(), RtpReader::new(&forwarded.bytes).unwrap());
        assert_eq!(before.payload(), after.payload());
        assert_eq!(
            (before.timestamp(), before.mark(), before.payload_type()),
            (after.timestamp(), after.mark(), after.payload_type())
        );
        assert_ne!(before.ssrc(), after.ssrc());
        assert_eq!(*own_ssrc.get_or_insert(after.ssrc()), after.ssrc());
        let number = u16::from(after.sequence_number());
        assert!(own_number.is_none_or(|last: u16| number == last.wrapping_add(1)));
        own_number = Some(number);
        assert_eq!((forwarded.flow.remote, forwarded.tos), (address(4), 184));
    }
    let digits: String = wire
        .events
        .iter()
        .filter_map(|(engine, _, event)| match event {
            Event::Digit { digit, .. } if *engine == 2 => Some(*digit),
            _ => None,
        })
        .collect();
    assert_eq!(digits, "42");
}

#[test]
fn closing_the_source_lets_the_target_speak_for_itself() {
    let mut wire = anchored();
    join(&mut wire);
    wire.run(secs(1));
    wire.order(1, Command::Close { port: PortId(2) });
    wire.run(secs(1));
    assert_eq!(wire.heard(4).last().map(|heard| heard.0), Some(Sound::Music));
}
