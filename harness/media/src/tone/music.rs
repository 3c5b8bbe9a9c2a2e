//! The melody of [`crate::engine::Source::Music`].

use crate::g711::{self, SAMPLE_RATE};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Samples of one chord: 250 ms.
const CHORD: u32 = SAMPLE_RATE / 4;

/// Chords in Hz. The notes of each are more than 100 Hz apart, so that no frame of 20 ms sees one frequency with more
/// than half of the energy.
const MELODY: [[f64; 3]; 8] = [
    [392.0, 523.3, 783.9],
    [440.0, 659.3, 880.0],
    [349.2, 523.3, 698.5],
    [392.0, 587.3, 987.8],
    [329.6, 523.3, 783.9],
    [440.0, 587.3, 880.0],
    [349.2, 587.3, 987.8],
    [392.0, 659.3, 1046.5],
];

/// The melody as code words, to be repeated; `dbm0` is its mean level.
pub(super) fn melody(dbm0: f64) -> Arc<[u8]> {
    // Three equal sine waves have three times the power of one.
    let peak = g711::peak_of(dbm0) / 3f64.sqrt();
    let mut codes = Vec::with_capacity(MELODY.len() * CHORD as usize);
    for chord in MELODY {
        for n in 0..CHORD {
            let time = f64::from(n) / f64::from(SAMPLE_RATE);
            let sum: f64 = chord.iter().map(|hz| (TAU * hz * time).sin()).sum();
            codes.push(g711::encode((peak * sum).clamp(-32767.0, 32767.0) as i16));
        }
    }
    codes.into()
}
