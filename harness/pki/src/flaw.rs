//! What can be wrong with a certificate chain.

use std::fmt;

/// One thing that is wrong with a certificate chain, as RFC 5280 §6 and RFC 5922 §7 judge it for one name, one use and one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// No certificate was presented.
    Absent,
    /// A certificate of the chain cannot be parsed.
    Unreadable,
    /// `notAfter` of a certificate of the chain has passed.
    Expired,
    /// `notBefore` of a certificate of the chain is to come.
    NotYetValid,
    /// The chain is complete but ends in a root that is not trusted, or the certificate signed itself.
    UnknownCa,
    /// The issuer of the last certificate sent is neither in the chain nor trusted: an intermediate is missing.
    MissingIntermediate,
    /// A signature of the chain does not verify.
    BadSignature,
    /// No subjectAltName names the peer.
    NameMismatch,
    /// The peer's name stands in the common name only: there is no subjectAltName of type DNS (RFC 6125 §6.4.4).
    NameInCommonNameOnly,
    /// The name is matched by a wildcard only, which RFC 5922 §7.2 forbids for SIP.
    Wildcard,
    /// An extended key usage is present and lacks serverAuth.
    NoServerAuth,
    /// An extended key usage is present and lacks clientAuth (C20).
    NoClientAuth,
    /// An RSA key below 2048 bits.
    WeakKey,
}

impl Flaw {
    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Flaw::Absent => "absent",
            Flaw::Unreadable => "unreadable",
            Flaw::Expired => "expired",
            Flaw::NotYetValid => "not-yet-valid",
            Flaw::UnknownCa => "unknown-ca",
            Flaw::MissingIntermediate => "missing-intermediate",
            Flaw::BadSignature => "bad-signature",
            Flaw::NameMismatch => "name-mismatch",
            Flaw::NameInCommonNameOnly => "name-in-common-name-only",
            Flaw::Wildcard => "wildcard",
            Flaw::NoServerAuth => "no-server-auth",
            Flaw::NoClientAuth => "no-client-auth",
            Flaw::WeakKey => "weak-key",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
