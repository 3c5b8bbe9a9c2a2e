//! The defect matrix: which checks each defect of the virtual OXO turns to FAIL, in virtual time.

use crate::virtual_run::VirtualBench;
use oxocert_machine::Seed;
use oxocert_machine::virtual_time::Weather;
use oxocert_record::{CaseId, Verdict};
use oxocert_scenario::load::DefectCard;
use oxocert_scenario::model::{Case, CheckId};
use oxocert_virtual_oxo::Defects;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The seed of the matrix: fixed, so that the same tree gives the same matrix.
pub const SEED: Seed = Seed(0x0c0_7e57);

/// What one case said of one DUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict of the case.
    pub verdict: Verdict,
    /// Its checks that are FAIL.
    pub failed: BTreeSet<CheckId>,
    /// What was observed where they failed, one line a check.
    pub observed: Vec<String>,
    /// Its checks that are INCONCLUSIVE or ERROR, with what was observed.
    pub unclear: Vec<String>,
    /// Its checks that are PASS.
    pub passed: BTreeSet<CheckId>,
    /// Why, where the verdict is not PASS.
    pub reason: Option<String>,
}

/// One cell of the matrix to compute.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// The bench.
    pub ground: &'a VirtualBench,
    /// The defect; `None` is the healthy DUT.
    pub defect: Option<&'a str>,
    /// The case.
    pub case: &'a Case,
}

/// Plays one case on one DUT and judges it.
pub fn outcome(cell: Cell<'_>) -> Outcome {
    let error = |reason: String| Outcome {
        verdict: Verdict::Error,
        failed: BTreeSet::new(),
        observed: Vec::new(),
        unclear: vec![reason.clone()],
        passed: BTreeSet::new(),
        reason: Some(reason),
    };
    let defects = match Defects::named(cell.defect) {
        Ok(defects) => defects,
        Err(unknown) => return error(unknown.to_string()),
    };
    let cases = std::slice::from_ref(cell.case);
    let events = match cell.ground.run(cases, defects, Weather::default(), SEED) {
        Ok(events) => events,
        Err(stuck) => return error(stuck.to_string()),
    };
    let ground = cell.ground;
    let result = oxocert_judge::judge(&events, cases, &ground.bench, &ground.register, &ground.standing);
    let Some(case) = result.cases.into_iter().next() else {
        return error("the judge gave no case".to_owned());
    };
    let with = |verdict: Verdict| case.checks.iter().filter(move |check| check.verdict == verdict);
    let unclear = with(Verdict::Inconclusive).chain(with(Verdict::Error));
    Outcome {
        verdict: case.verdict,
        failed: with(Verdict::Fail).map(|check| check.id.clone()).collect(),
        observed: with(Verdict::Fail).map(|check| format!("{}: {}", check.id.0, check.observed)).collect(),
        unclear: unclear.map(|check| format!("{}: {}", check.id.0, check.observed)).collect(),
        passed: with(Verdict::Pass)
            .chain(with(Verdict::PassMarginal))
            .map(|check| check.id.clone())
            .collect(),
        reason: case.reason.clone(),
    }
}

/// Computes cells on all processors; outcomes come in the order of the cells.
pub fn outcomes(cells: &[Cell<'_>]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Outcome>> = Mutex::new(BTreeMap::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(cell) = cells.get(index) else { return };
                    let outcome = outcome(*cell);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(index, outcome);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// The cases that apply to a bench.
pub fn applicable(ground: &VirtualBench) -> impl Iterator<Item = &Case> {
    ground.cases.iter().filter(|case| case.not_applicable.is_none())
}

/// The cases that a defect is tried on at a bench. A defect that earlier benches have seen already is tried over internet on the
/// cases that are new there: the call flows are the same ones, and each of them costs two handshakes.
pub fn tried(grounds: &[VirtualBench], at: usize, is_known: bool) -> Vec<&Case> {
    let Some((ground, earlier)) = grounds.get(..=at).and_then(<[VirtualBench]>::split_last) else {
        return Vec::new();
    };
    if ground.bench.internet.is_none() || !is_known {
        return applicable(ground).collect();
    }
    let known: BTreeSet<&CaseId> = earlier.iter().flat_map(applicable).map(|case| &case.id).collect();
    applicable(ground).filter(|case| !known.contains(&case.id)).collect()
}

/// The checks that a defect turns to FAIL, by case; cases it does not touch are left out.
pub fn turns(ground: &VirtualBench, cases: &[&Case], defect: &str) -> BTreeMap<CaseId, BTreeSet<CheckId>> {
    let cells: Vec<Cell<'_>> = cases.iter().map(|case| Cell { ground, defect: Some(defect), case }).collect();
    let outcomes = outcomes(&cells);
    cells
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| !outcome.failed.is_empty())
        .map(|(cell, outcome)| (cell.case.id.clone(), outcome.failed))
        .collect()
}

/// `scenarios/defects.toml` as text: each defect of the virtual OXO with exactly the checks it turns.
pub fn declaration(cards: &[DefectCard]) -> String {
    let mut text = String::from(HEAD);
    for card in cards {
        text.push_str(&format!(
            "\n[[defect]]\nname      = {:?}\nbehaviour = {:?}\nprofile   = {:?}\n",
            card.name, card.behaviour, card.profile
        ));
        if let Some(case) = &card.on_sockets {
            text.push_str(&format!("on_sockets = {:?}\n", case.0));
        }
        if let Some(reason) = &card.turns_nothing {
            text.push_str(&format!("turns_nothing = {reason:?}\n"));
        }
        text.push_str("[defect.turns]\n");
        for (case, checks) in &card.turns {
            let checks: Vec<String> = checks.iter().map(|check| format!("{:?}", check.0)).collect();
            text.push_str(&format!("{:?} = [{}]\n", case.0, checks.join(", ")));
        }
    }
    text
}

/// What stands above the declared defects.
const HEAD: &str = "\
# Which checks each defect of the virtual OXO turns to FAIL, exactly: no more, no less. `oxocert matrix` computes it in virtual
# time and compares; `oxocert matrix --accept` writes this file anew, to be read and understood before it is committed.
schema = 1
";

/// Computes the cards of all defects: each on the first bench on which it turns anything, and on a later bench too where it
/// is the first to turn a check there (the standing checks on relayed media, say, have a subject on one bench only). Why one turns
/// nothing is taken over from what was `declared`.
pub fn cards(grounds: &[VirtualBench], declared: &[DefectCard]) -> Vec<DefectCard> {
    let mut cards: Vec<DefectCard> = Vec::new();
    let mut turned: BTreeSet<(CaseId, CheckId)> = BTreeSet::new();
    let mut has_card: BTreeSet<&str> = BTreeSet::new();
    for (at, ground) in grounds.iter().enumerate() {
        for defect in oxocert_virtual_oxo::all_defects() {
            let cases = tried(grounds, at, has_card.contains(defect.name));
            let turns = turns(ground, &cases, defect.name);
            let pairs: Vec<_> = turns
                .iter()
                .flat_map(|(case, checks)| checks.iter().map(move |check| (case.clone(), check.clone())))
                .collect();
            let new = pairs.iter().any(|pair| !turned.contains(pair));
            if pairs.is_empty() || (has_card.contains(defect.name) && !new) {
                continue;
            }
            turned.extend(pairs);
            let on_sockets = if has_card.insert(defect.name) { shortest(ground, &turns) } else { None };
            cards.push(DefectCard {
                name: defect.name.to_owned(),
                behaviour: defect.behaviour.to_owned(),
                profile: ground.bench.name.clone(),
                turns,
                on_sockets,
                turns_nothing: None,
            });
        }
    }
    cards.extend(without_effect(grounds, &cards, declared));
    cards
}

/// A card for each defect that has none: it turns nothing, exactly, for the reason that was declared.
pub(crate) fn without_effect(
    grounds: &[VirtualBench],
    cards: &[DefectCard],
    declared: &[DefectCard],
) -> Vec<DefectCard> {
    let Some(ground) = grounds.first() else { return Vec::new() };
    let left = oxocert_virtual_oxo::all_defects();
    let left = left.into_iter().filter(|defect| cards.iter().all(|card| card.name != defect.name));
    left.map(|defect| DefectCard {
        name: defect.name.to_owned(),
        behaviour: defect.behaviour.to_owned(),
        profile: ground.bench.name.clone(),
        turns: BTreeMap::new(),
        on_sockets: None,
        turns_nothing: declared
            .iter()
            .find(|card| card.name == defect.name)
            .and_then(|card| card.turns_nothing.clone()),
    })
    .collect()
}

/// The case with which a defect is run on sockets: of those it turns, the one with the fewest steps.
pub(crate) fn shortest(ground: &VirtualBench, turns: &BTreeMap<CaseId, BTreeSet<CheckId>>) -> Option<CaseId> {
    let turned = ground.cases.iter().filter(|case| turns.contains_key(&case.id));
    // A load point takes longer than any list of steps.
    turned
        .min_by_key(|case| (case.loads.len(), case.setup.len() + case.flow.len(), &case.id))
        .map(|case| case.id.clone())
}
