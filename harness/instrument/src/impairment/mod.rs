//! A network that does what it is told: the known stimulus of the estimators, and what scenarios put before a DUT.
//!
//! [`Impairer`] decides the fate of each packet and tells it, so that an estimator can be held against the truth; [`Stage`] also holds
//! the packets until they are due.

mod fate;
mod stage;

pub use fate::{Fate, Impairer};
pub use stage::Stage;

use std::time::Duration;

/// How the delay of single packets differs. Packets may overtake each other where it is greater than their distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// Anywhere within plus or minus this, all alike. The delay is held at zero from below.
    Uniform(Duration),
    /// A bell with this standard deviation (the sum of twelve uniform numbers: never beyond six deviations).
    Bell(Duration),
    /// So much more for every n-th packet: the n-th, the 2n-th and so on.
    EveryNth {
        /// n; 0 = none.
        n: u32,
        /// More delay.
        extra: Duration,
    },
}

/// Which packets are lost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Loss {
    /// None.
    #[default]
    None,
    /// Each with this probability, 0 to 1.
    Random(f64),
    /// The last `length` of each `every` packets.
    Bursts {
        /// Packets from one burst to the next; 0 = none.
        every: u32,
        /// Packets of a burst.
        length: u32,
    },
}

/// What a network does. All of it at once; the default does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Impairment {
    /// Delay of every packet.
    pub delay: Duration,
    /// How it differs.
    pub jitter: Jitter,
    /// Loss.
    pub loss: Loss,
    /// Every n-th packet is held back so long more, and so comes after later ones; 0 = none.
    pub reorder: (u32, Duration),
    /// Share of packets that come twice, 0 to 1; the copy comes so much later.
    pub duplicate: (f64, Duration),
}

impl Impairment {
    /// An edge stimulus: 5 ms more for every 100th packet, which one percentile sees and the next does not.
    pub const FIVE_MS_EVERY_100TH: Impairment = Impairment {
        delay: Duration::ZERO,
        jitter: Jitter::EveryNth { n: 100, extra: Duration::from_millis(5) },
        loss: Loss::None,
        reorder: (0, Duration::ZERO),
        duplicate: (0.0, Duration::ZERO),
    };

    /// Nothing but a delay.
    pub fn delayed(delay: Duration) -> Impairment {
        Impairment { delay, ..Impairment::default() }
    }
}

#[cfg(test)]
mod tests;
