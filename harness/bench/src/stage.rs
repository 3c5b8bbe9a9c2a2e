//! Everything the runner acts on: the user agents, their call legs, media ports, the DUT's console and the timeline.

use crate::agent::{Agent, Kind};
use crate::calls::{Leg, LegId, LegState, MediaPorts, Owner, Session};
use crate::inbox::{Arrived, Happened, Inbox};
use crate::numbering::{Called, Numbering};
use crate::recorder::Recorder;
use crate::roles::{Console, Descriptions, Dns, Probes, SbcState, SetState, TrunkTls};
use oxocert_machine::{At, Flow, Seed};
use oxocert_pki::lab::Lab;
use oxocert_record::{Bytes, Direction, Emitter, RoleName, SipSeen, What};
use oxocert_scenario::model::bench::Bench;
use oxocert_sip::message::Message;
use oxocert_sip::ua::{CallId, Output, Override};
use rand::rngs::SmallRng;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The stage.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) out: Recorder,
    pub(crate) inbox: Inbox,
    pub(crate) numbering: Numbering,
    pub(crate) agents: BTreeMap<RoleName, Agent>,
    pub(crate) legs: BTreeMap<LegId, Leg>,
    pub(crate) ports: MediaPorts,
    pub(crate) sbcs: BTreeMap<RoleName, SbcState>,
    pub(crate) sets: BTreeMap<RoleName, SetState>,
    pub(crate) console: Console,
    pub(crate) dns: Dns,
    pub(crate) trunk_tls: TrunkTls,
    pub(crate) probes: Probes,
    pub(crate) descriptions: Descriptions,
    pub(crate) passwords: BTreeMap<RoleName, String>,
    /// Overrides ordered for the next call of a role.
    pub(crate) misbehaviour: BTreeMap<RoleName, Vec<Override>>,
    /// Roles whose next incoming call is not answered with 180 by itself.
    pub(crate) silent: BTreeSet<RoleName>,
    /// Messages that came to a mute a-SBC.
    pub(crate) swallowed: BTreeSet<(RoleName, Vec<u8>)>,
    pub(crate) dice: SmallRng,
    /// The latest moment seen.
    pub(crate) now: At,
    /// The receive stamp of the input at hand, which may be a little older than `now`.
    pub(crate) stamp: At,
    /// Why the bench itself could not do its part: the case is an error of the harness.
    pub(crate) fault: Option<String>,
    /// When the DUT was last heard of, by any message.
    pub(crate) dut_heard: Option<At>,
    own: BTreeSet<IpAddr>,
    call_ids: BTreeMap<(RoleName, String), RoleName>,
    next_leg: u32,
}

impl Stage {
    pub(crate) fn new(
        bench: Bench,
        passwords: BTreeMap<RoleName, String>,
        lab: Option<Lab>,
        seed: Seed,
    ) -> Stage {
        let sbcs = bench.sbcs.iter().map(|(role, sbc)| (role, Agent::sbc(&bench, role, sbc.address, seed)));
        let sets = bench.sets.iter().map(|(role, set)| (role, Agent::set(&bench, role, set.address, seed)));
        let agents: BTreeMap<_, _> = sbcs.chain(sets).map(|(role, agent)| (role.clone(), agent)).collect();
        let dns = Dns::new(&bench);
        let of_agents = agents.values().map(|agent| agent.address.ip());
        let own = of_agents.chain(dns.addresses().map(|address| address.ip())).collect();
        Stage {
            out: Recorder::default(),
            inbox: Inbox::default(),
            numbering: Numbering::new(&bench),
            legs: BTreeMap::new(),
            ports: MediaPorts::default(),
            sbcs: bench.sbcs.keys().map(|role| (role.clone(), SbcState::default())).collect(),
            sets: bench.sets.keys().map(|role| (role.clone(), SetState::default())).collect(),
            console: Console::new(&bench, &passwords),
            dns,
            trunk_tls: TrunkTls::new(bench.sbcs.keys().cloned(), lab),
            probes: Probes::default(),
            descriptions: Descriptions::default(),
            passwords,
            misbehaviour: BTreeMap::new(),
            silent: BTreeSet::new(),
            swallowed: BTreeSet::new(),
            dice: seed.generator("bench"),
            now: At::ZERO,
            stamp: At::ZERO,
            fault: None,
            dut_heard: None,
            own,
            call_ids: BTreeMap::new(),
            next_leg: 0,
            agents,
            bench,
        }
    }

    /// Who produced a packet from `source`.
    pub(crate) fn emitter(&self, source: IpAddr) -> Emitter {
        if self.bench.dut.addresses.contains(&source) {
            Emitter::Dut
        } else if self.own.contains(&source) {
            Emitter::Harness
        } else {
            Emitter::Foreign
        }
    }

    /// The role whose socket the flow belongs to: the exact address, or on an outgoing stream the one with the same IP.
    pub(crate) fn role_of(&self, flow: Flow) -> Option<RoleName> {
        let exact = self.agents.iter().find(|(_, agent)| agent.address == flow.local);
        // Our end of a stream that we opened has a port of its own; a datagram to another port is no SIP of ours (late RTP
        // to a port that is closed already).
        let opened_by_us = || {
            let same_ip =
                |agent: &&Agent| flow.transport.is_reliable() && agent.address.ip() == flow.local.ip();
            self.agents.iter().find(|(_, agent)| same_ip(agent))
        };
        exact.or_else(opened_by_us).map(|(role, _)| role.clone())
    }

    /// Drains every user agent until none has anything left to say.
    pub(crate) fn pump(&mut self) {
        let roles: Vec<RoleName> = self.agents.keys().cloned().collect();
        loop {
            let mut quiet = true;
            for role in &roles {
                while let Some(output) = self.agents.get_mut(role).and_then(|agent| agent.ua.poll()) {
                    quiet = false;
                    self.take(role, output);
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn take(&mut self, role: &RoleName, output: Output) {
        match output {
            Output::Transmit { flow, bytes, retransmission } => {
                self.transmit(role, flow, bytes, retransmission)
            }
            Output::Received { flow, bytes, retransmission, .. } => {
                // The first of them may have come while the a-SBC was mute.
                let known = (role.clone(), bytes);
                let repeated = retransmission || self.swallowed.contains(&known);
                self.saw(self.stamp, role, flow, known.1, repeated);
            }
            Output::Close { flow } => {
                self.out.record(
                    self.now,
                    What::Network {
                        role: role.clone(),
                        note: format!("closes {flow}: the stream cannot be framed"),
                    },
                );
                self.out.close(flow);
            }
            Output::Event(event) => match self.agents.get(role).map(|agent| agent.kind) {
                Some(Kind::Set) => self.set_event(role, event),
                Some(Kind::Sbc) => self.sbc_event(role, event),
                None => {}
            },
        }
    }

    fn transmit(&mut self, role: &RoleName, flow: Flow, bytes: Vec<u8>, retransmission: bool) {
        // A mute a-SBC sends nothing: neither its timers nor its parties reach the wire.
        if self.sbcs.get(role).is_some_and(SbcState::is_mute) {
            return;
        }
        let message = Message::parse(&bytes).ok();
        let party = message.as_ref().and_then(|message| self.party_of(role, message));
        self.out.record(
            self.now,
            What::Sip(SipSeen {
                point: role.clone(),
                party,
                direction: Direction::Out,
                emitter: Emitter::Harness,
                transport: flow.transport,
                local: flow.local,
                remote: flow.remote,
                retransmission,
                bytes: Bytes(bytes.clone()),
            }),
        );
        let tos = self.agents.get(role).map_or(0, |agent| agent.ua.config().tos);
        self.out.transmit(flow, tos, bytes);
    }

    /// Records a message that came in, and keeps it for the steps where it is the DUT's and no repetition.
    pub(crate) fn saw(&mut self, at: At, role: &RoleName, flow: Flow, bytes: Vec<u8>, retransmission: bool) {
        let emitter = self.emitter(flow.remote.ip());
        let message = Message::parse(&bytes).ok();
        let party = message.as_ref().and_then(|message| self.party_of(role, message));
        let event = self.out.record(
            at,
            What::Sip(SipSeen {
                point: role.clone(),
                party: party.clone(),
                direction: Direction::In,
                emitter,
                transport: flow.transport,
                local: flow.local,
                remote: flow.remote,
                retransmission,
                bytes: Bytes(bytes),
            }),
        );
        if emitter != Emitter::Dut {
            return;
        }
        self.dut_heard = Some(at);
        if let (Some(message), false) = (message, retransmission) {
            self.inbox.messages.push(Arrived { event, at, point: role.clone(), party, message });
        }
    }

    /// Records an event of the secured trunk, and keeps it for the steps where it is the DUT's: those of a stranger may be many.
    pub(crate) fn happened(&mut self, at: At, what: What) {
        let event = self.out.record(at, what.clone());
        let of_dut = match &what {
            What::Tls(seen) => seen.peer == Emitter::Dut,
            What::TlsEnded(ended) => ended.peer == Emitter::Dut,
            What::Dns(query) => query.emitter == Emitter::Dut,
            _ => true,
        };
        if of_dut {
            self.inbox.happened.push(Happened { event, at, what });
        }
    }

    /// The PSTN party whose call a message belongs to: by its Call-ID, for a new INVITE by the called number.
    fn party_of(&self, role: &RoleName, message: &Message) -> Option<RoleName> {
        if !self.sbcs.contains_key(role) {
            return None;
        }
        let call_id = message.call_id()?;
        if let Some(party) = self.call_ids.get(&(role.clone(), call_id.to_owned())) {
            return Some(party.clone());
        }
        match self.numbering.called(&called_user(message)?) {
            Called::Party(party) if message.method() == Some("INVITE") => Some(party),
            _ => None,
        }
    }

    /// Makes a leg on a call of a user agent.
    pub(crate) fn open_leg(
        &mut self,
        agent: &RoleName,
        call: CallId,
        owner: Owner,
        session: Session,
    ) -> LegId {
        let id = self.new_leg(agent, Some(call), owner, session);
        let call_id =
            self.agents.get(agent).and_then(|agent| agent.ua.dialog(call)).map(|dialog| dialog.call_id);
        let Some(leg) = self.legs.get(&id) else { return id };
        if let Some(call_id) = call_id {
            if let Owner::Party(party) = &leg.owner {
                self.call_ids.insert((agent.clone(), call_id.clone()), party.clone());
            }
            self.out.record(
                self.now,
                What::MediaPort { role: leg.role().clone(), local: leg.session.local, call_id },
            );
        }
        for what in self.misbehaviour.remove(leg.role()).unwrap_or_default() {
            if let Some(agent) = self.agents.get_mut(agent) {
                agent.ua.override_next(call, what);
            }
        }
        id
    }

    /// Makes a leg that has no SIP of its own: a call inside the network.
    pub(crate) fn open_network_leg(&mut self, agent: &RoleName, owner: Owner, session: Session) -> LegId {
        self.new_leg(agent, None, owner, session)
    }

    fn new_leg(&mut self, agent: &RoleName, call: Option<CallId>, owner: Owner, session: Session) -> LegId {
        let id = LegId(self.next_leg);
        self.next_leg += 1;
        let leg = Leg {
            id,
            agent: agent.clone(),
            call,
            owner,
            state: LegState::Calling,
            session,
            offer: None,
            hold: None,
            modifying: None,
            retry: None,
            referred: false,
            bridged: None,
            joined: None,
        };
        self.legs.insert(id, leg);
        id
    }

    /// The leg of a call of a user agent.
    pub(crate) fn leg_of(&self, agent: &RoleName, call: CallId) -> Option<LegId> {
        self.legs.values().find(|leg| leg.call == Some(call) && leg.agent == *agent).map(|leg| leg.id)
    }

    /// The leg a role has in hand: the newest one that it does not hold, else the newest. `via` narrows it to one a-SBC.
    pub(crate) fn in_hand(&self, role: &RoleName, via: Option<&RoleName>) -> Option<LegId> {
        let mine = || {
            self.legs
                .values()
                .rev()
                .filter(|leg| leg.is_open() && leg.role() == role && via.is_none_or(|via| leg.agent == *via))
        };
        mine().find(|leg| leg.hold.is_none()).or_else(|| mine().next()).map(|leg| leg.id)
    }

    /// Whether the DUT knows every set and has found every a-SBC alive.
    pub(crate) fn is_open(&self) -> bool {
        self.sets.values().all(|set| set.registered) && self.sbcs.values().all(|sbc| sbc.gateway_up)
    }

    /// Whether a role has an answered call in hand.
    pub(crate) fn can_talk(&self, role: &RoleName) -> bool {
        self.in_hand(role, None).and_then(|id| self.legs.get(&id)).is_some_and(Leg::is_up)
    }

    /// Sets hang up all their calls, as their users would.
    pub(crate) fn hang_up_sets(&mut self) {
        let of_set = |leg: &&Leg| leg.has_dialog() && matches!(leg.owner, Owner::Set(_));
        for leg in self.legs.values().filter(of_set).map(|leg| leg.id).collect::<Vec<_>>() {
            self.tell_left(leg);
            self.end(leg);
        }
        self.pump();
    }

    /// What the bench ends by itself is on the record, so that nobody takes its BYE for the DUT's tidiness.
    fn tell_left(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get(&id).filter(|leg| leg.has_dialog()) {
            self.out.role_state(self.now, leg.role(), "call left open, ended by the bench");
        }
    }

    /// Whether a role still has a call with the DUT.
    pub(crate) fn has_call(&self, role: &RoleName) -> bool {
        self.legs.values().any(|leg| leg.has_dialog() && leg.role() == role)
    }

    /// A role leaves whatever call it still has.
    pub(crate) fn leave(&mut self, role: &RoleName) {
        let of_role = |leg: &&Leg| leg.is_open() && leg.role() == role;
        for leg in self.legs.values().filter(of_role).map(|leg| leg.id).collect::<Vec<_>>() {
            self.tell_left(leg);
            self.end(leg);
        }
        self.pump();
    }

    /// Ends every call, whoever began it.
    pub(crate) fn end_all_calls(&mut self) {
        for leg in self.legs.values().filter(|leg| leg.is_open()).map(|leg| leg.id).collect::<Vec<_>>() {
            self.tell_left(leg);
            self.end(leg);
        }
        for agent in self.agents.values_mut() {
            for call in agent.ua.calls().collect::<Vec<_>>() {
                agent.ua.hang_up(self.now, call, &[]);
            }
        }
        self.pump();
    }

    /// When something of the stage itself is due.
    pub(crate) fn deadline(&self) -> Option<At> {
        let agents = self.agents.values().filter_map(|agent| agent.ua.deadline());
        let sets = self.sets.values().filter_map(|set| set.due);
        let retries = self.legs.values().filter_map(|leg| leg.retry.map(|(at, _)| at));
        let others = [self.console.deadline(), self.dns.deadline(), self.probes.deadline()];
        agents.chain(sets).chain(retries).chain(others.into_iter().flatten()).min()
    }

    /// Serves everything that is due.
    pub(crate) fn timeout(&mut self) {
        for agent in self.agents.values_mut() {
            if agent.ua.deadline().is_some_and(|due| due <= self.now) {
                agent.ua.timeout(self.now);
            }
        }
        self.refresh_registrations();
        self.retry_modifications();
        self.console.timeout(self.now);
        self.dns_timeout();
        self.end_probes();
    }

    /// Forgets the legs of a role that are over: its call is at rest.
    pub(crate) fn forget_finished_of(&mut self, role: &RoleName) {
        self.legs.retain(|_, leg| leg.is_open() || leg.role() != role);
    }

    /// Forgets legs that are over; called between cases.
    pub(crate) fn forget_finished(&mut self) {
        self.legs.retain(|_, leg| leg.is_open());
    }
}

/// The user part of the Request-URI.
pub(crate) fn called_user(message: &Message) -> Option<String> {
    let uri = oxocert_sip::message::Uri::parse(message.uri()?)?;
    uri.user_decoded().or(uri.user)
}
