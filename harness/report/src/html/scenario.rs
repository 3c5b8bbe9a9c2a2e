//! One scenario: purpose, verdict, steps, checks, what was found, and the ladder as text.

use super::load::{self, Load};
use super::{BenchName, Mark, anchor, printable};
use oxocert_judge::RunResult;
use oxocert_judge::result::{CaseResult, CheckResult, LadderLine, LadderMark, LimitUsed};
use oxocert_record::{Phase, Verdict};
use std::fmt::Write as _;

/// How many lines of one ladder stand in the page; all of it stands in the record.
const LINES: usize = 500;

/// The scenarios of one bench.
pub(super) struct Group {
    pub name: BenchName,
    pub cases: Vec<Case>,
}

/// One case.
pub(super) struct Case {
    pub anchor: String,
    pub id: String,
    pub title: String,
    pub why: String,
    pub file: String,
    pub mark: Mark,
    /// Whether the verdict is only an observation.
    pub observation: bool,
    pub reason: String,
    pub time: String,
    /// Whether it stands open in the page.
    pub open: bool,
    pub steps: Vec<Step>,
    pub checks: Vec<Check>,
    pub standing: Vec<Check>,
    pub standing_text: String,
    pub findings: Vec<(String, String)>,
    pub lifted: Vec<(String, String)>,
    pub loads: Vec<Load>,
    pub ladder: String,
}

/// One step.
pub(super) struct Step {
    pub id: String,
    pub phase: &'static str,
    pub text: String,
    pub outcome: String,
    pub ended: String,
}

/// One check.
pub(super) struct Check {
    pub id: String,
    pub mark: Mark,
    pub observation: bool,
    pub required: String,
    pub observed: String,
    pub limit: String,
    pub source: String,
    pub measured: String,
    pub events: String,
    pub clauses: String,
}

pub(super) fn group(result: &RunResult) -> Group {
    Group {
        name: BenchName::of(result),
        cases: result.cases.iter().map(|case| one(case, &result.bench.name)).collect(),
    }
}

fn one(case: &CaseResult, bench: &str) -> Case {
    let (standing, own): (Vec<&CheckResult>, Vec<&CheckResult>) =
        case.checks.iter().partition(|check| check.id.0.starts_with("standing."));
    let passed = standing
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Pass | Verdict::PassMarginal))
        .count();
    let not_applicable = standing.iter().filter(|check| check.verdict == Verdict::NotApplicable).count();
    let others = standing.len().saturating_sub(passed + not_applicable);
    let time = match (case.started_ms, case.duration_ms) {
        (Some(started), Some(duration)) => {
            format!("began at {:.3} s, took {:.1} s", started / 1000.0, duration / 1000.0)
        }
        (Some(started), None) => format!("began at {:.3} s, did not end", started / 1000.0),
        _ => "not run".to_owned(),
    };
    Case {
        anchor: anchor(bench, case.id.as_str()),
        id: case.id.to_string(),
        title: case.title.clone(),
        why: case.why.clone(),
        file: case.file.clone(),
        mark: case.verdict.into(),
        observation: case.verdict == Verdict::Fail && case.blocking != Verdict::Fail,
        reason: case.reason.as_deref().map(printable).unwrap_or_default(),
        time,
        open: matches!(case.verdict, Verdict::Fail | Verdict::Error | Verdict::Inconclusive),
        steps: case.steps.iter().map(step).collect(),
        checks: own.into_iter().map(check).collect(),
        standing_text: format!("{passed} passed, {not_applicable} without subject here, {others} other"),
        standing: standing.into_iter().map(check).collect(),
        findings: case
            .findings
            .iter()
            .map(|finding| (finding.name.clone(), printable(&finding.value)))
            .collect(),
        lifted: case.lifted.iter().map(|lifted| (lifted.id.0.clone(), lifted.reason.clone())).collect(),
        loads: load::loads(case),
        ladder: ladder(&case.ladder),
    }
}

fn step(step: &oxocert_judge::result::StepLine) -> Step {
    Step {
        id: step.id.to_string(),
        phase: match step.phase {
            Phase::Setup => "set-up",
            Phase::Flow => "",
            Phase::Teardown => "teardown",
        },
        text: step.text.clone(),
        outcome: step.outcome.clone(),
        ended: step.ended_ms.map(|ms| format!("{:.3} s", ms / 1000.0)).unwrap_or_default(),
    }
}

fn check(check: &CheckResult) -> Check {
    let measured = check.measured.as_ref().map(|measured| {
        let uncertainty = measured.uncertainty.map(|u| format!(" \u{b1} {u}")).unwrap_or_default();
        format!("{}{uncertainty} {}", measured.value, measured.unit).trim_end().to_owned()
    });
    let events = check.evidence.iter().take(8).map(|n| format!("#{}", n.0)).collect::<Vec<_>>();
    let more = check.evidence.len().saturating_sub(8);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Check {
        id: check.id.0.clone(),
        mark: check.verdict.into(),
        observation: check.observation,
        required: check.required.clone(),
        observed: printable(&check.observed),
        limit: check.limit.as_ref().map(limit).unwrap_or_default(),
        source: check.limit.as_ref().map(source).unwrap_or_default(),
        measured: measured.unwrap_or_default(),
        events: format!("{}{more}", events.join(" ")),
        clauses: check.clauses.iter().map(|clause| clause.0.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn limit(limit: &LimitUsed) -> String {
    let name = limit.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let marginal =
        limit.marginal.as_ref().map(|marginal| format!(", marginal beyond {marginal}")).unwrap_or_default();
    format!("{name}{} {}{marginal}", limit.sense, limit.value)
}

fn source(limit: &LimitUsed) -> String {
    match &limit.shortened_from {
        Some(from) => format!("{}; shortened from {from}", limit.source),
        None => limit.source.clone(),
    }
}

/// The ladder as fixed-width text. Wire text may hold anything: control characters are shown as such.
fn ladder(lines: &[LadderLine]) -> String {
    let width = lines.iter().take(LINES).map(|line| line.from.chars().count().min(24)).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines.iter().take(LINES) {
        let at = line.at_ms / 1000.0;
        let tag = match line.mark {
            LadderMark::Evidence => '*',
            LadderMark::Retransmission => '\u{21bb}',
            LadderMark::Message => ' ',
            LadderMark::Step | LadderMark::Note => '\u{b7}',
        };
        let what = match line.mark {
            LadderMark::Step => format!("\u{2500}\u{2500} {} \u{2500}\u{2500}", line.text),
            LadderMark::Note => format!("{:<width$}   {}", line.from, line.text),
            _ => format!("{:<width$} \u{2192} {}  {}", line.from, line.to, line.text),
        };
        let _ = writeln!(text, "{at:>10.3} {:>6} {tag} {}", format!("#{}", line.event.0), printable(&what));
    }
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        let _ = writeln!(text, "{more} more lines stand in events.jsonl");
    }
    text
}
