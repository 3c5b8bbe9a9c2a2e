//! `oxocert pki`: the certificates of a bench over internet.

pub mod args;
mod init;
mod inspect;
mod issue;
#[cfg(test)]
mod tests;

use crate::failure::Failure;
use args::{Pki, PkiCommand};
use oxocert_pki::{PkiError, UtcSeconds};
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs one of its commands; the exit code.
///
/// # Errors
/// A file is missing, is there already or is no certificate; OpenSSL failed.
pub fn run(args: &Pki) -> Result<u8, Failure> {
    match &args.command {
        PkiCommand::Init(args) => init::run(args),
        PkiCommand::Issue(args) => issue::run(args),
        PkiCommand::Inspect(args) => inspect::run(args),
    }
}

/// The present moment.
fn now() -> UtcSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    UtcSeconds(i64::try_from(since).unwrap_or(i64::MAX))
}

/// What the user gave is at fault, but where OpenSSL or the disk failed.
fn failure(error: PkiError) -> Failure {
    match error {
        PkiError::OpenSsl { .. } => Failure::Harness(error.to_string()),
        _ => Failure::Usage(error.to_string()),
    }
}

/// One line of a list of facts.
fn fact(name: &str, value: impl std::fmt::Display) -> String {
    format!("  {name:<10} {value}\n")
}
