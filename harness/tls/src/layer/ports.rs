//! Local ports of the connections that a layer makes.

use oxocert_machine::{Flow, Seed};
use rand::Rng;

/// Draws ports in turn, so that one that was closed rests as long as possible before it is used again (RFC 9293 §3.6.1, TIME-WAIT).
#[derive(Debug)]
pub(super) struct Ports {
    next: u16,
}

impl Ports {
    /// Begins at a place that the seed decides: a second run on the same addresses meets no connection of the first.
    pub(super) fn new(seed: Seed) -> Ports {
        Ports { next: seed.generator("tls ports").random_range(Flow::OWN_PORTS) }
    }

    /// The next port.
    pub(super) fn draw(&mut self) -> u16 {
        let drawn = self.next;
        self.next = if drawn == *Flow::OWN_PORTS.end() { *Flow::OWN_PORTS.start() } else { drawn + 1 };
        drawn
    }
}
