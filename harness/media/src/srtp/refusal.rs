//! Why a packet was refused.

use std::fmt;

/// Whose key it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// A key that the same sender had given before.
    Earlier,
    /// The key that protects the other direction.
    OtherDirection,
}

/// Why an SRTP packet was refused. Its `Display` is the sentence for a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The tag is right, but a packet with this index came before, or the index is too old to tell.
    Replayed,
    /// The tag is right under another roll-over counter.
    RollOver {
        /// The one it was protected with.
        used: u32,
        /// The one that was due.
        due: u32,
    },
    /// The tag is right under another key of the call.
    OtherKey(Whose),
    /// Plain RTP.
    Clear,
    /// The tag is right, but the master key identifier is missing.
    NoMki,
    /// No key and roll-over counter fits.
    Unauthenticated,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Replayed => f.write_str("SRTP packet replayed: one with this index came before"),
            Refusal::RollOver { used, due } => {
                write!(f, "SRTP packet with roll-over counter {used}, {due} was due")
            }
            Refusal::OtherKey(Whose::Earlier) => f.write_str("SRTP packet under the key that was replaced"),
            Refusal::OtherKey(Whose::OtherDirection) => {
                f.write_str("SRTP packet under the key of the other direction")
            }
            Refusal::Clear => f.write_str("plain RTP where SRTP was agreed"),
            Refusal::NoMki => f.write_str("SRTP packet without the master key identifier that was agreed"),
            Refusal::Unauthenticated => {
                f.write_str("SRTP packet does not authenticate: its tag is wrong, or its key is unknown")
            }
        }
    }
}
