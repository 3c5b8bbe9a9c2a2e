//! The box's own media: ports, music, tones, relays.

use crate::defects::Defect;
use crate::description::wanted;
use crate::leg::{LegId, Side};
use crate::oxo::VirtualOxo;
use crate::task::Task;
use oxocert_media::engine::{Command, Fault, PortId, Sending, Source};
use std::net::SocketAddr;

/// French ringback and busy tone: Hz, ms on, ms off.
const RINGBACK: (u16, u32, u32) = (440, 1500, 3500);
const BUSY: (u16, u32, u32) = (440, 500, 500);

/// Defects that are faults of each packet toward the trunk.
const PACKET_FAULTS: [(Defect, Fault); 16] = [
    (Defect::RtcpDscp0, Fault::ReportsUnmarked),
    (Defect::TimestampStep, Fault::HalfTimestamps),
    (Defect::ShortPayload, Fault::HalfPayload),
    (Defect::DigitsWrongType, Fault::EventsAsType(99)),
    (Defect::DigitsShort, Fault::EventsCut),
    (Defect::DigitsOneEnd, Fault::OneEndPacket),
    (Defect::DigitsInBandToo, Fault::EventsInAudioToo),
    (Defect::DigitsLost, Fault::EveryOtherEventLost),
    (Defect::ClearRtpSent, Fault::ClearRtp),
    (Defect::ClearNowAndThen, Fault::ClearNowAndThen),
    (Defect::ClearRtcp, Fault::ClearRtcp),
    (Defect::SrtpBadTag, Fault::BadTag),
    (Defect::SrtpRollOverForgotten, Fault::RollOverForgotten),
    (Defect::SrtpPlaysUnauthenticated, Fault::PlaysUnauthenticated),
    (Defect::SrtpPlaysReplayed, Fault::PlaysReplayed),
    (Defect::OldKeyUsedOn, Fault::OldKeyUsedOn),
];

impl VirtualOxo {
    pub(crate) fn music(&self) -> Source {
        Source::Music { dbm0: f64::from(self.settings.media.music_dbm0) }
    }

    pub(crate) fn ringback(&self) -> Source {
        self.cadence(RINGBACK)
    }

    pub(crate) fn busy_tone(&self) -> Source {
        self.cadence(if self.has(Defect::WrongFailureTone) { RINGBACK } else { BUSY })
    }

    fn cadence(&self, (hz, on_ms, off_ms): (u16, u32, u32)) -> Source {
        Source::Cadence { hz, dbm0: f64::from(self.settings.tones.dbm0), on_ms, off_ms }
    }

    /// The box's own media address for this leg; the port is opened where it is not yet.
    pub(crate) fn own_media_address(&mut self, leg: LegId) -> Option<SocketAddr> {
        let (side, port) = {
            let leg = self.legs.get(leg)?;
            (leg.side, leg.port)
        };
        if let Some(address) = port.and_then(|port| self.port_numbers.get(&port)) {
            return Some(*address);
        }
        let (port, address) = self.open_port(side)?;
        self.legs.get_mut(leg)?.port = Some(port);
        self.tell_keys(leg);
        Some(address)
    }

    fn open_port(&mut self, side: Side) -> Option<(PortId, SocketAddr)> {
        let Some((port, number)) = self.ports.take() else {
            self.log("no media port is free");
            return None;
        };
        let local = SocketAddr::new(self.own_ip(side), number);
        self.port_numbers.insert(port, local);
        self.media(Command::Open { port, local });
        for (defect, fault) in PACKET_FAULTS {
            if self.has(defect) && side == Side::Trunk {
                self.media(Command::Spoil { port, fault });
            }
        }
        for (defect, fault) in
            [(Defect::JitterUnderLoad, Fault::InPairs), (Defect::LossUnderLoad, Fault::OneIn50Lost)]
        {
            if self.has(defect) && side == Side::Trunk && self.is_under_load() {
                self.media(Command::Spoil { port, fault });
            }
        }
        Some((port, local))
    }

    pub(crate) fn close_port(&mut self, port: PortId) {
        if let Some(address) = self.port_numbers.remove(&port) {
            self.ports.give_back(address.port());
            self.media(Command::Close { port });
        }
    }

    /// How RTP goes to the party of this leg; `None` where it has not said where it listens.
    fn sending(&self, leg: LegId, source: Source) -> Option<Sending> {
        if !self.may_send(leg) {
            return None;
        }
        let leg = self.legs.get(leg)?;
        let remote = leg.remote.as_ref()?;
        let codec = self.common_codecs(Some(remote)).into_iter().next();
        let is_music = matches!(source, Source::Music { .. }) && leg.playing.is_some();
        let unmarked = self.has(Defect::MediaDscp0) || (is_music && self.has(Defect::MusicDscp0));
        let ptime_ms = self.own_ptime(leg.side);
        Some(Sending {
            remote: SocketAddr::new(remote.ip()?, remote.port),
            payload_type: codec.map_or(8, |codec| codec.pt),
            event_payload_type: remote.telephone_event,
            ptime_ms,
            tos: if unmarked { 0 } else { self.settings.media.tos },
            source,
        })
    }

    /// Sends from the box's own port to the party of this leg.
    pub(crate) fn send_to(&mut self, leg: LegId, source: Source) {
        if self.own_media_address(leg).is_none() {
            return;
        }
        let port = self.legs.get(leg).and_then(|leg| leg.port);
        if let (Some(port), Some(sending)) = (port, self.sending(leg, source)) {
            let in_clear = self.has(Defect::HoldInClear) && matches!(sending.source, Source::Music { .. });
            if in_clear {
                self.media(Command::Spoil { port, fault: Fault::ClearRtp });
            }
            self.media(Command::Send { port, sending });
        }
    }

    /// Milliseconds of audio in a packet of the box.
    pub(crate) fn own_ptime(&self, side: Side) -> u32 {
        match side {
            Side::Trunk if self.has(Defect::Ptime30) => 30,
            Side::Trunk if self.has(Defect::Ptime10) => 10,
            _ => self.settings.media.ptime_ms,
        }
    }

    pub(crate) fn switch_codec(&mut self, leg: LegId) {
        let Some(leg) = self.legs.get(leg) else { return };
        let (Some(port), Some(source)) = (leg.port, leg.playing.clone()) else { return };
        let found = self.legs.with_port(port).and_then(|leg| self.sending(leg, source));
        if let Some(sending) = found {
            self.media(Command::Send { port, sending: Sending { payload_type: 0, ..sending } });
        }
    }

    /// Plays what this leg is to hear, where its party listens.
    pub(crate) fn play(&mut self, leg: LegId) {
        let Some(source) = self.legs.get(leg).and_then(|leg| leg.playing.clone()) else { return };
        let listens =
            |leg: &crate::leg::Leg| leg.remote.as_ref().is_some_and(|audio| wanted(audio).receives());
        if !self.legs.get(leg).is_some_and(listens) {
            self.quiet(leg);
            return;
        }
        if !matches!(source, Source::Music { .. }) {
            self.play_now(leg, source);
            return;
        }
        let music = if self.has(Defect::MusicMissing) {
            Source::Silence
        } else if self.has(Defect::MusicQuiet) {
            Source::Music { dbm0: f64::from(self.settings.media.music_dbm0) - 40.0 }
        } else if self.has(Defect::MusicIsTone) {
            Source::Tone { hz: 1000, dbm0: f64::from(self.settings.media.music_dbm0) }
        } else {
            source
        };
        if self.has(Defect::MusicAbsent) {
            return;
        }
        if self.has(Defect::MusicLate) {
            self.later_ms(3000, Task::Play(leg, music));
            return;
        }
        self.play_now(leg, music);
        if self.has(Defect::MusicStopsEarly) {
            self.later_ms(500, Task::StopPlaying(leg));
        }
    }

    pub(crate) fn play_now(&mut self, leg: LegId, source: Source) {
        if self.legs.get(leg).is_some_and(|leg| leg.playing.is_some()) {
            self.send_to(leg, source);
        }
    }

    /// The box sends nothing more to this leg; the port stays.
    pub(crate) fn quiet(&mut self, leg: LegId) {
        if let Some(port) = self.legs.get(leg).and_then(|leg| leg.port) {
            self.media(Command::Stop { port });
        }
    }

    pub(crate) fn stop_playing(&mut self, leg: LegId) {
        self.quiet(leg);
    }

    /// This leg hears its peer again instead of the box.
    pub(crate) fn end_playing(&mut self, leg: LegId) {
        let Some(had) = self.legs.get_mut(leg).map(|leg| leg.playing.take().is_some()) else { return };
        if had && !self.has(Defect::TransferLeavesMusic) {
            self.quiet(leg);
        }
    }

    /// Lets media through the box where it is anchored; frees the box's ports where it is not.
    pub(crate) fn connect_media(&mut self, first: LegId, second: LegId) {
        if !self.anchored(first, second) {
            for leg in [first, second] {
                if self.legs.get(leg).is_some_and(|leg| leg.playing.is_none())
                    && !self.has(Defect::TransferLeavesMusic)
                {
                    self.release_media(leg);
                }
            }
            return;
        }
        for leg in [first, second] {
            self.send_to(leg, Source::Silence);
        }
        let port = |leg| self.legs.get(leg).and_then(|leg| leg.port);
        let (Some(one), Some(two)) = (port(first), port(second)) else { return };
        let (to_one, to_two) = if self.has(Defect::CrossedAudio) { (two, one) } else { (one, two) };
        self.media(Command::Relay { from: one, to: Some(to_two) });
        self.media(Command::Relay { from: two, to: Some(to_one) });
    }

    /// Ends the relay between two legs, so that each can hear the box.
    pub(crate) fn disconnect_media(&mut self, first: LegId, second: LegId) {
        for leg in [first, second] {
            if let Some(port) = self.legs.get(leg).and_then(|leg| leg.port) {
                self.media(Command::Relay { from: port, to: None });
            }
        }
    }

    /// Gives the media port of a leg back.
    pub(crate) fn release_media(&mut self, leg: LegId) {
        if let Some(port) = self.legs.get_mut(leg).and_then(|leg| leg.port.take()) {
            self.give_up_port(port);
        }
    }

    pub(crate) fn give_up_port(&mut self, port: PortId) {
        self.media(Command::Relay { from: port, to: None });
        self.close_port(port);
    }

    /// One more flow of the box to the far end of this leg, which no call needs.
    pub(crate) fn add_extra_flow(&mut self, leg: LegId) {
        let Some(sending) = self.sending(leg, Source::Silence) else { return };
        let Some(side) = self.legs.get(leg).map(|leg| leg.side) else { return };
        if self.extra_flows.contains_key(&leg) {
            return;
        }
        if let Some((port, _)) = self.open_port(side) {
            self.extra_flows.insert(leg, port);
            self.media(Command::Send { port, sending });
        }
    }
}
