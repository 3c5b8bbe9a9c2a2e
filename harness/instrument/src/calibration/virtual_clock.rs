//! A stream through the stage and the instrument where time is what it is said to be.

use super::Truth;
use crate::impairment::{Impairer, Impairment, Stage};
use crate::reading::{Estimator, Reading};
use crate::void::Voids;
use crate::{Packet, Samples, StreamMeter};
use oxocert_machine::{At, Seed};
use oxocert_metrology::Tier;

/// Distance of packets: 20 ms.
const INTERVAL_NS: u64 = 20_000_000;

/// Notes of one window: 500 packets, and as many copies.
const ROOM: usize = 1024;

/// Sends `packets` packets of 20 ms through `impairment` into a meter and reads them: every estimator must return what was done to
/// them.
pub fn on_virtual_clock(impairment: Impairment, seed: Seed, packets: u32) -> (Truth, Reading) {
    let mut run = Run {
        meter: StreamMeter::new(Samples::with_capacity(ROOM)),
        estimator: Estimator::new(),
        voids: Voids::of_tier(Tier::Simulation),
        reading: Reading::default(),
    };
    let mut stage = Stage::new(Impairer::new(impairment, seed, "known stimulus"));
    let mut fates = Vec::new();
    for number in 0..packets {
        let at = At(u64::from(number) * INTERVAL_NS);
        while let Some((release, packet)) = stage.poll(at) {
            run.packet(release, packet);
        }
        fates.push(stage.packet(at, number));
    }
    while let Some(due) = stage.deadline() {
        while let Some((release, packet)) = stage.poll(due) {
            run.packet(release, packet);
        }
    }
    (Truth::of(&fates), run.finish())
}

struct Run {
    meter: StreamMeter,
    estimator: Estimator,
    voids: Voids,
    reading: Reading,
}

impl Run {
    fn packet(&mut self, at: At, number: u32) {
        if self.meter.is_over(at) {
            self.end_window();
        }
        self.meter.packet(&Packet {
            stamp: Some(at),
            at,
            ssrc: 1,
            sequence: number as u16,
            timestamp: number.wrapping_mul(160),
            payload_type: 8,
            marker: number == 0,
            samples: 160,
            l3_bytes: 200,
            sent: Some(At(u64::from(number) * INTERVAL_NS)),
        });
    }

    fn end_window(&mut self) {
        let samples = self.meter.swap(Samples::with_capacity(ROOM));
        self.reading.merge(&self.estimator.read(&samples, &self.voids));
    }

    fn finish(mut self) -> Reading {
        self.end_window();
        self.reading.merge(&self.estimator.finish());
        self.reading
    }
}
