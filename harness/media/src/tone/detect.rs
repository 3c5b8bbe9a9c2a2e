//! What a frame of 20 ms carries: silence, one frequency of the grid, or something else.
//!
//! The grid is the multiples of 50 Hz from 200 to 3400 Hz (identity tones) and 440 Hz (French signalling tones). A
//! frame is a tone when one sine wave of a grid frequency explains most of its energy; a pure tone between the grid's
//! lines is reported as [`Sound::Music`], because it is none of the known ones.

use crate::engine::Sound;
use crate::g711;
use std::f64::consts::TAU;

/// Samples of a frame.
pub const FRAME: usize = 160;

/// Below this level a frame is silent, in dBm0.
pub const SILENCE_DBM0: f64 = -50.0;

/// The part of a frame's energy that one sine wave must explain.
const PURITY: f64 = 0.8;

/// The part that a sine wave of the estimated frequency explains if the estimate is exact.
const CERTAIN: f64 = 0.98;

/// The distance of the grid's lines in Hz: one period in a frame.
const LINE_HZ: f64 = 50.0;

/// The grid, in Hz.
const GRID_HZ: std::ops::RangeInclusive<f64> = 200.0..=3400.0;

/// The frequency of French signalling tones, Hz.
const SIGNALLING_HZ: f64 = 440.0;

/// What one frame carries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// What.
    pub sound: Sound,
    /// Its mean square in linear units squared, for means over frames.
    pub mean_square: f64,
}

/// Classifies frames; equal frames in a row (a grid tone repeats every 20 ms) are looked at once.
#[derive(Debug, Clone)]
pub struct Detector {
    last: [u8; FRAME],
    verdict: Frame,
}

impl Default for Detector {
    fn default() -> Self {
        let last = [g711::SILENCE; FRAME];
        Detector { last, verdict: classify(&last) }
    }
}

impl Detector {
    /// What `codes` (A-law) carry.
    pub fn frame(&mut self, codes: &[u8; FRAME]) -> Frame {
        if *codes != self.last {
            self.last = *codes;
            self.verdict = classify(codes);
        }
        self.verdict
    }
}

/// What a frame of A-law code words carries.
pub fn classify(codes: &[u8; FRAME]) -> Frame {
    let mut samples = [0f32; FRAME];
    for (sample, code) in samples.iter_mut().zip(codes) {
        *sample = f32::from(g711::decode(*code));
    }
    let energy: f32 = samples.iter().map(|x| x * x).sum();
    let mean_square = f64::from(energy) / FRAME as f64;
    let sound = if g711::level_of(mean_square) < SILENCE_DBM0 {
        Sound::Silence
    } else {
        tone_of(&samples, energy).map_or(Sound::Music, |hz| Sound::Tone { hz })
    };
    Frame { sound, mean_square }
}

/// The grid frequency that explains the samples, if one does.
fn tone_of(samples: &[f32; FRAME], energy: f32) -> Option<u16> {
    let estimate = frequency_of(samples)?;
    // Noise pulls the estimate towards 2 kHz, so the lines beside it are asked as well.
    let nearest = (estimate / LINE_HZ).round() * LINE_HZ;
    let lines = [nearest, nearest - LINE_HZ, nearest + LINE_HZ];
    let mut best = (PURITY, None);
    for (hz, part) in lines.into_iter().zip(line_purities(samples, energy, lines)) {
        if part > best.0 {
            best = (part, Some(hz));
        }
    }
    if (estimate - SIGNALLING_HZ).abs() < 2.0 * LINE_HZ {
        let part = purity(samples, energy, SIGNALLING_HZ);
        if part > best.0 {
            best = (part, Some(SIGNALLING_HZ));
        }
    }
    let line = best.1?;
    // A clean tone beside the line still puts most of its energy there; only its exact frequency tells it apart.
    let exact = if purity(samples, energy, estimate) >= CERTAIN { on_grid(estimate)? } else { line };
    GRID_HZ.contains(&exact).then_some(exact as u16)
}

/// The grid frequency that a precisely known frequency stands for.
fn on_grid(hz: f64) -> Option<f64> {
    if (hz - SIGNALLING_HZ).abs() <= 5.0 {
        return Some(SIGNALLING_HZ);
    }
    let nearest = (hz / LINE_HZ).round() * LINE_HZ;
    ((hz - nearest).abs() <= 8.0).then_some(nearest)
}

/// The frequency of the sine wave that fits best x(n-1) + x(n+1) = 2 cos(w) x(n), in Hz.
fn frequency_of(samples: &[f32; FRAME]) -> Option<f64> {
    let (mut cross, mut square) = (0f32, 0f32);
    for three in samples.windows(3) {
        cross += three[1] * (three[0] + three[2]);
        square += three[1] * three[1];
    }
    let cosine = f64::from(cross) / (2.0 * f64::from(square));
    (cosine.abs() < 1.0).then(|| cosine.acos() * f64::from(g711::SAMPLE_RATE) / TAU)
}

/// The parts of `energy` at three lines (Goertzel, three at once: each step waits for the one before it). On the lines
/// sine and cosine are orthogonal over a frame, so the power is all there is.
fn line_purities(samples: &[f32; FRAME], energy: f32, lines: [f64; 3]) -> [f64; 3] {
    let turn = lines.map(|hz| 2.0 * (TAU * hz / f64::from(g711::SAMPLE_RATE)).cos());
    let (mut last, mut before) = ([0f64; 3], [0f64; 3]);
    for x in samples {
        let x = f64::from(*x);
        let next = [
            x + turn[0] * last[0] - before[0],
            x + turn[1] * last[1] - before[1],
            x + turn[2] * last[2] - before[2],
        ];
        (before, last) = (last, next);
    }
    let scale = 2.0 / (FRAME as f64 * f64::from(energy));
    [0, 1, 2].map(|n| scale * (last[n] * last[n] + before[n] * before[n] - turn[n] * last[n] * before[n]))
}

/// The part (0 to 1) of `energy` that the best sine wave of `hz` explains.
fn purity(samples: &[f32; FRAME], energy: f32, hz: f64) -> f64 {
    let step = TAU * hz / f64::from(g711::SAMPLE_RATE);
    let (turn_sine, turn_cosine) = step.sin_cos();
    let (turn_sine, turn_cosine) = (turn_sine as f32, turn_cosine as f32);
    let (mut cosine, mut sine) = (1f32, 0f32);
    let (mut x_cosine, mut x_sine, mut cosine_2, mut cosine_sine) = (0f32, 0f32, 0f32, 0f32);
    for x in samples {
        x_cosine += x * cosine;
        x_sine += x * sine;
        cosine_2 += cosine * cosine;
        cosine_sine += cosine * sine;
        (cosine, sine) = (cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine);
    }
    let sine_2 = FRAME as f32 - cosine_2;
    let determinant = cosine_2 * sine_2 - cosine_sine * cosine_sine;
    if determinant < 1.0 || energy <= 0.0 {
        return 0.0;
    }
    let explained =
        x_cosine * x_cosine * sine_2 - 2.0 * x_cosine * x_sine * cosine_sine + x_sine * x_sine * cosine_2;
    f64::from(explained / determinant / energy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Source;
    use crate::tone::Generator;
    use rstest::rstest;

    fn frames(source: Source, shift: u64, count: u64) -> Vec<Sound> {
        let generator = Generator::new(&source, 0);
        let mut codes = [0; FRAME];
        (0..count)
            .map(|n| {
                generator.fill(shift + n * FRAME as u64, &mut codes);
                classify(&codes).sound
            })
            .collect()
    }

    #[rstest]
    fn each_grid_frequency_is_known_through_a_law(#[values(-40.0, -25.0, -10.0, 0.0)] dbm0: f64) {
        for hz in (200..=3400).step_by(50).chain([440]) {
            for shift in [0, 17, 80, 133] {
                let heard = frames(Source::Tone { hz, dbm0 }, shift, 3);
                assert_eq!(heard, vec![Sound::Tone { hz }; 3], "{hz} Hz at {dbm0} dBm0, {shift} samples in");
            }
        }
    }

    #[test]
    fn music_is_never_a_tone() {
        for dbm0 in [-35.0, -15.0] {
            for shift in [0, 57, 119] {
                let heard = frames(Source::Music { dbm0 }, shift, 400);
                assert!(heard.iter().all(|sound| *sound == Sound::Music), "{heard:?}");
            }
        }
    }

    #[test]
    fn a_tone_between_the_lines_is_none_of_the_grid() {
        for hz in [425, 475, 523, 1076, 2030] {
            assert_eq!(frames(Source::Tone { hz, dbm0: -10.0 }, 5, 20), vec![Sound::Music; 20], "{hz} Hz");
        }
    }

    #[test]
    fn silence_ends_at_50_dbm0() {
        assert_eq!(frames(Source::Silence, 0, 1), [Sound::Silence]);
        assert_eq!(frames(Source::Tone { hz: 600, dbm0: -52.0 }, 0, 1), [Sound::Silence]);
        assert_eq!(frames(Source::Tone { hz: 600, dbm0: -48.0 }, 0, 1), [Sound::Tone { hz: 600 }]);
    }

    #[test]
    fn half_a_tone_is_not_a_tone() {
        let mut codes = [g711::SILENCE; FRAME];
        Generator::new(&Source::Tone { hz: 600, dbm0: -10.0 }, 0).fill(0, &mut codes[80..]);
        assert_eq!(classify(&codes).sound, Sound::Music);
    }

    proptest::proptest! {
        #[test]
        fn no_frame_is_too_odd(codes in proptest::collection::vec(proptest::num::u8::ANY, FRAME)) {
            classify(&codes.try_into().unwrap());
        }
    }
}
