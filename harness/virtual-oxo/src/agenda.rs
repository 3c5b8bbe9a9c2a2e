//! What the box means to do later.

use oxocert_machine::At;
use std::collections::BTreeMap;

/// Tasks in the order of their times; tasks of one instant keep the order in which they were added.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(At, u64), T>,
    added: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Agenda { entries: BTreeMap::new(), added: 0 }
    }

    pub(crate) fn add(&mut self, at: At, task: T) {
        self.added += 1;
        self.entries.insert((at, self.added), task);
    }

    /// Takes the first task that is due.
    pub(crate) fn due(&mut self, now: At) -> Option<T> {
        let first = self.entries.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    pub(crate) fn next(&self) -> Option<At> {
        self.entries.keys().next().map(|(at, _)| *at)
    }
}
