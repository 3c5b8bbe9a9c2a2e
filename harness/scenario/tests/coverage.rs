//! Clause x scenario.
#![allow(clippy::unwrap_used)]

use oxocert_scenario::coverage::{Covered, coverage};
use oxocert_scenario::{DEFECTS, disk, load_bench, load_cases, load_defects, load_register, load_standing};
use std::path::Path;

#[test]
fn a_clause_is_proven_only_through_a_check_that_a_defect_kills() {
    let mut sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let bench = load_bench(&sources, "hw-profiles/virtual-powercpu-bvpn.toml").unwrap();
    let register = load_register(&sources).unwrap();
    let standing = load_standing(&sources, &register, &bench).unwrap();
    let cases = load_cases(&sources, &sources.scenario_paths(), &bench).unwrap();
    let of = |defects: &[oxocert_scenario::load::DefectCard], clause: &str| {
        let all = coverage(&register, &standing, &bench, &cases, defects);
        all.clauses.into_iter().find(|row| row.clause.0 == clause).unwrap().covered
    };
    assert_eq!(of(&[], "2.2-offnet-hq"), Covered::ClaimedNotProvable);
    assert_eq!(of(&[], "2.1-drom-routing"), Covered::Not);
    let card = r#"schema = 1
[[defect]]
name = "deaf"
behaviour = "no call goes out"
turns = { "BC-01" = ["2", "77"] }
"#;
    sources.files.insert(DEFECTS.to_owned(), card.to_owned());
    let defects = load_defects(&sources).unwrap();
    assert_eq!(of(&defects, "2.2-offnet-hq"), Covered::Proven);
    let unknown = coverage(&register, &standing, &bench, &cases, &defects).unknown;
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].2.0, "77");
}
