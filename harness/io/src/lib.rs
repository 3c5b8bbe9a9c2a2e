#![cfg_attr(test, allow(clippy::unwrap_used))]
//! Machines on sockets: the SIP driver, the media thread and the packet capture.
//!
//! Two runtimes, kept apart: [`sip::SipDriver`] runs one machine on tokio (a current-thread runtime),
//! [`media::MediaThread`] runs the media engine on an OS thread of its own with absolute deadlines and kernel
//! receive stamps. Both put their times on one [`clock::RunClock`]. [`capture`] writes what they sent and
//! received as pcapng, from a third thread behind a bounded channel.

mod ancillary;
pub mod capture;
mod card;
pub mod clock;
mod holder;
pub mod media;
pub mod packet_loop;
pub mod priority;
mod readiness;
mod receive;
mod send;
pub mod sip;
mod socket;

pub use socket::BindError;

#[cfg(test)]
mod tests;
