//! A certificate chain with its private key.

use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UtcSeconds(pub i64);

/// A certificate chain with its private key. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// DER certificates as sent in the handshake, the end entity first.
    pub chain: Vec<Vec<u8>>,
    /// The private key of the first, PKCS#8 DER.
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}
