//! Calls as the roles see them: legs, their media, and the ports they take.

mod leg;
mod media_ports;
mod security;
mod session;

pub(crate) use leg::{Leg, LegId, LegState, Owner};
pub(crate) use media_ports::MediaPorts;
pub(crate) use security::{OVER_DTLS, Security};
pub(crate) use session::Session;
