//! What the lint parser found wrong.

use std::ops::Range;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Legal to accept, yet against a SHOULD or the grammar's spirit.
    Warn,
    /// An element that keeps to the RFC rejects the message.
    Reject,
}

/// A finding's stable name, e.g. `cseq-range`.
pub type Code = &'static str;

/// One thing wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// In words.
    pub detail: String,
    /// Where in the raw bytes.
    pub span: Range<usize>,
    /// The rule, e.g. `RFC 3261 §8.1.1.5`.
    pub rule: &'static str,
}
