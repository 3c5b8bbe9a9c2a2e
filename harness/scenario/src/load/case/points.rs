//! `[[load]]`: load points, with the calls that each makes.

use super::calls::{Kind, Wanted, members, name};
use super::context::Context;
use crate::load::reader::{Node, Table};
use crate::load::suggest::did_you_mean;
use crate::load::units::Kind as Unit;
use crate::model::{LoadCall, LoadPoint, LoadShape, Quantity, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// More calls than this are no load point but a mistake.
const MOST_CALLS: u32 = 100_000;
/// A member of a pool is counted as busy for so long beyond the time that its call stays up: set-up, release, late packets.
const AROUND: Duration = Duration::from_secs(3);

/// The fields of a point.
#[cfg(test)]
pub(super) const FIELDS: [&str; 7] = ["calls", "ramp", "hold", "rate", "lasting", "mix", "beyond"];

/// Reads all points of a scenario.
pub(super) fn points(context: &mut Context<'_>, root: &Table<'_>, kinds: &[Kind<'_>]) -> Vec<LoadPoint> {
    let nodes = root.get("load").map(|node| node.one_or_many()).unwrap_or_default();
    let mut read = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut points: Vec<LoadPoint> = Vec::new();
    for node in &nodes {
        let Some(point) = point(context, node, kinds, &mut read, &mut used) else { continue };
        if points.iter().any(|other| other.name == point.name) {
            node.problem(format!("there are two load points named `{}`", point.name));
        }
        points.push(point);
    }
    if points.len() == nodes.len() {
        kinds.iter().filter(|kind| !used.contains(&kind.name)).for_each(Kind::is_unused);
    }
    points
}

/// Steps by kind of call and member of the pools.
type Read = BTreeMap<(String, usize), Vec<Step>>;

fn point(
    context: &mut Context<'_>,
    node: &Node<'_>,
    kinds: &[Kind<'_>],
    read: &mut Read,
    used: &mut BTreeSet<String>,
) -> Option<LoadPoint> {
    let table = node.table("a [[load]]")?;
    let point_name = table.need("name").and_then(|node| name(&node));
    let timing = timing(context, &table);
    let mix = mix(context, &table, kinds);
    let beyond = beyond(context, &table, kinds);
    let position = table.position();
    table.finish();
    used.extend(mix.iter().flatten().map(|(kind, _)| kind.clone()));
    used.extend(beyond.iter().flatten().map(|(kind, _)| kind.clone()));
    if context.elsewhere || !node.doc.is_clean() {
        // A bench that the case does not apply to may lack the values: the point stands for its name.
        let timing = timing.unwrap_or(Timing {
            calls: 0,
            interval: Duration::from_secs(1),
            shape: LoadShape::Together { hold: Duration::ZERO },
        });
        return Some(LoadPoint {
            name: point_name?,
            interval: timing.interval,
            shape: timing.shape,
            calls: Vec::new(),
            beyond: Vec::new(),
            position,
        });
    }
    let (point_name, timing, mix, beyond) = (point_name?, timing?, mix?, beyond?);
    let extra = beyond.iter().map(|(_, count)| *count).sum::<u32>() as usize;
    let at_once = at_once(node, context, &timing, extra)?;
    let find = |kind: &str| kinds.iter().find(|other| other.name == kind);
    let stay = timing.shape.stay();
    let mut make = |kind: &str, id: String, number: u32, member: usize| -> Option<LoadCall> {
        Some(find(kind)?.call(context, Wanted { id, number, member, stay, read }))
    };
    let width = timing.calls.to_string().len();
    let calls = (1..=timing.calls).zip(spread(&mix, timing.calls)).filter_map(|(number, kind)| {
        make(kind, format!("{point_name}.{number:0width$}"), number, (number as usize - 1) % at_once)
    });
    let calls: Vec<LoadCall> = calls.collect();
    let each = beyond.iter().flat_map(|(kind, count)| std::iter::repeat_n(kind, *count as usize));
    let beyond = (1..).zip(each).filter_map(|(number, kind)| {
        make(kind, format!("{point_name}.b{number}"), number, at_once + number as usize - 1)
    });
    let beyond: Vec<LoadCall> = beyond.collect();
    Some(LoadPoint {
        name: point_name,
        interval: timing.interval,
        shape: timing.shape,
        calls,
        beyond,
        position,
    })
}

/// How many calls, how fast, and for how long.
struct Timing {
    calls: u32,
    interval: Duration,
    shape: LoadShape,
}

fn timing(context: &Context<'_>, table: &Table<'_>) -> Option<Timing> {
    if table.has("rate") {
        let interval = table.need("rate").and_then(|node| interval(context, &node));
        let during = table.need("for").and_then(|node| context.duration(&node));
        let lasting = table.need("lasting").and_then(|node| context.duration(&node));
        let (interval, during, lasting) = (interval?, during?, lasting?);
        let calls = during.as_nanos() / interval.as_nanos().max(1);
        let calls = u32::try_from(calls).ok().filter(|calls| (1..=MOST_CALLS).contains(calls));
        if calls.is_none() {
            table.problem(format!("`rate` and `for` together make 1 to {MOST_CALLS} calls"));
        }
        return Some(Timing { calls: calls?, interval, shape: LoadShape::Steady { lasting } });
    }
    let calls_node = table.need("calls");
    let calls = calls_node.and_then(|node| context.count::<u32>(&node, "a number of calls"));
    let interval = table.need("ramp").and_then(|node| interval(context, &node));
    let hold = table.need("hold").and_then(|node| context.duration(&node));
    let calls = calls?;
    if !(1..=MOST_CALLS).contains(&calls) {
        table.problem(format!("a point makes 1 to {MOST_CALLS} calls, found {calls}"));
        return None;
    }
    Some(Timing { calls, interval: interval?, shape: LoadShape::Together { hold: hold? } })
}

/// The time between two calls: a duration, or as a plain number calls a second.
fn interval(context: &Context<'_>, node: &Node<'_>) -> Option<Duration> {
    let interval = match context.limit(node, None, None, false)?.value {
        Quantity::Time(time) => Some(time),
        Quantity::Number(number) => Duration::try_from_secs_f64(1.0 / number).ok(),
        other => {
            let wanted = Unit::Time.wanted();
            node.problem(format!(
                "expected calls a second, or the time between two as {wanted}, found \"{other}\""
            ));
            return None;
        }
    };
    let sane = interval.filter(|interval| *interval >= Duration::from_millis(1));
    if sane.is_none() {
        node.problem("two calls begin at least 1 ms apart");
    }
    sane
}

/// `mix = { out = "50 %", in = "50 %" }`; where there is one kind, it may be left out.
fn mix(context: &Context<'_>, table: &Table<'_>, kinds: &[Kind<'_>]) -> Option<Vec<(String, f64)>> {
    let Some(node) = table.get("mix") else {
        let [only] = kinds else {
            table.problem("a [[load]] needs `mix` where there are several kinds of [[call]]");
            return None;
        };
        return Some(vec![(only.name.clone(), 100.0)]);
    };
    let shares = node.table("the mix of a load point")?;
    let mut mix = Vec::new();
    for (kind, node) in shares.entries() {
        known(kinds, kind, &node);
        let share = context.limit(&node, Some(Unit::Percent), None, false)?.value.bare();
        mix.push((kind.to_owned(), share));
    }
    let all: f64 = mix.iter().map(|(_, share)| share).sum();
    if (all - 100.0).abs() > 1e-6 || mix.iter().any(|(_, share)| *share < 0.0) {
        node.problem(format!("the shares of a mix are 100 % together, found {all} %"));
        return None;
    }
    Some(mix)
}

/// `beyond = { out-refused = 1 }`.
fn beyond(context: &Context<'_>, table: &Table<'_>, kinds: &[Kind<'_>]) -> Option<Vec<(String, u32)>> {
    let Some(node) = table.get("beyond") else { return Some(Vec::new()) };
    if table.has("rate") {
        node.problem("calls beyond the limit need all others up together: `hold`, not `rate`");
        return None;
    }
    let counts = node.table("the calls beyond the limit")?;
    let mut beyond = Vec::new();
    for (kind, node) in counts.entries() {
        known(kinds, kind, &node);
        beyond.push((kind.to_owned(), context.count::<u32>(&node, "a number of calls")?));
    }
    Some(beyond)
}

fn known(kinds: &[Kind<'_>], kind: &str, node: &Node<'_>) {
    let names = kinds.iter().map(|other| other.name.as_str());
    if !names.clone().any(|other| other == kind) {
        node.problem_with(format!("there is no [[call]] named `{kind}`"), did_you_mean(kind, names));
    }
}

/// How many members of each pool the point plays with, those of the calls beyond the limit left out.
fn at_once(node: &Node<'_>, context: &Context<'_>, timing: &Timing, beyond: usize) -> Option<usize> {
    let there = members(context);
    let needed = match timing.shape {
        LoadShape::Together { .. } => timing.calls as usize + beyond,
        LoadShape::Steady { lasting } => {
            let busy = (lasting + AROUND).as_nanos().div_ceil(timing.interval.as_nanos().max(1));
            usize::try_from(busy).unwrap_or(usize::MAX).min(timing.calls as usize)
        }
    };
    if needed > there {
        node.problem(format!(
            "this point needs {needed} members of each pool at once, the bench {} has {there}",
            context.bench.name
        ));
        return None;
    }
    Some(match timing.shape {
        LoadShape::Together { .. } => timing.calls as usize,
        LoadShape::Steady { .. } => there.min(timing.calls as usize),
    })
}

/// The kind of each call: at every moment as near to the shares as whole calls allow.
fn spread(mix: &[(String, f64)], calls: u32) -> Vec<&str> {
    let mut made = vec![0.0; mix.len()];
    let mut kinds = Vec::new();
    for number in 1..=calls {
        let behind = |index: usize| mix[index].1 / 100.0 * f64::from(number) - made[index];
        let next = (0..mix.len())
            .reduce(|best, index| if behind(index) > behind(best) + 1e-9 { index } else { best });
        if let Some(next) = next {
            made[next] += 1.0;
            kinds.push(mix[next].0.as_str());
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_spread_evenly() {
        let mix = [("out".to_owned(), 50.0), ("in".to_owned(), 50.0)];
        assert_eq!(spread(&mix, 5), ["out", "in", "out", "in", "out"]);
        let mix = [("out".to_owned(), 75.0), ("in".to_owned(), 25.0)];
        let kinds = spread(&mix, 100);
        assert_eq!(kinds.iter().filter(|kind| **kind == "in").count(), 25);
        assert!(kinds.windows(5).all(|five| five.contains(&"in")));
    }
}
