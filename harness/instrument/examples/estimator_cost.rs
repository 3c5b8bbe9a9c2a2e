//! What the estimators cost: prints nanoseconds a packet on this machine, as the median of several runs.
//!
//! 1,000 streams take turns, so that the notes of one are as cold as they are under load.

use oxocert_instrument::fingerprint::{Fingerprints, Mark, SentTimes};
use oxocert_instrument::void::Voids;
use oxocert_instrument::{Estimator, Packet, Reading, Samples, StimulusError, StreamMeter};
use oxocert_machine::{At, Seed};
use oxocert_metrology::Tier;
use std::hint::black_box;
use std::time::Instant;

const STREAMS: usize = 1000;
const PACKETS: u32 = 500;
const RUNS: usize = 11;
const SHIFTS: usize = 4096;
const INTERVAL_NS: u64 = 20_000_000;

fn main() {
    let mut cost = Costs::default();
    for run in 0..RUNS {
        cost.run(Seed(run as u64));
    }
    println!("{STREAMS} streams, a window of {PACKETS} packets each, median (least) of {RUNS} runs:");
    for (name, list) in [
        ("note a packet, one a turn (media thread)", &mut cost.note),
        ("note a packet, five a turn (media thread)", &mut cost.note_five),
        ("record a stimulus error (media thread)", &mut cost.stimulus),
        ("make a fingerprint of 160 bytes (media thread)", &mut cost.fill),
        ("recognise it and find when it was sent (media thread)", &mut cost.recognise),
        ("read the notes: all estimators (beside it)", &mut cost.read),
        ("merge what was read into the total (beside it)", &mut cost.merge),
    ] {
        list.sort_by(f64::total_cmp);
        println!("{name:<55} {:>7.1} ns a packet ({:.1})", list[list.len() / 2], list[0]);
    }
    println!(
        "memory: {} bytes a packet noted, {} kB a stream and window",
        size_of::<oxocert_instrument::Sample>(),
        size_of::<oxocert_instrument::Sample>() * 640 / 1000
    );
}

#[derive(Default)]
struct Costs {
    note: Vec<f64>,
    note_five: Vec<f64>,
    stimulus: Vec<f64>,
    fill: Vec<f64>,
    recognise: Vec<f64>,
    read: Vec<f64>,
    merge: Vec<f64>,
}

impl Costs {
    fn run(&mut self, seed: Seed) {
        let shifts = shifts(seed);
        let mut meters: Vec<_> =
            (0..STREAMS).map(|_| StreamMeter::new(Samples::with_capacity(640))).collect();
        let mut estimators: Vec<_> = (0..STREAMS).map(|_| Estimator::new()).collect();
        let voids = Voids::of_tier(Tier::Simulation);
        let mut spares: Vec<_> = (0..STREAMS).map(|_| Samples::with_capacity(640)).collect();
        // The first two windows bring all memory in.
        for window in 0..4 {
            let first = window * PACKETS;
            // As a loop that reads a port for each packet, and as one that does so every 100 ms: five packets a turn.
            let at_once = if window == 2 { 1 } else { 5 };
            let note = each(|| {
                for from in (first..first + PACKETS).step_by(at_once) {
                    for (stream, meter) in meters.iter_mut().enumerate() {
                        for n in from..from + at_once as u32 {
                            meter.packet(&packet(n, shifts[(stream + n as usize * 31) % SHIFTS]));
                        }
                    }
                }
            });
            let notes: Vec<_> =
                meters.iter_mut().zip(spares).map(|(meter, spare)| meter.swap(spare)).collect();
            let mut readings = Vec::with_capacity(STREAMS);
            let read = each(|| {
                readings
                    .extend(estimators.iter_mut().zip(&notes).map(|(one, notes)| one.read(notes, &voids)));
            });
            let mut total = Reading::default();
            let merge = each(|| readings.iter().for_each(|reading| total.merge(reading)));
            assert_eq!(black_box(&total).arrival.pdv.n(), STREAMS as u64 * u64::from(PACKETS));
            spares = notes;
            if window == 2 {
                self.note.push(note);
            }
            if window == 3 {
                self.note_five.push(note);
                self.read.push(read);
                self.merge.push(merge);
            }
        }
        self.payloads(seed, &shifts);
    }

    fn payloads(&mut self, seed: Seed, shifts: &[u64]) {
        let prints = Fingerprints::new(seed);
        let mut errors = StimulusError::new();
        self.stimulus.push(each(|| {
            for n in 0..STREAMS * PACKETS as usize {
                errors.sent(At(1_000_000), Some(At(1_000_000 + shifts[n % SHIFTS])));
            }
        }));
        black_box(&errors);
        let mut payload = [0; 160];
        self.fill.push(each(|| {
            for n in 0..STREAMS as u32 * PACKETS {
                prints.fill(Mark { stream: n as u16, packet: n }, &mut payload);
                black_box(&payload);
            }
        }));
        let mut times = SentTimes::with_room(512);
        let mut found = 0;
        self.recognise.push(each(|| {
            for n in 0..STREAMS as u32 * PACKETS {
                times.leaves(n);
                // The payload is always the same one, which has no stamp: the look-up is done all the same.
                if let Some(mark) = prints.recognise(black_box(&payload)) {
                    found += u32::from(black_box(times.sent(mark.packet)).is_none());
                }
            }
        }));
        assert_eq!(found, STREAMS as u32 * PACKETS);
    }
}

fn packet(n: u32, shift: u64) -> Packet {
    let sent = At(u64::from(n) * INTERVAL_NS);
    let at = At(sent.0 + shift);
    Packet {
        stamp: Some(at),
        at,
        ssrc: 1,
        sequence: n as u16,
        timestamp: n * 160,
        payload_type: 8,
        marker: false,
        samples: 160,
        l3_bytes: 200,
        sent: Some(sent),
    }
}

/// Up to 1 ms.
fn shifts(seed: Seed) -> Vec<u64> {
    use rand::Rng;
    let mut generator = seed.generator("cost");
    (0..SHIFTS).map(|_| generator.random_range(0..1_000_000)).collect()
}

/// Nanoseconds a packet.
fn each(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_nanos() as f64 / (STREAMS as f64 * f64::from(PACKETS))
}
