//! The encrypted trunk as a run showed it: handshakes, suites, certificates, protected media, names, flows of the firewall.

use oxocert_record::EventNo;
use serde::{Deserialize, Serialize};

/// What a trunk over internet showed (Orange §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptedTrunk {
    /// Handshakes with the DUT, those that are alike in one row, in order of their first.
    pub handshakes: Vec<HandshakeRow>,
    /// The TLS 1.2 suites of §2.4.6, and every other one that was agreed on.
    pub suites: Vec<SuiteRow>,
    /// Certificates that the DUT presented.
    pub certificates: Vec<CertificateRow>,
    /// What a reader must know of them, in sentences.
    pub warnings: Vec<String>,
    /// SRTP of the DUT by suite.
    pub srtp: Vec<SrtpRow>,
    /// Queries of the DUT by server, name and type.
    pub names: Vec<NameRow>,
    /// The lines of the firewall table of §2.4.4, and which of them were used.
    pub firewall: Vec<FirewallRow>,
}

/// Handshakes that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandshakeRow {
    /// The a-SBC.
    pub at: String,
    /// Who opened the connection: `dut`, or the a-SBC.
    pub opened_by: String,
    /// The version agreed on.
    pub version: Option<String>,
    /// The suite agreed on, by name.
    pub suite: Option<String>,
    /// SNI of the ClientHello.
    pub sni: Option<String>,
    /// What is wrong with the DUT's certificates; `null` where the handshake did not get there.
    pub flaws: Option<Vec<String>>,
    /// What the a-SBC presented, by its name in the lab.
    pub own_certificate: Option<String>,
    /// `completed`, `session resumed`, or who refused it and how.
    pub outcome: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: EventNo,
}

/// One suite in both roles of the DUT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteRow {
    /// IANA number: `0xc030`.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Whether it is one of the four of §2.4.6.
    pub of_orange: bool,
    /// The DUT opened the connection.
    pub as_client: SuiteUse,
    /// The a-SBC opened it.
    pub as_server: SuiteUse,
}

/// How far a suite got in one role of the DUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteUse {
    /// Whether a ClientHello of the DUT held it, or, where it is the server, whether it was asked with this suite alone; `null`: nobody
    /// could see.
    pub offered: Option<bool>,
    /// Whether the DUT took it (and refused it where it was asked with this suite alone); `null`: not tried.
    pub accepted: Option<bool>,
    /// Handshakes completed with it.
    pub handshakes: u64,
    /// Calls answered over its connections.
    pub calls: u64,
    /// The first event that shows the best of it.
    pub first: Option<EventNo>,
}

/// A certificate that the DUT presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRow {
    /// Its place in the chain: 0 is the DUT's own.
    pub place: u32,
    /// Subject, one line.
    pub subject: String,
    /// Issuer, one line.
    pub issuer: String,
    /// DNS names of its subjectAltName.
    pub names: Vec<String>,
    /// First and last day of its validity, UTC.
    pub valid: (String, String),
    /// `RSA 2048`.
    pub key: String,
    /// Extended key usage; `null`: none is written, which allows all.
    pub uses: Option<Vec<String>>,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// What is wrong with the chain that it begins; empty for the others.
    pub flaws: Vec<String>,
    /// In how many handshakes it was presented.
    pub count: u64,
    /// The first of them.
    pub first: EventNo,
}

/// SRTP of the DUT toward the trunk, of all calls with one suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SrtpRow {
    /// The suite agreed on in SDP; `none` where no key was agreed on.
    pub suite: String,
    /// Calls.
    pub calls: u64,
    /// RTP packets by what became of them.
    pub authenticated: u64,
    /// No key fits.
    pub unauthenticated: u64,
    /// Another key of the call fits.
    pub other_key: u64,
    /// Another roll-over counter fits.
    pub roll_over: u64,
    /// In clear.
    pub clear: u64,
    /// Of the authenticated: index seen before.
    pub replayed: u64,
    /// RTCP packets that authenticate.
    pub rtcp_authenticated: u64,
    /// RTCP packets that do not, or are in clear.
    pub rtcp_unauthenticated: u64,
    /// The first window with a packet that is not as it should be.
    pub first_fault: Option<EventNo>,
}

/// Queries for one name and type at one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRow {
    /// The server.
    pub server: String,
    /// The name.
    pub name: String,
    /// The type.
    pub kind: String,
    /// How often it was asked for.
    pub count: u64,
    /// What was answered, each once, in order.
    pub answers: Vec<String>,
    /// Shortest and longest time between two of them, milliseconds; `null` below two.
    pub interval_ms: Option<(u64, u64)>,
    /// The first of them.
    pub first: EventNo,
}

/// One line of the firewall table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirewallRow {
    /// The service: `Voice Sig TLS`.
    pub service: String,
    /// From whom to whom, and which ports.
    pub line: String,
    /// What of it was seen, in words; `null`: nothing.
    pub seen: Option<String>,
    /// The first event of it.
    pub first: Option<EventNo>,
    /// Whether it is a line of the document; else something that the document does not open.
    pub of_document: bool,
}

impl EncryptedTrunk {
    /// Every text in it that the wire may have written.
    pub(crate) fn texts(&mut self) -> Vec<&mut String> {
        let mut texts: Vec<&mut String> = Vec::new();
        for row in &mut self.handshakes {
            texts.extend(row.sni.iter_mut().chain([&mut row.outcome]));
        }
        for row in &mut self.certificates {
            texts.extend([&mut row.subject, &mut row.issuer]);
            texts.extend(&mut row.names);
        }
        texts.extend(&mut self.warnings);
        texts.extend(self.srtp.iter_mut().map(|row| &mut row.suite));
        for row in &mut self.names {
            texts.push(&mut row.name);
            texts.extend(&mut row.answers);
        }
        texts.extend(self.firewall.iter_mut().filter_map(|row| row.seen.as_mut()));
        texts
    }
}
