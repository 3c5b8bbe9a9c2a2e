//! The numbers of an instrument.
//!
//! [`Histogram`] keeps what was read and [`hlog`] writes it down, [`interval`] says how sure a statistic of it is, [`Budget`] adds up what
//! else is not known, and [`decide`] judges a reading with its uncertainty against a limit. [`emodel`] estimates what a
//! listener would say. Nothing here reads a clock or a file.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bucket;
mod budget;
mod decide;
pub mod emodel;
mod histogram;
pub mod hlog;
pub mod interval;
mod signed;
mod statistic;
mod summary;
mod tier;

pub use budget::{Budget, COVERAGE, Component, Kind};
pub use decide::{Bound, Decision, Limit, Measurement, Verdict, decide};
pub use histogram::{Histogram, RANGE_END_NS};
pub use signed::SignedHistogram;
pub use statistic::Statistic;
pub use summary::Summary;
pub use tier::Tier;
