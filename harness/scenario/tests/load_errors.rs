//! What the loader says about load points, kinds of calls and pools that are wrong.
#![allow(clippy::unwrap_used)]

use oxocert_scenario::{Sources, disk, load_bench, load_cases};
use std::path::Path;

const PROFILE: &str = "hw-profiles/virtual-powercpu-bvpn.toml";
const SCENARIO: &str = "scenarios/capacity/CL-02.toml";

fn sources() -> Sources {
    disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// What is said of the shipped scenario with `from` written as `to`, without the file's name.
fn of_scenario(changes: &[(&str, &str)]) -> String {
    let mut sources = sources();
    let mut text = sources.files[SCENARIO].clone();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    sources.files.insert(SCENARIO.to_owned(), text);
    let bench = load_bench(&sources, PROFILE).unwrap();
    let said = load_cases(&sources, &[SCENARIO.to_owned()], &bench).unwrap_err().to_string();
    said.replace("scenarios/capacity/", "")
}

fn of_profile(from: &str, to: &str) -> String {
    let mut sources = sources();
    let text = sources.files[PROFILE].clone();
    assert!(text.contains(from), "{from}");
    sources.files.insert(PROFILE.to_owned(), text.replacen(from, to, 1));
    load_bench(&sources, PROFILE).unwrap_err().to_string()
}

fn holds(said: &str, wanted: &str) {
    assert!(said.contains(wanted), "{said}\n  does not hold\n{wanted}");
}

#[test]
fn all_errors_of_a_file_at_once() {
    let said = of_scenario(&[
        ("ramp   = \"${load.ramp}\"", "ramp   = \"5 %\""),
        ("mix    = { out = \"50 %\", in = \"50 %\" }", "mix    = { out = \"50 %\", inn = \"30 %\" }"),
    ]);
    holds(&said, "CL-02.toml:63:10: expected calls a second, or the time between two as a duration");
    holds(&said, "there is no [[call]] named `inn` (did you mean `in`?)");
    holds(&said, "the shares of a mix are 100 % together, found 80 %");
}

#[test]
fn points_and_measures() {
    holds(
        &of_scenario(&[("of     = \"load full failed\"", "of     = \"load fool failed\"")]),
        "there is no load point `fool`",
    );
    holds(
        &of_scenario(&[("of     = \"load full failed\"", "of     = \"load full pdd\"")]),
        "the time `pdd` of a load point needs `percentile`",
    );
    holds(
        &of_scenario(&[("of     = \"load full failed\"", "of     = \"load full faild\"")]),
        "unknown measurand \"faild\" of a load point",
    );
    holds(
        &of_scenario(&[("calls  = \"${load.budget}\"", "calls  = 40")]),
        "this point needs 42 members of each pool at once, the bench virtual-powercpu-bvpn has 30",
    );
    holds(&of_scenario(&[(", in-refused = 1", "")]), "no [[load]] makes a call of the kind `in-refused`");
    holds(
        &of_scenario(&[("calls  =", "callz  =")]),
        "unknown field `callz` in a [[load]] (did you mean `calls`?)",
    );
}

#[test]
fn calls() {
    holds(
        &of_scenario(&[("times = { pdd = \"1 to 2\"", "times = { pdd = \"1 to 9\"")]),
        "there is no step `9`",
    );
    holds(
        &of_scenario(&[("within = \"${pdd.max}\" }", "within = \"${pdd.max}\", proves = [\"2.2-cac\"] }")]),
        "step `2` of a call proves nothing by itself",
    );
    holds(
        &of_scenario(&[("{ who = \"dut\", is = \"idle\" },", "{ who = \"set.load\", does = \"hang-up\" },")]),
        "`set.load` is a pool: its members act in the steps of a [[call]] only",
    );
    // Told once, not once for each member.
    let said = of_scenario(&[("does = \"answer\" }", "does = \"anser\" }")]);
    assert_eq!(said.matches("unknown action").count(), 1, "{said}");
}

#[test]
fn pools() {
    holds(&of_profile("count     = 30", "count     = 0"), "a pool has 1 to 1000 members, found 0");
    holds(&of_profile("number    = \"3001\"", "number    = \"9999\""), "run out of digits");
    holds(&of_profile("tones     = \"600-1550\"", "tones     = \"100\""), "expected a range of frequencies");
    holds(
        &of_profile("address   = \"127.10.6.1:5060\"", "address   = \"127.10.3.1:5060\""),
        "have the same address",
    );
    holds(&of_profile("[pool.set.load]", "[pool.sets.load]"), "unknown field `sets`");
}

#[test]
fn a_call_binds_one_member_of_each_pool() {
    let sources = sources();
    let bench = load_bench(&sources, PROFILE).unwrap();
    let cases = load_cases(&sources, &["scenarios/capacity/CL-03.toml".to_owned()], &bench).unwrap();
    let point = &cases[0].loads[0];
    assert_eq!(point.calls.len(), 10);
    let seventh = &point.calls[6];
    assert_eq!(seventh.id, "full.07");
    assert_eq!(
        seventh.members().map(|role| role.as_str()).collect::<Vec<_>>(),
        ["pstn.load07", "set.load07"]
    );
    assert_eq!(seventh.steps[0].id.as_str(), "full.07.1");
    assert_eq!(seventh.steps[0].to_string(), "set.load07 dials 00277130007");
    assert_eq!(point.call_of(&seventh.steps[3].id).map(|call| call.number), Some(7));
    assert_eq!(cases[0].needs.len(), 21, "the a-SBC and twenty members");
}
