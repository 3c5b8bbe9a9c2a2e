//! The page: one file, readable without network and without JavaScript, A4 when printed.

mod cover;
mod encrypted;
mod load;
mod matrix;
mod plot;
mod scenario;
mod sizing;

use crate::{ReportError, check};
use askama::Template;
use cover::{Bench, Fact, Observation, RunVerdict};
use encrypted::Trunk;
use matrix::{MatrixRow, Uncovered};
use oxocert_judge::RunResult;
use oxocert_record::Verdict;
use scenario::Group;
use sizing::SizingTable;

/// The page as the template sees it.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    load: String,
    product: String,
    simulation: bool,
    verdict: Mark,
    verdict_text: String,
    runs: Vec<RunVerdict>,
    facts: Vec<Fact>,
    not_said: Vec<String>,
    observations: Vec<Observation>,
    /// What stands over the columns: benches of one architecture are told apart by their names.
    benches_of: Vec<BenchName>,
    access: String,
    matrix: Vec<MatrixRow>,
    uncovered: Vec<Uncovered>,
    sizing: Vec<SizingTable>,
    trunks: Vec<Trunk>,
    benches: Vec<Bench>,
    groups: Vec<Group>,
}

/// A bench as it is named over its column and sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BenchName {
    /// The profile; unique among the results of a page.
    pub bench: String,
    /// Its architecture.
    pub architecture: String,
    /// The profile as part of an anchor.
    pub anchor: String,
}

impl BenchName {
    fn of(result: &RunResult) -> BenchName {
        let bench = &result.bench;
        BenchName {
            bench: bench.name.clone(),
            architecture: bench.architecture.clone(),
            anchor: part_of_anchor(&bench.name),
        }
    }
}

/// A verdict as it is shown: class of style and shape, and the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The class of style and the name of the shape.
    pub class: &'static str,
    /// The word.
    pub word: &'static str,
}

impl From<Verdict> for Mark {
    fn from(verdict: Verdict) -> Mark {
        Mark { class: crate::mark::class(verdict), word: verdict.word() }
    }
}

/// Draws the page of one load: one result per bench.
///
/// # Errors
/// Nothing to draw, or a result of another schema.
pub fn html(results: &[RunResult]) -> Result<String, ReportError> {
    check(results)?;
    let first = results.first().ok_or(ReportError::Empty)?;
    let simulation = results.iter().any(|result| result.run.simulation);
    let worst = overall(results);
    let page = Page {
        load: joined(results, |result| &result.run.load),
        product: joined(results, |result| &result.bench.product),
        simulation,
        verdict: worst.into(),
        verdict_text: cover::verdict_text(worst, simulation),
        runs: results.iter().map(cover::run_verdict).collect(),
        facts: cover::facts(results, first),
        not_said: cover::not_said(results),
        observations: results.iter().flat_map(cover::observations).collect(),
        benches_of: results.iter().map(BenchName::of).collect(),
        access: cover::access(results),
        matrix: matrix::rows(results),
        uncovered: matrix::uncovered(results),
        sizing: results.iter().filter_map(sizing::table).collect(),
        trunks: results.iter().filter_map(encrypted::trunk).collect(),
        benches: results.iter().map(cover::bench).collect(),
        groups: results.iter().map(scenario::group).collect(),
    };
    Ok(page.render()?)
}

/// The verdict over all architectures: a pass only where each of them passed, else the worst of those that did not.
fn overall(results: &[RunResult]) -> Verdict {
    let verdicts = results.iter().map(|result| result.verdict);
    let passed = |verdict: &Verdict| matches!(verdict, Verdict::Pass | Verdict::PassMarginal);
    if verdicts.clone().all(|verdict| passed(&verdict)) {
        return Verdict::Pass;
    }
    Verdict::worst(verdicts.filter(|verdict| !passed(verdict)))
}

/// The different values of a fact, in the order of the results.
fn joined(results: &[RunResult], of: impl Fn(&RunResult) -> &str) -> String {
    let mut values: Vec<&str> = Vec::new();
    for result in results {
        if !values.contains(&of(result)) {
            values.push(of(result));
        }
    }
    values.join(", ")
}

/// An anchor inside the page: letters, digits and hyphens only.
fn anchor(bench: &str, case: &str) -> String {
    part_of_anchor(&format!("{bench}-{case}"))
}

fn part_of_anchor(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Text from the wire may hold control characters, which HTML may not: they are shown as unreadable.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
