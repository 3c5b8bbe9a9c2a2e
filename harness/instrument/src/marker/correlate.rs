//! Normalised cross-correlation.

/// A place is sure from this correlation up. White noise of the marker's length reaches about 0.1.
pub const LEAST_CORRELATION: f64 = 0.4;

/// And where it is so many times better than any other place.
pub const LEAST_MARGIN: f64 = 1.5;

/// Places so near to the best one belong to it: two periods of the middle of the band.
const LOBE: usize = 10;

/// Below this mean square (linear units) there is silence, which correlates with nothing.
const SILENT: f64 = 100.0;

/// A marker that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The sample at which it begins.
    pub sample: usize,
    /// How much of the signal there is the marker, 0 to 1. Its square is the share of the energy.
    pub correlation: f64,
    /// How many times better than the next best place.
    pub margin: f64,
    /// Whether its sign was turned.
    pub inverted: bool,
}

/// The one place at which `heard` has the shape of `marker`.
pub(super) fn find(marker: &[f32], heard: &[f32]) -> Option<Found> {
    let correlations = correlations(marker, heard);
    let magnitude = |place: &usize| correlations[*place].abs();
    let best = (0..correlations.len()).max_by(|a, b| magnitude(a).total_cmp(&magnitude(b)))?;
    let elsewhere = |place: &usize| place.abs_diff(best) > LOBE;
    let next = (0..correlations.len()).filter(elsewhere).map(|place| magnitude(&place)).fold(0.0, f64::max);
    let correlation = magnitude(&best);
    // Where there is no other place to compare with, the place is an assumption.
    let margin = if next > 0.0 { correlation / next } else { f64::INFINITY };
    let is_sure = correlation >= LEAST_CORRELATION && margin >= LEAST_MARGIN && correlations.len() > 4 * LOBE;
    is_sure.then_some(Found { sample: best, correlation, margin, inverted: correlations[best] < 0.0 })
}

/// The normalised correlation at each place where the whole marker fits.
fn correlations(marker: &[f32], heard: &[f32]) -> Vec<f64> {
    let energy = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let marker_energy = energy(marker);
    if marker.is_empty() || heard.len() < marker.len() {
        return Vec::new();
    }
    let mut window_energy = energy(&heard[..marker.len()]);
    let mut correlations = Vec::with_capacity(heard.len() - marker.len() + 1);
    for (place, window) in heard.windows(marker.len()).enumerate() {
        if place > 0 {
            // Samples are whole numbers: nothing is lost by adding and taking away.
            window_energy +=
                f64::from(window[marker.len() - 1]).powi(2) - f64::from(heard[place - 1]).powi(2);
        }
        let product: f32 = marker.iter().zip(window).map(|(a, b)| a * b).sum();
        let silent = window_energy < SILENT * marker.len() as f64;
        correlations.push(if silent {
            0.0
        } else {
            f64::from(product) / (marker_energy * window_energy).sqrt()
        });
    }
    correlations
}
