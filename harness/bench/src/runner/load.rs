//! A load point under way: many walkers over one stage, brought up, held, and let go.

mod call;

use super::walk::Course;
use crate::machine::Progress;
use crate::stage::Stage;
use call::{Call, Where};
use oxocert_machine::At;
use oxocert_record::{CaseId, RoleName};
use oxocert_scenario::model::{LoadPoint, LoadShape};
use std::time::Duration;

/// How long the DUT may take to clear what is left of a point, where the bench has no `dialog.tail`.
const DIALOG_TAIL: Duration = Duration::from_secs(5);

/// How often a terminal is told.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// What the calls of a point do together.
enum Stretch {
    /// Calls begin.
    Ramping,
    /// All calls have begun and those that live are up; calls beyond the limit are tried. Until this moment at least.
    Holding(At),
    /// Calls end, one after the other; steady calls end by themselves.
    Draining,
    /// All are over; at the latest at this moment the next point begins.
    Clearing(At),
}

/// A load point under way.
pub(super) struct Load {
    point: LoadPoint,
    needs: Vec<RoleName>,
    begun: At,
    stretch: Stretch,
    calls: Vec<Call>,
    beyond: Vec<Call>,
    /// All calls before this one are at rest.
    first: usize,
    told: Option<Progress>,
    tell_again: At,
}

impl Load {
    /// Begins a point now.
    pub(super) fn new(point: &LoadPoint, needs: &[RoleName], stage: &mut Stage) -> Load {
        say(stage, point, &format!("begins: {}", point.words()));
        let steady = matches!(point.shape, LoadShape::Steady { .. });
        let due = (0..).map(|index: u32| stage.now + point.interval * index);
        let calls = point.calls.iter().zip(due).map(|(call, due)| Call::new(call, due, steady)).collect();
        Load {
            point: point.clone(),
            needs: needs.to_vec(),
            begun: stage.now,
            stretch: Stretch::Ramping,
            calls,
            beyond: Vec::new(),
            first: 0,
            told: None,
            tell_again: At::ZERO,
        }
    }

    /// Goes on as far as it can; `Some` once the point is over.
    ///
    /// # Errors
    /// The bench itself could not do its part.
    pub(super) fn advance(&mut self, stage: &mut Stage) -> Option<Result<(), String>> {
        loop {
            while self.calls.get(self.first).is_some_and(Call::is_at_rest) {
                self.first += 1;
            }
            for index in self.first..self.calls.len() {
                if self.calls.get(index).is_none_or(|call| call.is_planned_after(stage.now)) {
                    break;
                }
                let busy = self.is_busy(index);
                if let Some(call) = self.calls.get_mut(index)
                    && let Err(why) = call.advance(busy, &self.needs, stage)
                {
                    return Some(Err(why));
                }
            }
            for call in &mut self.beyond {
                if let Err(why) = call.advance(false, &self.needs, stage) {
                    return Some(Err(why));
                }
            }
            let all = || self.calls.iter().skip(self.first).chain(&self.beyond);
            match self.stretch {
                Stretch::Ramping if all().all(|call| matches!(call.place(), Where::Up | Where::Over)) => {
                    self.hold(stage);
                }
                Stretch::Holding(until) if stage.now >= until && self.beyond.iter().all(Call::is_over) => {
                    self.drain(stage);
                }
                Stretch::Draining if all().all(Call::is_over) => {
                    let tail = stage.bench.duration("dialog.tail").unwrap_or(DIALOG_TAIL);
                    self.stretch = Stretch::Clearing(stage.now + tail);
                }
                Stretch::Clearing(at_most) if stage.open_calls() == 0 || stage.now >= at_most => {
                    let took = stage.now.since(self.begun).as_secs_f64();
                    let failed = self.calls.iter().filter(|call| call.has_missed()).count();
                    say(
                        stage,
                        &self.point,
                        &format!("is over after {took:.1} s, {failed} calls missed a step"),
                    );
                    return Some(Ok(()));
                }
                _ => return None,
            }
        }
    }

    /// When it wants to go on without anything having come.
    pub(super) fn deadline(&self) -> Option<At> {
        let own = match self.stretch {
            Stretch::Holding(at) | Stretch::Clearing(at) => Some(at),
            Stretch::Ramping | Stretch::Draining => None,
        };
        // Calls are planned one after the other: behind the first that waits for its turn, none is due earlier.
        let mut earliest = own.into_iter().chain(self.beyond.iter().filter_map(Call::deadline)).min();
        for call in self.calls.iter().skip(self.first) {
            earliest = earliest.into_iter().chain(call.deadline()).min();
            if call.is_waiting_its_turn() {
                break;
            }
        }
        earliest
    }

    /// How far the point is, where that has changed since it was last asked.
    pub(super) fn progress(&mut self, now: At, case: &CaseId) -> Option<Progress> {
        if self.told.is_some() && now < self.tell_again {
            return None;
        }
        self.tell_again = now + TELL_EVERY;
        let count = |place: Where| self.calls.iter().filter(|call| call.place() == place).count();
        let failed = self.calls.iter().filter(|call| call.has_missed()).count();
        let progress = Progress::Load {
            case: case.clone(),
            point: self.point.name.clone(),
            up: count(Where::Up),
            done: count(Where::Over) - failed,
            failed,
            of: self.calls.len(),
        };
        let changed = self.told.as_ref() != Some(&progress);
        changed.then(|| self.told.insert(progress).clone())
    }

    /// Whether another call that is not over yet plays with the same members: with a steady rate they are used again.
    fn is_busy(&self, index: usize) -> bool {
        let Some(call) = self.calls.get(index).filter(|call| call.place() == Where::Waiting) else {
            return false;
        };
        let others = self.calls.iter().take(index).skip(self.first);
        others.filter(|other| !other.is_at_rest()).any(|other| other.shares_members(call))
    }

    fn hold(&mut self, stage: &mut Stage) {
        let LoadShape::Together { hold } = self.point.shape else {
            self.stretch = Stretch::Draining;
            return;
        };
        let up = self.calls.iter().filter(|call| call.place() == Where::Up).count();
        say(stage, &self.point, &format!("holds: {up} of {} calls are up", self.calls.len()));
        self.beyond = self.point.beyond.iter().map(|call| Call::new(call, stage.now, false)).collect();
        self.stretch = Stretch::Holding(stage.now + hold);
    }

    fn drain(&mut self, stage: &mut Stage) {
        say(stage, &self.point, "ends its calls");
        let mut at = stage.now;
        for call in self.calls.iter_mut().filter(|call| call.place() == Where::Up) {
            call.release(at);
            at = at + self.point.interval;
        }
        self.stretch = Stretch::Draining;
    }
}

/// What a point does is on the record.
fn say(stage: &mut Stage, point: &LoadPoint, words: &str) {
    let role = RoleName(format!("load.{}", point.name));
    stage.out.role_state(stage.now, &role, words);
}

/// How a walk of a call ended, as far as the point is concerned.
fn fault(course: &Course) -> Option<String> {
    match course {
        Course::Missed { step, why, bench: true } => Some(format!("step {step}: {why}")),
        _ => None,
    }
}
