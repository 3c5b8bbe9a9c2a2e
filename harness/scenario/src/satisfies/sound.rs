//! Whether a role hears what a `hears` step wants, and for how long.

use super::hearing::{RESOLUTION, Stretch, tone_of};
use crate::model::{Bench, WantedSound};
use oxocert_machine::At;
use oxocert_record::{Emitter, EventNo, Sound};
use std::time::Duration;

/// Music and speech have pauses, and moments that look like one tone; a longer break ends them.
const PAUSE: Duration = Duration::from_millis(500);
/// Call-progress tones of France, Hz (ITU-T E.180).
const PROGRESS_HZ: u16 = 440;

/// A run of what was wanted, with breaks that do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it begins.
    pub from: At,
    /// Where it ends, or the end of the time looked at.
    pub to: At,
    /// The events it is made of.
    pub evidence: Vec<EventNo>,
}

/// How far a role is with what it must hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundOutcome {
    /// Where the run that is long enough begins.
    pub begins: Option<At>,
    /// When it had lasted long enough; `None`: not yet.
    pub satisfied_at: Option<At>,
    /// When a run that still goes on will have lasted long enough.
    pub again: Option<At>,
    /// What was heard, in words.
    pub heard: String,
    /// The events it is made of.
    pub evidence: Vec<EventNo>,
}

/// Whether `wanted` was heard for `lasting` without break between the two. `heard`: the stretches of one role.
pub fn hears(
    wanted: &WantedSound,
    lasting: Duration,
    heard: &[Stretch],
    from: At,
    until: At,
    bench: &Bench,
) -> SoundOutcome {
    let runs = runs(wanted, heard, from, until, bench);
    if let Some(run) = runs.iter().find(|run| run.to.since(run.from) >= lasting) {
        return SoundOutcome {
            begins: Some(run.from),
            satisfied_at: Some(run.from + lasting),
            again: None,
            heard: format!("{wanted} for {} ms", run.to.since(run.from).as_millis()),
            evidence: run.evidence.clone(),
        };
    }
    let going = runs.last().filter(|run| run.to >= until);
    let longest = runs.iter().map(|run| run.to.since(run.from)).max();
    SoundOutcome {
        begins: None,
        satisfied_at: None,
        again: going.map(|run| run.from + lasting),
        heard: match longest {
            Some(longest) => format!("{wanted} for {} ms at most", longest.as_millis()),
            None => instead(heard, from, until),
        },
        evidence: runs.into_iter().flat_map(|run| run.evidence).collect(),
    }
}

/// The runs of what is wanted between the two.
///
/// Emitter rule: music, progress tones and announcements that the harness emits prove nothing about the DUT. A voice may
/// come from a role of the harness: that it arrives here is what the DUT's signalling brought about.
pub fn runs(wanted: &WantedSound, heard: &[Stretch], from: At, until: At, bench: &Bench) -> Vec<Run> {
    let span = Span { from, until };
    let of_dut = |stretch: &Stretch| stretch.heard.emitter == Emitter::Dut;
    let progress = |stretch: &Stretch| of_dut(stretch) && stretch.is_tone(PROGRESS_HZ);
    let declared = |on: &str, off: &str| match (bench.duration(on), bench.duration(off)) {
        (Some(on), Some(off)) => Some(Cadence { on, off }),
        _ => None,
    };
    let cadenced = |cadence: Option<Cadence>| {
        cadence.map(|cadence| in_cadence(heard, span, cadence, progress)).unwrap_or_default()
    };
    match wanted {
        WantedSound::Music => {
            joined(heard, span, PAUSE, |stretch| of_dut(stretch) && stretch.heard.sound == Sound::Music)
        }
        WantedSound::Ringback => cadenced(declared("ringback.on", "ringback.off")),
        WantedSound::Busy => cadenced(declared("busy.on", "busy.off")),
        WantedSound::Voice(role) => match tone_of(bench, role) {
            Some(hz) => joined(heard, span, RESOLUTION, |stretch| stretch.is_tone(hz)),
            None => Vec::new(),
        },
        WantedSound::Tone(hz) => {
            joined(heard, span, RESOLUTION, |stretch| of_dut(stretch) && stretch.is_tone(*hz))
        }
        WantedSound::Anything => {
            joined(heard, span, PAUSE, |stretch| of_dut(stretch) && stretch.is_sounding())
        }
        WantedSound::Silence => silence(heard, span),
    }
}

/// The time that is looked at.
#[derive(Clone, Copy)]
struct Span {
    from: At,
    until: At,
}

/// A tone that is on and off.
#[derive(Clone, Copy)]
struct Cadence {
    on: Duration,
    off: Duration,
}

/// Runs of wanted stretches; breaks up to `pause` between two of them do not end a run.
fn joined(heard: &[Stretch], span: Span, pause: Duration, wanted: impl Fn(&Stretch) -> bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for stretch in
        heard.iter().filter(|stretch| wanted(stretch) && stretch.counts_from(span.from, span.until))
    {
        let from = stretch.heard.since.max(span.from);
        let to = stretch.until.unwrap_or(span.until).min(span.until);
        match runs.last_mut() {
            Some(run) if from.since(run.to) <= pause => {
                run.to = run.to.max(to);
                run.evidence.push(stretch.n);
            }
            _ => runs.push(Run { from, to, evidence: vec![stretch.n] }),
        }
    }
    runs
}

/// Runs of a tone whose bursts and pauses have the lengths of the cadence, each to a fifth.
///
/// A burst at the edge of the span may be cut, so only bursts and pauses that lie inside it are compared.
fn in_cadence(
    heard: &[Stretch],
    span: Span,
    cadence: Cadence,
    wanted: impl Fn(&Stretch) -> bool,
) -> Vec<Run> {
    let bursts = joined(heard, span, RESOLUTION, wanted);
    let like = |time: Duration, ideal: Duration| time.abs_diff(ideal) <= ideal / 5 + RESOLUTION;
    let mut runs: Vec<Run> = Vec::new();
    for burst in bursts {
        let length = burst.to.since(burst.from);
        let is_cut = burst.to >= span.until || burst.from <= span.from;
        let is_burst = like(length, cadence.on) || (is_cut && length <= cadence.on + cadence.on / 5);
        if !is_burst {
            continue;
        }
        match runs.last_mut() {
            Some(run) if like(burst.from.since(run.to), cadence.off) => {
                run.to = burst.to;
                run.evidence.extend(burst.evidence);
            }
            _ => runs.push(burst),
        }
    }
    // The pause after the last burst belongs to the tone as well.
    for run in &mut runs {
        run.to = (run.to + cadence.off).min(span.until).max(run.to);
    }
    runs
}

/// Runs without any sound: silence, no packets, or nothing recorded at all.
fn silence(heard: &[Stretch], span: Span) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut from = span.from;
    for sound in joined(heard, span, Duration::ZERO, Stretch::is_sounding) {
        if sound.from > from {
            runs.push(Run { from, to: sound.from, evidence: Vec::new() });
        }
        from = from.max(sound.to);
    }
    if span.until > from {
        runs.push(Run { from, to: span.until, evidence: Vec::new() });
    }
    runs
}

/// What was heard instead, in words.
fn instead(heard: &[Stretch], from: At, until: At) -> String {
    let mut sounds: Vec<String> = Vec::new();
    for stretch in heard.iter().filter(|stretch| !stretch.within(from, until).is_zero()) {
        let emitter = if stretch.is_of_harness() { " emitted by the harness" } else { "" };
        let sound = match stretch.heard.sound {
            Sound::Silence => "silence".to_owned(),
            Sound::Tone { hz } => format!("a tone of {hz} Hz"),
            Sound::Music => "music".to_owned(),
            Sound::Nothing => "no packets".to_owned(),
        };
        let text = format!("{sound}{emitter}");
        if !sounds.contains(&text) {
            sounds.push(text);
        }
    }
    if sounds.is_empty() { "nothing".to_owned() } else { sounds.join(", ") }
}
