//! The numbers of an instrument.
//!
//! [`Histogram`] keeps what was read, [`interval`] says how sure a statistic of it is, [`Budget`] adds up what else is not
//! known, and [`decide`] judges a reading with its uncertainty against a limit. [`emodel`] estimates what a listener would
//! say. Nothing here reads a clock or a file.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod histogram;
mod statistic;

pub use histogram::{Histogram, RANGE_END_NS};
pub use statistic::Statistic;
