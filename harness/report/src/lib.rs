//! Results drawn: the HTML report, JUnit for CI, and the table for the terminal.
//!
//! Everything is drawn from [`RunResult`] alone, so a page never says what `result.json` does not. The same results
//! give the same bytes: no clock, no environment, no unordered map.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod html;
mod junit;
mod mark;
mod summary;

#[cfg(test)]
mod tests;

pub use html::html;
pub use junit::junit;
pub use summary::summary_text;

use oxocert_judge::RunResult;

/// Why a report could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is nothing to draw.
    #[error("no result to draw a report from")]
    Empty,
    /// A result of another schema.
    #[error("a result of schema {found}, this program reads schema {known}")]
    Schema {
        /// Its schema.
        found: u32,
        /// The schema of this program.
        known: u32,
    },
    /// The page could not be drawn.
    #[error("the page could not be drawn: {0}")]
    Page(#[from] askama::Error),
    /// JUnit could not be written.
    #[error("JUnit could not be written: {0}")]
    Junit(String),
}

/// Refuses what cannot be drawn.
fn check(results: &[RunResult]) -> Result<(), ReportError> {
    if results.is_empty() {
        return Err(ReportError::Empty);
    }
    let known = oxocert_judge::SCHEMA;
    match results.iter().find(|result| result.schema != known) {
        Some(result) => Err(ReportError::Schema { found: result.schema, known }),
        None => Ok(()),
    }
}
