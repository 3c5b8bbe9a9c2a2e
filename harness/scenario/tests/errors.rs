//! What the loader says about files that are wrong.
#![allow(clippy::unwrap_used)]

use oxocert_scenario::{Sources, disk, load_bench, load_cases};
use std::path::Path;

const PROFILE: &str = "hw-profiles/virtual-powercpu-bvpn.toml";
const SCENARIO: &str = "scenarios/basic-calls/BC-01.toml";

fn sources() -> Sources {
    disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// What is said of the shipped scenario BC-01 with `from` written as `to`.
fn of_scenario(changes: &[(&str, &str)]) -> String {
    let mut sources = sources();
    let mut text = SHIPPED.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    sources.files.insert(SCENARIO.to_owned(), text);
    let bench = load_bench(&sources, PROFILE).unwrap();
    load_cases(&sources, &[SCENARIO.to_owned()], &bench).unwrap_err().to_string()
}

const SHIPPED: &str = r#"schema = 1
id     = "BC-01"
title  = "A call"
why    = "To see what is said."
for    = ["powercpu-bvpn"]
needs  = ["set.hq1", "sbc.nominal", "pstn.a"]

[flow]
steps = [
  { id = 1, who = "set.hq1", does = "dial", to = "${dut.outside}${pstn.a.national}" },
  { id = 2, who = "pstn.a", expects = "INVITE", via = "sbc.nominal", within = "${pdd.max}", check = { "sdp.codecs" = { first = "PCMA" } }, proves = ["2.2-offnet-hq"] },
  { id = 3, who = "pstn.a", does = "answer" },
  { id = 4, who = ["set.hq1", "pstn.a"], does = "talk", for = "${talk}", as = "talk" },
  { id = 5, who = "pstn.a", does = "hang-up" },
  { id = 6, who = "set.hq1", expects = "BYE", within = "${release.max}" },
]

[[measure]]
name = "first_tone"
of   = "talk.set.hq1_to_pstn.a.first_tone"
max  = "audio.first"
"#;

fn of_profile(from: &str, to: &str) -> String {
    let mut sources = sources();
    let text = sources.files[PROFILE].clone();
    assert!(text.contains(from), "{from}");
    sources.files.insert(PROFILE.to_owned(), text.replacen(from, to, 1));
    load_bench(&sources, PROFILE).unwrap_err().to_string()
}

#[test]
fn an_unknown_field() {
    insta::assert_snapshot!(of_scenario(&[("within = \"${pdd.max}\"", "witin = \"${pdd.max}\"")]), @r#"scenarios/basic-calls/BC-01.toml:11:70: unknown field `witin` in a step (did you mean `within`?)"#);
}

#[test]
fn a_wrong_unit() {
    insta::assert_snapshot!(of_scenario(&[("${pdd.max}", "5 %")]), @r#"scenarios/basic-calls/BC-01.toml:11:79: expected a duration such as "2 s" or "500 ms", found "5 %""#);
    insta::assert_snapshot!(of_scenario(&[("for = \"${talk}\"", "for = \"30\"")]), @r#"scenarios/basic-calls/BC-01.toml:13:63: expected a duration such as "2 s" or "500 ms", found "30""#);
    insta::assert_snapshot!(of_scenario(&[("\"audio.first\"", "\"hold.level.max\"")]), @r#"scenarios/basic-calls/BC-01.toml:21:8: expected a duration such as "2 s" or "500 ms", found "-9 dBm0" (${hold.level.max})"#);
}

#[test]
fn a_literal_limit_without_source() {
    insta::assert_snapshot!(of_scenario(&[("${pdd.max}", "2 s")]), @r#"scenarios/basic-calls/BC-01.toml:11:79: the literal limit "2 s" needs `source = ".."` (or use an entry of the limits table such as "${pdd.max}")"#);
}

#[test]
fn a_missing_role() {
    insta::assert_snapshot!(of_scenario(&[("needs  = [\"set.hq1\"", "needs  = [\"set.hq9\"")]), @r#"
    scenarios/basic-calls/BC-01.toml:6:11: the bench virtual-powercpu-bvpn has no role `set.hq9` (did you mean `set.hq1`?)
    scenarios/basic-calls/BC-01.toml:10:19: the role `set.hq1` acts here and is missing in `needs`
    scenarios/basic-calls/BC-01.toml:13:19: a talk needs at least two roles
    scenarios/basic-calls/BC-01.toml:13:20: the role `set.hq1` acts here and is missing in `needs`
    scenarios/basic-calls/BC-01.toml:15:19: the role `set.hq1` acts here and is missing in `needs`
    scenarios/basic-calls/BC-01.toml:20:8: `set.hq1` does not take part in the talk "talk"
    "#);
    insta::assert_snapshot!(of_scenario(&[("who = \"pstn.a\", does = \"answer\"", "who = \"pstn.b\", does = \"answer\"")]), @r#"scenarios/basic-calls/BC-01.toml:12:19: the role `pstn.b` acts here and is missing in `needs`"#);
    insta::assert_snapshot!(of_scenario(&[("who = \"pstn.a\", does = \"answer\"", "who = \"sbc.nominal\", does = \"answer\"")]), @r#"scenarios/basic-calls/BC-01.toml:12:19: `sbc.nominal` is an a-SBC and cannot do "answer""#);
}

#[test]
fn an_unknown_clause_name_step_or_label() {
    insta::assert_snapshot!(of_scenario(&[("2.2-offnet-hq", "2.2-offnet-hk")]), @r#"scenarios/basic-calls/BC-01.toml:11:150: unknown clause `2.2-offnet-hk` (did you mean `2.2-offnet-hq`?)"#);
    insta::assert_snapshot!(of_scenario(&[("2.2-offnet-hq", "2.4.7-srtp")]), @r#"scenarios/basic-calls/BC-01.toml:11:150: the clause `2.4.7-srtp` reaches no architecture of this scenario's `for`"#);
    insta::assert_snapshot!(of_scenario(&[("${pstn.a.national}", "${pstn.a.nationel}")]), @r#"scenarios/basic-calls/BC-01.toml:10:65: unknown name `pstn.a.nationel` on the bench virtual-powercpu-bvpn (did you mean `pstn.a.national`?)"#);
    insta::assert_snapshot!(of_scenario(&[("\"PCMA\" }", "\"PCMA\" }, \"from.user\" = { same_as = \"step 7.from.user\" }")]), @r#"scenarios/basic-calls/BC-01.toml:11:164: there is no step `7`"#);
    insta::assert_snapshot!(of_scenario(&[("talk.set.hq1_to", "tolk.set.hq1_to")]), @r#"scenarios/basic-calls/BC-01.toml:20:8: there is no talk labelled `as = "tolk"` (did you mean `talk`?)"#);
}

#[test]
fn all_errors_of_a_file_at_once() {
    insta::assert_snapshot!(of_scenario(&[
        ("schema = 1", "schema = 2"),
        ("does = \"dial\"", "does = \"dail\""),
        ("\"sdp.codecs\"", "\"sdp.codec\""),
        ("id = 5", "id = 3"),
        ("expects = \"BYE\"", "expects = \"BEY\", hears = \"music\""),
        ("max  = \"audio.first\"", "max  = \"audio.frist\""),
    ]), @r#"
    scenarios/basic-calls/BC-01.toml:1:10: schema 2 is unknown: this program reads schema 1
    scenarios/basic-calls/BC-01.toml:10:37: unknown action "dail" (did you mean `dial`?)
    scenarios/basic-calls/BC-01.toml:11:103: unknown field `sdp.codec` (did you mean `sdp.codecs`?)
    scenarios/basic-calls/BC-01.toml:14:3: there are two steps `3`
    scenarios/basic-calls/BC-01.toml:15:3: a step has one verb, this one has expects and hears
    scenarios/basic-calls/BC-01.toml:15:40: expected a message such as "INVITE", "re-INVITE", "BYE", "180", "4xx" or "200 INVITE", found "BEY"
    scenarios/basic-calls/BC-01.toml:21:8: unknown limit `audio.frist` (did you mean `audio.first`?)
    "#);
}

#[test]
fn broken_toml() {
    insta::assert_snapshot!(of_scenario(&[("title  = \"A call\"", "title  = \"A call")]), @r#"scenarios/basic-calls/BC-01.toml:3:17: invalid basic string, expected `"`"#);
}

#[test]
fn a_scenario_that_checks_nothing() {
    insta::assert_snapshot!(of_scenario(&[("id     = \"BC-01\"", "id     = \"BC-02\"")]), @r#"scenarios/basic-calls/BC-01.toml:2:10: the file is named scenarios/basic-calls/BC-01.toml, so its id must be "BC-01""#);
}

#[test]
fn wrong_profiles() {
    insta::assert_snapshot!(of_profile("operator     = \"btip\"", "operator     = \"btop\""), @r#"hw-profiles/virtual-powercpu-bvpn.toml:5:16: there is no operator profile hw-profiles/operator/btop.toml"#);
    insta::assert_snapshot!(of_profile("tone      = 550", "tone      = 1450"), @r#"hw-profiles/virtual-powercpu-bvpn.toml:47:13: 1450 Hz is too near to 1477 Hz, which is a signalling or DTMF frequency"#);
    insta::assert_snapshot!(of_profile("remote_site_path   = \"direct-bvpn\"", ""), @r#"hw-profiles/virtual-powercpu-bvpn.toml:1:1: sizing row `offnet-rs` depends on the setting `remote_site_path`, which has no value: give it in [settings]"#);
    insta::assert_snapshot!(of_profile("talk                  = \"1 s\"", "talk                  = \"90 s\""), @r#"hw-profiles/virtual-powercpu-bvpn.toml:134:25: "90 s" is longer than the operator profile's "30 s""#);
    insta::assert_snapshot!(of_profile("127.10.3.2:5060", "127.10.3.1:5060"), @r#"hw-profiles/virtual-powercpu-bvpn.toml:1:1: set.hq1 and set.hq2 have the same address, 127.10.3.1"#);
    insta::assert_snapshot!(of_profile("password  = \"generated\"", "password  = \"1234\""), @r#"hw-profiles/virtual-powercpu-bvpn.toml:45:13: expected "generated", { env = "VARIABLE" } or { file = "path" }: a password never stands in a profile"#);
}

#[test]
fn a_real_bench_may_not_shorten() {
    let mut sources = sources();
    let path = "hw-profiles/example-real-powercpu.toml";
    let text = format!("{}\n[shortened]\ntalk = \"1 s\"\n", sources.files[path]);
    sources.files.insert(path.to_owned(), text);
    let told = load_bench(&sources, path).unwrap_err().to_string();
    assert!(
        told.ends_with("a real bench shortens nothing: write an operator profile of its own instead"),
        "{told}"
    );
}
