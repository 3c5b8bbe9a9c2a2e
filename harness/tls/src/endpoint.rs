//! How one address of a machine does TLS.

use oxocert_pki::{Flaw, Identity};
use std::collections::BTreeSet;

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// SSL 3.0 (RFC 6101): nothing here speaks it, a prober can ask for it.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl Version {
    /// `1.2`; SSL 3.0 is `ssl3`.
    pub fn name(self) -> &'static str {
        match self {
            Version::Ssl3 => "ssl3",
            Version::Tls10 => "1.0",
            Version::Tls11 => "1.1",
            Version::Tls12 => "1.2",
            Version::Tls13 => "1.3",
        }
    }

    /// Its number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Version::Ssl3 => 0x0300,
            Version::Tls10 => 0x0301,
            Version::Tls11 => 0x0302,
            Version::Tls12 => 0x0303,
            Version::Tls13 => 0x0304,
        }
    }

    /// The version of a number; `None` where it is none of these (GREASE, drafts).
    pub fn from_number(number: u16) -> Option<Version> {
        [Version::Ssl3, Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13]
            .into_iter()
            .find(|version| version.number() == number)
    }
}

/// Which library does the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// rustls: TLS 1.2 with AEAD suites, TLS 1.3. What it has no code for is done by OpenSSL all the same, as the endpoint's other
    /// fields count more than the library: versions below 1.2; a key that ring will not sign with; as a server, a connection
    /// whose preferred suite among the offered ones is CBC; as a client, a list that holds a CBC suite.
    Rustls,
    /// OpenSSL: also the CBC suites 0xc028 and 0xc027, TLS 1.0 and 1.1, and certificates that rustls will not parse.
    OpenSsl,
}

/// What is done about the peer's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerPolicy {
    /// Any is taken, what is wrong with it is told: for an instrument.
    Record,
    /// The handshake is refused where the chain has a flaw that is not forgiven: for a device.
    Refuse {
        /// Forgiven.
        forgiven: BTreeSet<Flaw>,
    },
}

/// How one address of a machine does TLS, as client and as server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What it presents as a server, and as a client where it is asked; `None`: it cannot serve and presents none.
    pub identity: Option<Identity>,
    /// Roots, and intermediates that were imported, DER.
    pub trusted: Vec<Vec<u8>>,
    /// Lowest version, included.
    pub lowest: Version,
    /// Highest version, included.
    pub highest: Version,
    /// TLS 1.2 suites by their IANA numbers, in order of preference; empty: the four of Orange §2.4.6.
    pub suites: Vec<u16>,
    /// The library.
    pub backend: Backend,
    /// What is done about the peer's certificate.
    pub peer: PeerPolicy,
    /// Whether, as a server, it asks for a client certificate at all.
    pub asks_client: bool,
    /// The name of the peer: SNI as a client, and what its certificate must name; `None`: neither.
    pub peer_name: Option<String>,
    /// By how many seconds its idea of the time is ahead of the true one.
    pub clock_ahead: i64,
    /// Whether, as a client, it resumes sessions. Then rustls is the client, with those of the suites that it has.
    pub resumes: bool,
}
