#![cfg_attr(test, allow(clippy::unwrap_used))]
//! Certificates of the lab: a CA that stands for the public ones, good and bad certificates, and what is wrong with a chain.
//!
//! Nothing here reads a clock: every judgement of a date is made at a [`UtcSeconds`] that the caller gives.

mod flaw;
mod identity;

pub use flaw::Flaw;
pub use identity::{Identity, UtcSeconds};
