//! Writing a log.

use super::{LAST_NS, Window, payload};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::fmt;

/// The head of a log; `title` is a line of text for the reader.
pub fn header(title: &str) -> String {
    let title: String = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!(
        "#[{title}]\n#[Histogram log format version 1.3]\n#[BaseTime: 0.000 (seconds since the run began)]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
    )
}

impl fmt::Display for Window {
    /// The line, without its end. Where values were above the range, a comment line before it says how many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.histogram.beyond() > 0 {
            writeln!(f, "#[Beyond: {}]", self.histogram.beyond())?;
        }
        let (start, length) = (self.start_ns.min(LAST_NS), self.length_ns.min(LAST_NS));
        let greatest = self.histogram.max().unwrap_or(0);
        write!(
            f,
            "Tag={},{}.{:09},{}.{:09},{}.{:06},{}",
            self.tag,
            start / 1_000_000_000,
            start % 1_000_000_000,
            length / 1_000_000_000,
            length % 1_000_000_000,
            greatest / 1_000_000,
            greatest % 1_000_000,
            BASE64_STANDARD.encode(payload::encode(&self.histogram)),
        )
    }
}
