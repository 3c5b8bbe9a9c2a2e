//! `[[measure]]`: what is measured, and its limits.

use super::context::Context;
use super::references::{Facts, Known, References};
use crate::load::reader::Node;
use crate::load::suggest::did_you_mean;
use crate::load::units::Kind;
use crate::model::{Limit, LoadMeasure, LoadPoint, Measurand, Measure, StreamCount};
use oxocert_record::{RoleName, StepId};

pub(super) fn measure<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    known: &Known,
    loads: &[LoadPoint],
    node: &Node<'a>,
) -> Option<Measure> {
    let table = node.table("a measure")?;
    let name = table.need("name").and_then(|node| node.text()).map(str::to_owned);
    let of_node = table.need("of");
    let percentile = table.get("percentile").map(|node| percentile(context, &node));
    let of_load = of_node.as_ref().and_then(|node| node.as_text()?.strip_prefix("load "));
    let read = of_node.as_ref().and_then(|node| match of_load {
        Some(rest) => load_measurand(context, loads, node, rest, percentile.clone()),
        None => measurand(references, known, node),
    });
    if let (Some(node), None) = (table.get("percentile"), of_load) {
        node.problem("`percentile` belongs to a time of a load point");
    }
    let source = table.get("source");
    let kind = read.as_ref().map(|(_, kind)| *kind);
    let max = table.get("max").map(|node| context.bound(&node, kind, source.as_ref()));
    let min = table.get("min").map(|node| context.bound(&node, kind, source.as_ref()));
    if max.is_none() && min.is_none() {
        node.problem("a measure needs `max` or `min`");
    }
    let proves = context.clauses(table.get("proves"));
    let position = table.position();
    table.finish();
    // `Some(None)`: a bound is written and could not be read.
    if max == Some(None) || min == Some(None) {
        return None;
    }
    let (of, _) = read?;
    Some(Measure { name: name?, of, max: max.flatten(), min: min.flatten(), proves, position })
}

/// What `step 3 <word>` may be, and of which unit.
pub(super) type Word = (&'static str, fn(StepId) -> Measurand, Kind, fn(&Facts) -> bool, &'static str);

const MEDIA: &str = "a step that `hears` or a talk";
const REPEATED: &str = "an `expects` with `times` above 1";
const DIGITS: &str = "a step that `receives-digits`";

pub(super) const WORDS: [Word; 22] = [
    ("mean_interval", |step| Measurand::MeanInterval { step }, Kind::Time, Facts::is_repeated, REPEATED),
    ("interval_spread", |step| Measurand::IntervalSpread { step }, Kind::Time, Facts::is_repeated, REPEATED),
    ("level", |step| Measurand::Level { step }, Kind::Level, Facts::is_hears, "a step that `hears`"),
    ("bandwidth", |step| Measurand::Bandwidth { step }, Kind::Rate, Facts::has_media, MEDIA),
    ("jitter", |step| Measurand::Jitter { step }, Kind::Time, Facts::has_media, MEDIA),
    ("loss", |step| Measurand::Loss { step }, Kind::Percent, Facts::has_media, MEDIA),
    ("off_path", |step| Measurand::OffPath { step }, Kind::Number, Facts::has_media, MEDIA),
    ("digit_duration", |step| Measurand::ShortestDigit { step }, Kind::Time, Facts::is_digits, DIGITS),
    (
        "digit_end_packets",
        |step| Measurand::FewestEndPackets { step },
        Kind::Number,
        Facts::is_digits,
        DIGITS,
    ),
    packets("packets", |step| count(step, StreamCount::Packets)),
    packets("other_codec", |step| count(step, StreamCount::OtherCodec)),
    packets("other_size", |step| count(step, StreamCount::OtherSize)),
    packets("timestamp_jumps", |step| count(step, StreamCount::TimestampJumps)),
    packets("other_dscp", |step| count(step, StreamCount::OtherDscp)),
    packets("other_rtcp_dscp", |step| count(step, StreamCount::OtherRtcpDscp)),
    packets("authenticated", |step| count(step, StreamCount::Authenticated)),
    packets("unauthenticated", |step| count(step, StreamCount::Unauthenticated)),
    packets("roll_over_errors", |step| count(step, StreamCount::RollOverErrors)),
    packets("replayed", |step| count(step, StreamCount::Replayed)),
    packets("clear_packets", |step| count(step, StreamCount::Clear)),
    packets("rtcp_authenticated", |step| count(step, StreamCount::RtcpAuthenticated)),
    packets("rtcp_unauthenticated", |step| count(step, StreamCount::RtcpUnauthenticated)),
];

/// A count of packets of a step that has media.
const fn packets(word: &'static str, make: fn(StepId) -> Measurand) -> Word {
    (word, make, Kind::Number, Facts::has_media, MEDIA)
}

fn count(step: StepId, what: StreamCount) -> Measurand {
    Measurand::Count { step, what }
}

/// What `load full <word>` may be, and of which unit.
pub(super) const LOAD_WORDS: [(&str, LoadMeasure, Kind); 6] = [
    ("failed", LoadMeasure::Failed, Kind::Number),
    ("success", LoadMeasure::Success, Kind::Percent),
    ("beyond", LoadMeasure::Beyond, Kind::Number),
    ("repeated", LoadMeasure::Repeated, Kind::Percent),
    ("jitter", LoadMeasure::Jitter, Kind::Time),
    ("loss", LoadMeasure::Loss, Kind::Percent),
];

/// `percentile = "95 %"`; `None` where it cannot be read.
fn percentile(context: &Context<'_>, node: &Node<'_>) -> Option<Limit> {
    let limit = context.limit(node, Some(Kind::Percent), None, false)?;
    let inside = limit.value.bare() > 0.0 && limit.value.bare() < 100.0;
    if !inside {
        node.problem(format!("a percentile lies between 0 and 100 %, found \"{}\"", limit.value));
    }
    inside.then_some(limit)
}

/// `load full success`, `load full pdd` with its percentile.
fn load_measurand(
    context: &Context<'_>,
    loads: &[LoadPoint],
    node: &Node<'_>,
    rest: &str,
    percentile: Option<Option<Limit>>,
) -> Option<(Measurand, Kind)> {
    let (name, word) = rest.split_once(' ').unwrap_or((rest, ""));
    let Some(point) = loads.iter().find(|point| point.name == name) else {
        if node.doc.is_clean() {
            let known = loads.iter().map(|point| point.name.as_str());
            node.problem_with(format!("there is no load point `{name}`"), did_you_mean(name, known));
        }
        return None;
    };
    let point_name = name.to_owned();
    if let Some((_, what, kind)) = LOAD_WORDS.iter().find(|(known, ..)| *known == word) {
        if percentile.is_some() {
            node.problem(format!("`{word}` has no `percentile`"));
        }
        if *what == LoadMeasure::Beyond
            && point.beyond.is_empty()
            && !context.elsewhere
            && node.doc.is_clean()
        {
            node.problem(format!("the load point `{name}` makes no call beyond a limit"));
        }
        return Some((Measurand::Load { point: point_name, what: what.clone() }, *kind));
    }
    let times = point.times();
    if !times.contains(&word) && !context.elsewhere && node.doc.is_clean() {
        let words = LOAD_WORDS.iter().map(|(word, ..)| *word).chain(times);
        node.problem_with(
            format!(
                "unknown measurand \"{word}\" of a load point: known are {}",
                words.clone().collect::<Vec<_>>().join(", ")
            ),
            did_you_mean(word, words),
        );
        return None;
    }
    let Some(percent) = percentile else {
        node.problem(format!("the time `{word}` of a load point needs `percentile`"));
        return None;
    };
    let what = LoadMeasure::Percentile { time: word.to_owned(), percent: percent? };
    Some((Measurand::Load { point: point_name, what }, Kind::Time))
}

fn measurand<'a>(references: &References<'a>, known: &Known, node: &Node<'a>) -> Option<(Measurand, Kind)> {
    let text = node.text()?;
    if let Some(rest) = text.strip_prefix("step ") {
        if let Some((from, to)) = rest.split_once(" to step ") {
            let (from, to) = (StepId(from.to_owned()), StepId(to.to_owned()));
            references.wants(node, &from, Facts::any, "a step");
            references.wants(node, &to, Facts::any, "a step");
            return Some((Measurand::Delay { from, to }, Kind::Time));
        }
        if let Some((step, word)) = rest.split_once(' ') {
            let found = WORDS.iter().find(|(known, ..)| *known == word);
            let Some((_, make, kind, fits, what)) = found else {
                let words = WORDS.iter().map(|(known, ..)| *known);
                let hint = did_you_mean(word, words.clone());
                node.problem_with(
                    format!(
                        "unknown measurand \"{word}\": known are {}",
                        words.collect::<Vec<_>>().join(", ")
                    ),
                    hint,
                );
                return None;
            };
            let step = StepId(step.to_owned());
            references.wants(node, &step, *fits, what);
            return Some((make(step), *kind));
        }
    }
    talk_measurand(known, node, text)
}

/// `after.set.rs1_to_pstn.a.first_tone`.
fn talk_measurand(known: &Known, node: &Node<'_>, text: &str) -> Option<(Measurand, Kind)> {
    let taken_apart = text.split_once('.').and_then(|(label, rest)| {
        let (pair, word) = rest.rsplit_once('.')?;
        let (from, to) = pair.split_once("_to_")?;
        Some((label, RoleName::from(from), RoleName::from(to), word))
    });
    let Some((label, from, to, word)) = taken_apart else {
        node.problem(format!(
            "expected what is measured, such as \"step 1 to step 2\", \"step 7 level\" or \
             \"after.set.hq1_to_pstn.a.first_tone\", found \"{text}\""
        ));
        return None;
    };
    let Some(roles) = known.talk(label) else {
        if !known.complete {
            return None;
        }
        node.problem_with(
            format!("there is no talk labelled `as = \"{label}\"`"),
            did_you_mean(label, known.labels()),
        );
        return None;
    };
    for role in [&from, &to] {
        if !roles.contains(role) {
            node.problem_with(
                format!("`{role}` does not take part in the talk \"{label}\""),
                did_you_mean(role.as_str(), roles.iter().map(RoleName::as_str)),
            );
        }
    }
    let label = label.to_owned();
    match word {
        "first_tone" => Some((Measurand::FirstTone { label, from, to }, Kind::Time)),
        "longest_break" => Some((Measurand::LongestBreak { label, from, to }, Kind::Time)),
        _ => {
            node.problem(format!(
                "unknown measurand \"{word}\" of a talk: known are first_tone, longest_break"
            ));
            None
        }
    }
}
