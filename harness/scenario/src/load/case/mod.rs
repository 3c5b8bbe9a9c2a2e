//! Scenario files: `scenarios/<theme>/<ID>.toml` to cases.

mod action;
mod calls;
mod context;
mod counted;
mod matcher;
mod matrix;
mod measure;
mod points;
mod references;
mod secured;
mod steps;
mod verb;

use super::open;
use super::reader::{Document, Node, Table, schema};
use super::register::{Register, load_register};
use super::standing::{Standing, load_standing};
use super::suggest::did_you_mean;
use crate::model::{Architecture, Bench, Case, CheckId, Lift, LoadPoint, Never, Step};
use crate::problem::Problems;
use crate::sources::{Sources, stem};
use context::{Context, RoleKind};
use matrix::Point;
use oxocert_record::{CaseId, Phase, RoleName};
use references::{Known, References};
use std::collections::{BTreeMap, BTreeSet};
use steps::{Place, steps};

/// Loads scenario files against a bench; the cases stand in the order of the paths and of the matrix.
///
/// # Errors
/// All problems of all files, those of the register and of the standing checks first.
pub fn load_cases(sources: &Sources, paths: &[String], bench: &Bench) -> Result<Vec<Case>, Problems> {
    let register = load_register(sources)?;
    let standing = load_standing(sources, &register, bench)?;
    let mut problems = Problems::default();
    let mut cases: Vec<Case> = Vec::new();
    for path in paths {
        let doc = match open(sources, path, None) {
            Ok(doc) => doc,
            Err(missing) => {
                problems.extend(missing);
                continue;
            }
        };
        let parsed = doc.parse();
        let root = Table::root(&doc, &parsed, "a scenario");
        let more = scenario(&doc, &root, bench, &register, &standing);
        for case in more {
            if let Some(other) = cases.iter().find(|other| other.id == case.id) {
                root.problem(format!("the case {} stands in {} already", case.id, other.file));
            }
            cases.push(case);
        }
        root.finish();
        problems.extend(doc.into_problems());
    }
    problems.or(cases)
}

/// What all cases of a file share.
struct Head {
    id: String,
    title: String,
    why: String,
    architectures: BTreeSet<Architecture>,
    requires: BTreeSet<String>,
}

fn scenario(
    doc: &Document<'_>,
    root: &Table<'_>,
    bench: &Bench,
    register: &Register,
    standing: &Standing,
) -> Vec<Case> {
    schema(root);
    let text = |key| root.need(key).and_then(|node| node.text()).unwrap_or_default().to_owned();
    let words = Architecture::ALL.map(|architecture| (architecture.name(), architecture));
    let head = Head {
        id: text("id"),
        title: text("title"),
        why: text("why"),
        architectures: root
            .need("for")
            .and_then(|node| node.list())
            .map(|list| list.iter().filter_map(|node| node.word(&words)).collect())
            .unwrap_or_default(),
        requires: root
            .get("requires")
            .and_then(|node| node.texts())
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect(),
    };
    if let Some(node) = root.get("id")
        && head.id != stem(doc.file)
    {
        node.problem(format!("the file is named {}, so its id must be \"{}\"", doc.file, stem(doc.file)));
    }
    matrix::points(root)
        .into_iter()
        .filter_map(|point| case(doc, root, bench, register, standing, &head, point))
        .collect()
}

fn case(
    doc: &Document<'_>,
    root: &Table<'_>,
    bench: &Bench,
    register: &Register,
    standing: &Standing,
    head: &Head,
    point: Point,
) -> Option<Case> {
    let mut context = Context {
        bench,
        register,
        standing,
        axes: point.axes,
        architectures: head.architectures.clone(),
        needs: Vec::new(),
        bound: BTreeMap::new(),
        elsewhere: false,
    };
    let not_applicable = not_applicable(&mut context, root, head);
    let references = References::default();
    let kinds = calls::kinds(&mut context, root);
    let loads = points::points(&mut context, root, &kinds);
    let is_load = root.has("load");
    let place = |phase, prefix: &str| Place { phase, prefix: prefix.to_owned(), who: &[] };
    let phase = |key: &'static str, phase, prefix: &str| -> Vec<Step> {
        let Some(table) = root.get(key).and_then(|node| node.table("a phase")) else { return Vec::new() };
        let read = table.need("steps").map(|node| steps(&context, &references, &node, &place(phase, prefix)));
        table.finish();
        read.unwrap_or_default()
    };
    let setup = phase("setup", Phase::Setup, "s");
    let teardown = phase("teardown", Phase::Teardown, "t");
    let flow_node = if is_load { root.get("flow") } else { root.need("flow") };
    let flow_table = flow_node.and_then(|node| node.table("[flow]"));
    let mut flow = Vec::new();
    let mut never = Vec::new();
    if let Some(table) = flow_table {
        let list = if is_load { table.get("steps") } else { table.need("steps") };
        if let (true, Some(node)) = (is_load, &list) {
            node.problem(
                "the steps of a scenario with [[load]] stand in its [[call]]s; [flow] may hold `never`",
            );
        }
        flow =
            list.map(|node| steps(&context, &references, &node, &place(Phase::Flow, ""))).unwrap_or_default();
        for node in table.get("never").and_then(|node| node.list()).unwrap_or_default() {
            never.extend(never_step(&context, &node));
        }
        table.finish();
    }
    // A step of a case that belongs elsewhere may be unreadable here without being wrong.
    let mut known = Known { complete: doc.is_clean() && !context.elsewhere, ..Known::default() };
    let mut twice =
        |step: &Step| root.doc.note_at(step.position, format!("there are two steps `{}`", step.id));
    for steps in [&setup, &flow, &teardown] {
        known.take(steps, &mut twice);
    }
    let list = |key: &'static str| root.get(key).map(|node| node.one_or_many()).unwrap_or_default();
    let measures: Vec<_> = list("measure")
        .iter()
        .filter_map(|node| measure::measure(&context, &references, &known, &loads, node))
        .collect();
    let channels = counted::channels(&context, &references, &list("channels"));
    let lifts: Vec<_> = list("lift").iter().filter_map(|node| lift(&context, node)).collect();
    references.check(&known);
    if !doc.is_clean() {
        return None;
    }
    let suffix = if point.suffix.is_empty() { String::new() } else { format!("[{}]", point.suffix) };
    let mut case = Case {
        id: CaseId(format!("{}{suffix}", head.id)),
        scenario: head.id.clone(),
        title: head.title.clone(),
        why: head.why.clone(),
        file: doc.file.to_owned(),
        architectures: head.architectures.clone(),
        requires: head.requires.clone(),
        needs: needs(&context, &loads),
        setup,
        flow,
        loads,
        never,
        measures,
        channels,
        teardown,
        lifts,
        proves: BTreeSet::new(),
        not_applicable,
    };
    case.proves = case.clauses_of_checks().into_values().flatten().collect();
    let mut ids = BTreeSet::new();
    for id in case.checks() {
        if !ids.insert(id.clone()) {
            root.problem(format!("two checks have the id `{}`", id.0));
        }
    }
    if ids.is_empty() && case.not_applicable.is_none() {
        root.problem("the scenario checks nothing: no step of its flow expects, hears, sees, talks or is, and nothing is measured");
    }
    Some(case)
}

/// The roles of the case: the members of pools that play in it stand for their pools.
fn needs(context: &Context<'_>, loads: &[LoadPoint]) -> Vec<RoleName> {
    let single = context.needs.iter().filter(|role| !context.bench.pools.contains_key(role)).cloned();
    let calls = loads.iter().flat_map(LoadPoint::all_calls);
    let members: BTreeSet<&RoleName> = calls.flat_map(|call| call.members()).collect();
    single.chain(members.into_iter().cloned()).collect()
}

/// Reads `needs`, and says why the case does not apply to the bench.
fn not_applicable(context: &mut Context<'_>, root: &Table<'_>, head: &Head) -> Option<String> {
    let bench = context.bench;
    let mut reason = None;
    if !head.architectures.contains(&bench.architecture) {
        reason = Some(format!("not for the architecture {}", bench.architecture.name()));
    }
    for property in &head.requires {
        if bench.dut.properties.contains(property) {
            continue;
        }
        match bench.dut.lacks.get(property) {
            Some(why) => reason = reason.or_else(|| Some(format!("the DUT has no {property}: {why}"))),
            // Where the architecture does not apply, nobody needs to know.
            None if reason.is_some() => {}
            None => {
                if let Some(node) = root.get("requires") {
                    let known = bench.dut.properties.iter().chain(bench.dut.lacks.keys()).map(String::as_str);
                    node.problem_with(
                        format!(
                            "the bench {} says neither that its DUT has `{property}` nor that it lacks it",
                            bench.name
                        ),
                        did_you_mean(property, known),
                    );
                }
            }
        }
    }
    for node in root.need("needs").and_then(|node| node.list()).unwrap_or_default() {
        let Some(role) = context.text(&node).map(RoleName) else { continue };
        if role.as_str() == "dut" {
            continue;
        }
        if let Some(why) = bench.dut.lacks.get(role.as_str()) {
            reason = reason.or_else(|| Some(format!("the bench has no {role}: {why}")));
        } else if !context.knows(&role) && reason.is_none() {
            node.problem_with(context.no_such_role(&role), context.role_hint(&role));
        }
        context.needs.push(role);
    }
    context.elsewhere = reason.is_some();
    reason
}

fn never_step(context: &Context<'_>, node: &Node<'_>) -> Option<Never> {
    let table = node.table("a `never`")?;
    let id = table.need("id").and_then(|node| node.text());
    let who = table.need("who").map(|node| context.roles(&node)).unwrap_or_default();
    let sees = table.need("sees").and_then(|node| verb::pattern(context, &node));
    if let (Some(node), Some(pattern)) = (table.get("who"), &sees) {
        for role in &who {
            if !RoleKind::of(role).is_some_and(|kind| verb::witnesses(pattern).contains(&kind)) {
                node.problem(format!("`{role}` cannot see {}", pattern.family().words()));
            }
        }
    }
    let proves = context.clauses(table.get("proves"));
    let position = table.position();
    table.finish();
    Some(Never { id: CheckId(id?.to_owned()), who, sees: sees?, proves, position })
}

fn lift(context: &Context<'_>, node: &Node<'_>) -> Option<Lift> {
    let table = node.table("a lift")?;
    let name = table.need("name");
    let reason = table.need("reason").and_then(|node| node.text()).map(str::to_owned);
    table.finish();
    let name_node = name?;
    let name = name_node.text()?;
    if context.standing.check(name).is_none() {
        let known = context.standing.checks.iter().map(|check| check.name.as_str());
        name_node.problem_with(format!("there is no standing check `{name}`"), did_you_mean(name, known));
    }
    Some(Lift { name: name.to_owned(), reason: reason? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that is missing in the documentation is a word that nobody can use.
    #[test]
    fn every_word_is_documented() {
        let text = include_str!("../../../../../docs/writing-scenarios.md");
        let words = action::all().map(|(word, _)| word);
        let words = words
            .chain(verb::STATES.iter().map(|(word, _)| *word))
            .chain(measure::WORDS.iter().map(|(word, ..)| *word))
            .chain(measure::LOAD_WORDS.iter().map(|(word, ..)| *word))
            .chain(points::FIELDS);
        let words = words.chain(crate::pattern::METHODS).chain(steps::OWN_FIELDS).chain(action::hold_words());
        let lab =
            crate::lab::CERTIFICATES.into_iter().chain(crate::lab::PROBES).chain(crate::lab::DNS_FAILURES);
        let lab = lab
            .chain(crate::lab::MEDIA_TROUBLES)
            .chain(crate::lab::MEDIA_PROTOCOLS)
            .chain(crate::lab::SRTP_SUITES);
        let words = words.chain(secured::OWN_FIELDS).chain(crate::pattern::EVENTS).chain(lab);
        for word in words.filter(|word| *word != "records") {
            let written =
                [format!("`{word}`"), format!(" {word}`"), format!("`{word} ="), format!(", `{word}")];
            assert!(
                written.iter().any(|written| text.contains(written)),
                "{word} is missing in docs/writing-scenarios.md"
            );
        }
        for verb in verb::VERBS {
            assert!(text.contains(&format!("`{verb} = ")), "{verb} is missing in docs/writing-scenarios.md");
        }
        for (field, _) in oxocert_sip::message::FIELDS.iter().chain(crate::satisfies::EVENT_FIELDS) {
            assert!(
                text.contains(&format!("| `{field}` |")),
                "{field} is missing in docs/writing-scenarios.md"
            );
        }
    }

    /// The example of the documentation is the shipped scenario.
    #[test]
    fn the_documented_example_is_shipped() {
        let text = include_str!("../../../../../docs/writing-scenarios.md");
        assert!(text.contains(include_str!("../../../../../scenarios/basic-calls/BC-01.toml").trim()));
    }
}
