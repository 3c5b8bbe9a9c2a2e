//! Estimators of a received stream, each by its formula and in whole numbers.

mod jitter;
mod sequence;
mod tally;
mod window;

pub use jitter::Jitter;
pub use sequence::{Arrival, Sequence};
pub use tally::Tally;
pub use window::{Packet, StreamEstimator};
