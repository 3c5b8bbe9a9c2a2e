//! `hears` and `receives-digits`: what a role hears, from when, for how long, and who emits it.

use super::{Found, Span, deadline};
use crate::context::Context;
use crate::hearing::{self, RESOLUTION, Stretch};
use crate::measure::digits;
use crate::words;
use oxocert_machine::At;
use oxocert_record::{EventNo, Sound, Verdict};
use oxocert_scenario::model::Step;
use oxocert_scenario::model::step::WantedSound;
use std::time::Duration;

/// Music and speech have pauses, and moments that look like one tone; a longer break ends them.
const PAUSE: Duration = Duration::from_millis(500);
/// Call-progress tones of France, Hz (ITU-T E.180).
const PROGRESS_HZ: u16 = 440;

/// A tone that is on and off.
#[derive(Debug, Clone, Copy)]
struct Cadence {
    on: Duration,
    off: Duration,
}

/// A run of what was wanted, with breaks that do not count.
#[derive(Debug, Clone)]
struct Run {
    from: At,
    to: At,
    evidence: Vec<EventNo>,
}

pub(super) fn judge(
    context: &Context<'_, '_>,
    step: &Step,
    sound: &WantedSound,
    lasting: Duration,
    span: Span,
) -> Found {
    let mut verdict = Verdict::Pass;
    let mut texts = Vec::new();
    let mut evidence = Vec::new();
    let mut slowest = Duration::ZERO;
    for role in &step.who {
        let heard = hearing::stretches(context.timeline, role);
        let runs = runs(context, sound, &heard, span);
        // The first run that is long enough counts; where none is, the longest tells how far it went.
        let enough = runs.iter().find(|run| run.to.since(run.from) + RESOLUTION >= lasting);
        let Some(run) = enough else {
            let longest = runs.iter().map(|run| run.to.since(run.from)).max();
            let text = match longest {
                Some(longest) => {
                    format!("{role} hears {} for {} at most", words::wanted(sound), words::span(longest))
                }
                None => {
                    format!("{role} does not hear {}, but {}", words::wanted(sound), instead(&heard, span))
                }
            };
            verdict = verdict.join(Verdict::Fail);
            texts.push(text);
            evidence.extend(runs.into_iter().flat_map(|run| run.evidence));
            continue;
        };
        let (decided, text) = deadline::judge(context, step, span, run.from);
        verdict = verdict.join(decided);
        texts.push(format!(
            "{role} hears {} {text}, for {}",
            words::wanted(sound),
            words::span(run.to.since(run.from))
        ));
        evidence.extend(run.evidence.iter().copied());
        slowest = slowest.max(run.from.since(span.reference));
    }
    if !span.done && !matches!(verdict, Verdict::Fail | Verdict::Error) {
        texts.push("given up all the same: the harness decided too late".to_owned());
        verdict = verdict.join(Verdict::Inconclusive);
    }
    Found { elapsed: Some(slowest), ..Found::new(verdict, texts.join("; "), evidence) }
}

/// What the scenario wanted, as it was heard between the reference and the end of the step.
fn runs(context: &Context<'_, '_>, sound: &WantedSound, heard: &[Stretch], span: Span) -> Vec<Run> {
    // Music, progress tones and announcements that the harness emits prove nothing about the DUT (emitter rule);
    // a voice may come from a role of the harness: that it arrives here is what the DUT's signalling brought about.
    let of_dut = |stretch: &Stretch| !stretch.is_of_harness();
    let progress = |stretch: &Stretch| of_dut(stretch) && stretch.is_tone(PROGRESS_HZ);
    match sound {
        WantedSound::Music => {
            joined(heard, span, PAUSE, |stretch| of_dut(stretch) && stretch.heard.sound == Sound::Music)
        }
        WantedSound::Ringback => cadence(heard, span, declared(context, "ringback", 1500, 3500), progress),
        WantedSound::Busy => cadence(heard, span, declared(context, "busy", 500, 500), progress),
        WantedSound::Voice(role) => match hearing::tone_of(context.bench, role) {
            Some(hz) => joined(heard, span, RESOLUTION, |stretch| stretch.is_tone(hz)),
            None => Vec::new(),
        },
        WantedSound::Tone(hz) => {
            joined(heard, span, RESOLUTION, |stretch| of_dut(stretch) && stretch.is_tone(*hz))
        }
        WantedSound::Anything => {
            let sounding =
                |stretch: &Stretch| matches!(stretch.heard.sound, Sound::Tone { .. } | Sound::Music);
            joined(heard, span, PAUSE, |stretch| of_dut(stretch) && sounding(stretch))
        }
        WantedSound::Silence => silence(heard, span),
    }
}

/// A cadence as the operator profile declares it; France (ITU-T E.180) where it does not.
fn declared(context: &Context<'_, '_>, tone: &str, on_ms: u64, off_ms: u64) -> Cadence {
    Cadence {
        on: context.time(&format!("{tone}.on"), Duration::from_millis(on_ms)),
        off: context.time(&format!("{tone}.off"), Duration::from_millis(off_ms)),
    }
}

/// Runs of wanted stretches; breaks up to `pause` between two of them do not end a run.
fn joined(heard: &[Stretch], span: Span, pause: Duration, wanted: impl Fn(&Stretch) -> bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for stretch in
        heard.iter().filter(|stretch| wanted(stretch) && stretch.counts_from(span.reference, span.left))
    {
        let from = stretch.heard.since.max(span.reference);
        let to = stretch.until.unwrap_or(span.left).min(span.left);
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
fn cadence(heard: &[Stretch], span: Span, cadence: Cadence, wanted: impl Fn(&Stretch) -> bool) -> Vec<Run> {
    let bursts = joined(heard, span, RESOLUTION, wanted);
    let like = |time: Duration, ideal: Duration| time.abs_diff(ideal) <= ideal / 5 + RESOLUTION;
    let mut runs: Vec<Run> = Vec::new();
    for burst in bursts {
        let length = burst.to.since(burst.from);
        let is_cut = burst.to >= span.left || burst.from <= span.reference;
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
        run.to = (run.to + cadence.off).min(span.left).max(run.to);
    }
    runs
}

/// Runs without any sound: silence, no packets, or nothing recorded at all.
fn silence(heard: &[Stretch], span: Span) -> Vec<Run> {
    let sounding = |stretch: &Stretch| matches!(stretch.heard.sound, Sound::Tone { .. } | Sound::Music);
    let sounds = joined(heard, span, Duration::ZERO, sounding);
    let mut runs = Vec::new();
    let mut from = span.reference;
    for sound in &sounds {
        if sound.from > from {
            runs.push(Run { from, to: sound.from, evidence: Vec::new() });
        }
        from = from.max(sound.to);
    }
    if span.left > from {
        runs.push(Run { from, to: span.left, evidence: Vec::new() });
    }
    runs
}

/// What was heard instead, in words.
fn instead(heard: &[Stretch], span: Span) -> String {
    let mut sounds: Vec<String> = Vec::new();
    for stretch in heard.iter().filter(|stretch| !stretch.within(span.start, span.left).is_zero()) {
        let emitter = if stretch.is_of_harness() { " emitted by the harness" } else { "" };
        let text = format!("{}{emitter}", words::sound(stretch.heard.sound));
        if !sounds.contains(&text) {
            sounds.push(text);
        }
    }
    if sounds.is_empty() { "nothing".to_owned() } else { sounds.join(", ") }
}

/// `receives-digits`: exactly these digits, each once, in this order.
pub(super) fn judge_digits(context: &Context<'_, '_>, step: &Step, wanted: &str, span: Span) -> Found {
    let seen = digits(context, step, span.reference, span.left);
    let evidence: Vec<EventNo> = seen.iter().map(|(n, _)| *n).collect();
    let got: String = seen.iter().map(|(_, digit)| digit.digit).collect();
    if let Some((n, digit)) = seen.iter().find(|(_, digit)| digit.in_band) {
        let text = format!("digit {} (event {}) was audible in the speech as well", digit.digit, n.0);
        return Found::new(Verdict::Fail, text, evidence);
    }
    if got != wanted {
        let instead = if got.is_empty() { "none came".to_owned() } else { format!("`{got}` came") };
        return Found::new(Verdict::Fail, format!("{instead} where `{wanted}` was sent"), evidence);
    }
    let last = evidence.iter().filter_map(|n| context.timeline.at_of(*n)).max().unwrap_or(span.left);
    let (mut verdict, text) = deadline::judge(context, step, span, last);
    if !span.done {
        verdict = verdict.join(Verdict::Inconclusive);
    }
    Found {
        elapsed: Some(last.since(span.reference)),
        ..Found::new(verdict, format!("`{got}`, the last {text}"), evidence)
    }
}
