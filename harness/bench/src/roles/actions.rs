//! What a step orders a role to do.

use super::trunk_tls::Bounds;
use crate::calls::LegState;
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_media::engine::Command;
use oxocert_record::{EventNo, RoleName, What};
use oxocert_scenario::model::bench::DutDriver;
use oxocert_scenario::model::step::{Action, State};
use oxocert_sip::ua::Override;
use std::time::Duration;

/// Length of a digit sent as telephone-event, and of the pause after it.
const DIGIT_MS: u32 = 100;
/// How late a `late-ack` comes.
const LATE: Duration = Duration::from_secs(2);

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// What it needs is not there (yet): no call rings, the other call is not answered. That is for the DUT to bring about.
    NotYet(String),
    /// The bench itself cannot do it.
    Bench(String),
}

/// What a step has to wait for after its order was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Still {
    /// Nothing.
    Done,
    /// Until this moment.
    Until(At),
    /// For the DUT's console, or the person at the bench.
    Console,
}

impl Stage {
    /// Carries out an order.
    ///
    /// # Errors
    /// [`Refused`]: an order that was not carried out has left everything as it was.
    pub(crate) fn act(
        &mut self,
        role: &RoleName,
        action: &Action,
        via: Option<&RoleName>,
    ) -> Result<Still, Refused> {
        match action {
            Action::Dial { to } => self.dial(role, to).map_err(Refused::Bench)?,
            Action::Call { to, anonymous, sips } => {
                self.party_calls(role, to, *anonymous, *sips, via).map_err(Refused::Bench)?;
            }
            Action::Ring => {
                let ringing = self.ringing(role, via)?;
                self.ring(ringing);
            }
            Action::Answer => {
                let ringing = self.ringing(role, via)?;
                self.answer_leg(ringing);
            }
            Action::Reject { code } => self.reject(role, *code, via)?,
            Action::HangUp => {
                if let Some(leg) = self.in_hand(role, via) {
                    self.end(leg);
                }
            }
            Action::Hold { how } => {
                let leg = self.free_leg(role, via, false)?;
                self.reinvite(leg, Some(*how));
            }
            Action::Resume => {
                let leg = self.free_leg(role, via, true)?;
                self.reinvite(leg, None);
            }
            Action::Consult { to } => {
                let held =
                    self.legs.values().any(|leg| leg.role() == role && leg.is_up() && leg.hold.is_some());
                if !held {
                    return Err(Refused::NotYet(format!(
                        "a consultation needs a held call, {}",
                        self.calls_in_words(role)
                    )));
                }
                self.dial(role, to).map_err(Refused::Bench)?;
            }
            Action::TransferAttended => self.transfer_attended(role)?,
            Action::TransferBlind { to } => self.transfer_blind(role, to)?,
            Action::SendDigits { digits, loss_percent } => self.send_digits(role, digits, *loss_percent)?,
            Action::Mute => self.mute(role),
            Action::Restore => self.restore(role),
            Action::Refuse { code, methods } => self.refuse(role, *code, methods),
            Action::Admit { channels, code } => self.admit(role, *channels, *code),
            Action::SendOptions => self.send_options(role),
            Action::Configure { setting, value } => return self.configure(setting, value),
            Action::Raw { text } => self.raw(role, text)?,
            Action::Misbehave { how } => self.misbehave(role, how)?,
            Action::Present { certificate } => self.present(role, certificate)?,
            Action::LimitTls { versions, suites, resumes, peer_name } => self.limit_tls(
                role,
                Bounds {
                    versions: versions.clone(),
                    suites: suites.clone(),
                    resumes: *resumes,
                    peer_name: peer_name.clone(),
                },
            )?,
            Action::Connect => self.connect(role)?,
            Action::DropConnection => self.drop_connection(role)?,
            Action::Probe { with, from } => self.send_probe(role, with, *from)?,
            Action::Resolve { name, addresses, services, ttl } => {
                self.resolve(role, name, addresses, services, *ttl).map_err(Refused::Bench)?;
            }
            Action::FailDns { how } => self.fail_dns(role, how).map_err(Refused::Bench)?,
            Action::Describe { protocol, crypto, lifetime_and_mki } => {
                self.describe(role, protocol.as_ref(), crypto.as_ref(), *lifetime_and_mki)?;
            }
            Action::TroubleMedia { how, packets } => self.trouble_media(role, how, *packets)?,
            Action::StartMediaAt { sequence } => self.start_media_at(role, *sequence),
            // The runner itself keeps time for these.
            Action::Talk { lasting } | Action::StayUp { at_least: lasting } | Action::Wait { lasting } => {
                return Ok(Still::Until(self.now + *lasting));
            }
        }
        Ok(Still::Done)
    }

    /// The oldest ringing call of a role.
    fn ringing(&self, role: &RoleName, via: Option<&RoleName>) -> Result<crate::calls::LegId, Refused> {
        self.legs
            .values()
            .find(|leg| {
                leg.role() == role
                    && leg.state == LegState::Ringing
                    && via.is_none_or(|via| leg.agent == *via)
            })
            .map(|leg| leg.id)
            .ok_or_else(|| Refused::NotYet(format!("no call rings: {}", self.calls_in_words(role))))
    }

    /// A call that is up, held by us or not, with no re-INVITE of ours under way.
    fn free_leg(
        &self,
        role: &RoleName,
        via: Option<&RoleName>,
        held: bool,
    ) -> Result<crate::calls::LegId, Refused> {
        let leg = self.legs.values().rev().find(|leg| {
            leg.role() == role
                && leg.state == LegState::Up
                && leg.hold.is_some() == held
                && via.is_none_or(|via| leg.agent == *via)
        });
        match leg {
            Some(leg) if leg.modifying.is_some() || leg.retry.is_some() => {
                Err(Refused::NotYet("the DUT has not answered the last re-INVITE".into()))
            }
            Some(leg) => Ok(leg.id),
            None => {
                let wanted = if held { "held" } else { "answered" };
                Err(Refused::NotYet(format!("there is no {wanted} call: {}", self.calls_in_words(role))))
            }
        }
    }

    /// Answers a ringing leg: 200 with the answer to its offer, or with an offer where it had none.
    pub(crate) fn answer_leg(&mut self, id: crate::calls::LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(call) = leg.call else { return self.answer_in_network(id) };
        let Some(agent) = self.agents.get_mut(&leg.agent) else { return };
        let body = match leg.offer.take() {
            None => Some(leg.session.offer(None)),
            Some(offer) => leg.session.answer(&offer, None),
        };
        if body.is_none() {
            // No codec in common, or no description at all (RFC 3261 §21.4.26).
            agent.ua.reject(self.now, call, 488, &[]);
            self.finish(id);
            return;
        }
        leg.state = LegState::Up;
        agent.ua.answer(self.now, call, &[], body);
        self.refresh_media(id);
    }

    fn reject(&mut self, role: &RoleName, code: u16, via: Option<&RoleName>) -> Result<(), Refused> {
        let id = self.ringing(role, via)?;
        let Some(leg) = self.legs.get(&id) else { return Ok(()) };
        if let (Some(agent), Some(call)) = (self.agents.get_mut(&leg.agent), leg.call) {
            agent.ua.reject(self.now, call, code, &[]);
        }
        self.finish(id);
        Ok(())
    }

    fn send_digits(&mut self, role: &RoleName, digits: &str, loss_percent: u8) -> Result<(), Refused> {
        let leg = self.in_hand(role, None).and_then(|id| self.legs.get(&id)).filter(|leg| leg.is_up());
        let Some(leg) = leg else {
            return Err(Refused::NotYet(format!(
                "digits need an answered call, {}",
                self.calls_in_words(role)
            )));
        };
        if !leg.session.sends_events() {
            return Err(Refused::NotYet(
                "telephone-event is not negotiated on the call, or it may not send".into(),
            ));
        }
        let port = leg.session.port;
        self.out.media(Command::Digits {
            port,
            digits: digits.to_owned(),
            duration_ms: DIGIT_MS,
            gap_ms: DIGIT_MS,
            loss_percent,
        });
        Ok(())
    }

    fn raw(&mut self, role: &RoleName, text: &str) -> Result<(), Refused> {
        let sbc =
            if self.bench.parties.contains_key(role) { RoleName::from("sbc.nominal") } else { role.clone() };
        let agent =
            self.agents.get_mut(&sbc).ok_or_else(|| Refused::Bench(format!("{role} cannot send bytes")))?;
        let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        agent.ua.send_raw(agent.flow, lines.join("\r\n").into_bytes());
        Ok(())
    }

    fn misbehave(&mut self, role: &RoleName, how: &str) -> Result<(), Refused> {
        let what = match how {
            "no-ack" => Override::NoAck,
            "late-ack" => Override::LateAck(LATE),
            "double-ack" => Override::DoubleAck,
            "no-answer-sdp" => Override::NoAnswerBody,
            "no-refresh" => Override::NoRefresh,
            "silent" => {
                self.silent.insert(role.clone());
                return Ok(());
            }
            other => {
                return Err(Refused::Bench(format!("{role} does not know how to misbehave as `{other}`")));
            }
        };
        self.misbehaviour.entry(role.clone()).or_default().push(what);
        Ok(())
    }

    /// Changes the DUT's configuration through its console, or asks the person at the bench to.
    pub(crate) fn configure(&mut self, setting: &str, value: &str) -> Result<Still, Refused> {
        self.console.begin(self.now, setting, value).map_err(Refused::Bench)?;
        if self.bench.dut.driver == DutDriver::Operator {
            let prompt = format!("set `{setting}` of the DUT to `{value}`, then confirm");
            self.out.record(self.now, What::Operator { note: prompt.clone() });
            self.out.emit(crate::BenchEvent::Operator { prompt });
        }
        self.gateways_unknown();
        Ok(Still::Console)
    }

    /// Whether a state is reached; in words what is missing where not. `since`: when the step began.
    pub(crate) fn is(
        &self,
        state: &State,
        who: &[RoleName],
        via: Option<&RoleName>,
        needs: &[RoleName],
        since: At,
    ) -> Result<(), String> {
        let unregistered = |roles: &[RoleName]| -> Option<RoleName> {
            roles.iter().find(|role| self.sets.get(role).is_some_and(|set| !set.registered)).cloned()
        };
        match state {
            State::Registered => match unregistered(who) {
                Some(role) => Err(format!("{role} is not registered")),
                None => Ok(()),
            },
            State::GatewayUp => {
                let sbc = via.or_else(|| who.iter().find(|role| self.sbcs.contains_key(role)));
                let up = |state: &crate::roles::SbcState| state.gateway_up;
                match sbc {
                    Some(sbc) if self.sbcs.get(sbc).is_some_and(up) => Ok(()),
                    Some(sbc) => Err(format!("the DUT has sent {sbc} no OPTIONS since its last change")),
                    None if self.sbcs.values().all(up) => Ok(()),
                    None => Err("an a-SBC got no OPTIONS of the DUT since its last change".into()),
                }
            }
            State::Idle => {
                if let Some(role) = unregistered(needs) {
                    return Err(format!("{role} is not registered"));
                }
                if self.dut_heard.is_none_or(|heard| heard < since) {
                    return Err("the DUT says nothing, not even to OPTIONS".into());
                }
                match self.open_calls() {
                    0 => Ok(()),
                    open => Err(format!("{open} calls are still open")),
                }
            }
        }
    }

    /// Calls with a transaction or dialog under way in any user agent.
    pub(crate) fn open_calls(&self) -> usize {
        self.agents.values().map(|agent| agent.ua.calls().count()).sum()
    }

    /// The a-SBCs that the case needs, and that work, ask the DUT for a sign of life; any a-SBC where it needs none.
    pub(crate) fn probe(&mut self, needs: &[RoleName]) {
        let working = |state: &crate::roles::SbcState| !state.is_mute();
        let all = || self.sbcs.iter().filter(|(_, state)| working(state)).map(|(role, _)| role);
        let mut asking: Vec<RoleName> = all().filter(|role| needs.contains(role)).cloned().collect();
        if asking.is_empty() {
            asking = all().next_back().cloned().into_iter().collect();
        }
        for role in asking {
            self.send_options(&role);
        }
    }

    /// The number that the next event gets: what arrives from here on is newer than everything before.
    pub(crate) fn mark(&self) -> EventNo {
        self.out.next_number()
    }
}
