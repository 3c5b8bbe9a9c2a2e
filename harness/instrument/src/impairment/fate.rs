//! What becomes of each packet.

use super::{Impairment, Jitter, Loss};
use oxocert_machine::{At, Seed};
use rand::Rng;
use rand::rngs::SmallRng;
use std::time::Duration;

/// What was done to one packet: the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Its number, from 0 on.
    pub number: u64,
    /// When it went in.
    pub at: At,
    /// When it comes out; `None` = lost.
    pub release: Option<At>,
    /// When its second copy comes out.
    pub copy: Option<At>,
    /// Whether it was held back to be overtaken.
    pub held_back: bool,
}

impl Fate {
    /// Its delay; `None` = lost.
    pub fn delay(&self) -> Option<Duration> {
        self.release.map(|release| release.since(self.at))
    }
}

/// Decides, packet by packet. Same seed, same fates; it draws the same numbers whatever it is told to do with them, so that two
/// impairments of one seed differ in nothing else.
#[derive(Debug, Clone)]
pub struct Impairer {
    impairment: Impairment,
    generator: SmallRng,
    number: u64,
}

impl Impairer {
    /// The impairment of one stream; streams differ by `name`.
    pub fn new(impairment: Impairment, seed: Seed, name: &str) -> Impairer {
        Impairer { impairment, generator: seed.child("impairment").generator(name), number: 0 }
    }

    /// What becomes of the next packet, which goes in at `at`.
    pub fn fate(&mut self, at: At) -> Fate {
        let number = self.number;
        self.number += 1;
        let Impairment { delay, jitter, loss, reorder, duplicate } = self.impairment;
        let (loss_draw, jitter_draw, copy_draw): (f64, f64, f64) =
            (self.generator.random(), self.generator.random(), self.generator.random());
        let bell: f64 = (0..12).map(|_| self.generator.random::<f64>()).sum::<f64>() - 6.0;

        let mut ns = delay.as_nanos() as i128;
        ns += match jitter {
            Jitter::None => 0,
            Jitter::Uniform(half) => ((2.0 * jitter_draw - 1.0) * half.as_nanos() as f64).round() as i128,
            Jitter::Bell(deviation) => (bell * deviation.as_nanos() as f64).round() as i128,
            Jitter::EveryNth { n, extra } if is_nth(number, n) => extra.as_nanos() as i128,
            Jitter::EveryNth { .. } => 0,
        };
        let held_back = is_nth(number, reorder.0);
        if held_back {
            ns += reorder.1.as_nanos() as i128;
        }
        let is_lost = match loss {
            Loss::None => false,
            Loss::Random(share) => loss_draw < share,
            Loss::Bursts { every, length } => {
                every > 0 && number % u64::from(every) >= u64::from(every.saturating_sub(length))
            }
        };
        let release = At(at.0.saturating_add(u64::try_from(ns.max(0)).unwrap_or(u64::MAX)));
        Fate {
            number,
            at,
            release: (!is_lost).then_some(release),
            copy: (!is_lost && copy_draw < duplicate.0).then(|| release + duplicate.1),
            held_back: held_back && !is_lost,
        }
    }
}

/// Whether it is the n-th, the 2n-th and so on, counted from one.
fn is_nth(number: u64, n: u32) -> bool {
    n > 0 && (number + 1).is_multiple_of(u64::from(n))
}
