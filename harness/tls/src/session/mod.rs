//! One TLS connection of one library, over memory.

mod by_openssl;
mod by_rustls;
mod contexts;
mod desk;
mod judge;
mod signature;
mod verifiers;

pub(crate) use contexts::Contexts;
pub(crate) use desk::Desk;
pub(crate) use judge::Judge;

use crate::{Alert, Version};
use std::sync::atomic::{AtomicI64, Ordering};

/// The one clock of a layer, UTC seconds, set before anything is given to a library.
#[derive(Debug, Default)]
pub(crate) struct UtcClock(AtomicI64);

impl UtcClock {
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A handshake, or a connection, that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The alert that this side sent, where the library tells.
    pub(crate) sent: Option<Alert>,
    /// The alert that came.
    pub(crate) received: Option<Alert>,
    pub(crate) why: String,
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Handshaking,
    Up,
    /// The peer said close_notify.
    PeerClosed,
    Failed(Failure),
}

/// What one step brought.
#[derive(Debug)]
pub(crate) struct Step {
    /// To be sent on the stream.
    pub(crate) records: Vec<u8>,
    /// For the machine.
    pub(crate) plaintext: Vec<u8>,
    /// Whether the handshake is complete by now; a step may also complete it and end the connection.
    pub(crate) completed: bool,
    pub(crate) state: State,
}

/// What a session knows of its handshake once that is complete.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) version: Option<Version>,
    pub(crate) suite: Option<u16>,
    pub(crate) resumed: bool,
    /// DER, as sent; for a resumed session as it remembers them.
    pub(crate) chain: Option<Vec<Vec<u8>>>,
}

/// One connection of one library. A failed one is dropped by its owner.
pub(crate) trait Session {
    /// Takes bytes of the stream (none at the beginning of a client's handshake).
    fn feed(&mut self, bytes: &[u8]) -> Step;

    /// Sends application data; the handshake is complete.
    fn write(&mut self, plaintext: &[u8]) -> Step;

    /// Says close_notify; gives the bytes.
    fn close(&mut self) -> Vec<u8>;

    /// What the complete handshake settled.
    fn facts(&self) -> Facts;

    /// Whether a client's desk always shows that the server asked for a certificate.
    fn tells_asked(&self) -> bool;
}
