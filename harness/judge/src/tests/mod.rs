//! Synthetic timelines: each rule both ways.

mod events;
mod internet;
mod protected;
mod record;
mod secured;
mod standing;
mod steps;
mod tape;
mod trunk;
mod whole;

use crate::judge;
use crate::result::{CheckResult, RunResult};
use oxocert_record::{Event, Verdict};
use oxocert_scenario::load::{Register, Standing};
use oxocert_scenario::model::bench::Bench;
use oxocert_scenario::model::{Case, Limit, Quantity, Step};
use oxocert_scenario::{Sources, disk, load_bench, load_cases, load_register, load_standing};
use std::path::Path;
use std::time::Duration;
use tape::Tape;

/// The scenario that [`tape::healthy`] plays.
const CALL: &str = r#"
schema = 1
id     = "T-01"
title  = "An outgoing call, the far end hangs up"
why    = "It holds one of each check."
for    = ["powercpu-bvpn", "oce-bvpn"]
needs  = ["set.hq1", "sbc.nominal", "pstn.a"]

[setup]
steps = [{ who = "dut", is = "idle" }]

[flow]
steps = [
  { id = 1, who = "set.hq1", does = "dial", to = "${dut.outside}${pstn.a.national}" },
  { id = 2, who = "pstn.a", expects = "INVITE", via = "sbc.nominal", within = "${pdd.max}", check = { "sdp.codecs" = { first = "PCMA" }, "ruri.user" = "+33277123456" }, proves = ["2.2-offnet-hq"] },
  { id = 3, who = "pstn.a", does = "answer" },
  { id = 4, who = ["set.hq1", "pstn.a"], does = "talk", for = "1 s", as = "before", proves = ["2.2-offnet-hq"] },
  { id = 5, who = "pstn.a", sees = "no re-INVITE", for = "500 ms" },
  { id = 6, who = "pstn.a", does = "hang-up" },
  { id = 7, who = "set.hq1", expects = "BYE", within = "${release.max}", proves = ["2.2-offnet-hq"] },
]
never = [{ id = "n1", who = "sbc.nominal", sees = "REFER", proves = ["2.2-offnet-hq"] }]

[[measure]]
name   = "first_speech"
of     = "before.set.hq1_to_pstn.a.first_tone"
max    = "gap.max"
proves = ["2.2-offnet-hq"]

[channels]
at     = 4
row    = "offnet-hq"
proves = ["2.2-offnet-hq"]
"#;

/// Everything a run is judged with.
struct Plan {
    cases: Vec<Case>,
    bench: Bench,
    register: Register,
    standing: Standing,
}

fn plan_of(scenario: &str) -> Plan {
    let mut sources: Sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let path = "scenarios/test/T-01.toml".to_owned();
    sources.files.insert(path.clone(), scenario.to_owned());
    let bench = load_bench(&sources, "hw-profiles/virtual-powercpu-bvpn.toml").unwrap();
    let register = load_register(&sources).unwrap();
    let standing = load_standing(&sources, &register, &bench).unwrap();
    let cases = load_cases(&sources, &[path], &bench).unwrap_or_else(|problems| panic!("{problems}"));
    Plan { cases, bench, register, standing }
}

fn plan() -> Plan {
    plan_of(CALL)
}

impl Plan {
    fn judge(&self, events: &[Event]) -> RunResult {
        judge(events, &self.cases, &self.bench, &self.register, &self.standing)
    }

    fn step(&mut self, id: &str) -> &mut Step {
        self.cases[0].flow.iter_mut().find(|step| step.id.as_str() == id).unwrap()
    }

    /// Sets the deadline of a step.
    fn within(&mut self, id: &str, ms: u64) {
        self.step(id).within = Some(limit(Quantity::Time(Duration::from_millis(ms))));
    }
}

fn limit(value: Quantity) -> Limit {
    Limit { name: None, value, marginal: None, source: "test".into(), shortened_from: None }
}

/// The check of this id.
fn check<'r>(result: &'r RunResult, id: &str) -> &'r CheckResult {
    let checks = &result.cases[0].checks;
    checks.iter().find(|check| check.id.0 == id).unwrap_or_else(|| panic!("no check {id} among {checks:#?}"))
}

/// Judges the tape with the plan and gives the verdict of one check.
fn verdict(plan: &Plan, tape: &Tape, id: &str) -> Verdict {
    check(&plan.judge(&tape.events), id).verdict
}

/// The ids of all checks that have this verdict.
fn with(result: &RunResult, verdict: Verdict) -> Vec<&str> {
    let checks = result.cases[0].checks.iter();
    checks.filter(|check| check.verdict == verdict).map(|check| check.id.0.as_str()).collect()
}
