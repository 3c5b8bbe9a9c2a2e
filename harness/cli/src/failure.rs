//! Why a command did not come to a verdict, and how that is told.

use crate::output;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity,
};
use oxocert_io::BindError;
use oxocert_scenario::{Problem, Problems, Sources};
use std::fmt;
use std::io::IsTerminal;
use std::process::ExitCode;

/// A command that came to no verdict.
#[derive(Debug)]
pub enum Failure {
    /// Files are not legal: exit code 4.
    Files {
        /// What is wrong.
        problems: Problems,
        /// The texts, to show the place.
        sources: Sources,
    },
    /// The user asked for something that is not there: exit code 4.
    Usage(String),
    /// The harness or its machine failed: exit code 3.
    Harness(String),
}

impl Failure {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Files { .. } | Failure::Usage(_) => 4,
            Failure::Harness(_) => 3,
        }
    }

    /// Tells it on stderr, all of it.
    pub fn tell(&self) {
        match self {
            Failure::Files { problems, sources } => output::error_text(render(problems, sources)),
            Failure::Usage(text) | Failure::Harness(text) => {
                output::error_line(format_args!("oxocert: {text}"))
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Files { problems, .. } => problems.fmt(f),
            Failure::Usage(text) | Failure::Harness(text) => f.write_str(text),
        }
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Failure {
        Failure::Harness(error.to_string())
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> ExitCode {
        ExitCode::from(failure.exit_code())
    }
}

/// Words for an error of input or output: what was tried, and what the system said.
pub fn harness(what: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Failure::Harness(format!("failed to {what}: {error}"))
}

/// Every problem with the line it is about.
fn render(problems: &Problems, sources: &Sources) -> String {
    let theme = if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
    let mut text = String::new();
    for problem in &problems.0 {
        let report = report(problem, sources);
        if handler.render_report(&mut text, report.as_ref()).is_err() {
            text.push_str(&format!("{problem}\n"));
        }
    }
    let files = if problems.0.len() == 1 {
        "one problem".to_owned()
    } else {
        format!("{} problems", problems.0.len())
    };
    format!("{text}\noxocert: {files}\n")
}

fn report(problem: &Problem, sources: &Sources) -> Report {
    let mut diagnostic = MietteDiagnostic::new(problem.message.clone()).with_severity(Severity::Error);
    if let Some(hint) = &problem.hint {
        diagnostic = diagnostic.with_help(hint.clone());
    }
    let Some(text) = sources.text(&problem.file) else {
        let message = format!("{}: {}", problem.file, problem.message);
        return Report::new(MietteDiagnostic { message, ..diagnostic });
    };
    let (offset, length) = place(text, problem.line, problem.column);
    diagnostic = diagnostic.with_label(LabeledSpan::new(None, offset, length));
    Report::new(diagnostic).with_source_code(NamedSource::new(&problem.file, text.to_owned()))
}

/// The byte offset of a line and column (both from 1, the column in characters), and the length of the word there.
fn place(text: &str, line: u32, column: u32) -> (usize, usize) {
    let line_index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line_index).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let characters = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let within: usize = line.chars().take(characters).map(char::len_utf8).sum();
    let word = line.get(within..).unwrap_or_default();
    let length = word.find(|c: char| c.is_whitespace() || ",={}[]".contains(c)).unwrap_or(word.len());
    (start + within, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_shown_with_its_place() {
        let text = "schema = 1\n# é\ntitel = \"x\"\n".to_owned();
        let sources = Sources { files: [("scenarios/a/B.toml".to_owned(), text)].into() };
        let problem = Problem {
            file: "scenarios/a/B.toml".into(),
            line: 3,
            column: 1,
            message: "unknown field titel".into(),
            hint: Some("did you mean title?".into()),
        };
        let shown = render(&Problems(vec![problem]), &sources);
        assert!(shown.contains("scenarios/a/B.toml:3:1"), "{shown}");
        assert!(shown.contains("unknown field titel") && shown.contains("did you mean title?"), "{shown}");
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(place("aé bc\nx", 1, 4), (4, 2));
        assert_eq!(place("a", 9, 9), (1, 0));
    }
}
