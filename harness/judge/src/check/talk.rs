//! `talk`: each of the roles hears each other, decided on received tones, never on SDP.

use super::{Found, Span, deadline};
use crate::context::Context;
use crate::words::span as in_words;
use oxocert_record::{RoleName, Verdict};
use oxocert_scenario::model::Step;
use oxocert_scenario::model::step::WantedSound;
use oxocert_scenario::satisfies::{RESOLUTION, Stretch, breaks, hears, strangers, tone_of};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) fn judge(context: &Context<'_, '_>, step: &Step, lasting: Duration, span: Span) -> Found {
    let mut verdict = Verdict::Pass;
    let mut texts = Vec::new();
    let mut evidence = Vec::new();
    let mut slowest = Duration::ZERO;
    let mut all = BTreeMap::new();
    for to in &step.who {
        let heard = context.heard(to);
        for from in step.who.iter().filter(|from| *from != to) {
            let way = one_way(context, step, span, from, to, &heard);
            verdict = verdict.join(way.verdict);
            texts.push(way.observed);
            evidence.extend(way.evidence);
            slowest = slowest.max(way.elapsed.unwrap_or_default());
        }
        all.insert(to.clone(), heard);
    }
    for stranger in strangers(&step.who, &all, span.start, span.left, context.bench) {
        verdict = verdict.join(Verdict::Fail);
        texts.push(format!("{} hears {}, who is not in this call", stranger.to, stranger.stranger));
        evidence.push(stranger.event);
    }
    if !span.done {
        let why = context
            .run
            .steps
            .get(&step.id)
            .and_then(|run| run.missed.as_ref())
            .map_or("", |(_, why)| why.as_str());
        texts.push(format!("given up: {why}"));
        if !matches!(verdict, Verdict::Fail | Verdict::Error) {
            texts.push("though everything was heard in time: the harness decided too late".to_owned());
            verdict = verdict.join(Verdict::Inconclusive);
        }
    } else if span.left.since(span.start) + RESOLUTION < lasting {
        texts.push(format!(
            "walked for {} of {} only",
            in_words(span.left.since(span.start)),
            in_words(lasting)
        ));
        verdict = verdict.join(Verdict::Inconclusive);
    }
    Found { elapsed: Some(slowest), ..Found::new(verdict, texts.join("; "), evidence) }
}

fn one_way(
    context: &Context<'_, '_>,
    step: &Step,
    span: Span,
    from: &RoleName,
    to: &RoleName,
    heard: &[Stretch],
) -> Found {
    let Some(hz) = tone_of(context.bench, from) else {
        return Found::new(Verdict::Error, format!("{from} has no identity tone on this bench"), Vec::new());
    };
    let tones: Vec<&Stretch> = heard
        .iter()
        .filter(|stretch| stretch.is_tone(hz) && stretch.counts_from(span.reference, span.left))
        .collect();
    let Some(first) = tones.first() else {
        let instead = hears(
            &WantedSound::Voice(from.clone()),
            Duration::ZERO,
            heard,
            span.reference,
            span.left,
            context.bench,
        )
        .heard;
        return Found::new(
            Verdict::Fail,
            format!("{to} does not hear {from} ({hz} Hz), but {instead}"),
            Vec::new(),
        );
    };
    let begins = first.heard.since.max(span.reference);
    let (mut verdict, text) = deadline::judge(context, step, span, begins);
    let mut text = format!("{to} hears {from} {text}");
    // Once heard, the voice must stay to the end, with no break longer than `talk.break`.
    let allowed = context.time("talk.break", Duration::from_millis(200));
    let (longest_break, silent_at_end) = breaks(tones.iter().copied(), begins, span.left);
    if silent_at_end > RESOLUTION {
        verdict = Verdict::Fail;
        text.push_str(&format!(", not in the last {}", in_words(silent_at_end)));
    } else if longest_break > allowed + RESOLUTION {
        // A break that the harness's own lateness explains says nothing about the DUT.
        let excused =
            longest_break.saturating_sub(context.run.greatest_lag(span.reference, span.left)) <= allowed;
        verdict = verdict.join(if excused { Verdict::Inconclusive } else { Verdict::Fail });
        text.push_str(&format!(
            ", with a break of {} where {} are allowed",
            in_words(longest_break),
            in_words(allowed)
        ));
    }
    let evidence = tones.iter().map(|stretch| stretch.n).collect();
    Found { elapsed: Some(begins.since(span.reference)), ..Found::new(verdict, text, evidence) }
}
