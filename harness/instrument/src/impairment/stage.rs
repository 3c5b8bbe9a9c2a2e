//! Packets on their way.

use super::{Fate, Impairer};
use oxocert_machine::At;
use std::collections::BTreeMap;

/// Holds the packets of one stream until they are due. `P` is whatever a packet is. It allocates: it belongs to what stands between two
/// media threads, not into one.
#[derive(Debug, Clone)]
pub struct Stage<P> {
    impairer: Impairer,
    /// By release, then in the order in which they went in.
    under_way: BTreeMap<(At, u64), P>,
    order: u64,
}

impl<P: Clone> Stage<P> {
    /// With nothing in it.
    pub fn new(impairer: Impairer) -> Stage<P> {
        Stage { impairer, under_way: BTreeMap::new(), order: 0 }
    }

    /// A packet goes in at `at`; what becomes of it is told.
    pub fn packet(&mut self, at: At, packet: P) -> Fate {
        let fate = self.impairer.fate(at);
        if let Some(copy) = fate.copy {
            self.hold(copy, packet.clone());
        }
        if let Some(release) = fate.release {
            self.hold(release, packet);
        }
        fate
    }

    /// The next packet that is due by `now`, with the time at which it was due.
    pub fn poll(&mut self, now: At) -> Option<(At, P)> {
        let first = self.under_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), packet) = first.remove_entry();
        Some((at, packet))
    }

    /// When the next one is due; `None` where none is under way.
    pub fn deadline(&self) -> Option<At> {
        self.under_way.first_key_value().map(|((at, _), _)| *at)
    }

    fn hold(&mut self, at: At, packet: P) {
        self.under_way.insert((at, self.order), packet);
        self.order += 1;
    }
}
