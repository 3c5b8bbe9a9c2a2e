//! Histograms as text: the interval log of HdrHistogram, version 1.3 with V2 payloads.
//!
//! One line a window and quantity: its tag, when it began and how long it was in seconds, the greatest value in milliseconds, the
//! counts. HdrHistogram's own tools read it. Times are those of the run's timeline, to the nanosecond.

mod payload;
mod read;
mod stored;
mod write;

pub use payload::PayloadError;
pub use read::{ReadError, Trouble, read};
pub use write::header;

use crate::Histogram;
use std::fmt;

/// The greatest time that a log holds, in nanoseconds; later ones are written as this (292 years).
const LAST_NS: u64 = i64::MAX as u64;

/// What a line of the log is about, say `delay` or `7/out/pdv`: one word of letters, digits and `-_./:+`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// A tag; `None` where `text` is empty or has other characters (a comma would end it).
    pub fn new(text: &str) -> Option<Tag> {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_./:+".contains(letter);
        (!text.is_empty() && text.chars().all(allowed)).then(|| Tag(text.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a log.
#[derive(Debug, Clone)]
pub struct Window {
    /// What it is about.
    pub tag: Tag,
    /// When it began, nanoseconds on the timeline.
    pub start_ns: u64,
    /// How long it was, in nanoseconds.
    pub length_ns: u64,
    /// What was counted. Read from a log, its least value and its mean are those of the counts, right to one part in a thousand; the
    /// greatest value is exact.
    pub histogram: Histogram,
}

/// All windows of a tag in one.
pub fn merged(windows: &[Window], tag: &Tag) -> Histogram {
    let mut sum = Histogram::new();
    for window in windows.iter().filter(|window| window.tag == *tag) {
        sum.merge(&window.histogram);
    }
    sum
}

#[cfg(test)]
mod tests;
