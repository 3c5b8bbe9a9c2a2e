//! Hold and resume by a set: the other party hears the box meanwhile.

use crate::defects::Defect;
use crate::description::{About, wanted};
use crate::leg::{LegId, Pending, Purpose, Side, TrunkCall};
use crate::numbering::to_e164;
use crate::oxo::VirtualOxo;
use crate::settings::HoldMethod;
use crate::task::Task;
use oxocert_media::engine::Source;
use oxocert_sip::sdp::Direction;
use oxocert_sip::ua::RequestId;

impl VirtualOxo {
    /// A set puts its far party on hold.
    pub(crate) fn hold(&mut self, set: LegId, far: LegId) {
        if let Some(leg) = self.legs.get_mut(set) {
            leg.holding = true;
        }
        let on_trunk = self.legs.get(far).is_some_and(|leg| leg.side == Side::Trunk);
        if on_trunk && self.has(Defect::HoldUnsignalled) {
            return;
        }
        if on_trunk && self.has(Defect::HoldDropsCall) {
            self.over(far);
            return;
        }
        if on_trunk && self.has(Defect::HoldOpensSecondDialog) {
            self.open_second_dialog(far);
        }
        self.disconnect_media(set, far);
        self.quiet(set);
        let music = self.music();
        self.hear(far, music);
    }

    /// A party hears the box: it is told where the media comes from now, unless it hears the box already.
    pub(crate) fn hear(&mut self, id: LegId, source: Source) {
        let Some(leg) = self.legs.get_mut(id) else { return };
        if leg.playing.replace(source).is_some() {
            self.play(id);
        } else {
            self.tell_held(id);
        }
    }

    /// Tells a party that it is held, by the method of the settings.
    pub(crate) fn tell_held(&mut self, id: LegId) {
        let Some(side) = self.legs.get(id).filter(|leg| leg.playing.is_some()).map(|leg| leg.side) else {
            return;
        };
        if self.holds_silently(id) {
            self.play(id);
            return;
        }
        let method = match side {
            Side::Lan => HoldMethod::ReinviteSendonly,
            Side::Trunk => self.settings.hold.method,
        };
        let (direction, pending) = match method {
            HoldMethod::ReinviteInactive => (Direction::Inactive, Pending::PlayAfterInactive),
            HoldMethod::Silent | HoldMethod::ReinviteSendonly => (Direction::SendOnly, Pending::Play),
        };
        let direction = if side == Side::Trunk && self.has(Defect::HoldSaysSendrecv) {
            Direction::SendRecv
        } else {
            direction
        };
        if let Some(body) = self.offer(id, About::Own, direction) {
            self.ask(id, body, pending);
        }
    }

    /// Whether hold changes only the sound of this leg's stream, and nothing in its signalling.
    pub(crate) fn holds_silently(&self, id: LegId) -> bool {
        let Some(leg) = self.legs.get(id) else { return false };
        leg.side == Side::Trunk
            && self.settings.hold.method == HoldMethod::Silent
            && leg.peer.is_none_or(|peer| self.anchored(id, peer))
    }

    /// A set takes its far party back.
    pub(crate) fn resume(&mut self, set: LegId, far: LegId, request: RequestId) {
        if self.has(Defect::ResumeLate) {
            self.later_ms(4000, Task::Resume { set, far, request });
        } else {
            self.resume_now(set, far, request);
        }
    }

    pub(crate) fn resume_now(&mut self, set: LegId, far: LegId, request: RequestId) {
        if let Some(leg) = self.legs.get_mut(set) {
            leg.holding = false;
        }
        let Some(leg) = self.legs.get(far) else {
            self.respond(Side::Lan, request, 481);
            return;
        };
        let both = leg.playing.is_some()
            && leg.remote.as_ref().is_some_and(|audio| wanted(audio) == Direction::Inactive);
        if both && self.has(Defect::BothHoldDrops) {
            self.respond(Side::Lan, request, 488);
            self.over(far);
            return;
        }
        let on_trunk = leg.side == Side::Trunk;
        let in_stream = self.holds_silently(far);
        let far_end = leg.remote.as_ref().map_or(Direction::SendRecv, wanted);
        if leg.playing.is_none() || in_stream || (on_trunk && self.has(Defect::ResumeMissing)) {
            let direction = if in_stream { far_end } else { Direction::SendRecv };
            let body = self.answer_body(set, About::Peer(far), direction);
            self.finish_offer(set, request, body);
            if in_stream {
                self.end_playing(far);
                self.connect_media(set, far);
            }
            return;
        }
        self.end_playing(far);
        let about =
            if on_trunk && self.has(Defect::ResumeWrongAddress) { About::Own } else { About::Peer(set) };
        match self.offer(far, about, Direction::SendRecv) {
            Some(body) => self.ask(far, body, Pending::PassOn { to: set, request }),
            None => self.respond(Side::Lan, request, 488),
        }
    }

    /// Holds the far end of a call for 2 s although nobody asked for it.
    pub(crate) fn cut_audio(&mut self, id: LegId) {
        let Some(peer) = self.legs.get(id).and_then(|leg| leg.peer) else { return };
        self.disconnect_media(id, peer);
        self.hear(id, Source::Silence);
        self.later_ms(2000, Task::Reconnect(id));
    }

    /// Gives the two parties of a conversation their media back.
    pub(crate) fn reconnect(&mut self, id: LegId) {
        if let Some(peer) = self.legs.get(id).and_then(|leg| leg.peer) {
            self.end_playing(id);
            if let Some(body) = self.offer(id, About::Peer(peer), Direction::SendRecv) {
                self.ask(id, body, Pending::Nothing);
            }
            self.connect_media(id, peer);
        }
    }

    fn open_second_dialog(&mut self, far: LegId) {
        let Some(leg) = self.legs.get(far) else { return };
        let wish = match &leg.wish {
            Some(wish) => wish.clone(),
            None => {
                let own = self.settings.users.first().map(|user| user.ddi.clone()).unwrap_or_default();
                TrunkCall {
                    number: to_e164(&self.settings.numbering, &leg.caller),
                    emergency: false,
                    clir: false,
                    from: own.clone(),
                    identity: own,
                    diverted_by: None,
                    tried: self.gateways.choose(&[]).into_iter().collect(),
                    left_places: 0,
                }
            }
        };
        self.place(Purpose::Nobody, wish);
    }
}
