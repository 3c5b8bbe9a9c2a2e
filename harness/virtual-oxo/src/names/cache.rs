//! What name servers said, for as long as they said it.

use super::message::{Data, Kind};
use oxocert_machine::At;
use std::collections::BTreeMap;
use std::time::Duration;

/// A record is kept so long at least: a time to live of zero would never let a call use it.
pub(super) const SHORTEST: Duration = Duration::from_secs(1);

/// Most names that are kept; beyond it the one that expires first goes.
const MOST: usize = 64;

/// The records of one name and kind; empty: there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) data: Vec<Data>,
    pub(super) until: At,
}

impl Entry {
    /// No server had an answer.
    pub(super) fn failed(until: At) -> Entry {
        Entry { data: Vec::new(), until }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Cache(BTreeMap<(String, Kind), Entry>);

impl Cache {
    pub(super) fn get(&self, now: At, key: &(String, Kind)) -> Option<Vec<Data>> {
        self.0.get(key).filter(|entry| now < entry.until).map(|entry| entry.data.clone())
    }

    pub(super) fn put(&mut self, key: (String, Kind), entry: Entry) {
        self.0.insert(key, entry);
        if self.0.len() > MOST {
            let first = self.0.iter().min_by_key(|(_, entry)| entry.until).map(|(key, _)| key.clone());
            first.map(|key| self.0.remove(&key));
        }
    }
}
