//! The requirement matrix: clause by bench.

use super::{Mark, anchor};
use oxocert_judge::RunResult;
use oxocert_judge::result::ClauseResult;
use oxocert_record::Verdict;

/// How many proofs of one clause are named; all stand at their cases.
const PROOFS: usize = 8;

/// One clause.
pub(super) struct MatrixRow {
    pub id: String,
    pub section: String,
    pub text: String,
    pub kind: String,
    pub weight: String,
    pub basis: String,
    /// One cell per bench, `None` where the clause does not reach it.
    pub cells: Vec<Option<Cell>>,
    pub proofs: Vec<ProofLink>,
    pub more_proofs: usize,
}

/// A clause on one bench.
pub(super) struct Cell {
    pub mark: Mark,
    pub reason: String,
    pub counts: bool,
}

/// A check that proves the clause.
pub(super) struct ProofLink {
    pub anchor: String,
    pub text: String,
}

/// A clause that nothing proves.
pub(super) struct Uncovered {
    pub id: String,
    pub section: String,
    pub weight: String,
    pub kind: String,
    pub text: String,
    pub reason: String,
    pub bench: String,
}

pub(super) fn rows(results: &[RunResult]) -> Vec<MatrixRow> {
    let mut rows: Vec<MatrixRow> = Vec::new();
    for (column, result) in results.iter().enumerate() {
        for clause in &result.matrix {
            let index = match rows.iter().position(|row| row.id == clause.id.0) {
                Some(index) => index,
                None => {
                    rows.push(blank(clause, results.len()));
                    rows.len() - 1
                }
            };
            if let Some(row) = rows.get_mut(index) {
                fill(row, column, clause, &result.bench.name);
            }
        }
    }
    rows
}

fn blank(clause: &ClauseResult, benches: usize) -> MatrixRow {
    MatrixRow {
        id: clause.id.0.clone(),
        section: clause.section.clone(),
        text: clause.text.clone(),
        kind: clause.kind.clone(),
        weight: clause.weight.clone(),
        basis: clause.basis.clone(),
        cells: (0..benches).map(|_| None).collect(),
        proofs: Vec::new(),
        more_proofs: 0,
    }
}

fn fill(row: &mut MatrixRow, column: usize, clause: &ClauseResult, bench: &str) {
    if let Some(cell) = row.cells.get_mut(column) {
        let reason = clause.reason.clone().unwrap_or_default();
        *cell = Some(Cell { mark: clause.verdict.into(), reason, counts: clause.counts });
    }
    // The checks are the same on each bench; they are named once, the first of each case.
    let mut cases: Vec<&str> = Vec::new();
    for proof in clause.proofs.iter().filter(|proof| proof.verdict != Verdict::NotApplicable) {
        if cases.contains(&proof.case.as_str()) {
            continue;
        }
        cases.push(proof.case.as_str());
        if row.proofs.iter().any(|link| link.text == proof.case.as_str()) {
            continue;
        }
        if row.proofs.len() == PROOFS {
            row.more_proofs += 1;
            continue;
        }
        let anchor = anchor(bench, proof.case.as_str());
        row.proofs.push(ProofLink { anchor, text: proof.case.to_string() });
    }
}

pub(super) fn uncovered(results: &[RunResult]) -> Vec<Uncovered> {
    let mut list: Vec<Uncovered> = Vec::new();
    for result in results {
        for clause in result.matrix.iter().filter(|clause| clause.verdict == Verdict::NotRun) {
            if let Some(known) = list.iter_mut().find(|known| known.id == clause.id.0) {
                known.bench.push_str(", ");
                known.bench.push_str(&result.bench.name);
                continue;
            }
            list.push(Uncovered {
                id: clause.id.0.clone(),
                section: clause.section.clone(),
                weight: clause.weight.clone(),
                kind: clause.kind.clone(),
                text: clause.text.clone(),
                reason: clause.reason.clone().unwrap_or_default(),
                bench: result.bench.name.clone(),
            });
        }
    }
    list
}
