//! The simulated network: a queue of arrivals, with seeded weather for datagrams.

use crate::{At, Flow, Seed};
use rand::Rng;
use rand::rngs::SmallRng;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What the network does to datagrams. Streams are delivered whole and in order after `delay`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// One-way delay of everything.
    pub delay: Duration,
    /// More delay for each datagram, uniform between zero and this; above the packet distance it reorders.
    pub jitter: Duration,
    /// Probability that a datagram is lost, 0-1.
    pub loss: f64,
    /// Probability that a datagram comes twice, 0-1.
    pub duplication: f64,
}

impl Default for Weather {
    /// A clean LAN: 100 us, nothing lost.
    fn default() -> Self {
        Weather { delay: Duration::from_micros(100), jitter: Duration::ZERO, loss: 0.0, duplication: 0.0 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Bytes {
        tos: Option<u8>,
        bytes: Vec<u8>,
    },
    Connected,
    /// The end of a connection.
    Closed(String),
    /// A connection was not made.
    Refused(String),
    Unreachable,
}

/// Something that arrives; `flow` is as its receiver sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrival {
    pub at: At,
    order: u64,
    pub flow: Flow,
    pub what: What,
}

impl Ord for Arrival {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Arrival {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

pub(super) struct Network {
    weather: Weather,
    dice: SmallRng,
    queue: BinaryHeap<Reverse<Arrival>>,
    order: u64,
}

impl Network {
    pub(super) fn new(weather: Weather, seed: Seed) -> Self {
        Network { weather, dice: seed.generator("network"), queue: BinaryHeap::new(), order: 0 }
    }

    pub(super) fn next(&self) -> Option<At> {
        self.queue.peek().map(|Reverse(arrival)| arrival.at)
    }

    pub(super) fn take(&mut self) -> Option<Arrival> {
        self.queue.pop().map(|Reverse(arrival)| arrival)
    }

    pub(super) fn send(&mut self, now: At, flow: Flow, what: What) {
        if self.happens(self.weather.loss) {
            return;
        }
        if self.happens(self.weather.duplication) {
            let delay = self.delay();
            self.push(now + delay, flow, what.clone());
        }
        let delay = self.delay();
        self.push(now + delay, flow, what);
    }

    pub(super) fn send_reliably(&mut self, now: At, flow: Flow, what: What) {
        self.push(now + self.weather.delay, flow, what);
    }

    fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.dice.random_bool(probability.min(1.0))
    }

    fn delay(&mut self) -> Duration {
        let jitter = u64::try_from(self.weather.jitter.as_nanos()).unwrap_or(u64::MAX);
        let extra = if jitter == 0 { 0 } else { self.dice.random_range(0..=jitter) };
        self.weather.delay + Duration::from_nanos(extra)
    }

    fn push(&mut self, at: At, flow: Flow, what: What) {
        self.order += 1;
        self.queue.push(Reverse(Arrival { at, order: self.order, flow, what }));
    }
}
