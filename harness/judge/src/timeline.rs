//! The record made readable: messages parsed once, cases and steps found, damage told in words.

use crate::handshakes::{self, Handshake};
use oxocert_machine::At;
use oxocert_record::{
    CaseEnd, CaseId, Direction, Emitter, Event, EventNo, Phase, RoleName, RunStarted, SipSeen, StepId, What,
};
use oxocert_sip::message::Message;
use oxocert_sip::sdp::{self, Description};
use std::collections::BTreeMap;
use std::time::Duration;

/// The whole record.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    /// Every event, in order of its number.
    pub events: &'a [Event],
    /// Event 0, where it is what it must be.
    pub run: Option<&'a RunStarted>,
    /// The SIP messages, by event number.
    pub messages: BTreeMap<EventNo, Seen<'a>>,
    /// The handshakes with the DUT, in order.
    pub handshakes: Vec<Handshake<'a>>,
    /// The cases that were started, in order.
    pub cases: Vec<CaseRun<'a>>,
    /// Whether somebody interrupted the run.
    pub interrupted: bool,
    /// Whether the last event is the end of the run.
    pub ended: bool,
    /// What is wrong with the record.
    pub damage: Vec<String>,
}

/// A SIP message with what the parser made of it.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    /// Its event.
    pub n: EventNo,
    /// When.
    pub at: At,
    /// Point, party, addresses, bytes.
    pub on: &'a SipSeen,
    /// The message, or why it is none.
    pub message: Result<Message, String>,
    /// Its session description, where it has a readable one.
    pub sdp: Option<Description>,
}

/// One case as the record tells it.
#[derive(Debug)]
pub(crate) struct CaseRun<'a> {
    /// Its id.
    pub id: CaseId,
    /// Its events, first (CaseStarted) to last (CaseEnded where there is one).
    pub events: &'a [Event],
    /// How it ended; `None`: the record stops inside it.
    pub end: Option<&'a CaseEnd>,
    /// Its steps.
    pub steps: BTreeMap<StepId, StepRun>,
    /// Which alternative of a `one_of` was taken.
    pub alternatives: BTreeMap<StepId, Option<usize>>,
    /// What is wrong with this part of the record.
    pub damage: Vec<String>,
}

/// One step as the record tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct StepRun {
    /// When the runner began it.
    pub started: Option<At>,
    /// The phase it was begun in.
    pub phase: Option<Phase>,
    /// When the runner took it as done, and with which evidence.
    pub done: Option<(At, Vec<EventNo>)>,
    /// When the runner gave it up, and why.
    pub missed: Option<(At, String)>,
}

impl<'a> Seen<'a> {
    /// Whether the DUT sent it to the harness: only such messages prove anything about the DUT.
    pub fn is_from_dut(&self) -> bool {
        self.on.emitter == Emitter::Dut && self.on.direction == Direction::In
    }

    /// Whether the harness sent it to the DUT.
    pub fn is_from_harness(&self) -> bool {
        self.on.emitter == Emitter::Harness && self.on.direction == Direction::Out
    }

    /// Whether it came to (or left) this role: an a-SBC or set by its address, a party by its call.
    pub fn is_at(&self, role: &RoleName) -> bool {
        self.on.point == *role || self.on.party.as_ref() == Some(role)
    }

    /// The parsed message, where there is one.
    pub fn sip(&self) -> Option<&Message> {
        self.message.as_ref().ok()
    }

    /// Its method: of the request, or of the CSeq of a response.
    pub fn method(&self) -> Option<&str> {
        let message = self.sip()?;
        message.method().or_else(|| message.cseq().map(|(_, method)| method))
    }

    /// Its status code, where it is a response.
    pub fn status(&self) -> Option<u16> {
        self.sip()?.status()
    }

    /// Whether it is a request of this method.
    pub fn is_request(&self, method: &str) -> bool {
        self.sip().and_then(Message::method) == Some(method)
    }

    /// Its Call-ID.
    pub fn call_id(&self) -> Option<&str> {
        self.sip()?.call_id()
    }

    /// Who wrote it, in words: `dut`, or the role of the harness.
    pub fn sender(&self) -> String {
        match (self.on.direction, self.on.emitter) {
            (Direction::Out, _) => self.role().to_string(),
            (Direction::In, Emitter::Dut) => "dut".to_owned(),
            (Direction::In, _) => self.on.remote.to_string(),
        }
    }

    /// The role of the harness at this message: the party where it is known, the point otherwise.
    pub fn role(&self) -> &RoleName {
        self.on.party.as_ref().unwrap_or(&self.on.point)
    }
}

impl StepRun {
    /// When it ended: its last evidence, or the moment the runner took it as done or gave it up.
    pub fn end(&self, at_of: impl Fn(EventNo) -> Option<At>) -> Option<At> {
        if let Some((at, evidence)) = &self.done {
            return Some(evidence.iter().filter_map(|n| at_of(*n)).max().unwrap_or(*at));
        }
        self.missed.as_ref().map(|(at, _)| *at)
    }
}

impl<'a> CaseRun<'a> {
    /// When it began.
    pub fn started(&self) -> Option<At> {
        self.events.first().map(|event| event.at)
    }

    /// When its last event happened.
    pub fn last(&self) -> Option<At> {
        self.events.last().map(|event| event.at)
    }

    /// The greatest lag of the signalling side recorded between the two (both included).
    pub fn greatest_lag(&self, from: At, to: At) -> Duration {
        let lags = self.events.iter().filter(|event| event.at >= from && event.at <= to);
        lags.filter_map(|event| match event.what {
            What::Lag { by_ns } => Some(Duration::from_nanos(by_ns)),
            _ => None,
        })
        .max()
        .unwrap_or_default()
    }
}

impl<'a> Timeline<'a> {
    /// Reads a record. Never fails: what is wrong stands in `damage`.
    pub fn read(events: &'a [Event]) -> Timeline<'a> {
        let mut timeline = Timeline {
            events,
            run: None,
            messages: BTreeMap::new(),
            handshakes: handshakes::read(events),
            cases: Vec::new(),
            interrupted: false,
            ended: false,
            damage: Vec::new(),
        };
        timeline.check_numbers();
        match events.first().map(|event| &event.what) {
            Some(What::RunStarted(run)) => timeline.run = Some(run),
            Some(_) => {
                timeline.damage.push("the first event does not tell how the run was started".to_owned())
            }
            None => timeline.damage.push("the record is empty".to_owned()),
        }
        timeline.read_messages();
        timeline.read_cases();
        timeline.interrupted = events.iter().any(|event| matches!(event.what, What::Interrupted));
        timeline.ended = matches!(events.last().map(|event| &event.what), Some(What::RunEnded));
        if !timeline.ended && !timeline.interrupted && !events.is_empty() {
            timeline.damage.push(
                "the record stops before the end of the run: the run was killed or the file was cut"
                    .to_owned(),
            );
        }
        timeline
    }

    /// The event with this number.
    pub fn event(&self, n: EventNo) -> Option<&'a Event> {
        self.events.binary_search_by_key(&n, |event| event.n).ok().and_then(|index| self.events.get(index))
    }

    /// When the event with this number happened.
    pub fn at_of(&self, n: EventNo) -> Option<At> {
        self.event(n).map(|event| event.at)
    }

    /// The SIP messages of a case, in order of their numbers.
    pub fn messages_of<'t>(&'t self, case: &CaseRun<'_>) -> impl Iterator<Item = &'t Seen<'a>> + use<'t, 'a> {
        let first = case.events.first().map_or(EventNo(0), |event| event.n);
        let last = case.events.last().map_or(EventNo(0), |event| event.n);
        self.messages.range(first..=last).map(|(_, seen)| seen)
    }

    fn check_numbers(&mut self) {
        for (expected, event) in (0u64..).zip(self.events) {
            if event.n.0 != expected {
                self.damage.push(format!(
                    "event {expected} is missing: the record goes on with number {}",
                    event.n.0
                ));
                return;
            }
        }
    }

    fn read_messages(&mut self) {
        for event in self.events {
            if let What::Sip(on) = &event.what {
                let message = Message::parse(&on.bytes.0).map_err(|error| error.to_string());
                let sdp = message.as_ref().ok().and_then(|message| {
                    let is_sdp = message
                        .content_type()
                        .is_some_and(|kind| kind.trim().to_ascii_lowercase().starts_with("application/sdp"));
                    if is_sdp { sdp::read(message.body()).ok() } else { None }
                });
                self.messages.insert(event.n, Seen { n: event.n, at: event.at, on, message, sdp });
            }
        }
    }

    fn read_cases(&mut self) {
        let mut open: Option<(usize, CaseId)> = None;
        for (index, event) in self.events.iter().enumerate() {
            match &event.what {
                What::CaseStarted { case } => {
                    if let Some((from, id)) = open.take() {
                        self.damage.push(format!(
                            "case {case} begins at event {} while {id} has not ended",
                            event.n.0
                        ));
                        self.push_case(id, from, index, None);
                    }
                    open = Some((index, case.clone()));
                }
                What::CaseEnded { case, how } => match open.take() {
                    Some((from, id)) if id == *case => self.push_case(id, from, index + 1, Some(how)),
                    Some((from, id)) => {
                        self.damage.push(format!("event {} ends case {case} inside case {id}", event.n.0));
                        self.push_case(id, from, index, None);
                    }
                    None => {
                        self.damage.push(format!("event {} ends case {case}, which had not begun", event.n.0))
                    }
                },
                _ => {}
            }
        }
        if let Some((from, id)) = open {
            self.push_case(id, from, self.events.len(), None);
        }
    }

    fn push_case(&mut self, id: CaseId, from: usize, to: usize, end: Option<&'a CaseEnd>) {
        let events = self.events.get(from..to).unwrap_or_default();
        let mut case = CaseRun {
            id,
            events,
            end,
            steps: BTreeMap::new(),
            alternatives: BTreeMap::new(),
            damage: Vec::new(),
        };
        if self.cases.iter().any(|other| other.id == case.id) {
            self.damage.push(format!("case {} stands twice in the record", case.id));
        }
        for event in events {
            case.read_step(event);
        }
        self.cases.push(case);
    }
}

impl CaseRun<'_> {
    fn read_step(&mut self, event: &Event) {
        match &event.what {
            What::StepStarted { phase, step } => {
                let run = self.steps.entry(step.clone()).or_default();
                if run.started.is_none() {
                    run.started = Some(event.at);
                    run.phase = Some(*phase);
                }
            }
            What::StepDone { step, evidence, .. } => {
                let run = self.steps.entry(step.clone()).or_default();
                if run.started.is_none() {
                    self.damage
                        .push(format!("step {step} is done at event {} and was never begun", event.n.0));
                } else if run.done.is_some() || run.missed.is_some() {
                    self.damage.push(format!("step {step} ends a second time at event {}", event.n.0));
                } else {
                    run.done = Some((event.at, evidence.clone()));
                }
            }
            What::StepMissed { step, why, .. } => {
                let run = self.steps.entry(step.clone()).or_default();
                if run.started.is_none() {
                    self.damage
                        .push(format!("step {step} is missed at event {} and was never begun", event.n.0));
                } else if run.done.is_some() || run.missed.is_some() {
                    self.damage.push(format!("step {step} ends a second time at event {}", event.n.0));
                } else {
                    run.missed = Some((event.at, why.clone()));
                }
            }
            What::Alternative { step, matched } => {
                self.alternatives.insert(step.clone(), *matched);
            }
            _ => {}
        }
    }
}
