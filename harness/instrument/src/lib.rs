//! The instrument, without its sockets.
//!
//! What runs for each packet: [`schedule`] says when it is due, [`fingerprint`] makes and recognises its payload,
//! [`StreamMeter`] takes note of it. None of these allocates, locks or reads a clock.
//!
//! What runs beside that, window by window: [`Estimator`] turns the notes into a [`Reading`].
//! What says whether a reading is worth anything is in [`void`], [`calibration`] and [`impairment`].
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod fingerprint;
mod meter;
pub mod schedule;
mod stamp;

pub use meter::{Packet, Sample, Samples, SsrcChange, StreamMeter, Taken, WINDOW_NS};
