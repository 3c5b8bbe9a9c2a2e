//! Expected verdicts that are not PASS: `hw-profiles/<name>.expected.toml`.

use super::open;
use super::reader::{Node, Table, schema};
use crate::model::{Bench, CheckId};
use crate::problem::Problems;
use crate::sources::Sources;
use oxocert_record::{CaseId, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The expected outcome of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedVerdict {
    /// The verdict.
    pub verdict: Verdict,
    /// The checks that have it; empty for NOT APPLICABLE.
    pub checks: BTreeSet<CheckId>,
    /// Why that is right.
    pub reason: String,
}

/// Loads what the bench's expected file says; empty where it has none: then every case must pass.
///
/// # Errors
/// All problems of the file.
pub fn load_expected(
    sources: &Sources,
    bench: &Bench,
) -> Result<BTreeMap<CaseId, ExpectedVerdict>, Problems> {
    let mut all = BTreeMap::new();
    let Some(path) = &bench.expected_file else { return Ok(all) };
    let doc = open(sources, path, None)?;
    let parsed = doc.parse();
    let root = Table::root(&doc, &parsed, "the expected verdicts");
    schema(&root);
    if let Some(cases) = root.get("case").and_then(|node| node.table("[case]")) {
        for (case, node) in cases.entries() {
            if let Some(expected) = expected(&node) {
                all.insert(CaseId(case.to_owned()), expected);
            }
        }
    }
    root.finish();
    doc.into_problems().or(all)
}

fn expected(node: &Node<'_>) -> Option<ExpectedVerdict> {
    let table = node.table("an expected verdict")?;
    let words = [Verdict::Fail, Verdict::Inconclusive, Verdict::NotApplicable, Verdict::PassMarginal]
        .map(|v| (v.word(), v));
    let verdict = table.need("verdict").and_then(|node| node.word(&words));
    let checks: BTreeSet<CheckId> = table
        .get("checks")
        .and_then(|node| node.texts())
        .unwrap_or_default()
        .into_iter()
        .map(|id| CheckId(id.to_owned()))
        .collect();
    let reason = table.need("reason").and_then(|node| node.text());
    table.finish();
    if verdict == Some(Verdict::Fail) && checks.is_empty() {
        node.problem("a FAIL names the `checks` that fail");
    }
    Some(ExpectedVerdict { verdict: verdict?, checks, reason: reason?.to_owned() })
}
