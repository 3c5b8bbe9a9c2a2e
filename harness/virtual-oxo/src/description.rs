//! What the box writes into session descriptions: on behalf of the other party (direct media) or of itself.

use crate::defects::Defect;
use crate::keys::OVER_DTLS;
use crate::leg::{LegId, Side};
use crate::oxo::VirtualOxo;
use crate::settings::MediaMode;
use crate::spelling::private_address;
use crate::task::Task;
use oxocert_sip::message::Message;
use oxocert_sip::sdp::{self, Audio, Codec, Crypto, Direction, Local};
use oxocert_sip::ua::Body;
use std::net::IpAddr;

/// Whose media a description names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The box's own.
    Own,
    /// That of the party of this leg, or the box's where media is anchored.
    Peer(LegId),
}

impl VirtualOxo {
    /// Whether the media of a conversation goes through the box.
    pub(crate) fn anchored(&self, first: LegId, second: LegId) -> bool {
        let (Some(first), Some(second)) = (self.legs.get(first), self.legs.get(second)) else { return false };
        let inside = first.side == Side::Lan && second.side == Side::Lan;
        if inside || self.has(Defect::MediaBypassesBox) {
            return false;
        }
        let remote =
            [first, second].into_iter().filter_map(|leg| leg.set.as_deref()).any(|set| self.is_remote(set));
        self.settings.media.mode == MediaMode::Anchored
            || (first.relayed && second.relayed)
            || self.has(Defect::MediaThroughBox)
            || self.has(Defect::CrossedAudio)
            || (remote && self.has(Defect::RemoteMediaThroughBox))
    }

    /// Takes note of the description in a message of this leg's party, and says which way it wants media.
    pub(crate) fn read_description(&mut self, leg: LegId, message: &Message) -> Option<Direction> {
        if message.body().is_empty() {
            return None;
        }
        let audio = sdp::read(message.body()).ok()?.audio?;
        let direction = wanted(&audio);
        let answers = !message.is_request() || message.method() == Some("ACK");
        let answers = answers && self.legs.get(leg)?.sent.is_some();
        if answers && !self.key_answered(leg, &audio) {
            self.log("the answer agrees to no key of ours: the call is ended");
            self.later(std::time::Duration::ZERO, Task::Over(leg));
        }
        self.legs.get_mut(leg)?.remote = Some(audio);
        Some(direction)
    }

    /// An offer to this leg.
    pub(crate) fn offer(&mut self, leg: LegId, about: About, direction: Direction) -> Option<Body> {
        let mut local = self.local(leg, about)?;
        local.crypto = self.own_keys(leg, None);
        self.version(leg, &mut local, |local| Some((local.offer(direction), None)))
    }

    /// The answer to the offer that waits on this leg; an offer where the leg's INVITE had none. `None`: no codec in common.
    pub(crate) fn answer_body(&mut self, leg: LegId, about: About, direction: Direction) -> Option<Body> {
        let Some(mut offer) = self.legs.get(leg)?.offer.clone() else {
            return self.offer(leg, about, direction);
        };
        let mut local = self.local(leg, about)?;
        let audio = sdp::read(&offer).ok().and_then(|offer| offer.audio);
        local.crypto = self.own_keys(leg, audio.as_ref());
        if local.crypto.is_empty()
            && audio.is_some_and(|audio| audio.protocol.eq_ignore_ascii_case(OVER_DTLS))
        {
            // A box that takes keys over DTLS for plain RTP and returns the protocol that was asked for.
            offer = String::from_utf8_lossy(&offer).replace(OVER_DTLS, "RTP/AVP").into_bytes();
            local.protocol = Some(OVER_DTLS.to_owned());
        }
        self.version(leg, &mut local, |local| {
            local.answer(&offer, direction).map(|answer| (answer.bytes, answer.crypto))
        })
    }

    /// Writes a description whose version grows with each change (RFC 3264 §8), and remembers it.
    fn version(
        &mut self,
        leg: LegId,
        local: &mut Local,
        write: impl Fn(&Local) -> Option<(Vec<u8>, Option<(Crypto, Crypto)>)>,
    ) -> Option<Body> {
        let trunk = self.legs.get(leg)?.side == Side::Trunk;
        let (bytes, agreed) = write(local)?;
        let answers = agreed.as_ref().map(|(_, theirs)| theirs.clone());
        let mut bytes = self.finish(trunk, answers.as_ref(), bytes);
        let known = self.legs.get_mut(leg)?;
        if known.sent.as_ref().is_some_and(|sent| *sent != bytes) {
            known.version += 1;
            local.version = known.version;
            bytes = self.finish(trunk, answers.as_ref(), write(local)?.0);
        }
        self.remember(local.session_id, &bytes);
        if let Some((ours, theirs)) = agreed {
            self.agree(leg, ours, theirs);
        }
        Some(Body { content_type: "application/sdp".into(), bytes })
    }

    fn remember(&mut self, session_id: u64, bytes: &[u8]) {
        let found = self.legs.iter().find(|(_, leg)| leg.session_id == session_id).map(|(id, _)| id);
        if let Some(leg) = found.and_then(|id| self.legs.get_mut(id)) {
            leg.sent = Some(bytes.to_vec());
        }
    }

    fn local(&mut self, leg: LegId, about: About) -> Option<Local> {
        let (side, session_id, version) = {
            let leg = self.legs.get(leg)?;
            (leg.side, leg.session_id, leg.version)
        };
        let mut local = match about {
            About::Peer(peer) if !self.anchored(leg, peer) => self.local_of_peer(leg, peer)?,
            About::Peer(peer) => {
                let remote = self.legs.get(peer)?.remote.clone();
                let codecs = self.common_codecs(remote.as_ref());
                let mut local = self.local_of_box(leg, codecs)?;
                // Relayed packets keep their payload type, so both sides must agree on one.
                let theirs = remote.and_then(|remote| remote.telephone_event);
                local.telephone_event = theirs.or(local.telephone_event);
                local
            }
            About::Own => {
                let codecs = self.common_codecs(None);
                self.local_of_box(leg, codecs)?
            }
        };
        local.session_id = session_id;
        local.version = version;
        if side == Side::Trunk {
            self.spoil_local(&mut local);
        }
        Some(local)
    }

    fn local_of_peer(&self, leg: LegId, peer: LegId) -> Option<Local> {
        let to = self.legs.get(leg)?.side;
        let peer = self.legs.get(peer)?;
        let remote = peer.remote.as_ref()?;
        let mut port = remote.port;
        let one_way = (to == Side::Lan && peer.side == Side::Trunk && self.has(Defect::OneWayToFarEnd))
            || (to == Side::Trunk && peer.side == Side::Lan && self.has(Defect::OneWayToSet))
            || (to == Side::Trunk
                && peer.side == Side::Trunk
                && peer.wish.as_ref().is_some_and(|wish| wish.diverted_by.is_some())
                && self.has(Defect::ForwardWithoutMedia));
        let inside = to == Side::Lan && peer.side == Side::Lan && self.has(Defect::InternalWithoutMedia);
        if one_way || inside {
            port = port.wrapping_add(100);
        }
        Some(Local {
            address: remote.ip()?,
            port,
            codecs: self.common_codecs(Some(remote)),
            telephone_event: remote.telephone_event,
            ptime: remote.ptime.or(Some(self.settings.media.ptime_ms)),
            crypto: Vec::new(),
            protocol: None,
            user: "OxO".into(),
            session_id: 0,
            version: 0,
        })
    }

    fn local_of_box(&mut self, leg: LegId, codecs: Vec<Codec>) -> Option<Local> {
        let address = self.own_media_address(leg)?;
        let leg = self.legs.get(leg)?;
        let (side, theirs) = (leg.side, leg.remote.as_ref().and_then(|remote| remote.telephone_event));
        let away = if self.has(Defect::RtpFromOtherPort) { 2 } else { 0 };
        let port = address.port().wrapping_add(away);
        Some(Local {
            address: self.written_ip(side, address.ip()),
            port,
            codecs,
            telephone_event: theirs.or(Some(self.settings.media.dtmf_payload_type)),
            ptime: Some(self.settings.media.ptime_ms),
            crypto: Vec::new(),
            protocol: None,
            user: "OxO".into(),
            session_id: 0,
            version: 0,
        })
    }

    /// The configured codecs in their order, as far as the other party has them.
    pub(crate) fn common_codecs(&self, with: Option<&Audio>) -> Vec<Codec> {
        let configured = &self.settings.media.codecs;
        match with {
            None => configured.iter().filter_map(|name| Codec::named(name)).collect(),
            Some(audio) => configured
                .iter()
                .filter_map(|name| audio.codecs.iter().find(|codec| codec.name.eq_ignore_ascii_case(name)))
                .cloned()
                .collect(),
        }
    }

    fn spoil_local(&self, local: &mut Local) {
        let pcmu = Codec::named("PCMU");
        if self.has(Defect::WrongCodecOrder) {
            local.codecs.retain(|codec| codec.pt != 0);
            local.codecs.splice(0..0, pcmu.clone());
        }
        if self.has(Defect::WrongCodec) {
            local.codecs = pcmu.into_iter().collect();
        }
        if self.has(Defect::Ptime30) || self.has(Defect::Ptime10) {
            local.ptime = Some(self.own_ptime(Side::Trunk));
        }
        if self.has(Defect::NoTelephoneEvent) {
            local.telephone_event = None;
        }
    }

    /// Whether a set stands on a remote site.
    pub(crate) fn is_remote(&self, set: &str) -> bool {
        self.settings.users.iter().any(|user| user.number == set && user.site == "rs")
    }

    /// What a description to this side says in place of our address `bound`.
    pub(crate) fn written_ip(&self, side: Side, bound: IpAddr) -> IpAddr {
        match side {
            Side::Lan => bound,
            Side::Trunk if self.has(Defect::PrivateAddressInSdp) => private_address(&self.settings),
            Side::Trunk => self.settings.nat.written(bound),
        }
    }

    /// The address of the box's own media toward this side.
    pub(crate) fn own_ip(&self, side: Side) -> IpAddr {
        match side {
            Side::Trunk => self.settings.trunk.address.ip(),
            Side::Lan => self.settings.lan.address.ip(),
        }
    }
}

/// Which way a party wants media; `c=0.0.0.0` is a hold of the old way (RFC 3264 §8.4).
pub(crate) fn wanted(audio: &Audio) -> Direction {
    if audio.is_zero_address() { Direction::Inactive } else { audio.direction }
}
