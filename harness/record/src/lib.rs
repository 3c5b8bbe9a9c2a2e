//! The timeline of a run, the verdict words and the run folder.
//!
//! `events.jsonl` is the truth: one [`Event`] a line, numbered by its only writer (the bench machine), with
//! exact bytes and exact times. Everything else is derived from it.

mod bytes;
mod event;
mod media;
mod secure;
mod verdict;

pub use bytes::Bytes;
pub use event::{
    CaseEnd, CaseId, Direction, Emitter, Event, EventNo, Phase, RoleName, RunStarted, SipSeen, StepId, What,
};
pub use media::{DigitSeen, Heard, Sound, SrtpCounts, StreamWindow};
pub use secure::{DnsSeen, ProbeSeen, TlsEnded, TlsOutcome, TlsSeen};
pub use verdict::Verdict;
