//! Asterisk in the place of the DUT: a PBX that nobody here wrote, judged by the same scenarios.
//!
//! It must have been installed (`scripts/asterisk/install`; the recipe `test` does it): where it is missing the test fails.

use crate::process::{bench_folder, ended, json, oxocert, scratch};
use oxocert_record::{CaseId, Verdict};
use oxocert_scenario::load::{load_bench, load_expected};
use std::collections::BTreeSet;

/// The bench.
const PROFILE: &str = "hw-profiles/asterisk-bvpn.toml";

/// The least number of different scenarios that Asterisk must pass.
const SCENARIOS: usize = 30;

#[test]
fn asterisk_gets_the_verdicts_its_profile_expects() {
    let root = crate::root();
    let installed = root.join(".peers/asterisk/current");
    assert!(installed.exists(), "Asterisk is not installed: run scripts/asterisk/install");

    let mut command = oxocert();
    command.arg("--root").arg(&root).args(["certify", "--seed", "7", "--as-expected"]);
    command.args(["--profile", PROFILE, "--out"]).arg(scratch("asterisk"));
    let run = ended(&mut command);
    let differences: Vec<&str> =
        run.stdout.lines().filter(|line| line.starts_with("not as expected: ")).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let run = run.expect(0);

    // The program's own comparison is not taken at its word.
    let result = json(&bench_folder(&run.run_folder()).join("result.json"));
    let sources = oxocert_scenario::disk::read(&root).expect("scenarios and profiles");
    let bench = load_bench(&sources, PROFILE).expect("the profile");
    let expected = load_expected(&sources, &bench).expect("the expected verdicts");
    let mut passed = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for case in result["cases"].as_array().expect("cases") {
        let id = case["id"].as_str().expect("the id of a case");
        let wanted = expected.get(&CaseId(id.to_owned())).map_or(Verdict::Pass, |expected| expected.verdict);
        assert_eq!(case["verdict"], wanted.to_string(), "{id}");
        if wanted == Verdict::Pass {
            passed.insert(id.split('[').next().unwrap_or(id));
        }
        seen.insert(CaseId(id.to_owned()));
    }
    assert!(passed.len() >= SCENARIOS, "only {} scenarios pass: {passed:?}", passed.len());
    let unknown: Vec<_> = expected.keys().filter(|id| !seen.contains(*id)).collect();
    assert!(unknown.is_empty(), "expected, but no case of the run: {unknown:?}");
}
