//! Who hears what, since when.

use crate::wire::{Wire, address, millis, secs, sending, tone};
use oxocert_machine::At;
use oxocert_media::engine::{Command, Event, PortId, Sound, Source};

fn talk() -> Wire {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, tone(600));
    wire.send(1, 2, 1, tone(950));
    wire
}

#[test]
fn each_hears_the_other() {
    let mut wire = talk();
    wire.run(secs(2));
    assert_eq!(wire.heard(2), [(Sound::Tone { hz: 600 }, Some(address(1).port()))]);
    assert_eq!(wire.heard(1), [(Sound::Tone { hz: 950 }, Some(address(2).port()))]);
    assert!(wire.findings().is_empty(), "{:?}", wire.findings());
}

#[test]
fn a_sound_begins_with_the_first_packet_that_carries_it() {
    let mut wire = talk();
    wire.run(secs(1));
    wire.order(0, Command::Play { port: PortId(1), source: tone(1200) });
    let first = wire.rtp_from(1).len();
    wire.run(secs(1));
    let carried = wire.rtp_from(1)[first].at + millis(3);
    let last = wire.events.iter().rev().find_map(|(_, at, event)| match event {
        Event::Heard { port: PortId(2), sound, level_dbm0, since, .. } => {
            Some((*at, *sound, *level_dbm0, *since))
        }
        _ => None,
    });
    let (told, sound, level, since) = last.unwrap();
    assert_eq!((sound, since), (Sound::Tone { hz: 1200 }, carried));
    assert!((level.unwrap() + 10.0).abs() < 0.3);
    assert!(told - since <= millis(60), "{:?}", told - since);
}

#[test]
fn nothing_is_heard_60_ms_after_the_last_packet() {
    let mut wire = talk();
    wire.run(secs(1));
    wire.order(0, Command::Stop { port: PortId(1) });
    let last = wire.rtp_from(1).last().unwrap().at + millis(3);
    wire.run(secs(1));
    let nothing = wire.events.iter().find_map(|(_, at, event)| match event {
        Event::Heard { port: PortId(2), sound: Sound::Nothing, since, remote: None, .. } => {
            Some((*at, *since))
        }
        _ => None,
    });
    assert_eq!(nothing, Some((last + millis(60), last + millis(20))));
}

#[test]
fn any_packet_time_is_heard() {
    for ptime_ms in [10, 20, 30, 40, 60] {
        let mut wire = Wire::new(2);
        wire.open(0, 1);
        wire.open(1, 2);
        let sending = oxocert_media::engine::Sending { ptime_ms, ..sending(2, tone(600)) };
        wire.order(0, Command::Send { port: PortId(1), sending });
        wire.run(secs(2));
        assert_eq!(wire.heard(2), [(Sound::Tone { hz: 600 }, Some(address(1).port()))], "{ptime_ms} ms");
    }
}

#[test]
fn ringback_music_and_silence_are_told_apart() {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.send(0, 1, 2, Source::Cadence { hz: 440, dbm0: -12.0, on_ms: 1500, off_ms: 3500 });
    wire.run(secs(7));
    wire.order(0, Command::Play { port: PortId(1), source: Source::Music { dbm0: -18.0 } });
    wire.run(secs(5));
    let sounds: Vec<Sound> = wire.heard(2).into_iter().map(|(sound, _)| sound).collect();
    let (on, off) = (Sound::Tone { hz: 440 }, Sound::Silence);
    assert_eq!(sounds, [on, off, on, off, Sound::Music]);
    let since: Vec<At> = wire
        .events
        .iter()
        .filter_map(|(_, _, event)| match event {
            Event::Heard { since, .. } => Some(*since),
            _ => None,
        })
        .collect();
    assert_eq!((since[1] - since[0], since[2] - since[1]), (millis(1500), millis(3500)));
}

/// The defect that SDP does not show: two conversations whose audio is crossed.
#[test]
fn crossed_audio_is_heard_as_the_wrong_tone() {
    let mut wire = Wire::new(4);
    for n in 0..4 {
        wire.open(n, n as u32);
    }
    // 0 talks with 2, 1 with 3; the audio of 0 and 1 goes to the wrong one.
    wire.send(0, 0, 3, tone(500));
    wire.send(1, 1, 2, tone(700));
    wire.run(secs(1));
    assert_eq!(wire.heard(2), [(Sound::Tone { hz: 700 }, Some(address(1).port()))]);
    assert_eq!(wire.heard(3), [(Sound::Tone { hz: 500 }, Some(address(0).port()))]);
}

#[test]
fn another_source_with_the_same_sound_is_told() {
    let mut wire = Wire::new(3);
    for n in 0..3 {
        wire.open(n, n as u32);
    }
    wire.send(0, 0, 2, tone(500));
    wire.run(secs(1));
    wire.order(0, Command::Stop { port: PortId(0) });
    wire.send(1, 1, 2, tone(500));
    wire.run(secs(1));
    let sources: Vec<_> = wire.heard(2).into_iter().map(|(_, source)| source).collect();
    assert_eq!(sources, [Some(address(0).port()), Some(address(1).port())]);
}

#[test]
fn of_two_streams_at_one_port_the_one_that_stays_is_told_again() {
    let mut wire = Wire::new(3);
    for n in 0..3 {
        wire.open(n, n as u32);
    }
    wire.send(0, 0, 2, tone(500));
    wire.run(secs(1));
    wire.send(1, 1, 2, tone(700));
    wire.run(secs(1));
    wire.order(1, Command::Stop { port: PortId(1) });
    wire.run(secs(1));
    let sounds: Vec<Sound> = wire.heard(2).into_iter().map(|(sound, _)| sound).collect();
    assert_eq!(sounds, [Sound::Tone { hz: 500 }, Sound::Tone { hz: 700 }, Sound::Tone { hz: 500 }]);
}
