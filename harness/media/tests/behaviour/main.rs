//! Engines wired together in virtual time: what one sends, another hears and measures.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod digits;
mod hearing;
mod joined;
mod relay;
mod reports;
mod roll_over;
mod schedule;
mod secured;
mod secured_faults;
mod troubles;
mod wire;
