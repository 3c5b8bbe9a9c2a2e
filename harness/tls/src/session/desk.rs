//! Where the callbacks of a library leave what they saw.
//!
//! The callbacks belong to a context, not to a connection. As a layer gives bytes to one connection at a time, what lies on the
//! desk afterwards is that connection's.

use oxocert_pki::Flaw;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The desk of one context.
#[derive(Debug, Default)]
pub(crate) struct Desk(Mutex<Papers>);

/// What lies on it.
#[derive(Debug, Default)]
pub(crate) struct Papers {
    /// NSS key log lines.
    pub(crate) secrets: Vec<String>,
    /// Put there before the bytes: the peer's certificates as they went over the wire in the clear (up to TLS 1.2).
    pub(crate) sniffed: Option<Vec<Vec<u8>>>,
    /// What a callback was shown, and what it found.
    pub(crate) judged: Option<Judged>,
    /// Whether the library looked for a client certificate because the server asked.
    pub(crate) client_asked: bool,
}

/// A judged chain.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) flaws: Vec<Flaw>,
    /// The flaw for which the handshake is refused.
    pub(crate) refused: Option<Flaw>,
}

impl Desk {
    /// Everything on it. A callback that panicked leaves the papers as they were.
    pub(crate) fn papers(&self) -> MutexGuard<'_, Papers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes everything away.
    pub(crate) fn clear(&self) -> Papers {
        std::mem::take(&mut *self.papers())
    }
}
