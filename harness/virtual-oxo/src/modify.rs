//! re-INVITE and UPDATE inside a call: hold, resume, or a change that is passed on.

use crate::defects::Defect;
use crate::description::{About, wanted};
use crate::leg::{LegId, Pending, Purpose, Side};
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_sip::message::Message;
use oxocert_sip::sdp::Direction;
use oxocert_sip::ua::{Body, RequestId};
use rand::Rng;

impl VirtualOxo {
    /// A leg's party changes the session.
    pub(crate) fn modify(&mut self, id: LegId, request_id: RequestId, request: &Message, answered: bool) {
        let Some((side, before, sent)) = self
            .legs
            .get(id)
            .map(|leg| (leg.side, leg.remote.as_ref().map_or(Direction::SendRecv, wanted), leg.sent.clone()))
        else {
            return;
        };
        if answered {
            return;
        }
        if request.body().is_empty() {
            // An UPDATE without offer only refreshes; a re-INVITE without one asks for ours (RFC 3261 §14.2).
            let body = sent
                .filter(|_| request.method() == Some("INVITE"))
                .map(|bytes| Body { content_type: "application/sdp".into(), bytes });
            self.respond_with(side, request_id, 200, body);
            return;
        }
        let Some(direction) = self.read_description(id, request) else {
            self.respond(side, request_id, 488);
            return;
        };
        let secure = self
            .legs
            .get(id)
            .and_then(|leg| leg.remote.as_ref())
            .is_none_or(|audio| self.can_secure(side, audio));
        if !secure {
            self.respond(side, request_id, 488);
            return;
        }
        if let Some(leg) = self.legs.get_mut(id) {
            leg.offer = Some(request.body().to_vec());
        }
        let Some(leg) = self.legs.get(id) else { return };
        let (peer, playing, holding) = (leg.peer, leg.playing.is_some(), leg.holding);
        let far_end_holds = side == Side::Trunk && !direction.receives();
        let far_end_resumes =
            side == Side::Trunk && direction == Direction::SendRecv && before != Direction::SendRecv;
        let refused = (far_end_holds && self.has(Defect::RefusesHoldFromFarEnd))
            || (far_end_resumes && self.has(Defect::RefusesResumeFromFarEnd))
            || (side == Side::Trunk && self.has(Defect::RefusesReinvite));
        if refused {
            self.respond(side, request_id, 488);
            return;
        }
        if far_end_holds && self.has(Defect::DropsCallHeldByFarEnd) {
            self.later_ms(500, Task::Over(id));
        }
        let wrong = if far_end_holds && self.has(Defect::AnswersHoldSendrecv) {
            Some(Direction::SendRecv)
        } else if far_end_resumes && self.has(Defect::AnswersResumeInactive) {
            Some(Direction::Inactive)
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let body = peer.and_then(|peer| self.offer(id, About::Peer(peer), wrong));
            self.respond_with(side, request_id, 200, body);
            return;
        }
        match peer {
            None => self.answer_for_itself(id, request_id, Direction::SendRecv),
            Some(_) if playing => {
                if !before.receives() && direction.receives() && self.has(Defect::BothHoldDrops) {
                    self.respond(side, request_id, 200);
                    self.over(id);
                    return;
                }
                // Where the trunk was never told of the hold, it must not learn of it now.
                let told = !self.holds_silently(id);
                let direction = if told { Direction::SendOnly } else { Direction::SendRecv };
                self.answer_for_itself(id, request_id, direction);
            }
            Some(far) if side == Side::Lan && !direction.receives() => {
                let body = self.answer_body(id, About::Peer(far), Direction::RecvOnly);
                self.finish_offer(id, request_id, body);
                if !holding {
                    self.hold(id, far);
                }
            }
            Some(far) if side == Side::Lan && holding => self.resume(id, far, request_id),
            Some(peer) => self.pass_on(id, peer, request_id, direction),
        }
    }

    /// The box itself is the media party of this leg: it answers alone.
    fn answer_for_itself(&mut self, id: LegId, request_id: RequestId, direction: Direction) {
        let attendant = self.legs.get(id).is_some_and(|leg| leg.purpose == Purpose::Attendant);
        let body = self.answer_body(id, About::Own, direction);
        self.finish_offer(id, request_id, body);
        if !attendant {
            self.play(id);
        }
    }

    /// Answers a re-INVITE; no description means no codec in common.
    pub(crate) fn finish_offer(&mut self, id: LegId, request_id: RequestId, body: Option<Body>) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        leg.offer = None;
        let side = leg.side;
        match body {
            Some(body) => self.respond_with(side, request_id, 200, Some(body)),
            None => self.respond(side, request_id, 488),
        }
    }

    pub(crate) fn respond_with(&mut self, side: Side, request_id: RequestId, code: u16, body: Option<Body>) {
        let now = self.now;
        self.ua(side).respond(now, request_id, code, &[], body);
    }

    fn pass_on(&mut self, from: LegId, to: LegId, request: RequestId, direction: Direction) {
        let side = self.legs.get(from).map_or(Side::Lan, |leg| leg.side);
        let under_way = self.asked.values().any(|(leg, _)| *leg == to || *leg == from);
        if under_way {
            self.respond(side, request, 491);
            return;
        }
        match self.offer(to, About::Peer(from), direction) {
            Some(body) => self.ask(to, body, Pending::PassOn { to: from, request }),
            None => self.respond(side, request, 488),
        }
    }

    /// Sends a re-INVITE and remembers what its answer is for.
    pub(crate) fn ask(&mut self, id: LegId, body: Body, pending: Pending) {
        let Some((side, Some(call))) = self.legs.get(id).map(|leg| (leg.side, leg.call)) else { return };
        let now = self.now;
        let request = self.ua(side).reinvite(now, call, &[], Some(body));
        self.asked.insert((side, request), (id, pending));
    }

    /// The answer to a re-INVITE of the box.
    pub(crate) fn modified(&mut self, id: LegId, pending: Pending, response: Option<&Message>) {
        if self.legs.get(id).is_none() {
            return;
        }
        let status = response.and_then(Message::status);
        let accepted = status.is_some_and(|status| (200..300).contains(&status));
        if let Some(response) = response.filter(|_| accepted) {
            self.read_description(id, response);
        }
        match pending {
            Pending::Play if accepted => self.play(id),
            Pending::PlayAfterInactive if accepted => {
                if let Some(body) = self.offer(id, About::Own, Direction::SendOnly) {
                    self.ask(id, body, Pending::Play);
                }
            }
            Pending::Play | Pending::PlayAfterInactive if status == Some(491) => {
                // Glare: the owner of the Call-ID waits 2.1 to 4 s (RFC 3261 §14.1).
                let wait = self.dice.random_range(210..=400) * 10;
                self.later_ms(wait, Task::HoldAgain(id));
            }
            Pending::Play | Pending::PlayAfterInactive | Pending::Nothing => {}
            Pending::PassOn { to, request } => self.pass_back(id, to, request, status),
            Pending::Join(join) => self.join_answered(id, join, status),
        }
    }

    fn pass_back(&mut self, from: LegId, to: LegId, request: RequestId, status: Option<u16>) {
        let Some(side) = self.legs.get(to).map(|leg| leg.side) else { return };
        let status = status.unwrap_or(408);
        if !(200..300).contains(&status) {
            self.respond(side, request, status);
            return;
        }
        let direction =
            self.legs.get(from).and_then(|leg| leg.remote.as_ref()).map_or(Direction::SendRecv, wanted);
        let body = self.answer_body(to, About::Peer(from), direction);
        self.finish_offer(to, request, body);
        self.connect_media(from, to);
    }
}
