//! The verdict of a healthy run, and of runs that did not go their way.

use super::tape::healthy;
use super::{check, plan, with};
use crate::result::RunResult;
use oxocert_record::{CaseEnd, Verdict, What};
use oxocert_scenario::model::Architecture;

#[test]
fn a_healthy_call_passes() {
    let plan = plan();
    let result = plan.judge(&healthy().events);
    assert_eq!(with(&result, Verdict::Fail), Vec::<&str>::new());
    let without_subject =
        ["standing.ef-media", "standing.rtp-after-bye", "standing.rtp-ports", "standing.source-is-sdp"];
    let mut not_applicable = with(&result, Verdict::NotApplicable);
    not_applicable.sort_unstable();
    assert_eq!(not_applicable, without_subject);
    let others = result.cases[0].checks.iter().filter(|check| check.verdict != Verdict::NotApplicable);
    for check in others {
        assert_eq!(check.verdict, Verdict::Pass, "{check:#?}");
    }
    assert_eq!(
        (result.cases[0].verdict, result.verdict, result.exit_code),
        (Verdict::Pass, Verdict::Pass, 0),
        "{:#?}",
        result.reasons
    );
    assert_eq!(result.damage, Vec::<String>::new());
    assert_eq!(result.run.loads_seen, ["OXO063/011.001 GW_063/011.001"]);
}

/// The judge gives exactly the checks that the scenario declares, whatever happened.
#[test]
fn the_checks_are_those_of_the_scenario() {
    let plan = plan();
    let mut declared: Vec<String> = plan.cases[0].checks().into_iter().map(|id| id.0).collect();
    // Those of a trunk over internet are none of a case on a Business VPN.
    let standing = plan.standing.checks.iter().filter(|check| check.is_on(&plan.bench));
    declared.extend(standing.map(|check| check.id().0));
    let mut cut = healthy();
    cut.events.truncate(9);
    for tape in [healthy(), cut] {
        let result = plan.judge(&tape.events);
        let given: Vec<String> = result.cases[0].checks.iter().map(|check| check.id.0.clone()).collect();
        assert_eq!(given, declared);
    }
}

#[test]
fn same_record_same_bytes() {
    let plan = plan();
    let tape = healthy();
    let first = serde_json::to_string_pretty(&plan.judge(&tape.events)).unwrap();
    let second = serde_json::to_string_pretty(&plan.judge(&tape.events)).unwrap();
    assert_eq!(first, second);
    let read: RunResult = serde_json::from_str(&first).unwrap();
    assert_eq!(serde_json::to_string_pretty(&read).unwrap(), first);
    // The record itself survives its own JSON lines.
    let lines: Vec<String> = tape.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let events: Vec<_> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(serde_json::to_string_pretty(&plan.judge(&events)).unwrap(), first);
}

#[test]
fn a_failing_set_up_is_inconclusive() {
    let plan = plan();
    let mut tape = healthy();
    let end = tape.done("s1");
    tape.events.truncate(end);
    tape.missed(500, "s1", "the DUT does not answer");
    let how = CaseEnd::SetupFailed { step: "s1".into(), why: "the DUT does not answer".into() };
    tape.push(600, What::CaseEnded { case: "T-01".into(), how });
    tape.push(610, What::RunEnded);
    let result = plan.judge(&tape.events);
    assert_eq!((result.cases[0].verdict, result.exit_code), (Verdict::Inconclusive, 2));
    assert!(result.cases[0].checks.iter().all(|check| check.verdict == Verdict::NotRun));
    let clause = result.matrix.iter().find(|clause| clause.id.0 == "2.2-offnet-hq").unwrap();
    assert_eq!(clause.verdict, Verdict::Inconclusive);
}

#[test]
fn an_interrupted_case_is_not_run_and_the_run_is_no_pass() {
    let plan = plan();
    let mut tape = healthy();
    let end = tape.done("4");
    tape.events.truncate(end);
    tape.push(2000, What::Interrupted);
    tape.push(2100, What::CaseEnded { case: "T-01".into(), how: CaseEnd::Interrupted });
    tape.push(2110, What::RunEnded);
    let result = plan.judge(&tape.events);
    assert_eq!((result.cases[0].verdict, result.exit_code), (Verdict::NotRun, 2));
    assert_eq!(check(&result, "2").verdict, Verdict::Pass);
    assert_eq!(check(&result, "7").verdict, Verdict::NotRun);
    assert!(result.run.interrupted);
}

#[test]
fn a_failing_harness_is_an_error() {
    let plan = plan();
    let mut tape = healthy();
    let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
    tape.events[end].what =
        What::CaseEnded { case: "T-01".into(), how: CaseEnd::HarnessError { why: "no socket".into() } };
    let result = plan.judge(&tape.events);
    assert_eq!((result.cases[0].verdict, result.exit_code), (Verdict::Error, 3));
}

#[test]
fn another_architecture_is_not_applicable() {
    let mut plan = plan();
    plan.bench.architecture = Architecture::OceInternetA;
    let result = plan.judge(&healthy().events);
    assert_eq!(result.cases[0].verdict, Verdict::NotApplicable);
    assert!(result.cases[0].checks.iter().all(|check| check.verdict == Verdict::NotApplicable));
}

#[test]
fn a_missing_property_is_not_applicable_with_its_reason() {
    let mut plan = plan();
    plan.cases[0].requires.insert("primary-gw".into());
    plan.bench.dut.properties.insert("primary-gw".into());
    assert_eq!(plan.judge(&healthy().events).cases[0].verdict, Verdict::Pass);
    plan.bench.dut.properties.remove("primary-gw");
    plan.bench.dut.lacks.insert("primary-gw".into(), "it has one gateway".into());
    let result = plan.judge(&healthy().events);
    assert_eq!(result.cases[0].verdict, Verdict::NotApplicable);
    assert!(result.cases[0].reason.as_ref().unwrap().contains("it has one gateway"));
    // A run in which nothing was judged is no pass.
    assert_eq!(result.exit_code, 2);
}

/// A mandatory clause without proof: in a simulation it is listed, on a real bench it forbids the certificate.
#[test]
fn an_uncovered_mandatory_clause_counts_on_a_real_bench() {
    let mut plan = plan();
    let open = |result: &RunResult| {
        result
            .matrix
            .iter()
            .find(|clause| clause.id.0 == "5.3-failover")
            .map(|clause| (clause.verdict, clause.counts))
            .unwrap()
    };
    let result = plan.judge(&healthy().events);
    assert_eq!((open(&result), result.exit_code), ((Verdict::NotRun, false), 0));
    plan.bench.simulation = false;
    let result = plan.judge(&healthy().events);
    assert_eq!((open(&result), result.exit_code), ((Verdict::NotRun, true), 2));
}

/// A check that proves nothing mandatory is an observation: its FAIL is told and does not block.
#[test]
fn observations_never_block() {
    let mut plan = plan();
    plan.within("7", 1);
    let result = plan.judge(&healthy().events);
    assert_eq!((check(&result, "7").observation, result.exit_code), (false, 1));
    plan.step("7").proves = vec![oxocert_scenario::model::ClauseId("2.1-dscp-signalling".into())];
    let result = plan.judge(&healthy().events);
    assert_eq!((check(&result, "7").verdict, check(&result, "7").observation), (Verdict::Fail, true));
    assert_eq!(
        (result.cases[0].verdict, result.cases[0].blocking, result.exit_code),
        (Verdict::Fail, Verdict::Pass, 0)
    );
}
