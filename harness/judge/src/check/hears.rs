//! `hears` and `receives-digits`: what a role hears, from when, for how long, and who emits it.

use super::{Found, Span, deadline};
use crate::context::Context;
use crate::measure::digits;
use crate::words;
use oxocert_record::{EventNo, Verdict};
use oxocert_scenario::model::Step;
use oxocert_scenario::model::step::WantedSound;
use oxocert_scenario::satisfies::{RESOLUTION, hears, runs};
use std::time::Duration;

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
        let heard = context.heard(role);
        let runs = runs(sound, &heard, span.reference, span.left, context.bench);
        // The first run that is long enough counts; where none is, the longest tells how far it went.
        let enough = runs.iter().find(|run| run.to.since(run.from) + RESOLUTION >= lasting);
        let Some(run) = enough else {
            let longest = runs.iter().map(|run| run.to.since(run.from)).max();
            let text = match longest {
                Some(longest) => {
                    format!("{role} hears {} for {} at most", sound, words::span(longest))
                }
                None => {
                    format!(
                        "{role} does not hear {}, but {}",
                        sound,
                        hears(sound, lasting, &heard, span.reference, span.left, context.bench).heard
                    )
                }
            };
            // What is missing, the harness's own lateness may have swallowed.
            let lag = context.run.greatest_lag(span.reference, span.left);
            let excused = longest.unwrap_or_default() + RESOLUTION + lag >= lasting && !lag.is_zero();
            verdict = verdict.join(if excused { Verdict::Inconclusive } else { Verdict::Fail });
            let late = if excused {
                format!(", while the harness ran {} late", words::span(lag))
            } else {
                String::new()
            };
            texts.push(format!("{text}{late}"));
            evidence.extend(runs.into_iter().flat_map(|run| run.evidence));
            continue;
        };
        let (decided, text) = deadline::judge(context, step, span, run.from);
        verdict = verdict.join(decided);
        texts.push(format!("{role} hears {} {text}, for {}", sound, words::span(run.to.since(run.from))));
        evidence.extend(run.evidence.iter().copied());
        slowest = slowest.max(run.from.since(span.reference));
    }
    if !span.done && !matches!(verdict, Verdict::Fail | Verdict::Error) {
        texts.push("given up all the same: the harness decided too late".to_owned());
        verdict = verdict.join(Verdict::Inconclusive);
    }
    Found { elapsed: Some(slowest), ..Found::new(verdict, texts.join("; "), evidence) }
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
