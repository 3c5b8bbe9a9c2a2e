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
    /// All of them.
    pub const ALL: [Flaw; 13] = [
        Flaw::Absent,
        Flaw::Unreadable,
        Flaw::Expired,
        Flaw::NotYetValid,
        Flaw::UnknownCa,
        Flaw::MissingIntermediate,
        Flaw::BadSignature,
        Flaw::NameMismatch,
        Flaw::NameInCommonNameOnly,
        Flaw::Wildcard,
        Flaw::NoServerAuth,
        Flaw::NoClientAuth,
        Flaw::WeakKey,
    ];

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

    /// What it means, for a reader.
    pub fn words(self) -> &'static str {
        match self {
            Flaw::Absent => "no certificate was presented",
            Flaw::Unreadable => "a certificate cannot be parsed",
            Flaw::Expired => "a certificate has ended",
            Flaw::NotYetValid => "a certificate has not begun",
            Flaw::UnknownCa => "it ends in a root that is not trusted",
            Flaw::MissingIntermediate => {
                "its issuer was neither sent nor is it trusted: the intermediate is missing"
            }
            Flaw::BadSignature => {
                "a signature does not verify: a certificate was altered, or its issuer is an impostor"
            }
            Flaw::NameMismatch => "no subjectAltName is the peer's name",
            Flaw::NameInCommonNameOnly => {
                "the peer's name is in CN only, there is no subjectAltName of type DNS"
            }
            Flaw::Wildcard => "only a wildcard covers the peer's name, which SIP forbids (RFC 5922 §7.2)",
            Flaw::NoServerAuth => "extendedKeyUsage lacks serverAuth",
            Flaw::NoClientAuth => "extendedKeyUsage lacks clientAuth (C20)",
            Flaw::WeakKey => "an RSA key is shorter than 2048 bits",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
