//! One question on its way through the name servers.

use oxocert_machine::At;
use std::net::SocketAddr;

/// Where a question stands.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// How many times it was sent.
    pub(super) turn: usize,
    /// Whom it was sent to last.
    pub(super) server: Option<SocketAddr>,
    /// When that server's time is over.
    pub(super) until: At,
    id: u16,
}

impl Question {
    pub(super) fn new() -> Question {
        Question { turn: 0, server: None, until: At::ZERO, id: 0 }
    }

    pub(super) fn sent(&mut self, id: u16, server: SocketAddr, until: At) {
        self.turn += 1;
        self.id = id;
        self.server = Some(server);
        self.until = until;
    }

    /// Whether it was sent to this server with this identifier. An answer of a server that was given up comes too late.
    pub(super) fn was_sent(&self, id: u16, server: SocketAddr) -> bool {
        self.id == id && self.server == Some(server)
    }
}
