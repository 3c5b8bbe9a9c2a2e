//! The `oxocert` program; see the library beside it.

use clap::Parser;
use oxocert_cli::args::Cli;
use oxocert_cli::commands;
use std::process::ExitCode;

/// Wrong usage.
const USAGE: u8 = 4;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Help and version come this way too: they are no error.
            let code = if told.use_stderr() { USAGE } else { 0 };
            let _ = told.print();
            return ExitCode::from(code);
        }
    };
    match commands::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.tell();
            failure.into()
        }
    }
}
