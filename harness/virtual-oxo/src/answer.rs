//! What comes back on an INVITE of the box, and what its caller gets of it.

use crate::defects::Defect;
use crate::description::{About, wanted};
use crate::gateway::{GatewayNo, Status};
use crate::leg::{LegId, Purpose, Side, Stage, TrunkCall};
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_sip::message::Message;
use oxocert_sip::sdp::Direction;
use oxocert_sip::ua::{Body, Override};

impl VirtualOxo {
    /// 18x from a called party.
    pub(crate) fn progress(&mut self, called: LegId, response: &Message) {
        let code = response.status().unwrap_or(180);
        let described = self.read_description(called, response).is_some();
        match self.legs.get(called).map(|leg| leg.purpose.clone()) {
            Some(Purpose::ForCaller(caller)) => self.relay_progress(called, caller, code, described),
            Some(Purpose::ForParked(parked)) => self.transferred_rings(&parked),
            _ => {}
        }
    }

    fn relay_progress(&mut self, called: LegId, caller: LegId, code: u16, described: bool) {
        let Some(side) = self.legs.get(caller).map(|leg| leg.side) else { return };
        let body = if described {
            let body = self.answer_body(caller, About::Peer(called), Direction::SendRecv);
            self.connect_media(called, caller);
            body
        } else {
            None
        };
        if side == Side::Lan && code == 180 && self.has(Defect::NoRingingToSet) {
            return;
        }
        if side == Side::Trunk && self.has(Defect::NoRinging) {
            return;
        }
        if side == Side::Trunk && self.has(Defect::LateRinging) {
            self.later_ms(5000, Task::Ring(caller, code, body));
        } else {
            self.ring_now(caller, code, body);
        }
    }

    pub(crate) fn ring_now(&mut self, caller: LegId, code: u16, body: Option<Body>) {
        let Some(leg) = self.legs.get_mut(caller).filter(|leg| leg.stage == Stage::Offered) else { return };
        leg.early |= body.is_some();
        let (side, call) = (leg.side, leg.call);
        if let Some(call) = call {
            let now = self.now;
            self.ua(side).ring(now, call, code, &[], body);
        }
    }

    /// 2xx from a called party.
    pub(crate) fn answered(&mut self, called: LegId, response: &Message) {
        self.read_description(called, response);
        let Some(leg) = self.legs.get_mut(called) else { return };
        leg.stage = Stage::Up;
        let purpose = std::mem::replace(&mut leg.purpose, Purpose::Party);
        let side = leg.side;
        if side == Side::Trunk {
            self.trunk_leg_is_up(called);
        }
        match purpose {
            Purpose::ForCaller(caller) => self.answer_caller(called, caller, response),
            Purpose::ForParked(parked) => self.join(parked.leg, called, parked.referrer),
            _ => {}
        }
    }

    fn answer_caller(&mut self, called: LegId, caller: LegId, response: &Message) {
        let delayed = self.legs.get(caller).is_some_and(|leg| leg.offer.is_none());
        if delayed && let Some(leg) = self.legs.get_mut(called) {
            leg.offer = Some(response.body().to_vec());
        }
        let diverted =
            self.legs.get(called).and_then(|leg| leg.wish.as_ref()).is_some_and(|w| w.diverted_by.is_some());
        let body = self.answer_body(caller, About::Peer(called), Direction::SendRecv);
        if body.is_none() || (diverted && self.has(Defect::ForwardDropsOnAnswer)) {
            self.hang_up(called);
            self.refuse(caller, 488);
            return;
        }
        for (leg, peer) in [(called, caller), (caller, called)] {
            if let Some(leg) = self.legs.get_mut(leg) {
                leg.peer = Some(peer);
            }
        }
        let to_trunk = self.legs.get(caller).is_some_and(|leg| leg.side == Side::Trunk);
        if to_trunk && self.has(Defect::LateAnswer) {
            self.later_ms(3000, Task::Answer(caller, body));
        } else {
            self.answer_now(caller, body);
        }
    }

    /// 200 to a caller whose called party is up.
    pub(crate) fn answer_now(&mut self, caller: LegId, body: Option<Body>) {
        let Some(leg) = self.legs.get_mut(caller).filter(|leg| leg.stage == Stage::Offered) else { return };
        leg.stage = Stage::Up;
        let delayed = leg.offer.take().is_none();
        let (side, call, peer) = (leg.side, leg.call, leg.peer);
        let Some(call) = call else { return };
        let now = self.now;
        self.ua(side).answer(now, call, &[], body);
        if side == Side::Trunk {
            self.trunk_leg_is_up(caller);
        }
        if let Some(peer) = peer.filter(|_| !delayed) {
            self.connect_media(peer, caller);
        }
    }

    /// The ACK of a caller whose INVITE had no offer carries the answer (RFC 3264 §4).
    pub(crate) fn confirmed(&mut self, caller: LegId, ack: &Message) {
        if self.read_description(caller, ack).is_none() {
            return;
        }
        if self.legs.get(caller).is_some_and(|leg| leg.playing.is_some()) {
            self.play(caller);
        }
        let Some(called) = self.legs.get(caller).and_then(|leg| leg.peer) else { return };
        let Some((side, call)) =
            self.legs.get(called).filter(|leg| leg.offer.is_some()).map(|leg| (leg.side, leg.call))
        else {
            return;
        };
        let direction =
            self.legs.get(caller).and_then(|leg| leg.remote.as_ref()).map_or(Direction::SendRecv, wanted);
        let body = self.answer_body(called, About::Peer(caller), direction);
        if let Some(leg) = self.legs.get_mut(called) {
            leg.offer = None;
        }
        if let (Some(call), Some(body)) = (call, body) {
            let now = self.now;
            self.ua(side).ack_with_answer(now, call, body);
        }
        self.connect_media(called, caller);
    }

    /// The INVITE of the box failed; `None`: silence.
    pub(crate) fn failed(&mut self, called: LegId, code: Option<u16>) {
        let Some(leg) = self.forget(called) else { return };
        self.call_failed(leg.purpose, leg.wish, leg.side, code);
    }

    /// A call could not be made: it is tried at another place of its gateway, then at another gateway.
    pub(crate) fn call_failed(
        &mut self,
        purpose: Purpose,
        wish: Option<TrunkCall>,
        side: Side,
        code: Option<u16>,
    ) {
        if let Some(mut wish) = wish {
            if code.is_none() && self.other_place(&mut wish) {
                self.place(purpose, wish);
                return;
            }
            if let Some(next) = self.other_gateway(&wish, code) {
                wish.tried.push(next);
                wish.left_places = 0;
                self.log("the call is tried on the other gateway");
                if self.has(Defect::FailoverLate) {
                    self.later_ms(6000, Task::Place(purpose, wish));
                } else {
                    self.place(purpose, wish);
                }
                return;
            }
        }
        if side == Side::Trunk {
            self.refused_by_trunk = true;
            self.drop_another();
        }
        match purpose {
            Purpose::ForCaller(caller) => {
                let silence = if side == Side::Lan { 480 } else { 503 };
                self.fail_caller(caller, code.unwrap_or(silence));
            }
            Purpose::ForParked(parked) => self.transfer_failed(&parked, code.unwrap_or(408)),
            _ => {}
        }
    }

    /// Goes on to the next address of a gateway that has several (RFC 3263 §4.3); one that is out of reach is down at once.
    fn other_place(&mut self, wish: &mut TrunkCall) -> bool {
        let Some(gateway) = wish.tried.last().and_then(|number| self.gateways.get_mut(*number)) else {
            return false;
        };
        let refused = gateway.refused;
        wish.left_places += 1;
        if wish.left_places < gateway.places.len() {
            gateway.place = (gateway.place + 1) % gateway.places.len();
            return true;
        }
        if refused && gateway.places.len() <= 1 {
            gateway.status = Status::Down;
        }
        false
    }

    fn other_gateway(&self, wish: &TrunkCall, code: Option<u16>) -> Option<GatewayNo> {
        let rules = &self.settings.failover;
        let tries = match code {
            Some(486) if self.has(Defect::RetriesBusyOnBackup) => true,
            Some(code) => rules.on_invite_codes.contains(&code) && !self.has(Defect::FailoverIgnoresCodes),
            None => {
                rules.on_invite_timeout
                    && !self.has(Defect::FailoverIgnoresSilence)
                    && !self.has(Defect::IgnoresKeepAliveTimeout)
            }
        };
        (tries && !self.has(Defect::NoFailover)).then(|| self.gateways.choose(&wish.tried)).flatten()
    }

    /// The call of a caller cannot be made: a set hears busy tone first.
    pub(crate) fn fail_caller(&mut self, caller: LegId, code: u16) {
        let budget = code == self.settings.cac.code && self.is_full();
        if budget && self.has(Defect::CacRefusalSlow) {
            self.later_ms(4000, Task::FailureTone(caller, code));
        } else if self.has(Defect::BusyToneLate) {
            self.later_ms(3000, Task::FailureTone(caller, code));
        } else {
            self.failure_tone(caller, code);
        }
    }

    pub(crate) fn failure_tone(&mut self, caller: LegId, code: u16) {
        let can_hear = self.legs.get(caller).is_some_and(|leg| {
            leg.side == Side::Lan && leg.stage == Stage::Offered && leg.remote.is_some() && !leg.early
        });
        if !can_hear || !self.settings.tones.on_failure {
            self.refuse(caller, code);
            return;
        }
        let Some(body) = self.answer_body(caller, About::Own, Direction::SendRecv) else {
            self.refuse(caller, code);
            return;
        };
        self.ring_now(caller, 183, Some(body));
        let tone = self.busy_tone();
        if let Some(leg) = self.legs.get_mut(caller) {
            leg.playing = Some(tone);
        }
        self.play(caller);
        self.later_ms(self.settings.tones.on_failure_ms, Task::Refuse(caller, code));
    }

    /// The same toward the trunk, which hears no tone.
    pub(crate) fn refuse_or_wait(&mut self, caller: LegId, code: u16) {
        if self.has(Defect::CacRefusalSlow) {
            self.later_ms(4000, Task::Refuse(caller, code));
        } else {
            self.refuse(caller, code);
        }
    }

    /// Final refusal of a call that waits.
    pub(crate) fn refuse(&mut self, caller: LegId, code: u16) {
        if !self.legs.get(caller).is_some_and(|leg| leg.stage == Stage::Offered) {
            return;
        }
        if let Some(leg) = self.forget(caller)
            && let Some(call) = leg.call
        {
            let now = self.now;
            self.ua(leg.side).reject(now, call, code, &[]);
        }
    }

    /// A called party lets it ring for too long.
    pub(crate) fn no_answer(&mut self, called: LegId) {
        let Some(leg) = self.legs.get(called).filter(|leg| leg.stage == Stage::Calling) else { return };
        let purpose = leg.purpose.clone();
        self.hang_up(called);
        match purpose {
            Purpose::ForCaller(caller) => self.fail_caller(caller, 480),
            Purpose::ForParked(parked) => self.transfer_failed(&parked, 408),
            _ => {}
        }
    }

    /// Things that begin when a call on the trunk is answered.
    fn trunk_leg_is_up(&mut self, leg: LegId) {
        let call = self.legs.get(leg).and_then(|leg| leg.call);
        if self.has(Defect::RefreshMissing)
            && let Some(call) = call
        {
            self.trunk.override_next(call, Override::NoRefresh);
        }
        if self.has(Defect::ExtraRtpFlow) {
            self.add_extra_flow(leg);
        }
        if self.has(Defect::DropsAfter2s) {
            self.later_ms(2000, Task::Over(leg));
        }
        let half = self.settings.session.map_or(900, |session| u64::from(session.expires) / 2);
        if self.has(Defect::RefreshDropsCall) {
            self.later_ms(half * 1000, Task::Over(leg));
        }
        if self.has(Defect::RefreshCutsAudio) {
            self.later_ms(half * 1000, Task::CutAudio(leg));
        }
    }
}
