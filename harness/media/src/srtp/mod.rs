//! SRTP and SRTCP (RFC 3711) with keys from SDES (RFC 4568).
//!
//! Packets are protected and opened by libsrtp. It only says that a packet was refused; why it was is found out here, by trying the
//! tag under every key and roll-over counter that could explain it ([`Refusal`]).

mod derive;
mod key;
mod open;
mod protect;
mod refusal;

pub use derive::{Tags, session_key};
pub use key::{Key, KeyError, Mki, Suite};
pub use open::{Opener, OtherKey, RtcpSeen};
pub use protect::Protector;
pub use refusal::{Refusal, Whose};

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotSecure {
    /// The key is none for its suite.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The library refused.
    #[error("the SRTP library refuses: {0}")]
    Library(String),
}

impl From<srtp::Error> for CannotSecure {
    fn from(error: srtp::Error) -> CannotSecure {
        CannotSecure::Library(error.to_string())
    }
}

impl From<openssl::error::ErrorStack> for CannotSecure {
    fn from(error: openssl::error::ErrorStack) -> CannotSecure {
        CannotSecure::Library(error.to_string())
    }
}
