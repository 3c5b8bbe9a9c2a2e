//! Crypto suites and master keys.

use std::fmt;

/// Bytes of a master salt (RFC 3711 §8.2).
const SALT_LEN: usize = 14;

/// Bytes of the tag of an RTCP packet in every suite (RFC 4568 §6.2).
pub(super) const RTCP_TAG_LEN: usize = 10;

/// A crypto suite of SDES (RFC 4568 §6.2, RFC 6188).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`: 16-byte key, 10-byte tag. The preferred one of Orange §2.4.7.
    AesCm128Sha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`: 4-byte tag for RTP, 10 for RTCP.
    AesCm128Sha1_32,
    /// `AES_256_CM_HMAC_SHA1_80`: 32-byte key, 10-byte tag.
    AesCm256Sha1_80,
    /// `AES_256_CM_HMAC_SHA1_32`.
    AesCm256Sha1_32,
}

impl Suite {
    /// All of them.
    pub const ALL: [Suite; 4] =
        [Suite::AesCm128Sha1_80, Suite::AesCm128Sha1_32, Suite::AesCm256Sha1_80, Suite::AesCm256Sha1_32];

    /// Its name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            Suite::AesCm128Sha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::AesCm128Sha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Suite::AesCm256Sha1_80 => "AES_256_CM_HMAC_SHA1_80",
            Suite::AesCm256Sha1_32 => "AES_256_CM_HMAC_SHA1_32",
        }
    }

    /// The suite of that name.
    pub fn named(name: &str) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }

    /// Bytes of master key and master salt together, as they stand in `inline:`.
    pub fn key_and_salt_len(self) -> usize {
        match self {
            Suite::AesCm128Sha1_80 | Suite::AesCm128Sha1_32 => 30,
            Suite::AesCm256Sha1_80 | Suite::AesCm256Sha1_32 => 46,
        }
    }

    /// Bytes of the master key alone; the salt is the rest, always 14.
    pub fn key_len(self) -> usize {
        self.key_and_salt_len() - SALT_LEN
    }

    /// Bytes of the authentication tag of an RTP packet.
    pub fn tag_len(self) -> usize {
        match self {
            Suite::AesCm128Sha1_80 | Suite::AesCm256Sha1_80 => 10,
            Suite::AesCm128Sha1_32 | Suite::AesCm256Sha1_32 => 4,
        }
    }
}

/// Why something is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A suite that is not among [`Suite::ALL`].
    #[error("crypto suite {0} is not supported")]
    Suite(String),
    /// Other than [`Suite::key_and_salt_len`].
    #[error("key and salt have {bytes} bytes, {suite} needs {needed}", suite = suite.name(), needed = suite.key_and_salt_len())]
    Length {
        /// Of which suite.
        suite: Suite,
        /// How many came.
        bytes: usize,
    },
    /// Not 1-128 bytes, or a value that does not fit them.
    #[error("a master key identifier of {0} bytes cannot be sent, or its value does not fit them")]
    Mki(usize),
}

/// A master key identifier, sent before the tag of each packet (RFC 3711 §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mki {
    /// Its bytes, 1-128.
    pub value: Vec<u8>,
}

impl Mki {
    /// The identifier of a crypto line: `value` as a number of `length` bytes, most significant first.
    pub fn of_line(value: u64, length: u8) -> Result<Mki, KeyError> {
        let length = usize::from(length);
        let number = value.to_be_bytes();
        let zeros = length.saturating_sub(number.len());
        let (cut, kept) = number.split_at(number.len() - (length - zeros));
        if !(1..=128).contains(&length) || cut.iter().any(|byte| *byte != 0) {
            return Err(KeyError::Mki(length));
        }
        let mut bytes = vec![0; zeros];
        bytes.extend(kept);
        Ok(Mki { value: bytes })
    }
}

/// A master key with its suite. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The suite.
    pub suite: Suite,
    /// Master key, then master salt: [`Suite::key_and_salt_len`] bytes.
    pub key_and_salt: Vec<u8>,
    /// Its identifier, where the crypto line names one.
    pub mki: Option<Mki>,
}

impl Key {
    /// A key as it stands in a crypto line: the suite's name, key and salt, and MKI as value and length in bytes.
    pub fn of_line(suite: &str, key_and_salt: &[u8], mki: Option<(u64, u8)>) -> Result<Key, KeyError> {
        let suite = Suite::named(suite).ok_or_else(|| KeyError::Suite(suite.to_owned()))?;
        let mki = mki.map(|(value, length)| Mki::of_line(value, length)).transpose()?;
        let key = Key { suite, key_and_salt: key_and_salt.to_vec(), mki };
        key.check()?;
        Ok(key)
    }

    /// Whether its parts have the lengths they need.
    pub fn check(&self) -> Result<(), KeyError> {
        let (suite, bytes) = (self.suite, self.key_and_salt.len());
        if bytes != suite.key_and_salt_len() {
            return Err(KeyError::Length { suite, bytes });
        }
        match &self.mki {
            Some(mki) if !(1..=128).contains(&mki.value.len()) => Err(KeyError::Mki(mki.value.len())),
            _ => Ok(()),
        }
    }

    /// Bytes of its MKI in a packet; 0 where it has none.
    pub(super) fn mki_len(&self) -> usize {
        self.mki.as_ref().map_or(0, |mki| mki.value.len())
    }

    /// Its MKI as it stands in a packet; empty where it has none.
    pub(super) fn mki_bytes(&self) -> &[u8] {
        self.mki.as_ref().map_or(&[], |mki| &mki.value)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("suite", &self.suite).field("mki", &self.mki).finish_non_exhaustive()
    }
}
