//! Everything one case is judged from.

use crate::dialogs::{self, Leg};
use crate::handshakes::Handshake;
use crate::load::PointRead;
use crate::timeline::{CaseRun, Seen, Timeline};
use oxocert_machine::At;
use oxocert_record::{
    Emitter, Event, EventNo, Heard, Phase, RoleName, StepId, StreamWindow, TlsOutcome, What,
};
use oxocert_scenario::model::bench::Bench;
use oxocert_scenario::model::{Case, Quantity, Step, Verb};
use oxocert_scenario::satisfies::{Stretch, stretches};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The case, its part of the record, and the bench it ran on.
pub(crate) struct Context<'c, 'a> {
    /// The whole record.
    pub timeline: &'c Timeline<'a>,
    /// The case as it ran.
    pub run: &'c CaseRun<'a>,
    /// The case as it was planned.
    pub case: &'c Case,
    /// The bench.
    pub bench: &'c Bench,
    /// The call legs of the case, in the order they began.
    pub legs: Vec<Leg>,
    /// The load points of the case, once they are read.
    pub loads: Vec<PointRead<'c>>,
    heard: BTreeMap<RoleName, Vec<(EventNo, &'c Heard)>>,
}

impl<'c, 'a> Context<'c, 'a> {
    /// Puts together what a case is judged from.
    pub fn new(timeline: &'c Timeline<'a>, run: &'c CaseRun<'a>, case: &'c Case, bench: &'c Bench) -> Self {
        let legs = dialogs::legs(timeline.messages_of(run));
        let mut heard: BTreeMap<RoleName, Vec<(EventNo, &'c Heard)>> = BTreeMap::new();
        for event in run.events {
            if let What::Heard(change) = &event.what {
                heard.entry(change.role.clone()).or_default().push((event.n, change));
            }
        }
        Context { timeline, run, case, bench, legs, loads: Vec::new(), heard }
    }

    /// The messages of the case, in order.
    pub fn messages(&self) -> impl Iterator<Item = &'c Seen<'a>> + use<'c, 'a> {
        self.timeline.messages_of(self.run)
    }

    /// The messages of the case that the DUT sent.
    pub fn of_dut(&self) -> impl Iterator<Item = &'c Seen<'a>> + use<'c, 'a> {
        self.messages().filter(|seen| seen.is_from_dut())
    }

    /// The media windows of the case with the numbers of their events.
    pub fn windows(&self) -> impl Iterator<Item = (EventNo, &'c StreamWindow)> + use<'c, 'a> {
        let run: &'c CaseRun<'a> = self.run;
        run.events.iter().filter_map(|event: &'a Event| match &event.what {
            What::Stream(window) => Some((event.n, window)),
            _ => None,
        })
    }

    /// The media windows of the case that the DUT emitted.
    pub fn windows_of_dut(&self) -> impl Iterator<Item = (EventNo, &'c StreamWindow)> + use<'c, 'a> {
        self.windows().filter(|(_, window)| window.emitter == Emitter::Dut)
    }

    /// The handshakes of the DUT that the case rests on: its own, and before them those of the connections that stood when it
    /// began.
    pub fn handshakes(&self) -> impl Iterator<Item = &'c Handshake<'a>> + use<'c, 'a> {
        let first = self.run.events.first().map_or(EventNo(0), |event| event.n);
        let last = self.run.events.last().map_or(EventNo(0), |event| event.n);
        self.timeline.handshakes.iter().filter(move |handshake| {
            let stood = handshake.seen.outcome == TlsOutcome::Completed
                && handshake.ended.is_none_or(|(ended, ..)| ended > first);
            handshake.n <= last && (handshake.n >= first || stood)
        })
    }

    /// Messages of the DUT to the a-SBCs.
    pub fn on_trunk(&self) -> impl Iterator<Item = &'c Seen<'a>> + use<'c, 'a> {
        let sbcs = &self.bench.sbcs;
        self.of_dut().filter(|seen| sbcs.contains_key(&seen.on.point))
    }

    /// Media windows of the DUT at PSTN parties and a-SBCs.
    pub fn trunk_windows(&self) -> impl Iterator<Item = (EventNo, &'c StreamWindow)> + use<'c, 'a> {
        let bench: &'c Bench = self.bench;
        self.windows_of_dut().filter(|(_, window)| {
            bench.parties.contains_key(&window.role) || bench.sbcs.contains_key(&window.role)
        })
    }

    /// What a role heard in the case.
    pub fn heard(&self, role: &RoleName) -> Vec<Stretch> {
        stretches(role, self.heard.get(role).into_iter().flatten().copied())
    }

    /// A time of the limits table, or this default where the bench has none of that name.
    pub fn time(&self, name: &str, default: Duration) -> Duration {
        match self.bench.limits.get(name).map(|limit| limit.value) {
            Some(Quantity::Time(time)) => time,
            _ => default,
        }
    }

    /// The expanded uncertainty of times read from SIP messages.
    pub fn uncertainty_sip(&self) -> Duration {
        self.time("uncertainty.sip", Duration::from_millis(1))
    }

    /// The expanded uncertainty of times read from media packets.
    pub fn uncertainty_media(&self) -> Duration {
        self.time("uncertainty.media", Duration::from_millis(1))
    }

    /// When a step began.
    pub fn start_of(&self, step: &StepId) -> Option<At> {
        self.run.steps.get(step)?.started
    }

    /// When a step ended: its last evidence, or the moment the runner took it as done or gave it up.
    pub fn end_of(&self, step: &StepId) -> Option<At> {
        self.run.steps.get(step)?.end(|n| self.timeline.at_of(n))
    }

    /// From when the deadline of a step counts: the end of the step of `since`, or of the step before it in the flow;
    /// for the first step, and for one that rests first (`after`), its own beginning.
    ///
    /// A message may come while an earlier step is under way: a step never ends before the steps in front of it.
    pub fn reference(&self, step: &Step) -> Option<At> {
        let start = self.start_of(&step.id);
        let flow = self.case.list_of(&step.id);
        let upto = match &step.since {
            Some(since) => flow.iter().position(|other| other.id == *since).map(|index| index + 1),
            None if !step.after.is_zero() => return start,
            None => flow.iter().position(|other| other.id == step.id),
        };
        let before = flow.get(..upto.unwrap_or(0)).unwrap_or_default();
        before.iter().filter_map(|before| self.end_of(&before.id)).max().or(start)
    }

    /// When the runner left a step, whatever its evidence: the end of what the step observed.
    pub fn left(&self, step: &StepId) -> Option<At> {
        let run = self.run.steps.get(step)?;
        run.done.as_ref().map(|(at, _)| *at).or_else(|| run.missed.as_ref().map(|(at, _)| *at))
    }

    /// The messages that the runner took as evidence of a step.
    pub fn evidence_of(&self, step: &StepId) -> Vec<EventNo> {
        let run = self.run.steps.get(step);
        run.and_then(|run| run.done.as_ref()).map(|(_, evidence)| evidence.clone()).unwrap_or_default()
    }

    /// Every event that some step of the case took as its evidence.
    pub fn all_evidence(&self) -> BTreeSet<EventNo> {
        let done = self.run.steps.values().filter_map(|step| step.done.as_ref());
        done.flat_map(|(_, evidence)| evidence.iter().copied()).collect()
    }

    /// When the first step of a phase began.
    pub fn phase_start(&self, phase: Phase) -> Option<At> {
        self.run.steps.values().filter(|step| step.phase == Some(phase)).filter_map(|step| step.started).min()
    }

    /// From the beginning of the first to the end of the last step of the flow that was walked.
    pub fn flow_span(&self) -> Option<(At, At)> {
        let from = self.phase_start(Phase::Flow)?;
        let flow = self.run.steps.iter().filter(|(_, step)| step.phase == Some(Phase::Flow));
        let to = flow.filter_map(|(id, _)| self.left(id)).max();
        Some((from, to.or_else(|| self.run.last()).unwrap_or(from)))
    }

    /// A step of the flow by its id, inside groups too.
    pub fn flow_step(&self, id: &StepId) -> Option<&'c Step> {
        find(self.case.list_of(id), id)
    }

    /// The leg whose media the harness receives at this address at that moment (the latest that announced it).
    pub fn leg_at(&self, local: std::net::SocketAddr, at: At) -> Option<&Leg> {
        let mut best: Option<(At, &Leg)> = None;
        for leg in &self.legs {
            for (since, address) in &leg.harness_media {
                if *address == local && *since <= at && best.is_none_or(|(other, _)| other <= *since) {
                    best = Some((*since, leg));
                }
            }
        }
        best.map(|(_, leg)| leg)
    }
}

/// A step by its id, inside groups too.
pub(crate) fn find<'c>(steps: &'c [Step], id: &StepId) -> Option<&'c Step> {
    steps.iter().find_map(|step| {
        if step.id == *id {
            return Some(step);
        }
        match &step.verb {
            Verb::OneOf { alternatives, .. } => alternatives.iter().find_map(|steps| find(steps, id)),
            Verb::AnyOrder(steps) => find(steps, id),
            _ => None,
        }
    })
}
