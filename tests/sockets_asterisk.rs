//! Asterisk in the place of the DUT: a PBX that nobody here wrote, judged by the same scenarios.
//!
//! It must have been installed (`scripts/asterisk/install`; the recipe `test` does it): where it is missing the test fails.

use crate::process::{bench_folder, ended, json, oxocert, scratch};
use oxocert_record::{CaseId, Verdict};
use oxocert_scenario::load::{load_bench, load_expected};
use std::collections::BTreeSet;
use std::path::Path;

/// Scenarios of a trunk over internet alone.
const OF_INTERNET: [&str; 3] = ["scenarios/security/", "scenarios/names/", "scenarios/nat/"];

/// What is played over internet beside those: the loss of a connection, and what `--set smoke` has.
const BESIDE: [&str; 9] = ["FV-06", "KA-08", "BC-01", "BC-03", "FV-01", "HR-01", "KA-01", "MD-11", "XF-02"];

#[test]
fn asterisk_gets_the_verdicts_its_profile_expects() {
    as_expected("asterisk-bvpn", None, 30);
}

/// TLS and SRTP. A selection, since the whole profile takes longer than a test may.
#[test]
fn asterisk_over_internet_gets_the_verdicts_its_profile_expects() {
    let sources = oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles");
    let of_internet = sources
        .scenario_paths()
        .into_iter()
        .filter(|path| OF_INTERNET.iter().any(|folder| path.starts_with(folder)));
    let named = of_internet.filter_map(|path| Some(Path::new(&path).file_stem()?.to_str()?.to_owned()));
    let only: Vec<String> = named.chain(BESIDE.map(str::to_owned)).collect();
    as_expected("asterisk-internet", Some(&only), 30);
}

/// Plays this profile, all of it or `only` these scenarios; at least `least` different ones must pass.
#[track_caller]
fn as_expected(profile: &str, only: Option<&[String]>, least: usize) {
    let path = format!("hw-profiles/{profile}.toml");
    let root = crate::root();
    let installed = root.join(".peers/asterisk/current");
    assert!(installed.exists(), "Asterisk is not installed: run scripts/asterisk/install");

    let mut command = oxocert();
    command.arg("--root").arg(&root).args(["certify", "--seed", "7", "--as-expected"]);
    command.args(["--profile", &path, "--out"]).arg(scratch(profile));
    if let Some(only) = only {
        command.arg("--only").arg(only.join(","));
    }
    let run = ended(&mut command);
    let differences: Vec<&str> =
        run.stdout.lines().filter(|line| line.starts_with("not as expected: ")).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let run = run.expect(0);

    // The program's own comparison is not taken at its word.
    let result = json(&bench_folder(&run.run_folder()).join("result.json"));
    let sources = oxocert_scenario::disk::read(&root).expect("scenarios and profiles");
    let bench = load_bench(&sources, &path).expect("the profile");
    let expected = load_expected(&sources, &bench).expect("the expected verdicts");
    let mut passed = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for case in result["cases"].as_array().expect("cases") {
        let id = case["id"].as_str().expect("the id of a case");
        if case["reason"].as_str().is_some_and(|reason| reason.starts_with("not for the architecture")) {
            continue;
        }
        let wanted = expected.get(&CaseId(id.to_owned())).map_or(Verdict::Pass, |expected| expected.verdict);
        assert_eq!(case["verdict"], wanted.to_string(), "{id}");
        if wanted == Verdict::Pass {
            passed.insert(id.split('[').next().unwrap_or(id));
        }
        seen.insert(CaseId(id.to_owned()));
    }
    assert!(passed.len() >= least, "only {} scenarios pass: {passed:?}", passed.len());
    let unknown: Vec<_> = expected.keys().filter(|id| played(id, only) && !seen.contains(*id)).collect();
    assert!(unknown.is_empty(), "expected, but no case of the run: {unknown:?}");
}

/// Whether this case is of a scenario that the run plays.
fn played(case: &CaseId, only: Option<&[String]>) -> bool {
    let scenario = case.0.split('[').next().unwrap_or(&case.0);
    only.is_none_or(|only| only.iter().any(|id| id == scenario))
}
