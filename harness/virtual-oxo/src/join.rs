//! Two parties that were in different calls become one conversation.

use crate::defects::Defect;
use crate::description::About;
use crate::leg::{Join, LegId, Pending, Purpose, Side};
use crate::oxo::VirtualOxo;
use crate::settings::TransferMechanism;
use crate::task::Task;
use oxocert_sip::sdp::{self, Direction};
use rand::Rng;

impl VirtualOxo {
    /// Joins two answered legs; `referrer` is told how it ends.
    pub(crate) fn join(&mut self, first: LegId, second: LegId, referrer: Option<LegId>) {
        for (leg, peer) in [(first, second), (second, first)] {
            if let Some(leg) = self.legs.get_mut(leg) {
                leg.peer = Some(peer);
                leg.purpose = Purpose::Party;
                leg.holding = false;
            }
        }
        if self.has(Defect::TransferLate) {
            self.later_ms(4000, Task::Join(first, second, referrer));
        } else {
            self.join_now(first, second, referrer);
        }
    }

    pub(crate) fn join_now(&mut self, first: LegId, second: LegId, referrer: Option<LegId>) {
        if !self.is_up(first) || !self.is_up(second) {
            self.notify(referrer, 480, true);
            return;
        }
        if self.has(Defect::TransferDropsFarEnd) {
            self.notify(referrer, 200, true);
            self.over(first);
            return;
        }
        let both_trunk =
            [first, second].iter().all(|leg| self.legs.get(*leg).is_some_and(|leg| leg.side == Side::Trunk));
        let mechanism = self.settings.transfer.mechanism;
        if both_trunk && mechanism == TransferMechanism::Refer && self.refer_to_trunk(first, second, referrer)
        {
            return;
        }
        let relayed =
            both_trunk && (mechanism == TransferMechanism::Joining || self.has(Defect::TransferThroughBox));
        for leg in [first, second] {
            if let Some(leg) = self.legs.get_mut(leg) {
                leg.relayed = relayed;
            }
        }
        if self.has(Defect::TransferWithoutMedia) {
            self.notify(referrer, 200, true);
            return;
        }
        self.end_playing(first);
        self.end_playing(second);
        self.tell_joined(first, Join { other: second, step: 1, referrer });
    }

    fn tell_joined(&mut self, id: LegId, join: Join) {
        let about = if self.has(Defect::TransferCrossesMedia) { id } else { join.other };
        match self.offer(id, About::Peer(about), Direction::SendRecv) {
            Some(body) => self.ask(id, body, Pending::Join(join)),
            None => self.notify(join.referrer, 488, true),
        }
    }

    pub(crate) fn join_answered(&mut self, id: LegId, join: Join, status: Option<u16>) {
        match status {
            Some(200..=299) => {}
            Some(491) => {
                let wait = self.dice.random_range(210..=400) * 10;
                self.later_ms(wait, Task::Join(id, join.other, join.referrer));
                return;
            }
            other => {
                self.log("a transfer was not accepted by a party");
                self.notify(join.referrer, other.unwrap_or(408), true);
                return;
            }
        }
        if self.legs.get(join.other).is_none() {
            self.notify(join.referrer, 480, true);
            return;
        }
        let next = Join { other: id, step: join.step + 1, referrer: join.referrer };
        if join.step < 3 && !self.knows_media_of(join.other, id) {
            self.tell_joined(join.other, next);
            return;
        }
        self.connect_media(id, join.other);
        if self.has(Defect::ExtraFlowWhenTransferred) {
            self.add_extra_flow(id);
        }
        self.notify(join.referrer, 200, true);
        if let Some(referrer) = join.referrer {
            self.later_ms(500, Task::HangUp(referrer));
        }
    }

    /// Whether the last description sent to `id` names where the party of `other` listens, both ways open.
    fn knows_media_of(&mut self, id: LegId, other: LegId) -> bool {
        let wanted = if self.anchored(id, other) {
            let side = self.legs.get(id).map_or(Side::Lan, |leg| leg.side);
            self.own_media_address(id)
                .map(|own| std::net::SocketAddr::new(self.written_ip(side, own.ip()), own.port()))
        } else {
            self.legs
                .get(other)
                .and_then(|leg| leg.remote.as_ref())
                .and_then(|audio| Some(std::net::SocketAddr::new(audio.ip()?, audio.port)))
        };
        let sent = self.legs.get(id).and_then(|leg| leg.sent.as_ref()).and_then(|sent| sdp::read(sent).ok());
        let told = sent.and_then(|sent| sent.audio).filter(|audio| audio.direction == Direction::SendRecv);
        let told = told.and_then(|audio| Some(std::net::SocketAddr::new(audio.ip()?, audio.port)));
        told.is_some() && told == wanted
    }
}
