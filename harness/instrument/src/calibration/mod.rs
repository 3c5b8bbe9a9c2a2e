//! How the instrument proves itself: a known stimulus must come back, a hidden one must be found, and a load must not have shifted
//! it.

mod blind;
mod bracket;
mod known;
mod truth;
mod virtual_clock;

pub use blind::{Blind, Revealed};
pub use bracket::{Bracket, MOST_DRIFT_P50_NS, MOST_DRIFT_P99_NS};
pub use known::{Known, Row, TABLE, compare};
pub use truth::Truth;
pub use virtual_clock::on_virtual_clock;

#[cfg(test)]
mod tests;
