//! The roles around the DUT and the runner that plays scenarios on them; sans-IO.
//!
//! [`BenchMachine`] is one machine: a-SBCs with the PSTN parties and the Business Talk application server behind them, the sets
//! registered on the DUT, the DUT's console, and the runner that walks the cases. It numbers every event of the timeline.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod agent;
mod calls;
mod certificate;
mod inbox;
mod machine;
mod media_side;
mod numbering;
mod recorder;
mod roles;
mod runner;
mod stage;
mod tls_side;

#[cfg(test)]
mod tests;

pub use machine::{BenchCommand, BenchEvent, BenchMachine, Progress};
