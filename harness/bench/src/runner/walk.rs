//! One list of steps, walked one after the other.

use super::doing::{Doing, Ended};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::{EventNo, Phase, RoleName, StepId, What};
use oxocert_scenario::model::Step;
use std::collections::{BTreeMap, BTreeSet};

/// What all walks of one phase know together.
pub(super) struct Context {
    /// The phase.
    pub(super) phase: Phase,
    /// The roles that the case needs.
    pub(super) needs: Vec<RoleName>,
    /// Messages from this event on belong to the phase.
    pub(super) from: EventNo,
    /// When each step ended.
    pub(super) ended: BTreeMap<StepId, At>,
    /// When a call of a load point may end.
    pub(super) release: Option<At>,
    /// Whether the calls of the point end by themselves, each after its time.
    pub(super) steady: bool,
}

/// Messages that a step has taken: each counts once.
pub(super) type Claims = BTreeSet<EventNo>;

/// How far a walk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// It waits.
    Pending,
    /// All steps are done.
    Completed,
    /// A step was missed; the rest is not walked.
    Missed {
        step: StepId,
        why: String,
        /// The bench is to blame, not the DUT.
        bench: bool,
    },
}

/// A list of steps under way.
pub(super) struct Walk {
    steps: Vec<Step>,
    index: usize,
    doing: Option<Doing>,
    last_end: At,
    over: Option<Course>,
}

impl Walk {
    pub(super) fn new(steps: &[Step], now: At) -> Walk {
        Walk { steps: steps.to_vec(), index: 0, doing: None, last_end: now, over: None }
    }

    /// Steps done, and all of them.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.index, self.steps.len())
    }

    /// The step under way.
    pub(super) fn current(&self) -> Option<&Step> {
        self.steps.get(self.index)
    }

    /// Goes on as far as it can.
    pub(super) fn advance(
        &mut self,
        stage: &mut Stage,
        context: &mut Context,
        claims: &mut Claims,
    ) -> Course {
        if let Some(over) = &self.over {
            return over.clone();
        }
        loop {
            let Some(step) = self.steps.get(self.index) else {
                self.over = Some(Course::Completed);
                return Course::Completed;
            };
            let doing = self.doing.get_or_insert_with(|| Doing::new(step, stage.now));
            let ended = doing.advance(step, self.last_end, stage, context, claims);
            let (phase, id) = (context.phase, step.id.clone());
            match ended {
                Ended::Pending => return Course::Pending,
                Ended::Done { evidence } => {
                    stage.out.record(stage.now, What::StepDone { phase, step: id.clone(), evidence });
                }
                Ended::Missed { why, bench } => {
                    stage
                        .out
                        .record(stage.now, What::StepMissed { phase, step: id.clone(), why: why.clone() });
                    if !step.optional {
                        let missed = Course::Missed { step: id, why, bench };
                        self.over = Some(missed.clone());
                        return missed;
                    }
                }
            }
            context.ended.insert(id, stage.now);
            self.last_end = stage.now;
            self.doing = None;
            self.index += 1;
        }
    }

    /// When it wants to go on without anything having come.
    pub(super) fn deadline(&self) -> Option<At> {
        if self.over.is_some() {
            return None;
        }
        self.doing.as_ref().and_then(Doing::deadline)
    }
}
