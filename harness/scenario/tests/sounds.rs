//! What is heard, against what is wanted.
#![allow(clippy::unwrap_used)]

use oxocert_machine::At;
use oxocert_record::{Emitter, EventNo, Heard, RoleName, Sound};
use oxocert_scenario::model::{Bench, WantedSound};
use oxocert_scenario::satisfies::{hears, strangers, stretches, talk};
use oxocert_scenario::{disk, load_bench};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

fn bench() -> Bench {
    let sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    load_bench(&sources, "hw-profiles/virtual-powercpu-bvpn.toml").unwrap()
}

/// Changes of what `pstn.a` hears: milliseconds, emitter, sound.
fn heard(changes: &[(u64, Emitter, Sound)]) -> Vec<oxocert_scenario::satisfies::Stretch> {
    let events: Vec<Heard> = changes
        .iter()
        .map(|(ms, emitter, sound)| Heard {
            role: "pstn.a".into(),
            local: "127.10.1.1:20000".parse().unwrap(),
            remote: None,
            emitter: *emitter,
            sound: *sound,
            level_dbm0: None,
            since: At::from_millis(*ms),
        })
        .collect();
    stretches(&"pstn.a".into(), events.iter().enumerate().map(|(n, heard)| (EventNo(n as u64), heard)))
}

fn is_heard(wanted: WantedSound, ms: u64, changes: &[(u64, Emitter, Sound)], until: u64) -> Option<At> {
    let lasting = Duration::from_millis(ms);
    hears(&wanted, lasting, &heard(changes), At::from_millis(100), At::from_millis(until), &bench())
        .satisfied_at
}

const DUT: Emitter = Emitter::Dut;

#[test]
fn music_must_last_and_come_from_the_dut() {
    let music = [(200, DUT, Sound::Music)];
    assert_eq!(is_heard(WantedSound::Music, 1000, &music, 1300), Some(At::from_millis(1200)));
    assert_eq!(is_heard(WantedSound::Music, 1000, &music, 1100), None);
    assert_eq!(is_heard(WantedSound::Music, 1000, &[(200, Emitter::Harness, Sound::Music)], 1300), None);
    let broken = [(200, DUT, Sound::Music), (600, DUT, Sound::Silence), (1200, DUT, Sound::Music)];
    assert_eq!(is_heard(WantedSound::Music, 1000, &broken, 2100), None);
    let paused = [(200, DUT, Sound::Music), (600, DUT, Sound::Silence), (700, DUT, Sound::Music)];
    assert_eq!(is_heard(WantedSound::Music, 1000, &paused, 1300), Some(At::from_millis(1200)));
}

#[test]
fn busy_tone_is_known_by_its_cadence() {
    let tone = Sound::Tone { hz: 440 };
    let busy: Vec<_> =
        (0..6).map(|n| (200 + n * 500, DUT, if n % 2 == 0 { tone } else { Sound::Silence })).collect();
    assert!(is_heard(WantedSound::Busy, 2000, &busy, 3100).is_some());
    assert!(is_heard(WantedSound::Ringback, 2000, &busy, 3100).is_none());
    assert!(
        is_heard(WantedSound::Busy, 2000, &[(200, DUT, tone)], 3100).is_none(),
        "a dial tone is no busy tone"
    );
}

#[test]
fn a_talk_tells_who_hears_whom() {
    let bench = bench();
    let roles: Vec<RoleName> = vec!["set.hq1".into(), "pstn.a".into()];
    let tone = |hz| Sound::Tone { hz };
    let at_a = heard(&[
        (150, Emitter::Harness, tone(550)),
        (700, DUT, Sound::Nothing),
        (900, Emitter::Harness, tone(550)),
    ]);
    let all = BTreeMap::from([(roles[1].clone(), at_a)]);
    let ways = talk(&roles, &all, At::from_millis(100), At::from_millis(1100), &bench);
    let to_a = ways.iter().find(|way| way.to == roles[1]).unwrap();
    assert_eq!(to_a.first_tone, Some(At::from_millis(150)));
    assert_eq!(to_a.longest_break, Duration::from_millis(200));
    assert_eq!(ways.iter().find(|way| way.to == roles[0]).unwrap().first_tone, None);
    let crossed = BTreeMap::from([(roles[1].clone(), heard(&[(150, DUT, tone(1950))]))]);
    let strange = strangers(&roles, &crossed, At::from_millis(100), At::from_millis(1100), &bench);
    assert_eq!(strange[0].stranger.as_str(), "pstn.b");
}
