#![cfg_attr(test, allow(clippy::unwrap_used))]
//! Certificates of the lab: a CA that stands for the public ones, good and bad certificates, and what is wrong with a chain.
//!
//! Nothing here reads a clock: every judgement of a date is made at a [`UtcSeconds`] that the caller gives. Keys and serial
//! numbers are drawn by OpenSSL, so they differ from run to run; no verdict depends on them.

mod certificate;
mod error;
mod examine;
mod files;
mod flaw;
mod identity;
pub mod inspect;
mod issue;
pub mod lab;
pub mod ledger;
mod parsed;
pub mod request;
mod utc;

pub use error::PkiError;
pub use examine::{SHORTEST_RSA, Usage, examine};
pub use files::{read_chain, read_identity, write_chain};
pub use flaw::Flaw;
pub use identity::{Identity, UtcSeconds};
pub use issue::{LONGEST_DAYS, Terms, issue};
pub use parsed::parsed;
pub use request::Request;
