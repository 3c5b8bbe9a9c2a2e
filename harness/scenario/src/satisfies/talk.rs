//! Who hears whom in a talk, decided on received tones, never on SDP.

use super::hearing::{RESOLUTION, Stretch, tone_of};
use crate::model::Bench;
use oxocert_machine::At;
use oxocert_record::{EventNo, RoleName};
use std::collections::BTreeMap;
use std::time::Duration;

/// One direction of a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneWay {
    /// Who speaks.
    pub from: RoleName,
    /// Who hears.
    pub to: RoleName,
    /// When the tone of `from` was first heard; `None`: not at all.
    pub first_tone: Option<At>,
    /// The longest time after it without the tone, the end included.
    pub longest_break: Duration,
    /// The events it is made of.
    pub evidence: Vec<EventNo>,
}

/// Somebody who is heard and takes no part in the talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Who hears.
    pub to: RoleName,
    /// Who is heard.
    pub stranger: RoleName,
    /// The event.
    pub event: EventNo,
}

/// Each ordered pair of the roles between the two. `heard`: the stretches by role.
pub fn talk(
    roles: &[RoleName],
    heard: &BTreeMap<RoleName, Vec<Stretch>>,
    from: At,
    until: At,
    bench: &Bench,
) -> Vec<OneWay> {
    let mut ways = Vec::new();
    for to in roles {
        let stretches = heard.get(to).map(Vec::as_slice).unwrap_or_default();
        for speaker in roles.iter().filter(|speaker| *speaker != to) {
            ways.push(one_way(speaker, to, stretches, from, until, bench));
        }
    }
    ways
}

fn one_way(
    speaker: &RoleName,
    to: &RoleName,
    heard: &[Stretch],
    from: At,
    until: At,
    bench: &Bench,
) -> OneWay {
    let hz = tone_of(bench, speaker);
    let of_speaker =
        |stretch: &&Stretch| hz.is_some_and(|hz| stretch.is_tone(hz)) && stretch.counts_from(from, until);
    let tones: Vec<&Stretch> = heard.iter().filter(of_speaker).collect();
    let first_tone = tones.first().map(|stretch| stretch.heard.since.max(from));
    let mut reached = first_tone.unwrap_or(from);
    let mut longest_break = Duration::ZERO;
    for stretch in &tones {
        longest_break = longest_break.max(stretch.heard.since.since(reached));
        reached = reached.max(stretch.until.unwrap_or(until).min(until));
    }
    longest_break = longest_break.max(until.since(reached));
    let evidence = tones.iter().map(|stretch| stretch.n).collect();
    OneWay { from: speaker.clone(), to: to.clone(), first_tone, longest_break, evidence }
}

/// Identity tones of others than the roles, heard by them between the two for longer than a decision takes.
pub fn strangers(
    roles: &[RoleName],
    heard: &BTreeMap<RoleName, Vec<Stretch>>,
    from: At,
    until: At,
    bench: &Bench,
) -> Vec<Stranger> {
    let names = bench.sets.keys().chain(bench.parties.keys());
    // Members of pools call each other only, and share their tones: who of them is heard, nobody can say.
    let pooled = roles.iter().any(|role| bench.pool_of(role).is_some());
    let own: Vec<u16> = roles.iter().filter_map(|role| tone_of(bench, role)).collect();
    let mut others: BTreeMap<u16, &RoleName> = BTreeMap::new();
    for name in names.filter(|name| !roles.contains(name)) {
        let pool = bench.pool_of(name);
        if let Some(hz) = tone_of(bench, name).filter(|hz| pool.is_some() == pooled && !own.contains(hz)) {
            others.entry(hz).or_insert(pool.unwrap_or(name));
        }
    }
    let mut found = Vec::new();
    for to in roles {
        for (hz, other) in &others {
            let stretches = heard.get(to).map(Vec::as_slice).unwrap_or_default();
            let long = |stretch: &&Stretch| stretch.is_tone(*hz) && stretch.within(from, until) > RESOLUTION;
            if let Some(stretch) = stretches.iter().find(long) {
                found.push(Stranger { to: to.clone(), stranger: (*other).clone(), event: stretch.n });
            }
        }
    }
    found
}
