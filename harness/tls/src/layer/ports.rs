//! Local ports of the connections that a layer makes.

use oxocert_machine::{Flow, Seed};
use rand::Rng;
use std::ops::RangeInclusive;

/// The lower part of [`Flow::OWN_PORTS`]: the upper part is left to the machine, which may name connections of its own.
pub(super) const DRAWN: RangeInclusive<u16> = *Flow::OWN_PORTS.start()..=64_999;

/// Draws ports in turn, so that one that was closed rests as long as possible before it is used again (RFC 9293 §3.6.1, TIME-WAIT).
#[derive(Debug)]
pub(super) struct Ports {
    next: u16,
}

impl Ports {
    /// Begins at a place that the seed decides: a second run on the same addresses meets no connection of the first.
    pub(super) fn new(seed: Seed) -> Ports {
        Ports { next: seed.generator("tls ports").random_range(DRAWN) }
    }

    /// The next port.
    pub(super) fn draw(&mut self) -> u16 {
        let drawn = self.next;
        self.next = if drawn == *DRAWN.end() { *DRAWN.start() } else { drawn + 1 };
        drawn
    }
}
