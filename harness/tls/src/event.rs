//! What a TLS layer tells its machine.

use crate::{Alert, ProbeId, Version};
use oxocert_machine::{At, Flow};
use oxocert_pki::Flaw;
use std::time::Duration;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A handshake is over, well or not. It comes before `Input::Connected` or `Input::Closed` of its flow.
    /// Where no stream was made there was no handshake: then only `Input::Closed` comes.
    Handshake(Box<Handshake>),
    /// A line of the NSS key log format for a connection: it goes to the evidence and nowhere else.
    Secret {
        /// The line, without line end.
        line: String,
    },
    /// A connection whose handshake had completed ended.
    Ended(Ended),
    /// A probe is over.
    Probed {
        /// Which.
        id: ProbeId,
        /// What came.
        answer: ProbeAnswer,
    },
    /// Records that are no TLS, oversize, or came too slowly.
    Finding {
        /// On which flow (transport `Tls`).
        flow: Flow,
        /// In words.
        note: String,
    },
}

/// Which end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The machine of this layer.
    Own,
    /// The peer.
    Peer,
}

/// How a handshake ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Application data can flow.
    Completed,
    /// One side refused it.
    Refused {
        /// Who.
        by: Side,
        /// Its alert, where it sent one.
        alert: Option<Alert>,
        /// In words.
        why: String,
    },
}

/// The certificates of the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// DER, as sent.
    pub chain: Vec<Vec<u8>>,
    /// What is wrong with it, empty where nothing is. Judged against `peer_name`, the trust, and the time.
    pub flaws: Vec<Flaw>,
}

/// All that a handshake showed. What never was seen is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The connection, over `Tls`.
    pub flow: Flow,
    /// Who opened it (sent the ClientHello).
    pub opened_by: Side,
    /// When the stream was there.
    pub from: At,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// Versions of the peer's ClientHello, where the peer is the client.
    pub offered_versions: Vec<Version>,
    /// Suites of the peer's ClientHello in its order, where the peer is the client (signalling values and GREASE too).
    pub offered_suites: Vec<u16>,
    /// SNI of the ClientHello, whoever sent it.
    pub sni: Option<String>,
    /// The version.
    pub version: Option<Version>,
    /// The suite.
    pub suite: Option<u16>,
    /// The peer's certificates; `None` where the handshake did not get there or it presented none.
    pub presented: Option<Presented>,
    /// Whether the server asked for a client certificate.
    pub client_asked: Option<bool>,
    /// Whether a session was resumed.
    pub resumed: bool,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The connection, over `Tls`.
    pub flow: Flow,
    /// Who.
    pub by: Side,
    /// A fatal alert of the peer, where that ended it.
    pub alert: Option<Alert>,
    /// Whether the peer had sent any application data on it. A peer that completes a handshake, sends none and closes has refused.
    pub peer_spoke: bool,
    /// In words.
    pub why: String,
}

/// What came to a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// A ServerHello: the version and suite it chose.
    Accepted {
        /// The version.
        version: Option<Version>,
        /// The suite.
        suite: u16,
    },
    /// An alert.
    Alert(Alert),
    /// The stream was closed without a word, or never made.
    Closed {
        /// In words.
        why: String,
    },
    /// Nothing within 5 s.
    Silent,
    /// Bytes that are neither.
    Unreadable {
        /// In words.
        why: String,
    },
}
