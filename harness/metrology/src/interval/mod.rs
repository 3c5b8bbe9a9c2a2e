//! How sure a statistic is: intervals of 95 % confidence.

mod order_statistic;
mod wilson;

pub use order_statistic::{Bounds, Ranks, order_statistic, order_statistic_ranks};
pub use wilson::{Proportion, wilson};

/// The 97.5th percentile of the normal distribution: 95 % lie within so many standard deviations on both sides.
pub const Z_95: f64 = 1.959_963_984_540_054;
