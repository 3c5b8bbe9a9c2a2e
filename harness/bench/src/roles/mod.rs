//! What each role does by itself, and what it does when a step orders it.

mod actions;
mod application_server;
mod call_events;
mod console;
mod descriptions;
mod dns;
mod network_transfer;
mod party;
mod probe;
mod sbc;
mod set;
mod transfer;
mod trunk_tls;

pub(crate) use actions::{Refused, Still};
pub(crate) use console::Console;
pub(crate) use descriptions::Descriptions;
pub(crate) use dns::Dns;
pub(crate) use probe::{CLEAR_PORT, Probes};
pub(crate) use sbc::SbcState;
pub(crate) use set::SetState;
pub(crate) use trunk_tls::TrunkTls;
