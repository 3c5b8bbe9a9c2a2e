//! Whether a frame of audio carries the two frequencies of a digit (ITU-T Q.23).

use super::code_of;
use crate::g711;
use std::f64::consts::TAU;

/// Below this level no digit is looked for, in dBm0.
const FLOOR_DBM0: f64 = -40.0;

/// The part of the energy that the two frequencies have together.
const BOTH: f64 = 0.7;

/// The part that each of them has at least.
const EACH: f64 = 0.1;

const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

/// Row and column of each event code, `0` first.
const KEYS: [(usize, usize); 16] = [
    (3, 1),
    (0, 0),
    (0, 1),
    (0, 2),
    (1, 0),
    (1, 1),
    (1, 2),
    (2, 0),
    (2, 1),
    (2, 2),
    (3, 0),
    (3, 2),
    (0, 3),
    (1, 3),
    (2, 3),
    (3, 3),
];

/// Whether the A-law code words of a frame (10 ms or more) carry the two frequencies of `digit`.
pub fn carries(frame: &[u8], digit: char) -> bool {
    let Some((row, column)) = frequencies_of(digit) else { return false };
    let mean_square = g711::mean_square(frame);
    if frame.len() < 80 || g711::level_of(mean_square) < FLOOR_DBM0 {
        return false;
    }
    let (low, high) = (power(frame, row) / mean_square, power(frame, column) / mean_square);
    low >= EACH && high >= EACH && low + high >= BOTH
}

/// The two frequencies of a digit, in Hz.
fn frequencies_of(digit: char) -> Option<(f64, f64)> {
    let (row, column) = *KEYS.get(usize::from(code_of(digit)?))?;
    Some((*ROWS.get(row)?, *COLUMNS.get(column)?))
}

/// 20 ms of a digit's two frequencies at -10 dBm0 each, beginning at sample `from`.
pub fn key_tone(digit: char, from: u32) -> Option<Vec<u8>> {
    let (row, column) = frequencies_of(digit)?;
    let peak = g711::peak_of(-10.0);
    let sine = |hz: f64, n: u32| peak * (TAU * hz * f64::from(n) / f64::from(g711::SAMPLE_RATE)).sin();
    // The phase repeats each second; a small sample number keeps the sine exact.
    let begin = from % g711::SAMPLE_RATE;
    Some((begin..begin + 160).map(|n| g711::encode((sine(row, n) + sine(column, n)) as i16)).collect())
}

/// The mean square of the part of `frame` at `hz` (Goertzel).
fn power(frame: &[u8], hz: f64) -> f64 {
    let step = TAU * hz / f64::from(g711::SAMPLE_RATE);
    let turn = 2.0 * step.cos();
    let (mut last, mut before) = (0f64, 0f64);
    for code in frame {
        (last, before) = (f64::from(g711::decode(*code)) + turn * last - before, last);
    }
    let length = frame.len() as f64;
    2.0 * (last * last + before * before - turn * last * before) / (length * length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtmf::digit_of;

    fn key(digit: char) -> Vec<u8> {
        key_tone(digit, 0).unwrap()
    }

    #[test]
    fn each_key_is_itself_and_no_other() {
        for sent in (0..16).filter_map(digit_of) {
            for asked in (0..16).filter_map(digit_of) {
                assert_eq!(carries(&key(sent), asked), sent == asked, "{sent} asked for {asked}");
            }
        }
    }

    #[test]
    fn silence_and_a_single_tone_are_no_key() {
        assert!(!carries(&[g711::SILENCE; 160], '1'));
        let peak = g711::peak_of(-10.0);
        let tone: Vec<u8> = (0..160)
            .map(|n| g711::encode((peak * (TAU * 697.0 * f64::from(n) / 8000.0).sin()) as i16))
            .collect();
        assert!(!carries(&tone, '1'));
    }
}
