//! The clock of the sender against ours: a line through the least transit time of each second.
//!
//! Queues only ever add to a transit time, so the fastest packet of a second shows the clocks better than the mean does (S. Moon et
//! al., INFOCOM 1999).

use oxocert_machine::At;
use serde::Serialize;

/// One second.
const SECOND_NS: u64 = 1_000_000_000;

/// Seconds that are kept; more are thinned to every other one.
const KEPT: usize = 256;

/// A line through fewer seconds is no line.
const LEAST: usize = 8;

/// No clock of a telephone is so wrong (ITU-T G.822 clocks: 50 ppm; cheap quartz: 100 ppm): a steeper line is something else.
const MOST_PPM: f64 = 1000.0;

/// A clock that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Skew {
    /// How much faster than ours it runs, in parts per million.
    pub ppm: f64,
    /// Expanded uncertainty (k = 2) of that.
    pub u_ppm: f64,
    /// Over so many seconds.
    pub seconds: f64,
    /// Whether it is certain and linear enough to be taken out of delay variation.
    pub is_removed: bool,
}

/// The least transit time of each second since the last new time base.
#[derive(Debug, Clone, Default)]
pub(super) struct SkewFit {
    /// Time in seconds since `origin`, transit in nanoseconds.
    points: Vec<(f64, f64)>,
    origin: Option<At>,
    /// The second that is under way: its number, when its fastest packet came, that packet's transit.
    second: Option<(u64, At, i64)>,
}

impl SkewFit {
    /// A packet came at `at` after a transit time of `transit` ns, of which only differences mean anything.
    pub(super) fn packet(&mut self, at: At, transit: i64) {
        let number = at.0 / SECOND_NS;
        match &mut self.second {
            Some((second, fastest_at, fastest)) if *second == number => {
                if transit < *fastest {
                    (*fastest_at, *fastest) = (at, transit);
                }
            }
            _ => {
                self.end_second();
                self.second = Some((number, at, transit));
            }
        }
    }

    /// The line so far; `None` for too short a time.
    pub(super) fn line(&mut self) -> Option<Skew> {
        self.end_second();
        let whole = Line::through(&self.points)?;
        let middle = self.points.len() / 2;
        // A step in the delay has a slope as well, but not in both halves.
        let is_linear = [&self.points[..middle], &self.points[middle..]].into_iter().all(|half| {
            Line::through_any(half).is_some_and(|half| {
                (half.slope - whole.slope).abs() <= (4.0 * half.error).max(whole.slope.abs() / 4.0)
            })
        });
        // A transit time that grows is a clock that is late: slower than ours. Nanoseconds a second are parts in 10^9.
        let (ppm, u_ppm) = (-whole.slope / 1000.0, 2.0 * whole.error / 1000.0);
        // Twice its uncertainty: noise alone comes up to once in one line of twenty.
        let is_removed = is_linear && ppm.abs() > 2.0 * u_ppm && ppm.abs() <= MOST_PPM;
        Some(Skew { ppm, u_ppm, seconds: self.points.last()?.0 - self.points[0].0, is_removed })
    }

    fn end_second(&mut self) {
        let Some((_, at, transit)) = self.second.take() else { return };
        let origin = *self.origin.get_or_insert(at);
        if self.points.len() >= KEPT {
            let thinned = self.points.chunks(2).map(|pair| pair[0]).collect();
            self.points = thinned;
        }
        self.points.push((at.since(origin).as_secs_f64(), transit as f64));
    }
}

struct Line {
    /// Nanoseconds a second.
    slope: f64,
    /// Its standard error.
    error: f64,
}

impl Line {
    fn through(points: &[(f64, f64)]) -> Option<Line> {
        (points.len() >= LEAST).then(|| Line::through_any(points)).flatten()
    }

    /// Least squares.
    fn through_any(points: &[(f64, f64)]) -> Option<Line> {
        let n = points.len() as f64;
        let (mean_t, mean_y) =
            points.iter().fold((0.0, 0.0), |(t, y), point| (t + point.0 / n, y + point.1 / n));
        let (tt, ty) = points.iter().fold((0.0, 0.0), |(tt, ty), (t, y)| {
            (tt + (t - mean_t).powi(2), ty + (t - mean_t) * (y - mean_y))
        });
        if points.len() < 3 || tt <= 0.0 {
            return None;
        }
        let slope = ty / tt;
        let squares: f64 = points.iter().map(|(t, y)| (y - mean_y - slope * (t - mean_t)).powi(2)).sum();
        Some(Line { slope, error: (squares / (n - 2.0) / tt).sqrt() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 50 packets a second; `transit` of the packet number.
    fn fit(seconds: u64, transit: impl Fn(u64) -> i64) -> Option<Skew> {
        let mut fit = SkewFit::default();
        (0..50 * seconds).for_each(|n| fit.packet(At(n * 20_000_000), transit(n)));
        fit.line()
    }

    #[test]
    fn a_fast_clock_is_found_and_certain() {
        // Each packet is sent 2 us too early: 100 ppm fast.
        let skew = fit(10, |n| -(n as i64) * 2000).unwrap();
        assert!((skew.ppm - 100.0).abs() < 1e-6 && skew.u_ppm < 1e-6 && skew.is_removed, "{skew:?}");
        let slow = fit(600, |n| n as i64 * 2000).unwrap();
        assert!((slow.ppm + 100.0).abs() < 1e-6 && slow.is_removed && slow.seconds > 590.0, "{slow:?}");
    }

    #[test]
    fn good_clocks_have_none_whatever_the_queues_do() {
        let skew = fit(60, |n| if n % 100 == 99 { 5_000_000 } else { 0 }).unwrap();
        assert_eq!((skew.ppm, skew.is_removed), (0.0, false));
        let noisy = fit(60, |n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as i64 * 5).unwrap();
        assert!(!noisy.is_removed && noisy.ppm.abs() <= 2.0 * noisy.u_ppm, "{noisy:?}");
    }

    #[test]
    fn a_step_is_no_clock() {
        for at in [100, 250, 400] {
            let skew = fit(10, |n| if n >= at { 3_000_000 } else { 0 }).unwrap();
            assert!(!skew.is_removed, "{skew:?}");
        }
        assert!(!fit(10, |n| n as i64 * 60_000).unwrap().is_removed, "3000 ppm");
    }

    #[test]
    fn too_short_is_unknown() {
        assert_eq!((fit(0, |_| 0), fit(7, |_| 0)), (None, None));
        assert!(fit(8, |_| 0).is_some());
    }
}
