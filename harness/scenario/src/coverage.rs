//! Clause x scenario: what is proven by which check, what is not covered, and what is claimed but not provable.

use crate::load::{DefectCard, Register, Standing};
use crate::model::{Architecture, Bench, Case, CheckId, ClauseId};
use oxocert_record::CaseId;
use std::collections::{BTreeMap, BTreeSet};

/// How far a clause is covered on one architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Covered {
    /// No check claims it.
    Not,
    /// Checks claim it, and no defect makes any of them fail.
    ClaimedNotProvable,
    /// A check claims it that a defect makes fail.
    Proven,
}

impl Covered {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Covered::Not => "uncovered",
            Covered::ClaimedNotProvable => "claimed, not provable",
            Covered::Proven => "proven",
        }
    }
}

/// One check that claims a clause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The case.
    pub case: CaseId,
    /// Its check.
    pub check: CheckId,
    /// The defects that make it fail.
    pub killed_by: BTreeSet<String>,
}

/// One clause of the register as the cases cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseCoverage {
    /// Its id.
    pub clause: ClauseId,
    /// Where it reaches.
    pub architectures: BTreeSet<Architecture>,
    /// The checks that claim it, in order of case and check.
    pub claims: Vec<Claim>,
    /// How far.
    pub covered: Covered,
}

/// The clauses in the order of the register, and what is wrong with the defects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// In order.
    pub clauses: Vec<ClauseCoverage>,
    /// Own checks of cases that no defect kills.
    pub unkilled: BTreeMap<CaseId, Vec<CheckId>>,
    /// Cases and checks that a defect names and that do not exist: defect, case, check.
    pub unknown: Vec<(String, CaseId, CheckId)>,
}

/// The coverage of a register by cases on one bench.
///
/// A defect counts whichever virtual bench it is run on: that a check can fail is a property of the check, and a real bench has
/// no defects of its own.
pub fn coverage(
    register: &Register,
    standing: &Standing,
    bench: &Bench,
    cases: &[Case],
    defects: &[DefectCard],
) -> Coverage {
    let killers = |case: &CaseId, check: &CheckId| -> BTreeSet<String> {
        let kills = |card: &&DefectCard| card.turns.get(case).is_some_and(|checks| checks.contains(check));
        defects.iter().filter(kills).map(|card| card.name.clone()).collect()
    };
    let applicable: Vec<&Case> = cases.iter().filter(|case| case.not_applicable.is_none()).collect();
    let mut claims: BTreeMap<ClauseId, Vec<Claim>> = BTreeMap::new();
    let mut unkilled: BTreeMap<CaseId, Vec<CheckId>> = BTreeMap::new();
    let mut known: BTreeSet<(CaseId, CheckId)> = BTreeSet::new();
    for case in &applicable {
        for check in case.checks() {
            if killers(&case.id, &check).is_empty() {
                unkilled.entry(case.id.clone()).or_default().push(check.clone());
            }
            known.insert((case.id.clone(), check));
        }
        // A step that only does something has no check, but is FAIL under its own id where the DUT made it impossible.
        known.extend(case.flow.iter().map(|step| (case.id.clone(), CheckId(step.id.0.clone()))));
        let standing_checks = standing
            .checks
            .iter()
            .filter(|check| check.is_on(bench) && check.not_applicable(bench).is_none())
            .filter(|check| case.lifts(&check.name).is_none())
            .map(|check| (check.id(), check.proves.clone()));
        let on_bench = standing.checks.iter().filter(|check| check.is_on(bench));
        known.extend(on_bench.map(|check| (case.id.clone(), check.id())));
        for (check, clauses) in case.clauses_of_checks().into_iter().chain(standing_checks) {
            let claim = Claim { case: case.id.clone(), killed_by: killers(&case.id, &check), check };
            for clause in clauses {
                claims.entry(clause).or_default().push(claim.clone());
            }
        }
    }
    let clauses = register
        .clauses
        .iter()
        .map(|clause| {
            let claims = claims.remove(&clause.id).unwrap_or_default();
            let covered = match claims.iter().any(|claim| !claim.killed_by.is_empty()) {
                true => Covered::Proven,
                false if claims.is_empty() => Covered::Not,
                false => Covered::ClaimedNotProvable,
            };
            ClauseCoverage {
                clause: clause.id.clone(),
                architectures: clause.architectures(),
                claims,
                covered,
            }
        })
        .collect();
    let of_bench = defects.iter().filter(|card| card.profile == bench.name);
    let named = of_bench.flat_map(|card| {
        card.turns.iter().flat_map(|(case, checks)| {
            checks.iter().map(|check| (card.name.clone(), case.clone(), check.clone()))
        })
    });
    let unknown = named.filter(|(_, case, check)| !known.contains(&(case.clone(), check.clone()))).collect();
    Coverage { clauses, unkilled, unknown }
}
