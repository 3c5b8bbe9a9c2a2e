//! Verdicts against those that a profile expects: any difference is told, better or worse.

use crate::plan::Plan;
use oxocert_judge::RunResult;
use oxocert_judge::result::CaseResult;
use oxocert_record::Verdict;
use oxocert_scenario::load::ExpectedVerdict;
use std::collections::BTreeSet;

/// What differs, a line each; empty where every case is as `<profile>.expected.toml` says, a case it does not name PASS;
/// those of other architectures are not compared.
pub fn differences(plan: &Plan, result: &RunResult) -> Vec<String> {
    let architecture = plan.bench.architecture;
    let elsewhere =
        plan.cases.iter().filter(|case| !case.architectures.contains(&architecture)).map(|case| &case.id);
    let elsewhere: BTreeSet<_> = elsewhere.collect();
    let here = result.cases.iter().filter(|case| !elsewhere.contains(&case.id));
    here.filter_map(|case| difference(case, plan.expected.get(&case.id))).collect()
}

fn difference(case: &CaseResult, expected: Option<&ExpectedVerdict>) -> Option<String> {
    let verdict = expected.map_or(Verdict::Pass, |expected| expected.verdict);
    if case.verdict != verdict {
        let why = expected.map_or_else(String::new, |expected| format!(" ({})", expected.reason));
        let seen = case.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        return Some(format!("{} is {}, expected {verdict}{why}{seen}", case.id, case.verdict));
    }
    let expected = expected.filter(|expected| !expected.checks.is_empty())?;
    let seen: BTreeSet<_> =
        case.checks.iter().filter(|check| check.verdict == verdict).map(|check| check.id.clone()).collect();
    if seen == expected.checks {
        return None;
    }
    let names = |checks: &BTreeSet<_>| {
        let names: Vec<String> =
            checks.iter().map(|check: &oxocert_scenario::model::CheckId| check.0.clone()).collect();
        names.join(" ")
    };
    Some(format!("{}: {verdict} at {}, expected at {}", case.id, names(&seen), names(&expected.checks)))
}
