#![cfg_attr(test, allow(clippy::unwrap_used))]
//! TLS as a sans-IO layer between a machine and the network.
//!
//! The machine above speaks over flows of transport `Tls`; below, the same flows are `Tcp` and carry TLS records. So a handshake
//! is a real one on sockets and in virtual time alike. What a handshake showed comes up as [`Event::Handshake`].
//!
//! Two libraries do the records: rustls where it can, OpenSSL for the rest ([`Backend`]). What a handshake showed is read off the
//! wire as far as it is in the clear, so that it does not depend on the library. The libraries draw their own randomness: keys
//! and secrets of two runs differ, what the machine above sees does not.

mod alert;
mod command;
mod endpoint;
mod event;
mod hello;
mod layer;
mod session;
mod suite;
mod wire;
mod with_tls;

pub use alert::Alert;
pub use command::{Command, ProbeId};
pub use endpoint::{Backend, Endpoint, PeerPolicy, Version};
pub use event::{Ended, Event, Handshake, Outcome, Presented, ProbeAnswer, Side};
pub use hello::Hello;
pub use suite::{ORANGE_TLS12, ORANGE_TLS13, suite_name};
pub use with_tls::{TlsOwner, WithTls};
