//! Every shipped file loads.

use oxocert_scenario::{
    Sources, disk, load_bench, load_cases, load_defects, load_expected, load_register, load_standing,
};
use std::path::Path;

fn sources() -> Sources {
    disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

#[test]
fn every_profile_loads_with_every_scenario() {
    let sources = sources();
    let register = load_register(&sources).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(sources.profile_paths().len() >= 5, "{:?}", sources.profile_paths());
    for path in sources.profile_paths() {
        let bench = load_bench(&sources, &path).unwrap_or_else(|problems| panic!("{problems}"));
        load_standing(&sources, &register, &bench).unwrap_or_else(|problems| panic!("{problems}"));
        load_expected(&sources, &bench).unwrap_or_else(|problems| panic!("{problems}"));
        let cases = load_cases(&sources, &sources.scenario_paths(), &bench)
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(cases.iter().any(|case| case.id.as_str() == "BC-01"));
    }
}

#[test]
fn defects_load_where_there_are_some() {
    let sources = sources();
    if sources.text(oxocert_scenario::DEFECTS).is_some() {
        load_defects(&sources).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn the_register_holds_every_clause() {
    assert_eq!(load_register(&sources()).unwrap().clauses.len(), 60);
}
