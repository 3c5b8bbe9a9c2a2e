//! After a case: calls end, a-SBCs and the DUT's configuration are as before, and late packets still reach the record.

use crate::roles::Still;
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_record::{CaseEnd, RoleName};
use std::time::Duration;

/// How long the DUT may take to clear what is left, where the bench has no `dialog.tail`.
const DIALOG_TAIL: Duration = Duration::from_secs(5);
/// How long the ports listen on for RTP after BYE, where the bench has no `rtp.tail`.
const RTP_TAIL: Duration = Duration::from_secs(1);
/// The shortest time between flow and teardown.
const PAUSE: Duration = Duration::from_millis(100);
/// What is waited beyond a tail, so that the tail is seen whole.
const BEYOND: Duration = Duration::from_millis(250);
/// How long the bench waits for the DUT to answer its own BYEs.
const CLOSING: Duration = Duration::from_secs(3);
/// The media engine may run on a thread of its own: its last statistics come a little after a port is closed.
const LAST_STATISTICS: Duration = Duration::from_millis(100);

enum Step {
    /// Sets have hung up what was left; the DUT clears the other side.
    Clearing(At),
    /// The DUT's console puts settings back; the setting under way.
    PuttingBack(Option<String>),
    /// BYEs of the bench wait for their answers.
    Closing(At),
    /// Nothing is done; late packets are recorded.
    Listening(At),
    /// The DUT finds its gateways alive again.
    Gateways(At),
    /// Ports are closed, their last statistics come.
    Ports(At),
}

/// The bench on its way back to rest.
pub(super) struct Cleaning {
    how: CaseEnd,
    step: Step,
}

impl Cleaning {
    /// After a case that ended in this way.
    pub(super) fn new(how: CaseEnd, stage: &mut Stage) -> Cleaning {
        restore(stage);
        stage.hang_up_sets();
        Cleaning { how, step: Step::Clearing(stage.now + dialog_tail(stage)) }
    }

    /// In the middle of a case: calls end at once.
    pub(super) fn interrupted(stage: &mut Stage) -> Cleaning {
        restore(stage);
        Cleaning { how: CaseEnd::Interrupted, step: Step::Clearing(stage.now) }
    }

    /// Goes on; how the case ended, once the bench is at rest.
    pub(super) fn advance(&mut self, stage: &mut Stage) -> Option<CaseEnd> {
        loop {
            match &mut self.step {
                Step::Clearing(until) => {
                    if stage.open_calls() > 0 && stage.now < *until {
                        return None;
                    }
                    stage.end_all_calls();
                    self.step = Step::PuttingBack(None);
                }
                Step::PuttingBack(under_way) => {
                    if let Some(setting) = under_way {
                        let outcome = stage.console.take_outcome()?;
                        let words = outcome.unwrap_or_else(|why| {
                            stage.console.forget_change(setting);
                            format!("could not be put back: {why}")
                        });
                        stage.out.role_state(stage.now, &RoleName::from("dut"), words);
                        *under_way = None;
                    }
                    match put_back(stage) {
                        Some(setting) => *under_way = Some(setting),
                        None => self.step = Step::Closing(stage.now + CLOSING),
                    }
                }
                Step::Closing(until) => {
                    if stage.open_calls() > 0 && stage.now < *until {
                        return None;
                    }
                    let tail = stage.bench.duration("rtp.tail").unwrap_or(RTP_TAIL) + BEYOND;
                    self.step = Step::Listening(stage.now + tail);
                }
                Step::Listening(until) if stage.now < *until => return None,
                Step::Listening(_) => {
                    // What a name server said is believed as long as it said.
                    let at_most = gateways_time(stage) + stage.dns.settling();
                    self.step = Step::Gateways(stage.now + at_most);
                }
                Step::Gateways(until) => {
                    let down = stage.sbcs.values().any(|state| state.touched && !state.gateway_up);
                    if down && stage.now < *until && self.how != CaseEnd::Interrupted {
                        return None;
                    }
                    stage.sbcs.values_mut().for_each(|state| state.touched = false);
                    stage.close_ports();
                    self.step = Step::Ports(stage.now + LAST_STATISTICS);
                }
                Step::Ports(until) if stage.now < *until => return None,
                Step::Ports(_) => return Some(self.how.clone()),
            }
        }
    }

    /// When it wants to go on without anything having come.
    pub(super) fn deadline(&self) -> Option<At> {
        match self.step {
            Step::Clearing(at)
            | Step::Closing(at)
            | Step::Listening(at)
            | Step::Gateways(at)
            | Step::Ports(at) => Some(at),
            Step::PuttingBack(_) => None,
        }
    }
}

/// Between flow and teardown: the DUT clears what the flow left, and nothing else disturbs its traces.
pub(super) struct Clearing {
    pub(super) how: CaseEnd,
    at_least: At,
    at_most: At,
}

impl Clearing {
    /// After a flow that ended in this way.
    pub(super) fn new(how: CaseEnd, stage: &Stage) -> Clearing {
        Clearing { how, at_least: stage.now + PAUSE, at_most: stage.now + dialog_tail(stage) }
    }

    /// Whether the teardown may begin.
    pub(super) fn is_over(&self, stage: &Stage) -> bool {
        stage.now >= self.at_most || (stage.now >= self.at_least && stage.open_calls() == 0)
    }

    /// When it wants to go on without anything having come.
    pub(super) fn deadline(&self, stage: &Stage) -> At {
        if stage.now < self.at_least { self.at_least } else { self.at_most }
    }
}

fn dialog_tail(stage: &Stage) -> Duration {
    stage.bench.duration("dialog.tail").unwrap_or(DIALOG_TAIL) + BEYOND
}

fn restore(stage: &mut Stage) {
    for role in stage.sbcs.keys().cloned().collect::<Vec<_>>() {
        stage.restore(&role);
    }
    for role in stage.dns.roles() {
        stage.restore(&role);
    }
    let roles: Vec<RoleName> = stage.bench.sets.keys().chain(stage.bench.parties.keys()).cloned().collect();
    for role in roles {
        stage.speak(&role, false);
        stage.restore(&role);
    }
    stage.misbehaviour.clear();
    stage.silent.clear();
}

/// Begins to put one setting back; settings that cannot be are told and left.
fn put_back(stage: &mut Stage) -> Option<String> {
    while let Some((setting, original)) = stage.console.to_put_back() {
        match stage.configure(&setting, &original) {
            Ok(Still::Console) => {
                stage.pump();
                return Some(setting);
            }
            Ok(_) => return None,
            Err(refused) => {
                let words = format!("`{setting}` could not be put back: {refused:?}");
                stage.out.role_state(stage.now, &RoleName::from("dut"), words);
                stage.console.forget_change(&setting);
            }
        }
    }
    None
}

/// Two keep-alive periods and a second; no time where the bench does not know the period.
pub(super) fn gateways_time(stage: &Stage) -> Duration {
    stage.bench.duration("ka.period").map_or(Duration::ZERO, |period| period * 2 + Duration::from_secs(1))
}
