//! TOML to types that are legal. Every error of a file is told, with line and column.

mod bench;
mod case;
mod defects;
mod expected;
mod internet;
mod limits;
mod operator;
mod pools;
mod reader;
mod register;
mod roles;
mod secured;
mod sizing;
mod standing;
mod suggest;
mod texts;
mod units;

pub use bench::load_bench;
pub use case::load_cases;
pub use defects::{DefectCard, load_defects};
pub use expected::{ExpectedVerdict, load_expected};
pub use register::{Clause, ClauseKind, Register, Weight, load_register};
pub use standing::{Standing, StandingCheck, load_standing};

use crate::problem::{Problem, Problems};
use crate::sources::Sources;
use reader::Document;

/// Opens a file of the sources.
fn open<'a>(sources: &'a Sources, path: &'a str, asked_by: Option<&str>) -> Result<Document<'a>, Problems> {
    match sources.text(path) {
        Some(text) => Ok(Document::new(path, text)),
        None => {
            let known = sources.files.keys().map(String::as_str);
            Err(Problems(vec![Problem {
                file: asked_by.unwrap_or(path).to_owned(),
                line: 1,
                column: 1,
                message: format!("there is no file {path}"),
                hint: suggest::did_you_mean(path, known),
            }]))
        }
    }
}
