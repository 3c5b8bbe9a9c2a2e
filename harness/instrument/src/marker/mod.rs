//! An audible marker: what measures the delay of a DUT that regenerates media (transcodes, buffers, converts to analog and back).
//!
//! A chirp is sent, and searched for in what comes back by cross-correlation. Resolution: one sample, 125 us.

mod correlate;

pub use correlate::{Found, LEAST_CORRELATION, LEAST_MARGIN};

use oxocert_machine::At;
use oxocert_media::g711::{self, SAMPLE_NS, SAMPLE_RATE};
use std::f64::consts::{PI, TAU};

/// Samples of the marker: 200 ms.
pub const LENGTH: usize = 1600;

/// What the search tells apart, in nanoseconds: a rectangular component of half of it in the budget.
pub const RESOLUTION_NS: u64 = SAMPLE_NS;

/// The telephone band that it sweeps through, in Hz.
const BAND: (f64, f64) = (300.0, 3400.0);

/// Its level.
const DBM0: f64 = -12.0;

/// Samples over which it fades in and out, so that it does not click.
const FADE: usize = 80;

/// The marker, ready to be sent and searched for.
#[derive(Debug, Clone)]
pub struct Marker {
    codes: Vec<u8>,
    shape: Vec<f32>,
}

impl Marker {
    /// Makes it.
    pub fn new() -> Marker {
        let seconds = LENGTH as f64 / f64::from(SAMPLE_RATE);
        let sweep = (BAND.1 - BAND.0) / seconds;
        let sample = |n: usize| {
            let t = n as f64 / f64::from(SAMPLE_RATE);
            let edge = n.min(LENGTH - 1 - n);
            let fade = if edge < FADE { 0.5 - 0.5 * (PI * edge as f64 / FADE as f64).cos() } else { 1.0 };
            g711::peak_of(DBM0) * fade * (TAU * (BAND.0 * t + sweep * t * t / 2.0)).sin()
        };
        let codes: Vec<u8> = (0..LENGTH).map(|n| g711::encode(sample(n) as i16)).collect();
        let shape = codes.iter().map(|code| f32::from(g711::decode(*code))).collect();
        Marker { codes, shape }
    }

    /// Its A-law code words, in the order in which they are sent.
    pub fn codes(&self) -> &[u8] {
        &self.codes
    }

    /// Where in `heard` (A-law code words without a break) the marker begins; `None` where it is not in there whole, more than once, or
    /// not surely.
    pub fn find(&self, heard: &[u8]) -> Option<Found> {
        let heard: Vec<f32> = heard.iter().map(|code| f32::from(g711::decode(*code))).collect();
        correlate::find(&self.shape, &heard)
    }
}

impl Default for Marker {
    fn default() -> Marker {
        Marker::new()
    }
}

/// Where a sample lies: in a packet of that stamp, so many samples from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Stamp of the packet.
    pub packet: At,
    /// Samples before it in the packet.
    pub sample: u32,
}

/// One-way delay in nanoseconds from where the marker began when it was sent to where it began when it came back.
///
/// A packet is sent when its last sample is known and heard from its first one on; as both ends are taken alike, what remains is the delay of
/// packets of equal length. A DUT that cuts packets of another length adds the difference.
pub fn delay_ns(sent: Place, received: Place) -> i64 {
    let at = |place: Place| i128::from(place.packet.0) + i128::from(place.sample) * i128::from(SAMPLE_NS);
    i64::try_from(at(received) - at(sent)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
