//! Whole-system tests, one module a behaviour. They are the `system` test target of the `oxocert` program.

mod architecture;
mod matrix;

use std::path::{Path, PathBuf};

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
