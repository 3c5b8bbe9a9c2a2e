//! The media engine's reports become events, and the legs' sessions become orders for it.

use crate::calls::{LegId, LegState, Owner, Session};
use crate::stage::Stage;
use oxocert_machine::At;
use oxocert_media::engine::{self, Command, Source, Trouble};
use oxocert_record::{DigitSeen, Emitter, Heard, RoleName, Sound, SrtpCounts, StreamWindow, What};
use rand::Rng;

/// Level of the identity tones.
const TONE_DBM0: f64 = -10.0;

impl Stage {
    /// Opens a media port for a leg of `owner` on `agent`.
    ///
    /// # Errors
    /// In words, where every port of the range is in use.
    pub(crate) fn open_session(&mut self, agent: &RoleName, owner: &Owner) -> Result<Session, String> {
        let (ip, range) = if let Some(set) = self.bench.sets.get(agent) {
            (set.address.ip(), set.rtp_range)
        } else if let Some(sbc) = self.bench.sbcs.get(agent) {
            (sbc.address.ip(), sbc.rtp_range)
        } else {
            return Err(format!("{agent} has no media ports"));
        };
        let role = match owner {
            Owner::Set(role) | Owner::Party(role) => role,
            Owner::ApplicationServer => agent,
        };
        let (port, local) = self
            .ports
            .take(self.now, role, ip, range)
            .ok_or_else(|| format!("{agent} has no free media port in {}-{}", range.0, range.1))?;
        let role = role.clone();
        self.out.media(Command::Open { port, local });
        if let Some(sequence) = self.descriptions.take_start(&role) {
            self.out.media(Command::Trouble { port, trouble: Trouble::StartAt { sequence } });
        }
        let id = u64::from(self.dice.random::<u32>());
        let security = self.security_of(agent, &role);
        let mut session = Session::new(port, local, id, security);
        for command in session.opened() {
            self.out.media(command);
        }
        Ok(session)
    }

    /// Brings the engine to what the leg's offer and answer say.
    pub(crate) fn refresh_media(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        // A telephone that holds or hands over sends nothing; the network behind an a-SBC goes on where it may.
        let given_away = (leg.hold.is_some() || leg.referred) && matches!(leg.owner, Owner::Set(_));
        let silent = !leg.is_up() || given_away;
        for command in leg.session.refresh(silent) {
            self.out.media(command);
        }
        self.relay(id);
    }

    /// Both legs of a forced on-net call send: from now on each forwards what the other receives.
    fn relay(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(other) = leg.bridged.and_then(|other| self.legs.get(&other)) else { return };
        if leg.state == LegState::Up && other.state == LegState::Up {
            let (a, b) = (leg.session.port, other.session.port);
            self.out.media(Command::Relay { from: a, to: Some(b) });
            self.out.media(Command::Relay { from: b, to: Some(a) });
        }
    }

    /// The leg sends nothing more; its port goes on listening until the end of the case.
    pub(crate) fn stop_media(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        for command in leg.session.stop() {
            self.out.media(command);
        }
        if leg.bridged.is_some() {
            self.out.media(Command::Relay { from: leg.session.port, to: None });
        }
    }

    /// The role speaks (its identity tone) on its call in hand, or is silent on all of them.
    pub(crate) fn speak(&mut self, role: &RoleName, aloud: bool) {
        let hz = self
            .bench
            .sets
            .get(role)
            .map(|set| set.tone_hz)
            .or_else(|| self.bench.parties.get(role).map(|party| party.tone_hz));
        let in_hand = self.in_hand(role, None);
        let mut commands = Vec::new();
        for leg in self.legs.values_mut().filter(|leg| leg.is_open() && leg.role() == role) {
            let source = match hz {
                Some(hz) if aloud && Some(leg.id) == in_hand => Source::Tone { hz, dbm0: TONE_DBM0 },
                _ => Source::Silence,
            };
            commands.extend(leg.session.play(source));
        }
        for command in commands {
            self.out.media(command);
        }
    }

    /// Closes the ports of a role: its call is over.
    pub(crate) fn close_ports_of(&mut self, role: &RoleName) {
        for port in self.ports.open_of(role) {
            self.ports.release(self.now, port);
            self.out.media(Command::Close { port });
        }
    }

    /// Closes every port of the case.
    pub(crate) fn close_ports(&mut self) {
        for port in self.ports.open() {
            self.ports.release(self.now, port);
            self.out.media(Command::Close { port });
        }
    }

    /// Writes what the media engine reports. Reports of a port that is not ours are dropped: there is none to name.
    pub(crate) fn media_event(&mut self, at: At, event: engine::Event) {
        let port = match &event {
            engine::Event::Heard { port, .. }
            | engine::Event::Digit { port, .. }
            | engine::Event::Finding { port, .. } => *port,
            engine::Event::Window(window) => window.port,
        };
        let Some((role, local)) = self.ports.owner(port).map(|(role, local)| (role.clone(), local)) else {
            return;
        };
        match event {
            engine::Event::Heard { remote, sound, level_dbm0, since, .. } => {
                // Where nothing is heard any more it is whoever was heard before who fell silent.
                let before = self.inbox.heard.iter().rev().find(|(_, heard)| heard.local == local);
                let emitter = match remote {
                    Some(remote) => self.emitter(remote.ip()),
                    None => before.map_or(Emitter::Foreign, |(_, heard)| heard.emitter),
                };
                let sound = match sound {
                    engine::Sound::Silence => Sound::Silence,
                    engine::Sound::Tone { hz } => Sound::Tone { hz },
                    engine::Sound::Music => Sound::Music,
                    engine::Sound::Nothing => Sound::Nothing,
                };
                let heard = Heard { role, local, remote, emitter, sound, level_dbm0, since };
                let n = self.out.record(at, What::Heard(heard.clone()));
                self.inbox.heard.push((n, heard));
            }
            engine::Event::Digit {
                remote,
                digit,
                payload_type,
                duration_ms,
                end_packets,
                volume,
                in_band,
                ..
            } => {
                let emitter = self.emitter(remote.ip());
                let seen = DigitSeen {
                    role,
                    local,
                    emitter,
                    digit,
                    payload_type,
                    duration_ms,
                    end_packets,
                    volume,
                    in_band,
                };
                self.inbox.digits.push((at, seen.clone()));
                self.out.record(at, What::Digit(seen));
            }
            engine::Event::Finding { remote, note, .. } => {
                let emitter = self.emitter(remote.ip());
                self.out.record(at, What::Finding { role, emitter, note });
            }
            engine::Event::Window(window) => {
                let emitter = self.emitter(window.remote.ip());
                self.out.record(
                    at,
                    What::Stream(StreamWindow {
                        role,
                        local,
                        remote: window.remote,
                        emitter,
                        ssrc: window.ssrc,
                        from: window.from,
                        to: window.to,
                        last: window.last,
                        packets: window.packets,
                        l3_bytes: window.l3_bytes,
                        payload_types: window.payload_types,
                        payload_sizes: window.payload_sizes,
                        timestamp_jumps: window.timestamp_jumps,
                        lost: window.lost,
                        duplicates: window.duplicates,
                        reordered: window.reordered,
                        jitter_ns: window.jitter_ns,
                        max_gap_ns: window.max_gap_ns,
                        dscp: window.dscp,
                        unstamped: window.unstamped,
                        rtcp_packets: window.rtcp_packets,
                        rtcp_dscp: window.rtcp_dscp,
                        srtp: window.srtp.map(srtp_counts),
                    }),
                );
            }
        }
    }
}

fn srtp_counts(counts: engine::SrtpCounts) -> SrtpCounts {
    SrtpCounts {
        authenticated: counts.authenticated,
        unauthenticated: counts.unauthenticated,
        other_key: counts.other_key,
        roll_over: counts.roll_over,
        clear: counts.clear,
        replayed: counts.replayed,
        rtcp_authenticated: counts.rtcp_authenticated,
        rtcp_unauthenticated: counts.rtcp_unauthenticated,
        rtcp_unencrypted: counts.rtcp_unencrypted,
    }
}
