//! The box's own RTP ports.

use oxocert_media::engine::PortId;
use std::collections::BTreeSet;

/// Hands out port pairs in turn, so that a port is not used again at once.
#[derive(Debug)]
pub(crate) struct MediaPorts {
    first: u16,
    last: u16,
    next: u16,
    used: BTreeSet<u16>,
    lowest_first: bool,
    named: u32,
}

impl MediaPorts {
    /// `lowest_first`: do not go round, take the lowest port that is free.
    pub(crate) fn new(first: u16, last: u16, lowest_first: bool) -> Self {
        MediaPorts { first, last, next: first, used: BTreeSet::new(), lowest_first, named: 0 }
    }

    /// A free pair: its name and the port of its RTP; `None` where all are in use.
    pub(crate) fn take(&mut self) -> Option<(PortId, u16)> {
        let pairs = (self.last - self.first).saturating_add(1) / 2;
        if self.lowest_first {
            self.next = self.first;
        }
        for _ in 0..pairs {
            let port = self.next;
            self.next = match port.checked_add(2) {
                Some(next) if next < self.last => next,
                _ => self.first,
            };
            if self.used.insert(port) {
                self.named += 1;
                return Some((PortId(self.named), port));
            }
        }
        None
    }

    pub(crate) fn give_back(&mut self, port: u16) {
        self.used.remove(&port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_go_round_and_run_out() {
        let mut ports = MediaPorts::new(32000, 32003, false);
        let (first, number) = ports.take().unwrap();
        assert_eq!(number, 32000);
        assert_eq!(ports.take().unwrap().1, 32002);
        assert_eq!(ports.take(), None);
        ports.give_back(32000);
        let (again, number) = ports.take().unwrap();
        assert_eq!(number, 32000);
        assert_ne!(first, again);
    }
}
