//! Where a stream breaks: each of these resets the estimators of time, and is listed.

use oxocert_machine::At;
use serde::Serialize;

/// Discontinuities that are listed in one reading; beyond that they are counted.
pub const LISTED: usize = 32;

/// One break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Discontinuity {
    /// When.
    pub at: At,
    /// What.
    pub kind: Break,
}

/// Kinds of breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Break {
    /// The stream went on under another SSRC.
    Ssrc {
        /// Before.
        from: u32,
        /// Since.
        to: u32,
    },
    /// Two packets in a row had numbers far away (RFC 3550 A.1).
    Sequence {
        /// The last number before, with its cycles; `None` where it was in a window that was not kept.
        from: Option<u32>,
        /// The number with which it goes on.
        to: u32,
    },
    /// The timestamp of the very next packet, without a marker, is not where the last one ended.
    Timestamp {
        /// Where the last one ended.
        expected: u32,
        /// What it is.
        got: u32,
    },
    /// The transit time changed by more than one second: another time base, or a very long stall.
    Transit {
        /// By so many nanoseconds; positive = later.
        by_ns: i64,
    },
}

/// A list that does not grow beyond [`LISTED`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Discontinuities {
    /// The first of them.
    pub listed: Vec<Discontinuity>,
    /// How many more there were.
    pub unlisted: u64,
}

impl Discontinuities {
    /// How many in all.
    pub fn count(&self) -> u64 {
        self.listed.len() as u64 + self.unlisted
    }

    pub(super) fn add(&mut self, at: At, kind: Break) {
        if self.listed.len() < LISTED {
            self.listed.push(Discontinuity { at, kind });
        } else {
            self.unlisted += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Discontinuities) {
        other.listed.iter().for_each(|one| self.add(one.at, one.kind));
        self.unlisted += other.unlisted;
    }
}
