//! The commands, one module each.

pub mod certify;
pub mod check;
pub mod coverage;
pub mod judge;
pub mod ladder;
pub mod matrix;
pub mod pki;
pub mod report;
pub mod virtual_oxo;

use crate::args::{Cli, Command};
use crate::failure::Failure;

/// Runs a command; its exit code.
///
/// # Errors
/// It came to no verdict.
pub fn run(cli: Cli) -> Result<u8, Failure> {
    let root = cli.root.as_deref();
    match cli.command {
        Command::Certify(args) => certify::run(root, &args),
        Command::Check(args) => check::run(root, &args),
        Command::Ladder(args) => ladder::run(root, &args),
        Command::Coverage(args) => coverage::run(root, &args),
        Command::Judge(args) => judge::run(&args),
        Command::Report(args) => report::run(&args),
        Command::VirtualOxo(args) => virtual_oxo::run(&args),
        Command::Pki(args) => pki::run(&args),
        Command::Matrix(args) => matrix::run(root, &args),
    }
}
