//! What was read of a stream, window by window.

mod discontinuity;
mod estimator;
mod loss;
mod opinion;
mod skew;

pub use discontinuity::{Break, Discontinuities, Discontinuity, LISTED};
pub use estimator::Estimator;
pub use loss::{GMIN, Losses};
pub use opinion::Buffer;
pub use skew::Skew;

use oxocert_machine::At;
use oxocert_metrology::hlog::{Tag, Window};
use oxocert_metrology::{Histogram, SignedHistogram};

/// Delay variation of one kind, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub struct Variation {
    /// PDV (RFC 5481): delay minus the least delay of the same window and time base.
    pub pdv: Histogram,
    /// IPDV (RFC 3393): |difference| of the delays of two packets with successive numbers that came one after the other.
    pub ipdv: Histogram,
}

/// RFC 3550 A.8 jitter, in nanoseconds. One packet 100 ms late peaks at 12 ms and is forgotten after 5 s: the average alone proves nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JitterReading {
    sum: u128,
    n: u64,
    max: u64,
    last: u64,
}

impl JitterReading {
    /// Its mean over all packets; `None` before two were compared.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64)
    }

    /// Its greatest value.
    pub fn max(&self) -> Option<u64> {
        (self.n > 0).then_some(self.max)
    }

    /// Its last value: what a reception report would say now.
    pub fn last(&self) -> Option<u64> {
        (self.n > 0).then_some(self.last)
    }

    /// How many values.
    pub fn n(&self) -> u64 {
        self.n
    }

    fn add(&mut self, ns: u64) {
        self.sum += u128::from(ns);
        self.n += 1;
        self.max = self.max.max(ns);
        self.last = ns;
    }

    fn merge(&mut self, other: &JitterReading) {
        self.sum += other.sum;
        self.n += other.n;
        self.max = self.max.max(other.max);
        if other.n > 0 {
            self.last = other.last;
        }
    }
}

/// What was read of one stream in one direction: of one window, or of many merged.
///
/// Void seconds are in nothing but [`Reading::packets`] and the counts that say so.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Beginning of the first window; `None` before any.
    pub from: Option<At>,
    /// End of the last window.
    pub to: Option<At>,
    /// Packets in all, on the wire.
    pub packets: u64,
    /// Their bytes at layer 3.
    pub l3_bytes: u64,
    /// Packets in void seconds.
    pub void_packets: u64,
    /// Packets without a stamp: in no statistic of time.
    pub unstamped: u64,
    /// Packets for which there was no room: counted, and in nothing else.
    pub unkept: u64,
    /// Packets of another SSRC.
    pub foreign: u64,
    /// Single packets with a number far away.
    pub stray: u64,
    /// Second copies.
    pub duplicates: u64,
    /// Packets after one with a higher number.
    pub reordered: u64,
    /// Loss.
    pub losses: Losses,
    /// One-way delay through the DUT, of packets of which it is known when they were sent.
    pub delay: SignedHistogram,
    /// Variation of that delay: what the DUT adds.
    pub through: Variation,
    /// Variation against the stream's own timestamps, less the skew of clocks: what a listener gets. The sender's pacing is part of it.
    pub arrival: Variation,
    /// Packets too late for a jitter buffer of 40 ms that plays the fastest packet of the window after 40 ms.
    pub late_40_ms: u64,
    /// The same for 60 ms.
    pub late_60_ms: u64,
    /// RFC 3550 jitter.
    pub jitter: JitterReading,
    /// The sender's clock, since its last new time base; `None` = too short a time.
    pub skew: Option<Skew>,
    /// Breaks.
    pub discontinuities: Discontinuities,
}

impl Reading {
    /// Adds a later window of the same stream, or another stream (whose skew then stands for all: ask for that before).
    pub fn merge(&mut self, other: &Reading) {
        self.from = [self.from, other.from].into_iter().flatten().min();
        self.to = self.to.max(other.to);
        self.packets += other.packets;
        self.l3_bytes += other.l3_bytes;
        self.void_packets += other.void_packets;
        self.unstamped += other.unstamped;
        self.unkept += other.unkept;
        self.foreign += other.foreign;
        self.stray += other.stray;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
        self.losses.add(&other.losses);
        self.delay.merge(&other.delay);
        for (ours, theirs) in [(&mut self.through, &other.through), (&mut self.arrival, &other.arrival)] {
            ours.pdv.merge(&theirs.pdv);
            ours.ipdv.merge(&theirs.ipdv);
        }
        self.late_40_ms += other.late_40_ms;
        self.late_60_ms += other.late_60_ms;
        self.jitter.merge(&other.jitter);
        self.skew = other.skew.or(self.skew);
        self.discontinuities.merge(&other.discontinuities);
    }

    /// The histograms as lines of a log, under tags that begin with `stream`; empty ones are left out. `None` where `stream` cannot be
    /// part of a tag.
    pub fn log(&self, stream: &str) -> Option<Vec<Window>> {
        let (start_ns, end) = (self.from.unwrap_or_default().0, self.to.unwrap_or_default());
        let length_ns = end.0.saturating_sub(start_ns);
        let all = [
            ("delay", self.delay.from_zero()),
            ("delay-below-zero", self.delay.below()),
            ("through-pdv", &self.through.pdv),
            ("through-ipdv", &self.through.ipdv),
            ("arrival-pdv", &self.arrival.pdv),
            ("arrival-ipdv", &self.arrival.ipdv),
        ];
        let lines =
            all.into_iter().filter(|(_, histogram)| !histogram.is_empty()).map(|(name, histogram)| {
                let tag = Tag::new(&format!("{stream}/{name}"))?;
                Some(Window { tag, start_ns, length_ns, histogram: histogram.clone() })
            });
        lines.collect()
    }
}

#[cfg(test)]
mod tests;
