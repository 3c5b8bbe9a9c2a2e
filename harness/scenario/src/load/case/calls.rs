//! `[[call]]`: kinds of calls, written once with the names of pools and read again for each member that plays it.

use super::context::Context;
use super::references::{Facts, Known, References};
use super::steps::{Place, steps};
use crate::load::reader::{Node, Table};
use crate::model::{LoadCall, LoadTime, Step};
use oxocert_record::{Phase, RoleName, StepId};
use std::collections::BTreeMap;
use std::time::Duration;

/// One kind of call of a file.
pub(super) struct Kind<'a> {
    pub(super) name: String,
    pub(super) times: Vec<LoadTime>,
    steps: Option<Node<'a>>,
    /// The steps with the first members bound.
    first: Vec<Step>,
    node: Node<'a>,
}

/// Which call of a point is made.
pub(super) struct Wanted<'w> {
    /// What its ids begin with.
    pub(super) id: String,
    /// Its number, from 1.
    pub(super) number: u32,
    /// Which member of each pool it binds, from 0.
    pub(super) member: usize,
    /// How long it stays up.
    pub(super) stay: Duration,
    /// The steps that were read for a kind and a member already.
    pub(super) read: &'w mut BTreeMap<(String, usize), Vec<Step>>,
}

/// The pools that the case needs.
pub(super) fn pools<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (&'c RoleName, &'c Vec<RoleName>)> {
    context.bench.pools.iter().filter(|(pool, _)| context.needs.contains(pool))
}

/// How many members the smallest of them has.
pub(super) fn members(context: &Context<'_>) -> usize {
    pools(context).map(|(_, members)| members.len()).min().unwrap_or(0)
}

fn bound(context: &Context<'_>, member: usize) -> BTreeMap<RoleName, RoleName> {
    let of = |members: &Vec<RoleName>| members.get(member).or_else(|| members.first()).cloned();
    pools(context).filter_map(|(pool, members)| Some((pool.clone(), of(members)?))).collect()
}

/// Reads all kinds with the first members, so that whatever is wrong is told once.
pub(super) fn kinds<'a>(context: &mut Context<'_>, root: &Table<'a>) -> Vec<Kind<'a>> {
    let nodes = root.get("call").map(|node| node.one_or_many()).unwrap_or_default();
    if !nodes.is_empty() && pools(context).next().is_none() && !context.elsewhere {
        root.problem("a scenario with [[call]] needs a pool in `needs`, such as \"set.load\"");
    }
    context.bound = bound(context, 0);
    let read: Vec<Kind<'a>> = nodes.iter().filter_map(|node| kind(context, node)).collect();
    context.bound.clear();
    for (index, kind) in read.iter().enumerate() {
        if read.iter().take(index).any(|other| other.name == kind.name) {
            kind.node.problem(format!("there are two kinds of call named `{}`", kind.name));
        }
    }
    read
}

fn kind<'a>(context: &Context<'_>, node: &Node<'a>) -> Option<Kind<'a>> {
    let table = node.table("a [[call]]")?;
    let name = table.need("name").and_then(|node| name(&node));
    let references = References::default();
    let list = table.need("steps");
    let place = Place { phase: Phase::Flow, prefix: String::new(), who: &[] };
    let first = list.as_ref().map(|node| steps(context, &references, node, &place)).unwrap_or_default();
    let times = table.get("times").map(|node| times(&references, &node)).unwrap_or_default();
    table.finish();
    let mut known = Known { complete: !context.elsewhere && node.doc.is_clean(), ..Known::default() };
    known.take(&first, &mut |step| {
        node.doc.note_at(step.position, format!("there are two steps `{}`", step.id))
    });
    references.check(&known);
    for step in first.iter().filter(|step| !step.proves.is_empty()) {
        let words = format!(
            "step `{}` of a call proves nothing by itself: `proves` belongs to a [[measure]]",
            step.id
        );
        node.doc.note_at(step.position, words);
    }
    if first.iter().all(|step| !step.is_check()) && !context.elsewhere && node.doc.is_clean() {
        node.problem("no step of this call checks anything");
    }
    Some(Kind { name: name?, times, steps: list, first, node: *node })
}

/// A name of letters, digits and hyphens, which may stand in ids.
pub(super) fn name(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    let legal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !legal {
        node.problem(format!("expected a name of letters, digits and hyphens, found \"{text}\""));
    }
    legal.then(|| text.to_owned())
}

/// `times = { pdd = "1 to 2" }`.
fn times<'a>(references: &References<'a>, node: &Node<'a>) -> Vec<LoadTime> {
    let Some(table) = node.table("the times of a call") else { return Vec::new() };
    let mut times = Vec::new();
    for (name, node) in table.entries() {
        let Some(text) = node.text() else { continue };
        let Some((from, to)) = text.split_once(" to ") else {
            node.problem(format!("expected two steps such as \"1 to 2\", found \"{text}\""));
            continue;
        };
        let (from, to) = (StepId(from.trim().to_owned()), StepId(to.trim().to_owned()));
        references.wants(&node, &from, Facts::any, "a step");
        references.wants(&node, &to, Facts::any, "a step");
        times.push(LoadTime { name: name.to_owned(), from, to });
    }
    times
}

impl Kind<'_> {
    /// One call of this kind.
    pub(super) fn call(&self, context: &mut Context<'_>, wanted: Wanted<'_>) -> LoadCall {
        let Wanted { id, number, member, stay, read } = wanted;
        context.bound = bound(context, member);
        let steps = read.entry((self.name.clone(), member)).or_insert_with(|| match &self.steps {
            Some(node) if member > 0 => {
                let place = Place { phase: Phase::Flow, prefix: String::new(), who: &[] };
                // What they name was compared when the kind was read.
                steps(context, &References::default(), node, &place)
            }
            _ => self.first.clone(),
        });
        let steps = steps.iter().cloned().map(|step| step.of_call(&id, stay)).collect();
        let prefixed = |step: &StepId| StepId(format!("{id}.{step}"));
        let times = self.times.iter().map(|time| LoadTime {
            name: time.name.clone(),
            from: prefixed(&time.from),
            to: prefixed(&time.to),
        });
        let times = times.collect();
        let bound = std::mem::take(&mut context.bound);
        LoadCall { number, kind: self.name.clone(), bound: bound.into_iter().collect(), steps, times, id }
    }

    /// Notes that nothing makes a call of this kind.
    pub(super) fn is_unused(&self) {
        self.node.problem(format!("no [[load]] makes a call of the kind `{}`", self.name));
    }
}
