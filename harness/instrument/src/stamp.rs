//! A time that may not be known, in eight bytes.

use oxocert_machine::At;

/// An `Option<At>` in half the room: hundreds of thousands of packets are noted at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Not known. No timeline lasts 584 years.
    pub(crate) const UNKNOWN: Stamp = Stamp(u64::MAX);

    pub(crate) fn known(self) -> Option<At> {
        (self != Stamp::UNKNOWN).then_some(At(self.0))
    }
}

impl From<Option<At>> for Stamp {
    fn from(at: Option<At>) -> Stamp {
        at.map_or(Stamp::UNKNOWN, |at| Stamp(at.0))
    }
}
