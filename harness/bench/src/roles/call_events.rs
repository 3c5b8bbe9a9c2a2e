//! What happens to a call leg, whoever owns it.

use crate::calls::{LegId, LegState, Owner};
use crate::stage::Stage;
use oxocert_record::{Emitter, RoleName, What};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{Body, CallId, Event, RequestId};
use rand::Rng;
use std::time::Duration;

impl Stage {
    /// Moves the leg of `agent` along.
    pub(crate) fn call_event(&mut self, agent: &RoleName, event: Event) {
        match event {
            Event::Progress { call, response } => self.progress(agent, call, &response),
            Event::Answered { call, response } => self.answered(agent, call, &response),
            Event::Failed { call, response } => self.failed(agent, call, response.as_ref()),
            Event::Confirmed { call, request } => self.take_answer(agent, call, request.body(), false),
            Event::Cancelled { call, .. } | Event::Ended { call, .. } => self.over(agent, call),
            Event::Unconfirmed { call } => {
                self.finding(
                    agent,
                    None,
                    "our 200 to INVITE was never acknowledged (RFC 3261 §13.3.1.4)".into(),
                );
                self.over(agent, call);
            }
            Event::Expired { call } => {
                self.finding(agent, None, "the session expired without refresh (RFC 4028 §10)".into());
                self.over(agent, call);
            }
            Event::Modify { call, request_id, request, answered: false } => {
                self.modify(agent, call, request_id, &request);
            }
            Event::Modified { call, request_id, response } => {
                self.modified(agent, call, request_id, response.as_ref());
            }
            Event::Stray { message, why } => {
                let what = message.method().map_or_else(
                    || format!("response {}", message.status().unwrap_or_default()),
                    |method| format!("request {method}"),
                );
                self.finding(agent, None, format!("{what} that belongs to nothing: {why}"));
            }
            Event::Unreadable { flow, bytes, why } => {
                self.saw(self.now, agent, flow, bytes, false);
                self.finding(agent, Some(flow), format!("no SIP message: {why}"));
            }
            // An answer to an in-call request (REFER, NOTIFY, BYE): on the record already, nothing follows from it.
            Event::Response { .. } | Event::Modify { answered: true, .. } => {}
            // Sets and a-SBCs take these themselves before they come here.
            Event::Incoming { .. } | Event::InCall { .. } | Event::Outside { .. } => {}
        }
    }

    fn progress(&mut self, agent: &RoleName, call: CallId, response: &Message) {
        if !response.body().is_empty() {
            self.take_answer(agent, call, response.body(), false);
        }
        if let Some(leg) = self.leg_of(agent, call)
            && response.status().is_some_and(|code| code > 100)
        {
            self.on_net_rings(leg);
        }
    }

    fn answered(&mut self, agent: &RoleName, call: CallId, response: &Message) {
        let Some(id) = self.leg_of(agent, call) else { return };
        if let Some(leg) = self.legs.get_mut(&id)
            && leg.state == LegState::Calling
        {
            leg.state = LegState::Up;
        }
        self.take_answer(agent, call, response.body(), true);
        self.refresh_media(id);
        self.on_net_answered(id);
    }

    /// The answer to an offer of ours: in 18x, 2xx or ACK. `due` where the message must hold one.
    fn take_answer(&mut self, agent: &RoleName, call: CallId, answer: &[u8], due: bool) {
        let Some(id) = self.leg_of(agent, call) else { return };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if answer.is_empty() {
            if due && !leg.session.has_answer() {
                self.finding(agent, None, "2xx to our offer without an answer (RFC 3261 §13.2.1)".into());
            }
            return;
        }
        if let Err(why) = leg.session.answered(answer) {
            let note = format!("answer to our offer cannot be used: {why}");
            self.out.record(self.now, What::Finding { role: agent.clone(), emitter: Emitter::Dut, note });
        }
        self.refresh_media(id);
    }

    fn failed(&mut self, agent: &RoleName, call: CallId, response: Option<&Message>) {
        let Some(id) = self.leg_of(agent, call) else { return };
        let code = response.and_then(Message::status).unwrap_or(480);
        self.on_net_failed(id, code);
        self.finish(id);
    }

    fn over(&mut self, agent: &RoleName, call: CallId) {
        let Some(id) = self.leg_of(agent, call) else { return };
        // After a REFER the DUT leaves; the parties go on inside the network.
        if self.legs.get(&id).is_some_and(|leg| leg.state != LegState::InNetwork) {
            self.finish(id);
        }
    }

    /// The leg is over; the leg it is tied to ends with it.
    pub(crate) fn finish(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_open()) else { return };
        leg.state = LegState::Over;
        let tied = leg.bridged.or(leg.joined);
        self.stop_media(id);
        if let Some(other) = tied {
            self.end(other);
        }
    }

    /// We end a leg: BYE, CANCEL or a refusal, whichever is due.
    pub(crate) fn end(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id).filter(|leg| leg.is_open()) else { return };
        if leg.has_dialog()
            && let (Some(agent), Some(call)) = (self.agents.get_mut(&leg.agent), leg.call)
        {
            agent.ua.hang_up(self.now, call, &[]);
        }
        self.finish(id);
    }

    /// re-INVITE or UPDATE from the DUT: answered at once, as RFC 3264 asks of the answerer.
    fn modify(&mut self, agent: &RoleName, call: CallId, request_id: RequestId, request: &Message) {
        let id = self.leg_of(agent, call);
        let Some(leg) = id.and_then(|id| self.legs.get_mut(&id)) else {
            self.respond(agent, request_id, 481, None);
            return;
        };
        let offer = request.body();
        let (code, body) = if offer.is_empty() {
            // Without an offer a re-INVITE asks for ours (its answer comes in the ACK); an UPDATE asks for nothing.
            let ours = (request.method() == Some("INVITE")).then(|| leg.session.offer(leg.hold));
            (200, ours)
        } else {
            let objection = leg.session.objection(offer);
            let answer = leg.session.answer(offer, leg.hold);
            if let (None, Some(why)) = (&answer, objection) {
                self.finding(agent, None, format!("{why}: 488"));
            }
            (if answer.is_some() { 200 } else { 488 }, answer)
        };
        self.respond(agent, request_id, code, body);
        if let Some(id) = id {
            self.refresh_media(id);
        }
    }

    fn respond(&mut self, agent: &RoleName, request_id: RequestId, code: u16, body: Option<Body>) {
        if let Some(agent) = self.agents.get_mut(agent) {
            agent.ua.respond(self.now, request_id, code, &[], body);
        }
    }

    fn modified(
        &mut self,
        agent: &RoleName,
        call: CallId,
        request_id: RequestId,
        response: Option<&Message>,
    ) {
        let Some(id) = self.leg_of(agent, call) else { return };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some((_, hold)) = leg.modifying.take_if(|(ours, _)| *ours == request_id) else { return };
        match response.and_then(Message::status) {
            Some(code) if (200..300).contains(&code) => {
                let body = response.map(|response| response.body().to_vec()).unwrap_or_default();
                self.take_answer(agent, call, &body, true);
            }
            // Glare: who made the Call-ID waits longer (RFC 3261 §14.1).
            Some(491) => {
                let wait = if matches!(leg.owner, Owner::Set(_)) { 2_100..=4_000 } else { 0..=2_000 };
                let wait = Duration::from_millis(self.dice.random_range(wait));
                leg.retry = Some((self.now + wait, hold));
            }
            _ => {
                let note = format!(
                    "re-INVITE of {} was answered {}",
                    leg.role(),
                    response
                        .and_then(Message::status)
                        .map_or("by nothing".to_owned(), |code| code.to_string())
                );
                self.finding(agent, None, note);
            }
        }
    }

    /// Sends a re-INVITE that holds or takes back.
    pub(crate) fn reinvite(&mut self, id: LegId, hold: Option<oxocert_scenario::model::step::HoldStyle>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (Some(agent), Some(call)) = (self.agents.get_mut(&leg.agent), leg.call) else { return };
        leg.hold = hold;
        leg.retry = None;
        let offer = leg.session.offer(hold);
        leg.modifying = Some((agent.ua.reinvite(self.now, call, &[], Some(offer)), hold));
        self.refresh_media(id);
    }

    /// Sends the re-INVITEs again that met one of the DUT's.
    pub(crate) fn retry_modifications(&mut self) {
        let now = self.now;
        let due: Vec<_> = self
            .legs
            .values()
            .filter_map(|leg| leg.retry.filter(|(at, _)| *at <= now).map(|(_, hold)| (leg.id, hold)))
            .collect();
        for (id, hold) in due {
            match self.legs.get_mut(&id) {
                Some(leg) if leg.state != LegState::Up => leg.retry = None,
                _ => self.reinvite(id, hold),
            }
        }
    }
}
