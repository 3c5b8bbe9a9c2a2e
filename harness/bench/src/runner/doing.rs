//! The step under way: what it waits for, and until when.

use super::expect;
use super::hear;
use super::walk::{Claims, Context, Course, Walk};
use crate::roles::{Refused, Still};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::{EventNo, RoleName, What};
use oxocert_scenario::model::step::State as Wanted;
use oxocert_scenario::model::{Action, Quantity, Step, Verb};
use oxocert_scenario::satisfies::RESOLUTION;
use std::time::Duration;

/// The deadline of a step where neither the step nor the bench (`step.max`) gives one.
const DEFAULT: Duration = Duration::from_secs(5);
/// How long a `talk` waits at least for its calls to be answered on both sides: signalling, not audio, is slow there.
const ANSWERED: Duration = Duration::from_secs(2);

/// How a step ended.
pub(super) enum Ended {
    /// Not yet.
    Pending,
    /// Done.
    Done {
        /// The messages it took.
        evidence: Vec<EventNo>,
    },
    /// Given up.
    Missed {
        /// What was waited for and what came instead.
        why: String,
        /// The bench is to blame.
        bench: bool,
    },
}

impl Ended {
    fn done() -> Ended {
        Ended::Done { evidence: Vec::new() }
    }

    fn missed(why: impl Into<String>) -> Ended {
        Ended::Missed { why: why.into(), bench: false }
    }
}

enum State {
    /// `after`: not begun.
    Resting,
    /// Waits for what its verb says.
    Waiting,
    /// Orders to roles that could not carry them out yet; how often the whole is still to be done.
    Ordering { left: Vec<RoleName>, rounds: u32 },
    /// An order takes its time.
    Until(At),
    /// Roles talk.
    Talking(At),
    /// Roles talk until their load point lets the call end; a steady one at this moment.
    Staying(Option<At>),
    /// The DUT's console or the person at the bench is at work.
    Console,
    /// Alternatives, each with the messages it would take.
    Alternatives(Vec<(Walk, Claims)>),
    /// All of these.
    AnyOrder(Vec<Walk>),
}

/// A step under way.
pub(super) struct Doing {
    state: State,
    begun: At,
    rest_until: At,
    deadline: Option<At>,
    found: Vec<EventNo>,
    inner: Option<At>,
}

impl Doing {
    pub(super) fn new(step: &Step, now: At) -> Doing {
        Doing {
            state: State::Resting,
            begun: now,
            rest_until: now + step.after,
            deadline: None,
            found: Vec::new(),
            inner: None,
        }
    }

    /// When it wants to be asked again.
    pub(super) fn deadline(&self) -> Option<At> {
        match &self.state {
            State::Resting => Some(self.rest_until),
            State::Until(until) | State::Talking(until) => Some(*until),
            State::Staying(until) => *until,
            State::Waiting | State::Ordering { .. } => {
                [self.deadline, self.inner].into_iter().flatten().min()
            }
            State::Console => None,
            State::Alternatives(walks) => walks.iter().filter_map(|(walk, _)| walk.deadline()).min(),
            State::AnyOrder(walks) => walks.iter().filter_map(Walk::deadline).min(),
        }
    }

    /// Goes on as far as it can.
    pub(super) fn advance(
        &mut self,
        step: &Step,
        last_end: At,
        stage: &mut Stage,
        context: &mut Context,
        claims: &mut Claims,
    ) -> Ended {
        if let State::Resting = self.state {
            if stage.now < self.rest_until {
                return Ended::Pending;
            }
            self.begin(step, last_end, stage, context);
        }
        match &mut self.state {
            State::Resting => Ended::Pending,
            State::Waiting => self.wait(step, stage, context, claims),
            State::Ordering { .. } => self.order(step, stage, context),
            State::Until(until) if stage.now < *until => Ended::Pending,
            State::Until(_) => Ended::done(),
            State::Talking(until) if stage.now < *until => Ended::Pending,
            State::Talking(_) => {
                for role in &step.who {
                    stage.speak(role, false);
                }
                Ended::done()
            }
            State::Staying(until) => {
                if until.or(context.release).is_none_or(|at| stage.now < at) {
                    return Ended::Pending;
                }
                for role in &step.who {
                    stage.speak(role, false);
                }
                Ended::done()
            }
            State::Console => match stage.console.take_outcome() {
                None => Ended::Pending,
                Some(Ok(words)) => {
                    stage.out.role_state(stage.now, &RoleName::from("dut"), words);
                    Ended::done()
                }
                Some(Err(why)) => Ended::Missed { why, bench: true },
            },
            State::Alternatives(_) => self.alternatives(step, stage, context, claims),
            State::AnyOrder(walks) => any_order(walks, stage, context, claims),
        }
    }

    fn begin(&mut self, step: &Step, last_end: At, stage: &mut Stage, context: &Context) {
        stage.out.record(stage.now, What::StepStarted { phase: context.phase, step: step.id.clone() });
        let base = match &step.since {
            Some(earlier) => context.ended.get(earlier).copied().unwrap_or(last_end),
            None if step.after.is_zero() => last_end,
            None => stage.now,
        };
        self.begun = base;
        let within = match step.within.as_ref().map(|limit| limit.value) {
            Some(Quantity::Time(within)) => within,
            _ => stage.bench.duration("step.max").unwrap_or(DEFAULT),
        };
        self.deadline = Some(base + within);
        self.state = match &step.verb {
            Verb::Does(action) => {
                if let Action::Talk { .. } | Action::StayUp { .. } = action {
                    self.deadline = Some(base + within.max(ANSWERED));
                }
                State::Ordering { left: step.who.clone(), rounds: step.times.max(1) }
            }
            Verb::Expects(_) | Verb::ReceivesDigits { .. } => State::Waiting,
            Verb::Hears { lasting, .. } => {
                self.deadline = Some(base + within + *lasting + RESOLUTION);
                State::Waiting
            }
            Verb::SeesNo { lasting, .. } => {
                self.deadline = Some(stage.now + *lasting);
                State::Waiting
            }
            Verb::Is(wanted) => {
                if *wanted == Wanted::Idle {
                    stage.probe(&context.needs);
                    stage.pump();
                }
                State::Waiting
            }
            Verb::OneOf { alternatives, .. } => State::Alternatives(
                alternatives.iter().map(|steps| (Walk::new(steps, base), Claims::new())).collect(),
            ),
            Verb::AnyOrder(steps) => State::AnyOrder(
                steps.iter().map(|step| Walk::new(std::slice::from_ref(step), base)).collect(),
            ),
        };
    }

    fn is_late(&self, stage: &Stage) -> bool {
        self.deadline.is_some_and(|deadline| stage.now >= deadline)
    }

    fn wait(&mut self, step: &Step, stage: &mut Stage, context: &Context, claims: &mut Claims) -> Ended {
        let late = self.is_late(stage);
        match &step.verb {
            Verb::Expects(pattern) => {
                let wanted = usize::try_from(step.times.max(1)).unwrap_or(usize::MAX);
                while self.found.len() < wanted {
                    let Some(event) = expect::next(step, pattern, self.begun, stage, context, claims) else {
                        break;
                    };
                    claims.insert(event);
                    self.found.push(event);
                }
                if self.found.len() == wanted {
                    return Ended::Done { evidence: std::mem::take(&mut self.found) };
                }
                if late {
                    return Ended::missed(expect::instead(
                        step,
                        pattern,
                        self.found.len(),
                        self.begun,
                        stage,
                    ));
                }
                Ended::Pending
            }
            Verb::SeesNo { pattern, .. } => match expect::seen(step, pattern, self.begun, stage, claims) {
                Some(event) => Ended::missed(format!("event {} is one", event.0)),
                None if late => Ended::done(),
                None => Ended::Pending,
            },
            Verb::Hears { sound, lasting } => {
                let hearing = hear::satisfied(step, sound, *lasting, self.begun, stage);
                self.inner = hearing.again;
                if hearing.satisfied {
                    Ended::done()
                } else if late {
                    Ended::missed(hearing.heard)
                } else {
                    Ended::Pending
                }
            }
            Verb::ReceivesDigits { digits } => {
                let seen = hear::digits(step, self.begun, stage);
                if seen == *digits {
                    Ended::done()
                } else if late || !digits.starts_with(&seen) {
                    Ended::missed(format!("the digits `{digits}` were waited for, `{seen}` came"))
                } else {
                    Ended::Pending
                }
            }
            Verb::Is(wanted) => {
                match stage.is(wanted, &step.who, step.via.as_ref(), &context.needs, self.begun) {
                    Ok(()) => Ended::done(),
                    Err(why) if late => Ended::missed(why),
                    Err(_) => Ended::Pending,
                }
            }
            // Their states are other ones.
            Verb::Does(_) | Verb::OneOf { .. } | Verb::AnyOrder(_) => Ended::Pending,
        }
    }

    fn order(&mut self, step: &Step, stage: &mut Stage, context: &Context) -> Ended {
        let late = self.is_late(stage);
        let (Verb::Does(action), State::Ordering { left, rounds }) = (&step.verb, &mut self.state) else {
            return Ended::Pending;
        };
        match action {
            Action::Wait { lasting } => {
                self.state = State::Until(stage.now + *lasting);
                return Ended::Pending;
            }
            Action::Talk { lasting } | Action::StayUp { at_least: lasting } => {
                if let Some(role) = left.iter().find(|role| !stage.can_talk(role)) {
                    let why = format!("nobody can talk: {}", stage.calls_in_words(role));
                    return if late { Ended::missed(why) } else { Ended::Pending };
                }
                for role in left.iter() {
                    stage.speak(role, true);
                }
                let until = stage.now + *lasting;
                self.state = match action {
                    Action::StayUp { .. } => State::Staying(context.steady.then_some(until)),
                    _ => State::Talking(until),
                };
                return Ended::Pending;
            }
            _ => {}
        }
        let mut until = None;
        loop {
            while let Some(role) = left.first().cloned() {
                match stage.act(&role, action, step.via.as_ref()) {
                    Ok(Still::Done) => {}
                    Ok(Still::Until(at)) => until = until.max(Some(at)),
                    Ok(Still::Console) => {
                        stage.pump();
                        self.state = State::Console;
                        return Ended::Pending;
                    }
                    Err(Refused::Bench(why)) => return Ended::Missed { why, bench: true },
                    Err(Refused::NotYet(why)) if late => return Ended::missed(why),
                    Err(Refused::NotYet(_)) => return Ended::Pending,
                }
                stage.pump();
                left.remove(0);
            }
            *rounds -= 1;
            if *rounds == 0 {
                break;
            }
            left.clone_from(&step.who);
        }
        match until {
            Some(until) => {
                self.state = State::Until(until);
                Ended::Pending
            }
            None => Ended::done(),
        }
    }

    /// The first alternative that completes wins; none is left: the step is missed.
    fn alternatives(
        &mut self,
        step: &Step,
        stage: &mut Stage,
        context: &mut Context,
        claims: &mut Claims,
    ) -> Ended {
        let State::Alternatives(walks) = &mut self.state else { return Ended::Pending };
        let mut open = false;
        let mut reasons = Vec::new();
        for (index, (walk, own)) in walks.iter_mut().enumerate() {
            let mut tried: Claims = claims.union(own).copied().collect();
            let course = walk.advance(stage, context, &mut tried);
            *own = tried.difference(claims).copied().collect();
            match course {
                Course::Pending => open = true,
                Course::Missed { why, .. } => reasons.push(why),
                Course::Completed => {
                    let evidence = own.iter().copied().collect();
                    claims.append(own);
                    let matched = Some(index);
                    stage.out.record(stage.now, What::Alternative { step: step.id.clone(), matched });
                    return Ended::Done { evidence };
                }
            }
        }
        if open {
            return Ended::Pending;
        }
        stage.out.record(stage.now, What::Alternative { step: step.id.clone(), matched: None });
        Ended::missed(format!("no alternative came: {}", reasons.join("; ")))
    }
}

fn any_order(walks: &mut [Walk], stage: &mut Stage, context: &mut Context, claims: &mut Claims) -> Ended {
    let mut open = false;
    for walk in walks {
        match walk.advance(stage, context, claims) {
            Course::Pending => open = true,
            Course::Completed => {}
            Course::Missed { step, why, bench } => {
                return Ended::Missed { why: format!("step {step}: {why}"), bench };
            }
        }
    }
    if open { Ended::Pending } else { Ended::done() }
}
