//! What each role does by itself, and what it does when a step orders it.

mod actions;
mod application_server;
mod call_events;
mod console;
mod network_transfer;
mod party;
mod sbc;
mod set;
mod transfer;

pub(crate) use actions::{Refused, Still};
pub(crate) use console::Console;
pub(crate) use sbc::SbcState;
pub(crate) use set::SetState;
