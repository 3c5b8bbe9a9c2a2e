//! The judge: timeline, scenarios and limits to verdicts. A pure function: same record, same verdicts, same bytes.
//!
//! What the runner decided while the run went on counts for one thing only: which event is the evidence of which step.
//! Everything else is verified anew, on exact bytes and exact times.
//!
//! Three rules hold everywhere. *Emitter*: what the harness itself sent proves nothing about the DUT. *Lag*: a deadline
//! missed by less than the harness ran late is INCONCLUSIVE. *Guard*: a reading that its own uncertainty could overturn
//! is INCONCLUSIVE.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod case;
mod certificate;
mod channels;
mod check;
mod context;
mod dialogs;
mod encrypted;
mod handshakes;
mod ladder;
mod load;
mod matrix;
mod measure;
pub mod result;
mod run;
mod secrets;
mod standing;
mod suites;
mod timeline;
mod words;

#[cfg(test)]
mod tests;

pub use result::{RunResult, SCHEMA};
pub use run::{exit_code, judge};
pub use standing::standing_names;
