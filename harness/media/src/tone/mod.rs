//! What a stream carries: silence, a tone, a cadence, music, as A-law code words by sample number.
//!
//! Every whole frequency repeats after one second, so a tone is a table of 8000 code words, made once per process for
//! a frequency and a level; to send is to copy.

pub mod detect;
mod music;

use crate::engine::Source;
use crate::g711::{self, SAMPLE_RATE};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Tables kept per process; above that the store is emptied, streams keep their own.
const STORE_LIMIT: usize = 256;

/// A table's name: frequency (0 = music) and the bits of its level.
type TableKey = (u16, u64);

/// A memo only: a table depends on nothing but its key.
static TABLES: Mutex<BTreeMap<TableKey, Arc<[u8]>>> = Mutex::new(BTreeMap::new());

/// A source ready to be sent.
#[derive(Debug, Clone)]
pub struct Generator {
    table: Option<Arc<[u8]>>,
    /// Samples on and off, for a cadence.
    gate: Option<(u64, u64)>,
    /// The sample number at which a cadence or a melody begins.
    origin: u64,
}

impl Generator {
    /// The generator of `source`; cadences and melodies begin at sample number `origin`.
    pub fn new(source: &Source, origin: u64) -> Generator {
        match *source {
            Source::Silence => Generator { table: None, gate: None, origin },
            Source::Tone { hz, dbm0 } => Generator { table: Some(tone_table(hz, dbm0)), gate: None, origin },
            Source::Cadence { hz, dbm0, on_ms, off_ms } => {
                let samples = |ms: u32| u64::from(ms) * 8;
                let gate = Some((samples(on_ms), samples(off_ms)));
                Generator { table: Some(tone_table(hz, dbm0)), gate, origin }
            }
            Source::Music { dbm0 } => Generator { table: Some(music_table(dbm0)), gate: None, origin },
        }
    }

    /// Writes the code words from sample number `from` on.
    pub fn fill(&self, from: u64, out: &mut [u8]) {
        let Some(table) = self.table.as_ref().filter(|table| !table.is_empty()) else {
            out.fill(g711::SILENCE);
            return;
        };
        let begin = from.saturating_sub(self.origin);
        copy_round(table, (begin % table.len() as u64) as usize, out);
        if let Some((on, off)) = self.gate {
            self.mute_pauses(begin, on, off, out);
        }
    }

    fn mute_pauses(&self, begin: u64, on: u64, off: u64, out: &mut [u8]) {
        let Some(period) = on.checked_add(off).filter(|period| *period > 0) else { return };
        for (sample, code) in (begin..).zip(out.iter_mut()) {
            if sample % period >= on {
                *code = g711::SILENCE;
            }
        }
    }
}

/// Copies `table` as a ring from `position` on.
fn copy_round(table: &[u8], mut position: usize, mut out: &mut [u8]) {
    while !out.is_empty() {
        let length = out.len().min(table.len() - position);
        let (head, rest) = out.split_at_mut(length);
        head.copy_from_slice(&table[position..position + length]);
        out = rest;
        position = 0;
    }
}

fn tone_table(hz: u16, dbm0: f64) -> Arc<[u8]> {
    stored((hz, dbm0.to_bits()), || {
        let peak = g711::peak_of(dbm0);
        let step = std::f64::consts::TAU * f64::from(hz) / f64::from(SAMPLE_RATE);
        (0..SAMPLE_RATE).map(|n| g711::encode((peak * (step * f64::from(n)).sin()) as i16)).collect()
    })
}

fn music_table(dbm0: f64) -> Arc<[u8]> {
    stored((0, dbm0.to_bits()), || music::melody(dbm0))
}

fn stored(key: TableKey, make: impl FnOnce() -> Arc<[u8]>) -> Arc<[u8]> {
    let Ok(mut tables) = TABLES.lock() else { return make() };
    if let Some(table) = tables.get(&key) {
        return Arc::clone(table);
    }
    if tables.len() >= STORE_LIMIT {
        tables.clear();
    }
    let table = make();
    tables.insert(key, Arc::clone(&table));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_has_the_level_that_was_asked_for() {
        for dbm0 in [-40.0, -20.0, -10.0, 0.0, 3.0] {
            let mut second = [0; 8000];
            Generator::new(&Source::Tone { hz: 700, dbm0 }, 0).fill(0, &mut second);
            let level = g711::level_of(g711::mean_square(&second));
            assert!((level - dbm0).abs() < 0.3, "{dbm0}: {level}");
        }
    }

    #[test]
    fn a_cadence_is_silent_in_its_pauses_to_the_sample() {
        let source = Source::Cadence { hz: 440, dbm0: -10.0, on_ms: 10, off_ms: 30 };
        let mut codes = [0; 960];
        Generator::new(&source, 1000).fill(1000, &mut codes);
        for (sample, code) in codes.iter().enumerate() {
            if sample % 320 >= 80 {
                assert_eq!(*code, g711::SILENCE, "sample {sample}");
            }
        }
        assert!(codes[..80].iter().any(|code| *code != g711::SILENCE));
    }

    #[test]
    fn packets_of_any_size_are_cut_from_the_same_signal() {
        let source = Generator::new(&Source::Music { dbm0: -15.0 }, 0);
        let mut whole = vec![0; 40_000];
        source.fill(0, &mut whole);
        for size in [80usize, 160, 240, 480] {
            let mut part = vec![0; size];
            source.fill(31_900, &mut part);
            assert_eq!(part, whole[31_900..31_900 + size]);
        }
    }

    #[test]
    fn a_cadence_without_any_length_is_a_tone() {
        let mut codes = [g711::SILENCE; 160];
        Generator::new(&Source::Cadence { hz: 440, dbm0: -10.0, on_ms: 0, off_ms: 0 }, 0).fill(0, &mut codes);
        assert!(codes.iter().any(|code| *code != g711::SILENCE));
    }
}
