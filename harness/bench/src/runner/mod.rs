//! Walks the cases: set-up, flow, teardown, and a clean bench before the next one.

mod cleaning;
mod doing;
mod expect;
mod hear;
mod load;
mod pattern;
mod walk;

use crate::machine::{BenchEvent, Progress};
use crate::stage::Stage;
use cleaning::{Cleaning, Clearing};
use load::Load;
use oxocert_machine::At;
use oxocert_record::{CaseEnd, Phase, RunStarted, StepId, What};
use oxocert_scenario::model::{Case, Step};
use std::collections::BTreeMap;
use walk::{Claims, Context, Course, Walk};

struct Walking {
    walk: Walk,
    context: Context,
    claims: Claims,
    /// How the flow ended, once it has.
    how: CaseEnd,
    /// The last step that was told to the terminal.
    told: Option<StepId>,
}

enum State {
    /// Before `Start`.
    Waiting,
    /// The sets register and the DUT finds its gateways; at the latest at this moment the first case begins.
    Opening(At),
    /// A phase of a case.
    Walking(Box<Walking>),
    /// A load point of a case, by its place.
    Loading(Box<Load>, usize),
    /// Between flow and teardown.
    Clearing(Clearing),
    /// The bench is brought back to rest.
    Cleaning(Cleaning),
    /// The run is over.
    Finished,
}

/// The runner.
pub(crate) struct Runner {
    cases: Vec<Case>,
    /// The case at hand; `cases.len()` when all are done.
    index: usize,
    state: State,
    interrupted: bool,
}

impl Runner {
    /// Plays `cases`. Event 0 is written at once: a DUT may speak before the run is started.
    pub(crate) fn new(cases: Vec<Case>, run: RunStarted, stage: &mut Stage) -> Runner {
        stage.out.record(At::ZERO, What::RunStarted(run));
        // A case that does not apply here may hold names that nothing answers to: it is not run.
        let cases = cases.into_iter().filter(|case| case.not_applicable.is_none()).collect();
        Runner { cases, index: 0, state: State::Waiting, interrupted: false }
    }

    /// Begins the run: the sets register, the DUT finds its gateways, then comes the first case. A run begins once.
    ///
    /// A DUT that started before the bench has found nobody at the a-SBCs and thinks that they are down.
    pub(crate) fn start(&mut self, stage: &mut Stage) {
        if !matches!(self.state, State::Waiting) {
            return;
        }
        stage.register_sets();
        stage.pump();
        self.state = State::Opening(stage.now + cleaning::gateways_time(stage));
    }

    /// Stops the run: calls are torn down, the record is closed. A second time it does not wait for the DUT any more.
    pub(crate) fn interrupt(&mut self, stage: &mut Stage) {
        match &self.state {
            State::Finished => {}
            State::Waiting | State::Opening(_) => {
                stage.out.record(stage.now, What::Interrupted);
                self.end_run(stage);
            }
            _ if self.interrupted => self.end_case(stage, CaseEnd::Interrupted),
            State::Walking(_) | State::Loading(..) | State::Clearing(_) | State::Cleaning(_) => {
                self.interrupted = true;
                stage.out.record(stage.now, What::Interrupted);
                stage.console.abandon();
                self.state = State::Cleaning(Cleaning::interrupted(stage));
            }
        }
    }

    /// Whether the run is over.
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.state, State::Finished)
    }

    /// Goes on as far as it can.
    pub(crate) fn advance(&mut self, stage: &mut Stage) {
        loop {
            match &mut self.state {
                State::Waiting | State::Finished => return,
                State::Opening(at_most) => {
                    if stage.now < *at_most && !stage.is_open() {
                        return;
                    }
                    self.next_case(stage);
                }
                State::Walking(walking) => {
                    let course = walking.walk.advance(stage, &mut walking.context, &mut walking.claims);
                    if let Some(why) = stage.fault.take() {
                        let how = CaseEnd::HarnessError { why };
                        self.state = State::Clearing(Clearing::new(how, stage));
                        continue;
                    }
                    if course == Course::Pending {
                        self.tell_step(stage);
                        return;
                    }
                    self.end_phase(stage, course);
                }
                State::Loading(load, index) => {
                    let (over, next) = (load.advance(stage), *index + 1);
                    let fault = stage.fault.take().or_else(|| over.as_ref()?.as_ref().err().cloned());
                    if let Some(why) = fault {
                        let how = CaseEnd::HarnessError { why };
                        self.state = State::Clearing(Clearing::new(how, stage));
                        continue;
                    }
                    if over.is_none() {
                        self.tell_load(stage);
                        return;
                    }
                    self.begin_load(next, stage);
                }
                State::Clearing(clearing) => {
                    if !clearing.is_over(stage) {
                        return;
                    }
                    let how = clearing.how.clone();
                    self.enter(Phase::Teardown, how, stage);
                }
                State::Cleaning(cleaning) => match cleaning.advance(stage) {
                    None => return,
                    Some(how) => self.end_case(stage, how),
                },
            }
        }
    }

    /// When it wants to go on without anything having come.
    pub(crate) fn deadline(&self, stage: &Stage) -> Option<At> {
        match &self.state {
            State::Waiting | State::Finished => None,
            State::Opening(at_most) => Some(*at_most),
            State::Walking(walking) => walking.walk.deadline(),
            State::Loading(load, _) => load.deadline(),
            State::Clearing(clearing) => Some(clearing.deadline(stage)),
            State::Cleaning(cleaning) => cleaning.deadline(),
        }
    }

    fn next_case(&mut self, stage: &mut Stage) {
        let Some(case) = self.cases.get(self.index) else { return self.end_run(stage) };
        stage.inbox.begin_case();
        stage.fault = None;
        stage.out.record(stage.now, What::CaseStarted { case: case.id.clone() });
        stage.out.emit(BenchEvent::Progress(Progress::CaseStarted {
            case: case.id.clone(),
            number: self.index + 1,
            of: self.cases.len(),
        }));
        self.enter(Phase::Setup, CaseEnd::Completed, stage);
    }

    fn enter(&mut self, phase: Phase, how: CaseEnd, stage: &Stage) {
        let Some(case) = self.cases.get(self.index) else { return };
        let steps: Vec<Step> = match phase {
            Phase::Setup => case.setup.clone(),
            Phase::Flow => case.flow.clone(),
            // Cleaning up goes on whatever a step of it meets.
            Phase::Teardown => {
                case.teardown.iter().cloned().map(|step| Step { optional: true, ..step }).collect()
            }
        };
        let context = Context {
            phase,
            needs: case.needs.clone(),
            from: stage.mark(),
            ended: BTreeMap::new(),
            release: None,
            steady: false,
        };
        let walk = Walk::new(&steps, stage.now);
        self.state =
            State::Walking(Box::new(Walking { walk, context, claims: Claims::new(), how, told: None }));
    }

    /// Begins the load point at this place; after the last one, or where there is none, comes the flow.
    fn begin_load(&mut self, index: usize, stage: &mut Stage) {
        let Some(case) = self.cases.get(self.index) else { return };
        match case.loads.get(index) {
            Some(point) => self.state = State::Loading(Box::new(Load::new(point, &case.needs, stage)), index),
            None => self.enter(Phase::Flow, CaseEnd::Completed, stage),
        }
    }

    fn end_phase(&mut self, stage: &mut Stage, course: Course) {
        let State::Walking(walking) = &self.state else { return };
        match (walking.context.phase, course) {
            (_, Course::Pending) => {}
            (Phase::Setup, Course::Completed) => self.begin_load(0, stage),
            (Phase::Setup, Course::Missed { step, why, .. }) => {
                self.enter(Phase::Teardown, CaseEnd::SetupFailed { step, why }, stage);
            }
            (Phase::Flow, course) => {
                let how = match course {
                    Course::Missed { step, why, bench: true } => {
                        CaseEnd::HarnessError { why: format!("step {step}: {why}") }
                    }
                    Course::Missed { step, bench: false, .. } => CaseEnd::Stopped { step },
                    Course::Pending | Course::Completed => CaseEnd::Completed,
                };
                self.state = State::Clearing(Clearing::new(how, stage));
            }
            (Phase::Teardown, _) => {
                let how = walking.how.clone();
                self.state = State::Cleaning(Cleaning::new(how, stage));
            }
        }
    }

    fn end_case(&mut self, stage: &mut Stage, how: CaseEnd) {
        if let Some(case) = self.cases.get(self.index) {
            stage.out.record(stage.now, What::CaseEnded { case: case.id.clone(), how: how.clone() });
            stage.out.emit(BenchEvent::Progress(Progress::CaseEnded { case: case.id.clone(), how }));
        }
        stage.forget_finished();
        self.index += 1;
        if self.interrupted { self.end_run(stage) } else { self.next_case(stage) }
    }

    fn end_run(&mut self, stage: &mut Stage) {
        stage.out.record(stage.now, What::RunEnded);
        stage.out.emit(BenchEvent::Finished);
        self.state = State::Finished;
    }

    fn tell_load(&mut self, stage: &mut Stage) {
        let (State::Loading(load, _), Some(case)) = (&mut self.state, self.cases.get(self.index)) else {
            return;
        };
        if let Some(progress) = load.progress(stage.now, &case.id) {
            stage.out.emit(BenchEvent::Progress(progress));
        }
    }

    fn tell_step(&mut self, stage: &mut Stage) {
        let (State::Walking(walking), Some(case)) = (&mut self.state, self.cases.get(self.index)) else {
            return;
        };
        let Some(step) = walking.walk.current() else { return };
        if walking.told.as_ref() == Some(&step.id) {
            return;
        }
        walking.told = Some(step.id.clone());
        let (done, of) = walking.walk.progress();
        stage.out.emit(BenchEvent::Progress(Progress::Step {
            case: case.id.clone(),
            phase: walking.context.phase,
            step: step.id.clone(),
            number: done + 1,
            of,
        }));
    }
}
