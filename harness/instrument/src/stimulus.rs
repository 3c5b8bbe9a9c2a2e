//! Stimulus error: sent minus due. It is the bench's own, and never part of a reading of the DUT.

use oxocert_machine::At;
use oxocert_metrology::SignedHistogram;

/// The stimulus errors of a media thread. Takes some nanoseconds a packet and allocates nothing.
#[derive(Debug, Clone)]
pub struct StimulusError {
    errors: SignedHistogram,
    unknown: u64,
    /// The greatest magnitude since [`StimulusError::take_worst`].
    worst: Option<u64>,
}

impl StimulusError {
    /// Nothing sent so far.
    pub fn new() -> StimulusError {
        StimulusError { errors: SignedHistogram::with_all_its_room(), unknown: 0, worst: None }
    }

    /// A packet that was due at `due` left at `sent`; `None` where no stamp says so.
    pub fn sent(&mut self, due: At, sent: Option<At>) {
        let Some(sent) = sent else {
            self.unknown += 1;
            return;
        };
        let error = i64::try_from(i128::from(sent.0) - i128::from(due.0)).unwrap_or(i64::MAX);
        self.errors.record(error);
        self.worst = self.worst.max(Some(error.unsigned_abs()));
    }

    /// All errors so far, in nanoseconds; positive = late.
    pub fn errors(&self) -> &SignedHistogram {
        &self.errors
    }

    /// Packets of which it is not known when they left.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// The greatest magnitude since the last call: what the gate of a second wants. `None` where nothing is known.
    pub fn take_worst(&mut self) -> Option<u64> {
        self.worst.take()
    }
}

impl Default for StimulusError {
    fn default() -> StimulusError {
        StimulusError::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_and_late_are_told_apart_and_unknown_is_neither() {
        let mut error = StimulusError::new();
        assert_eq!(error.take_worst(), None);
        error.sent(At(1000), Some(At(1500)));
        error.sent(At(1000), Some(At(300)));
        error.sent(At(1000), None);
        assert_eq!((error.errors().at_rank(1), error.errors().at_rank(2)), (Some(-700), Some(500)));
        assert_eq!((error.errors().n(), error.unknown()), (2, 1));
        assert_eq!((error.take_worst(), error.take_worst()), (Some(700), None));
    }
}
