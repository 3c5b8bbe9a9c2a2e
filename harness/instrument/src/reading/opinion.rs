//! What of a reading goes into the E-model.

use super::Reading;
use oxocert_metrology::Statistic;
use oxocert_metrology::emodel::{Equipment, Measured, burst_ratio};

/// The jitter buffer of the listener that is assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffer {
    /// It plays 40 ms after the fastest packet.
    Ms40,
    /// It plays 60 ms after the fastest packet.
    Ms60,
}

impl Reading {
    /// The inputs of G.107 as far as they were read: Ta is the median delay through the DUT and the depth of the buffer, Ppl what was lost
    /// or too late for it, BurstR of what was lost. What was not read is `None`, and then there is no score.
    pub fn for_emodel(&self, buffer: Buffer, equipment: Option<Equipment>) -> Measured {
        let (depth_ms, late) = match buffer {
            Buffer::Ms40 => (40.0, self.late_40_ms),
            Buffer::Ms60 => (60.0, self.late_60_ms),
        };
        let losses = &self.losses;
        // Lateness is known of stamped packets only.
        let is_known = losses.expected > 0 && !self.arrival.pdv.is_empty();
        let gone = (losses.lost + late).min(losses.expected);
        Measured {
            delay_ms: self.delay.value(Statistic::P50).map(|ns| ns as f64 / 1e6 + depth_ms),
            loss_percent: is_known.then(|| 100.0 * gone as f64 / losses.expected as f64),
            burst_ratio: burst_ratio(losses.lost + losses.hopeless, losses.runs, losses.expected),
            equipment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::on_virtual_clock;
    use crate::impairment::{Impairment, Jitter, Loss};
    use oxocert_machine::Seed;
    use oxocert_metrology::emodel::estimate;
    use std::time::Duration;

    const G711: Equipment = Equipment { ie: 0.0, bpl: 4.3 };

    #[test]
    fn delay_loss_and_lateness_go_in() {
        let impairment = Impairment {
            delay: Duration::from_millis(12),
            jitter: Jitter::EveryNth { n: 100, extra: Duration::from_millis(50) },
            loss: Loss::Bursts { every: 100, length: 2 },
            ..Impairment::default()
        };
        // Every 100th packet is late, but it is the second of the two that are lost: nothing is late.
        let (_, reading) = on_virtual_clock(impairment, Seed(1), 6050);
        let measured = reading.for_emodel(Buffer::Ms40, Some(G711));
        assert_eq!(measured.delay_ms, Some(52.0));
        assert_eq!(measured.loss_percent, Some(100.0 * 120.0 / 6050.0));
        assert!((measured.burst_ratio.unwrap() - 2.0 * (1.0 - 120.0 / 6050.0)).abs() < 1e-9);

        let late_only = Impairment { loss: Loss::None, ..impairment };
        let (_, reading) = on_virtual_clock(late_only, Seed(1), 6050);
        let percent = |buffer| reading.for_emodel(buffer, Some(G711)).loss_percent;
        assert_eq!((percent(Buffer::Ms40), percent(Buffer::Ms60)), (Some(100.0 * 60.0 / 6050.0), Some(0.0)));
    }

    #[test]
    fn without_a_matched_packet_there_is_no_score() {
        assert!(estimate(&Reading::default().for_emodel(Buffer::Ms40, Some(G711))).is_none());
        let (_, mut reading) = on_virtual_clock(Impairment::default(), Seed(1), 500);
        assert!(estimate(&reading.for_emodel(Buffer::Ms40, Some(G711))).is_some());
        assert!(estimate(&reading.for_emodel(Buffer::Ms40, None)).is_none());
        reading.delay.reset();
        assert!(estimate(&reading.for_emodel(Buffer::Ms40, Some(G711))).is_none());
    }
}
