//! RTCP (RFC 3550 §6): compound packets written and read, and when a report is due.

mod interval;
mod read;
mod write;

pub use interval::next_interval;
pub use read::{Compound, ReadError, SenderInfo, claimed, read};
pub use write::{Report, ReportBlock, compound};
