//! What a role heard, as stretches of time.

use crate::model::Bench;
use oxocert_machine::At;
use oxocert_record::{Emitter, EventNo, Heard, RoleName, Sound};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// What the decision by frames of 20 ms may show at the edges of a sound: three packets.
pub const RESOLUTION: Duration = Duration::from_millis(60);

/// One sound at one port of a role, from its first packet until the next sound there.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The event.
    pub n: EventNo,
    /// What, where from, how loud.
    pub heard: Heard,
    /// When the next sound of the same port began; `None`: it lasts.
    pub until: Option<At>,
}

impl Stretch {
    /// The part of it between the two.
    pub fn within(&self, from: At, to: At) -> Duration {
        let start = self.heard.since.max(from);
        self.until.unwrap_or(to).min(to).since(start)
    }

    /// Whether it lasts into the time between the two: the fading end of an earlier sound does not count.
    pub fn counts_from(&self, from: At, to: At) -> bool {
        let inside = self.within(from, to);
        if self.heard.since < from { inside > RESOLUTION } else { !inside.is_zero() }
    }

    /// Whether it is a tone of this frequency.
    pub fn is_tone(&self, hz: u16) -> bool {
        self.heard.sound == Sound::Tone { hz }
    }

    /// Whether it is music or a tone.
    pub fn is_sounding(&self) -> bool {
        matches!(self.heard.sound, Sound::Tone { .. } | Sound::Music)
    }

    /// Whether the harness emits it, so that it proves nothing about what the DUT sends.
    pub fn is_of_harness(&self) -> bool {
        self.heard.emitter == Emitter::Harness
    }
}

/// The stretches heard by one role, in order of their beginning, out of the `Heard` events in their order.
pub fn stretches<'h>(
    role: &RoleName,
    events: impl IntoIterator<Item = (EventNo, &'h Heard)>,
) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    let mut open: BTreeMap<SocketAddr, usize> = BTreeMap::new();
    for (n, heard) in events.into_iter().filter(|(_, heard)| heard.role == *role) {
        if let Some(previous) = open.get(&heard.local).and_then(|index| all.get_mut(*index)) {
            previous.until = Some(heard.since.max(previous.heard.since));
        }
        open.insert(heard.local, all.len());
        all.push(Stretch { n, heard: heard.clone(), until: None });
    }
    all.sort_by_key(|stretch| (stretch.heard.since, stretch.n));
    all
}

/// The longest break inside these stretches (in order of their beginning) from `from` on, and how long before `to` the last of
/// them had ended.
pub fn breaks<'s>(
    stretches: impl IntoIterator<Item = &'s Stretch>,
    from: At,
    to: At,
) -> (Duration, Duration) {
    let (mut longest, mut reached) = (Duration::ZERO, from);
    for stretch in stretches {
        longest = longest.max(stretch.heard.since.since(reached));
        reached = reached.max(stretch.until.unwrap_or(to).min(to));
    }
    (longest, to.since(reached))
}

/// The frequency of a role's identity tone, Hz.
pub fn tone_of(bench: &Bench, role: &RoleName) -> Option<u16> {
    let set = bench.sets.get(role).map(|set| set.tone_hz);
    set.or_else(|| bench.parties.get(role).map(|party| party.tone_hz))
}
