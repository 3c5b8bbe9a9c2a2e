//! Scenarios, bench and operator profiles, limits and the requirement register: TOML to types that are legal,
//! and what is decided on those types alone: what a message or a sound must be, which clause is proven by what.
//!
//! Everything but [`disk`] is pure: [`Sources`] in, types or [`Problems`] out, so that a run's own `inputs/` folder
//! loads as the checkout does.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod coverage;
pub mod describe;
pub mod disk;
pub mod lab;
pub mod ladder;
pub mod load;
pub mod model;
pub mod oxo_load;
pub mod pattern;
mod problem;
pub mod satisfies;
mod sources;

pub use load::{load_bench, load_cases, load_defects, load_expected, load_register, load_standing};
pub use problem::{Problem, Problems};
pub use sources::{DEFECTS, REGISTER, STANDING, Sources};
