//! The timeline of a run, the verdict words and the run folder.
//!
//! `events.jsonl` is the truth: one [`Event`] a line, numbered by its only writer (the bench machine), with
//! exact bytes and exact times. Everything else is derived from it.

mod bytes;
mod event;
mod media;
mod verdict;

pub use bytes::Bytes;
pub use event::{
    CaseEnd, CaseId, Direction, Emitter, Event, EventNo, Phase, RoleName, RunStarted, SipSeen, StepId, What,
};
pub use media::{DigitSeen, Heard, Sound, StreamWindow};
pub use verdict::Verdict;
