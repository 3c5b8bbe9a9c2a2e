//! The requirement matrix: every clause of the register on this architecture, joined over the checks that prove it.

use crate::result::{CaseResult, CheckResult, ClauseResult, Proof};
use oxocert_record::Verdict;
use oxocert_scenario::load::{Clause, ClauseKind, Register, Weight};
use oxocert_scenario::model::bench::Bench;
use std::collections::BTreeSet;

/// One row per clause, in the order of the register. Clauses that do not reach the architecture are left out.
pub(crate) fn rows(cases: &[CaseResult], register: &Register, bench: &Bench) -> Vec<ClauseResult> {
    let on_bench = |clause: &&Clause| clause.parts_on(bench.architecture).next().is_some();
    register.clauses.iter().filter(on_bench).map(|clause| row(clause, cases, bench)).collect()
}

fn row(clause: &Clause, cases: &[CaseResult], bench: &Bench) -> ClauseResult {
    let parts: Vec<_> = clause.parts_on(bench.architecture).collect();
    let weight = clause.weight(bench.architecture).unwrap_or(Weight::Information);
    let kinds: BTreeSet<&str> =
        parts.iter().flat_map(|part| part.kinds.iter().map(|kind| kind.word())).collect();
    let bases: BTreeSet<&str> =
        parts.iter().flat_map(|part| part.basis.iter().map(|basis| basis.word())).collect();
    let is_checklist = parts.iter().all(|part| part.kinds.iter().all(|kind| *kind == ClauseKind::Checklist));
    let mut proofs = Vec::new();
    for case in cases {
        for check in case.checks.iter().filter(|check| check.clauses.contains(&clause.id)) {
            proofs.push(proof(case, check));
        }
    }
    let (verdict, reason) = join(&proofs, cases, is_checklist, weight);
    // A simulation certifies nothing: what a person must confirm and what no scenario covers yet is listed, and does
    // not count in the exit code.
    let unproven = proofs.iter().all(|proof| proof.observation || proof.verdict == Verdict::NotApplicable);
    let is_open = verdict == Verdict::NotRun && (is_checklist || unproven);
    ClauseResult {
        id: clause.id.clone(),
        section: clause.section.clone(),
        text: clause.text.clone(),
        kind: kinds.into_iter().collect::<Vec<_>>().join(", "),
        weight: weight.letter().to_string(),
        basis: bases.into_iter().collect::<Vec<_>>().join(", "),
        verdict,
        counts: weight == Weight::Mandatory && !(bench.simulation && is_open),
        reason,
        proofs,
    }
}

/// What a check contributes to its clauses. A check that was not reached contributes the verdict of its case where
/// that says that nothing is known (set-up, harness), and NOT RUN otherwise.
fn proof(case: &CaseResult, check: &CheckResult) -> Proof {
    let verdict = match (check.verdict, case.verdict) {
        (Verdict::NotRun, Verdict::Inconclusive | Verdict::Error) => case.verdict,
        (verdict, _) => verdict,
    };
    Proof { case: case.id.clone(), check: check.id.clone(), verdict, observation: check.observation }
}

fn join(
    proofs: &[Proof],
    cases: &[CaseResult],
    is_checklist: bool,
    weight: Weight,
) -> (Verdict, Option<String>) {
    // An observation never decides a mandatory clause.
    let decides = |proof: &&Proof| weight != Weight::Mandatory || !proof.observation;
    let deciding: Vec<&Proof> = proofs.iter().filter(decides).collect();
    if deciding.is_empty() {
        let why = match (proofs.is_empty(), is_checklist) {
            (false, _) => "only observations look at it",
            (true, true) => "an operator confirms it; nobody did",
            (true, false) => "no scenario of this run proves it",
        };
        return (Verdict::NotRun, Some(why.to_owned()));
    }
    let worst = Verdict::worst(deciding.iter().map(|proof| proof.verdict));
    let missing: Vec<&&Proof> = deciding.iter().filter(|proof| proof.verdict == Verdict::NotRun).collect();
    match worst {
        Verdict::Pass | Verdict::PassMarginal if !missing.is_empty() => {
            let first =
                missing.first().map(|proof| format!("{} {}", proof.case, proof.check.0)).unwrap_or_default();
            let why = format!(
                "{} of its {} checks were not run, the first is {first}",
                missing.len(),
                deciding.len()
            );
            (Verdict::Inconclusive, Some(why))
        }
        // Marginal joins as pass.
        Verdict::Pass | Verdict::PassMarginal => (Verdict::Pass, None),
        Verdict::NotApplicable => {
            let named = deciding.iter().find_map(|proof| {
                cases.iter().find(|case| case.id == proof.case && case.verdict == Verdict::NotApplicable)
            });
            match named {
                Some(case) => (Verdict::NotApplicable, case.reason.clone()),
                None => (Verdict::NotRun, Some("none of its checks had anything to look at".to_owned())),
            }
        }
        Verdict::NotRun => (Verdict::NotRun, Some("none of its checks was reached".to_owned())),
        worst => {
            let first = deciding.iter().find(|proof| proof.verdict == worst);
            (worst, first.map(|proof| format!("{} {}", proof.case, proof.check.0)))
        }
    }
}
