#![cfg_attr(test, allow(clippy::unwrap_used))]
//! TLS as a sans-IO layer between a machine and the network.
//!
//! The machine above speaks over flows of transport `Tls`; below, the same flows are `Tcp` and carry TLS records. So a handshake
//! is a real one on sockets and in virtual time alike. What a handshake showed comes up as [`Event::Handshake`].

mod command;
mod endpoint;
mod event;

pub use command::{Command, Hello, ProbeId};
pub use endpoint::{Backend, Endpoint, PeerPolicy, Version};
pub use event::{Alert, Ended, Event, Handshake, Outcome, Presented, ProbeAnswer, Side};
