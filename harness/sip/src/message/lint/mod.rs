//! Finds what is wrong with a message.
//!
//! `Reject` is what RFC 3261 (or the RFC that defines the header) makes malformed; `Warn` is what an element must or may
//! live with. What is legal but not for everyone (an unknown method, scheme, extension, body) is no finding.

mod address;
mod framing;
mod numbers;
mod required;
mod start;
mod via;

use super::finding::{Finding, Severity};
use super::names;
use super::scan::{HeaderLine, Parts};
use super::start_line::StartLine;
use std::ops::Range;

/// Everything wrong with the message, in the order of the bytes.
pub(super) fn lint(bytes: &[u8], start: &StartLine, parts: &Parts, available: &Range<usize>) -> Vec<Finding> {
    let mut lint = Lint { start, parts, findings: Vec::new() };
    start::check(&mut lint);
    framing::check(&mut lint, bytes, available);
    required::check(&mut lint);
    via::check(&mut lint);
    address::check(&mut lint);
    numbers::check(&mut lint);
    lint.findings.sort_by_key(|finding| finding.span.start);
    lint.findings
}

/// The message under the glass, and what was found so far.
struct Lint<'m> {
    start: &'m StartLine,
    parts: &'m Parts,
    findings: Vec<Finding>,
}

impl<'m> Lint<'m> {
    fn reject(&mut self, code: &'static str, span: &Range<usize>, rule: &'static str, detail: String) {
        self.findings.push(Finding { code, severity: Severity::Reject, detail, span: span.clone(), rule });
    }

    fn warn(&mut self, code: &'static str, span: &Range<usize>, rule: &'static str, detail: String) {
        self.findings.push(Finding { code, severity: Severity::Warn, detail, span: span.clone(), rule });
    }

    /// All header lines of a name.
    fn lines(&self, name: &str) -> Vec<&'m HeaderLine> {
        self.parts.headers.iter().filter(|line| names::same(&line.name, name)).collect()
    }

    fn first(&self, name: &str) -> Option<&'m HeaderLine> {
        self.parts.headers.iter().find(|line| names::same(&line.name, name))
    }
}
