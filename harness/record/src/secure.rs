//! What the encrypted trunk showed: handshakes, probes, names.

use crate::{Bytes, Emitter, RoleName};
use oxocert_machine::At;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A TLS handshake that is over. What never was seen is `null` or empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSeen {
    /// The role whose end it was: `sbc.nominal`.
    pub role: RoleName,
    /// Who is at the other end.
    pub peer: Emitter,
    /// The role's end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Whether the peer opened the connection (it sent the ClientHello).
    pub opened_by_peer: bool,
    /// When the stream was there; the event's own time is the end of the handshake.
    pub from: At,
    /// How it ended.
    pub outcome: TlsOutcome,
    /// Versions of the peer's ClientHello (`1.2`), where the peer is the client.
    pub offered_versions: Vec<String>,
    /// Suites of the peer's ClientHello by their IANA numbers in its order, where the peer is the client.
    pub offered_suites: Vec<u16>,
    /// SNI of the ClientHello.
    pub sni: Option<String>,
    /// The version (`1.2`).
    pub version: Option<String>,
    /// The suite.
    pub suite: Option<u16>,
    /// The peer's certificates, DER, as sent.
    pub chain: Vec<Bytes>,
    /// What is wrong with them by the names of `oxocert_pki::Flaw`; `null` where the handshake did not get to them.
    pub flaws: Option<Vec<String>>,
    /// Subject of the first of them, one line.
    pub subject: Option<String>,
    /// Issuer of the last one sent, one line.
    pub issuer: Option<String>,
    /// DNS names of its subjectAltName.
    pub names: Vec<String>,
    /// Which of the two asked for a client certificate: whether the server did.
    pub client_asked: Option<bool>,
    /// What the role itself presented, by its name in the lab: `good`, `expired`; `null`: nothing.
    pub own_certificate: Option<String>,
    /// Whether a session was resumed.
    pub resumed: bool,
}

/// How a handshake ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsOutcome {
    /// Application data could flow.
    Completed,
    /// One side refused.
    Refused {
        /// Whether it was the peer; else the role itself.
        by_peer: bool,
        /// Its alert (RFC 8446 §6), where it sent one.
        alert: Option<u8>,
        /// In words.
        why: String,
    },
}

/// A TLS connection that had been made ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsEnded {
    /// The role whose end it was.
    pub role: RoleName,
    /// Who is at the other end.
    pub peer: Emitter,
    /// The role's end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Whether the peer ended it; else the role itself.
    pub by_peer: bool,
    /// A fatal alert of the peer, where that ended it.
    pub alert: Option<u8>,
    /// Whether the peer had sent any application data on it.
    pub peer_spoke: bool,
    /// In words.
    pub why: String,
}

/// What came to a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSeen {
    /// The role that probed.
    pub role: RoleName,
    /// The name of the probe in the vocabulary: `tls1.0`, `rc4`.
    pub probe: String,
    /// Where to.
    pub remote: SocketAddr,
    /// `accepted`, `alert`, `closed`, `silent`, `unreadable`.
    pub outcome: String,
    /// The alert.
    pub alert: Option<u8>,
    /// The version that was accepted.
    pub version: Option<String>,
    /// The suite that was accepted.
    pub suite: Option<u16>,
    /// In words.
    pub note: String,
}

/// A DNS query and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsSeen {
    /// The role that was asked: `dns.a`, `dns.b`.
    pub role: RoleName,
    /// Who asks.
    pub emitter: Emitter,
    /// The asker.
    pub remote: SocketAddr,
    /// The server's address.
    pub local: SocketAddr,
    /// The id of the query.
    pub id: u16,
    /// The name, lower case, without the last dot.
    pub name: String,
    /// `A`, `AAAA`, `SRV`, `NAPTR`, ...
    pub kind: String,
    /// What was answered, in words: `A 127.0.1.1 ttl 2 s`, `NXDOMAIN`, `nothing`.
    pub answer: String,
}
