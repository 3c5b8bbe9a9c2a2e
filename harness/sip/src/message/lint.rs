//! Finds what is wrong with a message.

use super::finding::Finding;
use super::scan::Parts;
use super::start_line::StartLine;
use std::ops::Range;

/// Everything wrong with the message, in the order of the bytes.
pub(crate) fn lint(bytes: &[u8], start: &StartLine, parts: &Parts, available: &Range<usize>) -> Vec<Finding> {
    let _ = (bytes, start, parts, available);
    Vec::new()
}
