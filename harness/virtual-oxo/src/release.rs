//! The end of legs, and what ends with them.

use crate::defects::Defect;
use crate::leg::{Leg, LegId, Purpose, Side, Stage};
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_media::engine::{Command, Sending, Source};
use std::net::SocketAddr;

impl VirtualOxo {
    /// Takes a leg out of the box: its media ends, its channel is free.
    pub(crate) fn forget(&mut self, id: LegId) -> Option<Leg> {
        let fed = |leg: &Leg| leg.playing.is_some() || (leg.side == Side::Trunk && leg.stage == Stage::Up);
        if self.has(Defect::RtpAfterBye) && self.legs.get(id).is_some_and(fed) {
            if let Some(peer) = self.legs.get(id).and_then(|leg| leg.peer) {
                self.disconnect_media(id, peer);
            }
            self.stray_flow(id, 7000);
        }
        self.release_media(id);
        if let Some(port) = self.extra_flows.remove(&id) {
            self.give_up_port(port);
        }
        let leg = self.legs.remove(id)?;
        self.acknowledging.remove(&id);
        Some(leg)
    }

    /// Ends one leg alone: BYE, CANCEL or a refusal, whichever is due.
    pub(crate) fn hang_up(&mut self, id: LegId) {
        if let Some(leg) = self.forget(id)
            && let Some(call) = leg.call
        {
            let now = self.now;
            self.ua(leg.side).hang_up(now, call, &[]);
        }
    }

    /// Ends one leg and all that hangs on it.
    pub(crate) fn over(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(id).cloned() else { return };
        self.hang_up(id);
        self.end_what_hangs_on(id, &leg);
    }

    /// The party of a leg has hung up.
    pub(crate) fn ended(&mut self, id: LegId) {
        if let Some(leg) = self.forget(id) {
            self.end_what_hangs_on(id, &leg);
        }
    }

    fn end_what_hangs_on(&mut self, id: LegId, leg: &Leg) {
        if let Some(peer) = leg.peer {
            self.release_peer(leg, peer);
        }
        for called in self.legs.called_for(id) {
            if let Some(Purpose::ForParked(parked)) = self.legs.get(called).map(|leg| leg.purpose.clone())
                && let Some(referrer) = parked.referrer
            {
                self.hang_up(referrer);
            }
            self.hang_up(called);
        }
    }

    fn release_peer(&mut self, ended: &Leg, peer: LegId) {
        let Some(leg) = self.legs.get(peer) else { return };
        let diverted = leg.wish.as_ref().is_some_and(|wish| wish.diverted_by.is_some());
        let remote_site = ended.set.as_deref().is_some_and(|set| self.is_remote(set));
        let no_bye = self.has(Defect::NoBye) || (remote_site && self.has(Defect::NoByeRemoteSite));
        if ended.side == Side::Trunk {
            self.released_by_far_end += 1;
        }
        let later = self.has(Defect::IgnoresLaterBye) && self.released_by_far_end > 1;
        match (ended.side, self.legs.get(peer).map_or(Side::Lan, |leg| leg.side)) {
            (Side::Trunk, Side::Trunk) if diverted && self.has(Defect::ForwardNotReleased) => {
                self.forget(peer);
            }
            (Side::Lan, Side::Trunk) if no_bye => {
                self.forget(peer);
            }
            (Side::Lan, Side::Trunk) if self.has(Defect::LateBye) => {
                if let Some(leg) = self.legs.get_mut(peer) {
                    leg.peer = None;
                }
                self.later_ms(3000, Task::HangUp(peer));
            }
            (Side::Trunk, Side::Lan) if later || self.has(Defect::IgnoresRemoteBye) => {
                if let Some(leg) = self.legs.get_mut(peer) {
                    leg.peer = None;
                }
            }
            _ => self.hang_up(peer),
        }
    }

    /// A caller gave up before the answer.
    pub(crate) fn cancelled(&mut self, id: LegId) {
        let called = self.legs.called_for(id);
        let from_trunk = self.legs.get(id).is_some_and(|leg| leg.side == Side::Trunk);
        if from_trunk && self.has(Defect::StrayRtpAfterCancel) {
            self.stray_flow(id, 5000);
        }
        let Some(caller) = self.forget(id) else { return };
        for called in called {
            let Some(side) = self.legs.get(called).map(|leg| leg.side) else { continue };
            if side == Side::Trunk && self.has(Defect::NoCancel) {
                self.forget(called);
            } else if side == Side::Lan && caller.side == Side::Trunk && self.has(Defect::RingsOnAfterCancel)
            {
                if let Some(leg) = self.legs.get_mut(called) {
                    leg.purpose = Purpose::Nobody;
                }
                self.later_ms(10_000, Task::HangUp(called));
            } else {
                self.hang_up(called);
            }
        }
        if let Some(peer) = caller.peer {
            self.hang_up(peer);
        }
    }

    /// RTP to a far end whose call is over; where it never said where it listens, to the first port of its range.
    fn stray_flow(&mut self, id: LegId, millis: u64) {
        let Some(leg) = self.legs.get(id) else { return };
        let remote =
            match leg.remote.as_ref().and_then(|audio| Some(SocketAddr::new(audio.ip()?, audio.port))) {
                Some(remote) => Some(remote),
                None => leg
                    .wish
                    .as_ref()
                    .and_then(|wish| wish.tried.last())
                    .and_then(|number| self.gateways.get(*number)?.address())
                    .map(|gateway| SocketAddr::new(gateway.ip(), 6000)),
            };
        let Some(remote) = remote else { return };
        if self.own_media_address(id).is_none() {
            return;
        }
        let Some(port) = self.legs.get_mut(id).and_then(|leg| leg.port.take()) else { return };
        let sending = Sending {
            remote,
            payload_type: 8,
            event_payload_type: None,
            ptime_ms: self.settings.media.ptime_ms,
            tos: self.settings.media.tos,
            source: Source::Silence,
        };
        self.media(Command::Send { port, sending });
        self.later_ms(millis, Task::ClosePort(port));
    }

    /// Whether a leg is answered.
    pub(crate) fn is_up(&self, id: LegId) -> bool {
        self.legs.get(id).is_some_and(|leg| leg.stage == Stage::Up)
    }
}
