//! From the notes of a window to its reading.

use super::discontinuity::Break;
use super::loss::LossTracker;
use super::skew::SkewFit;
use super::{Reading, Variation};
use crate::meter::{Sample, Samples, Taken, WINDOW_NS};
use crate::void::Voids;
use oxocert_machine::At;
use oxocert_media::estimate::{Arrival, Jitter};
use oxocert_media::g711::SAMPLE_NS;

/// A transit time that changed by more is another time base.
const NEW_BASE_NS: u64 = 1_000_000_000;

/// The estimators of one stream: what lasts from one window to the next.
///
/// Windows come in their order. It runs beside the media thread and may allocate.
#[derive(Debug, Clone, Default)]
pub struct Estimator {
    losses: LossTracker,
    jitter: Jitter,
    skew: SkewFit,
    /// The highest number so far.
    highest: Option<u32>,
    /// The last packet in order whose timestamp means something.
    last: Option<Sample>,
    /// The last packet in time: its transit since the base.
    before: Option<Timed>,
    /// The packets of this window since its beginning, or since the last new time base.
    segment: Vec<Timed>,
}

/// A packet of known time.
#[derive(Debug, Clone, Copy)]
struct Timed {
    at: At,
    extended: u32,
    timestamp: u32,
    /// Arrival minus timestamp, in nanoseconds, since the time base.
    transit: i64,
    /// Arrival minus sending.
    delay: Option<i64>,
}

impl Estimator {
    /// Nothing read so far.
    pub fn new() -> Estimator {
        Estimator::default()
    }

    /// Reads the notes of the next window. `voids` should be known to its end ([`Voids::known_to`]).
    pub fn read(&mut self, samples: &Samples, voids: &Voids) -> Reading {
        let start = samples.window().saturating_mul(WINDOW_NS);
        let mut reading = Reading {
            from: Some(At(start)),
            to: Some(At(start.saturating_add(WINDOW_NS))),
            packets: samples.packets(),
            l3_bytes: samples.l3_bytes(),
            unkept: samples.unkept(),
            foreign: samples.foreign(),
            ..Reading::default()
        };
        let mut changes = samples.changes().iter();
        for sample in samples.list() {
            if sample.taken == Taken::NewSsrc {
                if let Some(change) = changes.next() {
                    let kind = Break::Ssrc { from: change.from, to: change.to };
                    reading.discontinuities.add(change.at, kind);
                }
                self.begin_anew(&mut reading);
            }
            self.sample(sample, voids, &mut reading);
        }
        reading.discontinuities.unlisted += samples.unlisted_changes();
        if samples.unkept() > 0 {
            self.losses.looked_away();
        }
        self.end_segment(&mut reading);
        reading.skew = self.skew.line();
        reading.losses = self.losses.take(false);
        reading
    }

    /// The stream is over: what is missing now is lost. To be merged into its last reading.
    pub fn finish(&mut self) -> Reading {
        Reading { losses: self.losses.take(true), ..Reading::default() }
    }

    fn sample(&mut self, sample: &Sample, voids: &Voids, reading: &mut Reading) {
        let moment = sample.stamp().unwrap_or(At::from_millis(sample.millisecond.into()));
        let void = voids.is_void(moment);
        reading.void_packets += u64::from(void);
        reading.unstamped += u64::from(sample.stamp().is_none() && !void);
        match sample.taken {
            Taken::Foreign => return,
            Taken::Own(Arrival::Stray) => {
                reading.stray += u64::from(!void);
                return;
            }
            Taken::Own(Arrival::Duplicate) => {
                reading.duplicates += u64::from(!void);
                return;
            }
            Taken::Own(Arrival::Reordered) => reading.reordered += u64::from(!void),
            Taken::Own(Arrival::Restarted) => {
                let kind = Break::Sequence { from: self.highest, to: sample.extended };
                reading.discontinuities.add(moment, kind);
                self.begin_anew(reading);
            }
            Taken::Own(Arrival::InOrder { .. }) | Taken::NewSsrc => {}
        }
        self.losses.came(sample.extended, void);
        if sample.taken != Taken::Own(Arrival::Reordered) {
            self.highest = Some(sample.extended);
        }
        self.timestamp(sample, moment, reading);
        if let Some(at) = sample.stamp().filter(|_| !void) {
            self.time(sample, at, reading);
        }
    }

    /// Whether the timestamp follows; remembers where the next should begin.
    fn timestamp(&mut self, sample: &Sample, moment: At, reading: &mut Reading) {
        if sample.samples == 0 || sample.taken == Taken::Own(Arrival::Reordered) {
            return;
        }
        if let Some(last) = self.last
            && sample.extended == last.extended.wrapping_add(1)
            && !sample.marker
        {
            let expected = last.timestamp.wrapping_add(last.samples.into());
            if sample.timestamp != expected {
                reading.discontinuities.add(moment, Break::Timestamp { expected, got: sample.timestamp });
                self.new_base(reading);
            }
        }
        self.last = Some(*sample);
    }

    fn time(&mut self, sample: &Sample, at: At, reading: &mut Reading) {
        let delay = sample.sent().map(|sent| difference(at, sent));
        if let Some(delay) = delay {
            reading.delay.record(delay);
        }
        if sample.samples == 0 {
            return;
        }
        let mut timed =
            Timed { at, extended: sample.extended, timestamp: sample.timestamp, transit: 0, delay };
        if let Some(before) = self.before {
            let by = transit_change(&before, &timed);
            if by.unsigned_abs() > NEW_BASE_NS {
                reading.discontinuities.add(at, Break::Transit { by_ns: by });
                self.new_base(reading);
            } else {
                timed.transit = before.transit.saturating_add(by);
                if sample.taken == (Taken::Own(Arrival::InOrder { step: 1 }))
                    && timed.extended == before.extended.wrapping_add(1)
                {
                    reading.arrival.ipdv.record(by.unsigned_abs());
                    if let (Some(before), Some(delay)) = (before.delay, delay) {
                        reading.through.ipdv.record(delay.abs_diff(before));
                    }
                }
            }
        }
        self.jitter.packet(at, sample.timestamp);
        if let Some(ns) = self.jitter.nanoseconds() {
            reading.jitter.add(ns);
        }
        self.skew.packet(at, timed.transit);
        self.segment.push(timed);
        self.before = Some(timed);
    }

    /// Numbers and times begin anew.
    fn begin_anew(&mut self, reading: &mut Reading) {
        self.losses.restart();
        self.highest = None;
        self.last = None;
        self.new_base(reading);
    }

    /// Times begin anew: nothing is compared across this point.
    fn new_base(&mut self, reading: &mut Reading) {
        self.end_segment(reading);
        self.jitter.new_base();
        self.skew = SkewFit::default();
        self.before = None;
    }

    /// Delay variation of what lies since the last time base.
    fn end_segment(&mut self, reading: &mut Reading) {
        let Some(first) = self.segment.first().map(|timed| timed.at) else { return };
        let skew = self.skew.line().filter(|skew| skew.is_removed).map_or(0.0, |skew| skew.ppm);
        // A clock that is fast by one part in a million makes the transit time 1 us less each second.
        let correction = |at: At| (skew * 1e-6 * difference(at, first) as f64).round() as i64;
        let straight = self.segment.iter().map(|timed| timed.transit.saturating_add(correction(timed.at)));
        let (late_40, late_60) = spread(straight, &mut reading.arrival);
        reading.late_40_ms += late_40;
        reading.late_60_ms += late_60;
        spread(self.segment.iter().filter_map(|timed| timed.delay), &mut reading.through);
        self.segment.clear();
    }
}

/// Records each delay less the least of them; how many are more than 40 and 60 ms above it.
fn spread(delays: impl Iterator<Item = i64> + Clone, variation: &mut Variation) -> (u64, u64) {
    let Some(least) = delays.clone().min() else { return (0, 0) };
    let (mut late_40, mut late_60) = (0, 0);
    for delay in delays {
        let pdv = delay.abs_diff(least);
        variation.pdv.record(pdv);
        late_40 += u64::from(pdv > 40_000_000);
        late_60 += u64::from(pdv > 60_000_000);
    }
    (late_40, late_60)
}

fn difference(later: At, earlier: At) -> i64 {
    i64::try_from(i128::from(later.0) - i128::from(earlier.0)).unwrap_or(i64::MAX)
}

/// How much more of transit `timed` has than `before`.
fn transit_change(before: &Timed, timed: &Timed) -> i64 {
    let sent = i64::from(timed.timestamp.wrapping_sub(before.timestamp) as i32) * SAMPLE_NS as i64;
    difference(timed.at, before.at).saturating_sub(sent)
}
