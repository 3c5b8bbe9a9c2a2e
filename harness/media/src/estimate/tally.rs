//! Counts per value, ascending.

/// How often each value came. A stream has few values, so a sorted list is faster than a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally<K>(Vec<(K, u64)>);

impl<K: Copy + Ord> Tally<K> {
    /// Counts `value` once more.
    pub fn add(&mut self, value: K) {
        match self.0.binary_search_by_key(&value, |(known, _)| *known) {
            Ok(place) => self.0[place].1 += 1,
            Err(place) => self.0.insert(place, (value, 1)),
        }
    }

    /// The counts so far; begins anew.
    pub fn take(&mut self) -> Vec<(K, u64)> {
        std::mem::take(&mut self.0)
    }
}
