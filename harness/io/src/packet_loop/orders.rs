//! What the loop is told while it runs, over channels whose room was made beforehand.

use super::incoming::Incoming;
use super::outgoing::Outgoing;
use std::sync::atomic::{AtomicBool, AtomicU32};

/// Orders and retired streams that may wait at once.
pub(super) const WAITING: usize = 4096;

/// An order. What it carries was made by who gives it.
pub(super) enum Order {
    /// Begin to send, in the place of what was sent there before.
    Send(u32, Box<Outgoing>),
    /// Let in, in the place of what was let in before.
    Receive(u32, Box<Incoming>),
    /// End sending.
    Quiet(u32),
}

/// A stream that is not needed any more: freed by the owner, not by the loop.
pub(super) type Retired = Box<dyn Send>;

/// Seen by both sides.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The loop is to end.
    pub(super) stop: AtomicBool,
    /// Streams that are being sent: counted up by who orders one, down by the loop when it is over.
    pub(super) sending: AtomicU32,
}
