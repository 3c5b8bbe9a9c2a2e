//! The verdict table for the terminal.

use crate::mark::{WORST_FIRST, shape};
use oxocert_judge::RunResult;
use oxocert_judge::result::CaseResult;
use oxocert_record::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How wide a title may get.
const TITLE: usize = 58;
/// How many reasons are told for one bench; the report holds all.
const REASONS: usize = 12;

/// A table of cases by bench, what stands against a pass, and the counts of every verdict word.
pub fn summary_text(results: &[RunResult]) -> String {
    let mut text = String::new();
    for result in results {
        one(&mut text, result);
    }
    text
}

fn one(text: &mut String, result: &RunResult) {
    let kind = if result.run.simulation { "simulation, no certificate" } else { "real bench" };
    let _ = writeln!(
        text,
        "{} on {}, {} ({kind})",
        result.run.load, result.bench.name, result.bench.architecture
    );
    let width = result.cases.iter().map(|case| case.id.as_str().chars().count()).max().unwrap_or(0);
    for case in &result.cases {
        let title: String = case.title.chars().take(TITLE).collect();
        let seconds = case.duration_ms.map(|ms| format!("{:>7.1} s", ms / 1000.0)).unwrap_or_default();
        let id = case.id.as_str();
        let note = note(case);
        let word = case.verdict.word();
        let line = format!("  {} {word:<15} {id:<width$}  {title:<TITLE$} {seconds}", shape(case.verdict));
        let _ = writeln!(text, "{}{note}", line.trim_end());
        if let (Some(reason), false) =
            (&case.reason, matches!(case.verdict, Verdict::Pass | Verdict::PassMarginal))
        {
            let _ = writeln!(text, "      {}", one_line(reason));
        }
    }
    let _ = writeln!(text, "  cases   {}", counts(&result.counts.cases));
    let _ = writeln!(text, "  checks  {}", counts(&result.counts.checks));
    let _ = writeln!(text, "  clauses {}", counts(&result.counts.clauses));
    let _ = writeln!(text, "  {} {}", shape(result.verdict), result.verdict);
    for reason in result.reasons.iter().take(REASONS) {
        let _ = writeln!(text, "      {}", one_line(reason));
    }
    let more = result.reasons.len().saturating_sub(REASONS);
    if more > 0 {
        let _ = writeln!(text, "      and {more} more, in the report");
    }
    text.push('\n');
}

/// Says where a verdict does not block.
fn note(case: &CaseResult) -> &'static str {
    let fails = matches!(case.verdict, Verdict::Fail | Verdict::Inconclusive);
    if fails && case.blocking != case.verdict { "  (observation, does not block)" } else { "" }
}

/// Each verdict word that was given, the worst first.
fn counts(counts: &BTreeMap<String, u64>) -> String {
    let given =
        WORST_FIRST.iter().filter_map(|verdict| counts.get(verdict.word()).map(|count| (verdict, count)));
    let words: Vec<String> = given.map(|(verdict, count)| format!("{count} {verdict}")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Text from the wire may hold line ends and control characters: a terminal must not obey them.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
