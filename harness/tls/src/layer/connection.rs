//! One TLS connection, and what is told of its handshake.

use crate::session::{Contexts, Desk, Failure, Judge, Session};
use crate::wire::Clear;
use crate::{Alert, Handshake, Outcome, Presented, Side, Version};
use oxocert_machine::{At, Flow};
use std::sync::Arc;

/// One TLS connection.
pub(super) struct Connection {
    pub(super) opened_by: Side,
    pub(super) desk: Arc<Desk>,
    pub(super) judge: Arc<Judge>,
    /// `None` until a ClientHello has come in whole.
    pub(super) session: Option<Box<dyn Session>>,
    pub(super) clear: Clear,
    /// What came before the session was there.
    pub(super) held: Vec<u8>,
    /// Plaintext that waits for the handshake.
    pub(super) waiting: Vec<u8>,
    pub(super) tos: u8,
    /// Whether the machine knows the connection by port 0: it sent before the port was drawn.
    pub(super) asked_unbound: bool,
    pub(super) stream_at: Option<At>,
    /// When the handshake has lasted too long.
    pub(super) due: At,
    /// The handshake is complete.
    pub(super) up: bool,
    /// The peer has sent application data.
    pub(super) peer_spoke: bool,
    pub(super) presented: Option<Presented>,
    /// Whether the endpoint asks, where it is the server.
    pub(super) asks_client: bool,
    /// Whether the library was asked for a client certificate.
    pub(super) was_asked: bool,
}

impl Connection {
    /// One at its beginning. What its endpoint becomes after the session is made changes it no more.
    pub(super) fn new(opened_by: Side, contexts: &Contexts, due: At) -> Connection {
        Connection {
            opened_by,
            desk: contexts.desk(),
            judge: contexts.judge(),
            session: None,
            clear: Clear::default(),
            held: Vec::new(),
            waiting: Vec::new(),
            tos: 0,
            asked_unbound: false,
            stream_at: None,
            due,
            up: false,
            peer_spoke: false,
            presented: None,
            asks_client: false,
            was_asked: false,
        }
    }

    /// What the handshake showed. `resumed`, and what a complete session knows better than the wire, come from its facts.
    pub(super) fn report(&self, flow: Flow, now: At, outcome: Outcome) -> Handshake {
        let facts =
            self.session.as_ref().filter(|_| outcome == Outcome::Completed).map(|session| session.facts());
        let from = self.stream_at.unwrap_or(now);
        let by_peer = self.opened_by == Side::Peer;
        let offer = self.clear.offer.as_ref();
        let resumed = facts.as_ref().is_some_and(|facts| facts.resumed);
        let version = facts.as_ref().and_then(|facts| facts.version).or(self.clear.version);
        Handshake {
            flow,
            opened_by: self.opened_by,
            from,
            took: now.since(from),
            client_asked: self.client_asked(&outcome, version, resumed),
            outcome,
            offered_versions: offer
                .filter(|_| by_peer)
                .map(|offer| offer.versions.clone())
                .unwrap_or_default(),
            offered_suites: offer.filter(|_| by_peer).map(|offer| offer.suites.clone()).unwrap_or_default(),
            sni: offer.and_then(|offer| offer.sni.clone()),
            version,
            suite: facts.as_ref().and_then(|facts| facts.suite).or(self.clear.suite),
            presented: self.presented.clone(),
            resumed,
        }
    }

    /// A resumed session asks nobody. In TLS 1.3 the request is encrypted, and only the library that was asked can tell.
    fn client_asked(&self, outcome: &Outcome, version: Option<Version>, resumed: bool) -> Option<bool> {
        if resumed || version.is_none() {
            None
        } else if self.opened_by == Side::Peer {
            Some(self.asks_client)
        } else if self.was_asked {
            Some(true)
        } else if version < Some(Version::Tls13) {
            self.clear.client_asked
        } else {
            let tells =
                *outcome == Outcome::Completed && self.session.as_ref().is_some_and(|one| one.tells_asked());
            tells.then_some(false)
        }
    }

    /// Who refused, and how he told it. What went over the wire in the clear counts before what a library says.
    pub(super) fn refusal(&self, failure: Failure) -> Outcome {
        let from_peer = self.clear.peer_alert.or(failure.received);
        match from_peer {
            Some(alert) => Outcome::Refused { by: Side::Peer, alert: Some(alert), why: told(alert) },
            None => {
                let alert = self.clear.own_alert.or(failure.sent);
                Outcome::Refused { by: Side::Own, alert, why: failure.why }
            }
        }
    }
}

/// An alert of the peer in words.
pub(super) fn told(alert: Alert) -> String {
    format!("the peer sent the alert {alert}")
}
