//! What can fail when certificates are made, read or written.

use openssl::error::ErrorStack;
use std::path::PathBuf;

/// A certificate, key or folder that could not be made, read or written. No text of it holds key material.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// OpenSSL failed.
    #[error("OpenSSL failed to {doing}: {source}")]
    OpenSsl {
        /// What was tried.
        doing: &'static str,
        /// Its words.
        source: ErrorStack,
    },
    /// A file could not be read or written.
    #[error("failed to {doing} {}: {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Others than its owner can read a private key.
    #[error(
        "the private key {} has mode {mode:04o}: others than its owner can use it; run: chmod 600 {}",
        path.display(), path.display()
    )]
    OpenKey {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file does not hold what it should.
    #[error("{}: {why}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A name or number that cannot stand in a certificate, in words.
    #[error("{0}")]
    Name(String),
}

/// Puts words to an error of OpenSSL.
pub(crate) fn openssl(doing: &'static str) -> impl FnOnce(ErrorStack) -> PkiError {
    move |source| PkiError::OpenSsl { doing, source }
}

/// Empties OpenSSL's queue of errors for this thread. A signature that does not verify leaves its reasons there, and a TLS
/// connection that is served next on this thread would take them for its own.
pub(crate) fn forget_openssl_errors() {
    drop(ErrorStack::get());
}
