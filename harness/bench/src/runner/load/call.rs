//! One call of a load point: waits for its turn, walks its steps, and leaves its members as it found them.

use crate::runner::walk::{Claims, Context, Course, Walk};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::{Phase, RoleName};
use oxocert_scenario::model::{Action, LoadCall, Verb};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the DUT may take to clear what is left of a call, where the bench has no `dialog.tail`.
const DIALOG_TAIL: Duration = Duration::from_secs(5);
/// How long the ports of a call listen on for RTP after its end, where the bench has no `rtp.tail`.
const RTP_TAIL: Duration = Duration::from_secs(1);
/// What is waited beyond a tail, so that the tail is seen whole.
const BEYOND: Duration = Duration::from_millis(250);

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// It has not begun.
    Waiting,
    /// It is set up or ended.
    OnItsWay,
    /// It stays up.
    Up,
    /// It is over.
    Over,
}

enum State {
    Waiting,
    Walking(Box<(Walk, Context, Claims)>),
    /// Its sets have hung up what was left; the DUT clears the other side, at the latest at this moment.
    Clearing(At),
    /// Its ports listen on until this moment.
    Listening(At),
    AtRest,
}

/// One call.
pub(super) struct Call {
    call: LoadCall,
    steady: bool,
    /// When it is to begin; `due` is later where its members are busy still.
    planned: At,
    due: At,
    state: State,
    course: Course,
    /// What had come when it last went on: without anything new there is nothing to do.
    seen: Option<usize>,
}

impl Call {
    /// A call that begins at `due`. `steady`: it ends by itself.
    pub(super) fn new(call: &LoadCall, due: At, steady: bool) -> Call {
        Call {
            call: call.clone(),
            steady,
            planned: due,
            due,
            state: State::Waiting,
            course: Course::Pending,
            seen: None,
        }
    }

    pub(super) fn place(&self) -> Where {
        match &self.state {
            State::Waiting => Where::Waiting,
            State::Walking(walking) => {
                let stays = walking
                    .0
                    .current()
                    .is_some_and(|step| matches!(step.verb, Verb::Does(Action::StayUp { .. })));
                if stays { Where::Up } else { Where::OnItsWay }
            }
            State::Clearing(_) | State::Listening(_) | State::AtRest => Where::Over,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.place() == Where::Over
    }

    /// Whether its members may be used again.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.state, State::AtRest)
    }

    /// Whether it has not begun because its turn has not come, not because its members are busy.
    pub(super) fn is_waiting_its_turn(&self) -> bool {
        matches!(self.state, State::Waiting) && self.due == self.planned
    }

    /// Whether its turn comes later.
    pub(super) fn is_planned_after(&self, now: At) -> bool {
        self.planned > now && matches!(self.state, State::Waiting)
    }

    pub(super) fn has_missed(&self) -> bool {
        matches!(self.course, Course::Missed { .. })
    }

    pub(super) fn shares_members(&self, other: &Call) -> bool {
        self.call.members().any(|member| other.call.members().any(|others| others == member))
    }

    /// Lets it end at this moment.
    pub(super) fn release(&mut self, at: At) {
        if let State::Walking(walking) = &mut self.state {
            walking.1.release = Some(at);
        }
        self.seen = None;
    }

    pub(super) fn deadline(&self) -> Option<At> {
        match &self.state {
            State::Waiting => Some(self.due),
            State::Walking(walking) => {
                let release = walking.1.release.filter(|_| self.place() == Where::Up);
                walking.0.deadline().into_iter().chain(release).min()
            }
            State::Clearing(until) | State::Listening(until) => Some(*until),
            State::AtRest => None,
        }
    }

    /// Goes on as far as it can. `busy`: another call has its members still.
    ///
    /// # Errors
    /// The bench itself could not do its part.
    pub(super) fn advance(
        &mut self,
        busy: bool,
        needs: &[RoleName],
        stage: &mut Stage,
    ) -> Result<(), String> {
        match &mut self.state {
            State::Waiting if busy => {
                // Somebody else's set: it is asked again when the other call is at rest.
                self.due = self.due.max(stage.now + BEYOND);
                Ok(())
            }
            State::Waiting if stage.now < self.due => Ok(()),
            State::Waiting => {
                let context = Context {
                    phase: Phase::Flow,
                    needs: needs.to_vec(),
                    from: stage.mark(),
                    ended: BTreeMap::new(),
                    release: None,
                    steady: self.steady,
                };
                let walk = Walk::new(&self.call.steps, stage.now);
                self.state = State::Walking(Box::new((walk, context, Claims::new())));
                self.walk(stage)
            }
            State::Walking(_) => {
                let due = self.deadline().is_some_and(|due| due <= stage.now);
                if due || self.seen != Some(stage.inbox.news()) { self.walk(stage) } else { Ok(()) }
            }
            State::Clearing(until) => {
                if stage.now < *until && self.call.members().any(|member| stage.has_call(member)) {
                    return Ok(());
                }
                for member in self.call.members() {
                    stage.leave(member);
                }
                let tail = stage.bench.duration("rtp.tail").unwrap_or(RTP_TAIL) + BEYOND;
                self.state = State::Listening(stage.now + tail);
                Ok(())
            }
            State::Listening(until) if stage.now < *until => Ok(()),
            State::Listening(_) => {
                for member in self.call.members() {
                    stage.close_ports_of(member);
                    stage.forget_finished_of(member);
                }
                self.state = State::AtRest;
                Ok(())
            }
            State::AtRest => Ok(()),
        }
    }

    fn walk(&mut self, stage: &mut Stage) -> Result<(), String> {
        let State::Walking(walking) = &mut self.state else { return Ok(()) };
        let (walk, context, claims) = walking.as_mut();
        let course = walk.advance(stage, context, claims);
        self.seen = Some(stage.inbox.news());
        if course == Course::Pending {
            return Ok(());
        }
        let fault = super::fault(&course);
        self.course = course;
        for member in self.call.members() {
            stage.speak(member, false);
            if stage.sets.contains_key(member) {
                stage.leave(member);
            }
        }
        let tail = stage.bench.duration("dialog.tail").unwrap_or(DIALOG_TAIL) + BEYOND;
        self.state = State::Clearing(stage.now + tail);
        fault.map_or(Ok(()), Err)
    }
}
