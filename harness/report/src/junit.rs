//! JUnit: FAIL is a failure, ERROR and INCONCLUSIVE are errors, NOT RUN and NOT APPLICABLE are skipped.

use crate::{ReportError, check};
use oxocert_judge::RunResult;
use oxocert_judge::result::CaseResult;
use oxocert_record::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// One suite per bench, one test case per case.
///
/// # Errors
/// Nothing to draw, a result of another schema, or text that XML cannot hold.
pub fn junit(results: &[RunResult]) -> Result<String, ReportError> {
    check(results)?;
    let mut report = Report::new("oxocert");
    for result in results {
        let mut suite = TestSuite::new(format!("{} {}", result.run.load, name(result)));
        for case in &result.cases {
            suite.add_test_case(test_case(case, &result.bench.name));
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| ReportError::Junit(error.to_string()))
}

/// Bench and architecture: two benches may have the same architecture.
fn name(result: &RunResult) -> String {
    format!("{} ({})", result.bench.name, result.bench.architecture)
}

fn test_case(case: &CaseResult, bench: &str) -> TestCase {
    let reason = case.reason.clone().unwrap_or_default();
    let mut status = match case.verdict {
        Verdict::Pass | Verdict::PassMarginal => TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive | Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::NotRun | Verdict::NotApplicable => TestCaseStatus::skipped(),
    };
    if !matches!(case.verdict, Verdict::Pass | Verdict::PassMarginal) {
        let observation = if case.blocking == case.verdict { "" } else { " (observation, does not block)" };
        status.set_message(format!("{}{observation}: {reason}", case.verdict));
        status.set_type(case.verdict.word());
        status.set_description(failing_checks(case));
    }
    let mut test = TestCase::new(format!("{} {}", case.id, case.title), status);
    test.set_classname(format!("{bench}.{}", case.scenario));
    if let Some(ms) = case.duration_ms {
        test.set_time(Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default());
    }
    test
}

/// The checks that are no pass, one a line.
fn failing_checks(case: &CaseResult) -> String {
    let bad = case
        .checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Fail | Verdict::Error | Verdict::Inconclusive));
    let lines = bad.map(|check| {
        format!(
            "{} {}: required: {}; observed: {}",
            check.verdict, check.id.0, check.required, check.observed
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}
