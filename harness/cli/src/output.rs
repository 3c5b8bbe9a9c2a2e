//! Standard output and error that survive a reader who has seen enough (`oxocert coverage | head`).

use std::fmt::Display;
use std::io::Write;

/// Prints a text as it is.
pub fn text(text: impl Display) {
    // A closed pipe is the reader's choice; the exit code tells the verdict all the same.
    let _ = write!(std::io::stdout().lock(), "{text}").and_then(|()| std::io::stdout().flush());
}

/// Prints a line.
pub fn line(text: impl Display) {
    self::text(format_args!("{text}\n"));
}

/// Prints a line on stderr.
pub fn error_line(text: impl Display) {
    error_text(format_args!("{text}\n"));
}

/// Prints a text on stderr as it is.
pub fn error_text(text: impl Display) {
    // Nobody reads it: there is nowhere left to say so.
    let _ = write!(std::io::stderr().lock(), "{text}");
}
