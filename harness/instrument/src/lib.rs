//! The instrument, without its sockets.
//!
//! What runs for each packet: [`schedule`] says when it is due, [`fingerprint`] makes and recognises its payload, [`StreamMeter`] takes note
//! of it, [`StimulusError`] of how late it was sent. None of these allocates, locks or reads a clock.
//!
//! What runs beside that, window by window: [`Estimator`] turns the notes into a [`Reading`], less the seconds that [`void`] takes out.
//! [`marker`] measures the delay of a DUT that regenerates media, [`report_block`] compares with what the DUT says itself.
//!
//! What says whether a reading is worth anything: [`calibration`], by means of [`impairment`].
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod calibration;
pub mod fingerprint;
pub mod impairment;
pub mod marker;
mod meter;
pub mod reading;
pub mod report_block;
pub mod schedule;
mod stamp;
mod stimulus;
pub mod void;

pub use meter::{Packet, Sample, Samples, SsrcChange, StreamMeter, Taken, WINDOW_NS};
pub use reading::{Estimator, Reading};
pub use stimulus::StimulusError;
