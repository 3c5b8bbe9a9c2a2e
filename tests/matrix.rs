//! The defect rule: every check can fail, and each defect turns exactly the checks it is declared to turn.

use oxocert_cli::args::MATRIX_PROFILES as PROFILES;
use oxocert_cli::matrix::{Cell, applicable, outcomes, tried};
use oxocert_cli::virtual_run::VirtualBench;
use oxocert_record::{CaseId, Verdict};
use oxocert_scenario::Sources;
use oxocert_scenario::load::{DefectCard, load_defects};
use oxocert_scenario::model::CheckId;
use std::collections::{BTreeMap, BTreeSet};

fn ground(sources: &Sources, profile: &str) -> VirtualBench {
    VirtualBench::load(sources, &format!("hw-profiles/{profile}.toml")).expect("a legal virtual bench")
}

fn sources() -> Sources {
    oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles")
}

#[test]
fn the_healthy_dut_fails_no_check_and_leaves_none_unclear() {
    let sources = sources();
    let mut wrong = Vec::new();
    for profile in PROFILES {
        let ground = ground(&sources, profile);
        let cells: Vec<_> =
            applicable(&ground).map(|case| Cell { ground: &ground, defect: None, case }).collect();
        assert!(cells.len() >= 50, "{profile} has only {} cases", cells.len());
        for (cell, outcome) in cells.iter().zip(outcomes(&cells)) {
            if !matches!(outcome.verdict, Verdict::Pass | Verdict::PassMarginal) {
                wrong.push(format!("{profile} {}: {}, {:?}", cell.case.id, outcome.verdict, outcome.reason));
            }
        }
    }
    assert!(wrong.is_empty(), "the healthy DUT:\n{}", wrong.join("\n"));
}

#[test]
fn each_defect_turns_exactly_the_checks_it_declares() {
    let sources = sources();
    let cards = load_defects(&sources).expect("scenarios/defects.toml");
    let declared: BTreeSet<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    let known: BTreeSet<&str> = oxocert_virtual_oxo::all_defects().iter().map(|defect| defect.name).collect();
    assert_eq!(declared, known, "the defects that are declared, and those that the virtual OXO has");
    let mut differences = Vec::new();
    let grounds = PROFILES.map(|profile| ground(&sources, profile));
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (at, (profile, ground)) in PROFILES.into_iter().zip(&grounds).enumerate() {
        let of_profile: Vec<&DefectCard> = cards.iter().filter(|card| card.profile == profile).collect();
        let mut cells: Vec<Cell<'_>> = Vec::new();
        for card in &of_profile {
            let cases = tried(&grounds, at, seen.contains(card.name.as_str()));
            cells.extend(cases.into_iter().map(|case| Cell { ground, defect: Some(&card.name), case }));
        }
        seen.extend(of_profile.iter().map(|card| card.name.as_str()));
        let mut observed: BTreeMap<&str, BTreeMap<CaseId, BTreeSet<CheckId>>> = BTreeMap::new();
        for (cell, outcome) in cells.iter().zip(outcomes(&cells)) {
            let of_defect = observed.entry(cell.defect.unwrap_or_default()).or_default();
            if !outcome.failed.is_empty() {
                of_defect.insert(cell.case.id.clone(), outcome.failed);
            }
        }
        for card in of_profile {
            let observed = &observed[card.name.as_str()];
            let cases: BTreeSet<_> = card.turns.keys().chain(observed.keys()).collect();
            for case in cases.into_iter().filter(|case| card.turns.get(*case) != observed.get(*case)) {
                differences.push(format!(
                    "{} in {case}: declared {:?}, observed {:?}",
                    card.name,
                    card.turns.get(case),
                    observed.get(case)
                ));
            }
        }
    }
    assert!(differences.is_empty(), "declared and observed differ:\n{}", differences.join("\n"));
}

#[test]
fn every_check_of_every_scenario_is_turned_by_a_defect() {
    let sources = sources();
    let cards = load_defects(&sources).expect("scenarios/defects.toml");
    let turned: BTreeSet<(&CaseId, &CheckId)> = cards
        .iter()
        .flat_map(|card| {
            card.turns.iter().flat_map(|(case, checks)| checks.iter().map(move |check| (case, check)))
        })
        .collect();
    let mut immortal = BTreeSet::new();
    for profile in PROFILES {
        let ground = ground(&sources, profile);
        let cells: Vec<_> =
            applicable(&ground).map(|case| Cell { ground: &ground, defect: None, case }).collect();
        for (cell, outcome) in cells.iter().zip(outcomes(&cells)) {
            for check in outcome.passed.iter().filter(|check| !turned.contains(&(&cell.case.id, *check))) {
                immortal.insert(format!("{} {}", cell.case.id, check.0));
            }
        }
    }
    assert!(immortal.is_empty(), "{} checks that no defect turns:\n{:#?}", immortal.len(), immortal);
}
