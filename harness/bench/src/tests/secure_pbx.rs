//! A DUT of a few lines over internet: asks the lab's name server, speaks TLS to the a-SBCs, and anchors its media with SRTP. Only
//! what the bench's own tests need.

use hickory_proto::op as dns;
use hickory_proto::rr::{Name, RData, RecordType};
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_media::engine::{self, PortId, Sending, Source};
use oxocert_media::srtp::{Key, Suite};
use oxocert_media::with_media::MediaOwner;
use oxocert_pki::lab::Lab;
use oxocert_scenario::model::bench::Bench;
use oxocert_sip::message::{Message, Uri};
use oxocert_sip::sdp::{self, Codec, Crypto, Direction, Local};
use oxocert_sip::ua::{self, Body, CallId, Config, Event, Invite, Outside, Timers, UserAgent};
use oxocert_tls::{self as tls, Backend, Endpoint, PeerPolicy, TlsOwner, Version};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Trunk,
    Lan,
}

type Leg = (Side, CallId);

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Its trunk calls offer RTP/AVP.
    OffersClear,
    /// It takes any certificate and none.
    TakesAnybody,
    /// It answers OPTIONS in clear.
    AnswersInClear,
}

#[derive(Debug)]
pub(super) enum PbxCommand {
    Start,
    /// What the engine or the layer tells means nothing to it.
    Told,
}

#[derive(Debug)]
pub(super) enum PbxEvent {
    Media(engine::Command),
    Tls(tls::Command),
}

/// One half of a call.
struct Half {
    peer: Leg,
    port: PortId,
    local: Local,
    /// The offer that waits for an answer.
    offer: Vec<u8>,
}

pub(super) struct SecurePbx {
    bench: Bench,
    lab: Lab,
    fault: Fault,
    agents: BTreeMap<Side, UserAgent>,
    contacts: BTreeMap<String, SocketAddr>,
    halves: BTreeMap<Leg, Half>,
    /// The nominal a-SBC, once the name server has said where it is.
    sbc: Option<SocketAddr>,
    next_turn: At,
    next_port: u16,
    queue: Vec<Output<PbxEvent>>,
}

fn agent(address: SocketAddr, name: &str, transport: Transport) -> UserAgent {
    UserAgent::new(Config {
        address,
        transport,
        product: Some("tiny".into()),
        allow: vec!["INVITE".into(), "ACK".into(), "BYE".into(), "CANCEL".into(), "OPTIONS".into()],
        supported: Vec::new(),
        timers: Timers::default(),
        session: None,
        auto_trying: true,
        first_cseq: None,
        contact_params: String::new(),
        seed: Seed(7).child(name),
        tos: 0,
    })
}

impl SecurePbx {
    pub(super) fn new(bench: Bench, lab: Lab, fault: Fault) -> SecurePbx {
        let agents = [
            (Side::Trunk, agent(bench.dut.trunk, "trunk", Transport::Tls)),
            (Side::Lan, agent(bench.dut.registrar, "lan", Transport::Udp)),
        ];
        SecurePbx {
            next_port: bench.dut.rtp_range.0,
            bench,
            lab,
            fault,
            agents: agents.into(),
            contacts: BTreeMap::new(),
            halves: BTreeMap::new(),
            sbc: None,
            next_turn: At::ZERO,
            queue: Vec::new(),
        }
    }

    fn ua(&mut self, side: Side) -> &mut UserAgent {
        self.agents.get_mut(&side).unwrap()
    }

    fn media(&mut self, command: engine::Command) {
        self.queue.push(Output::Event(PbxEvent::Media(command)));
    }

    fn start(&mut self) {
        let local = self.bench.dut.trunk.ip();
        let anybody = self.fault == Fault::TakesAnybody;
        for sbc in self.bench.sbcs.values() {
            let endpoint = Endpoint {
                identity: self.lab.identity("dut", "good").cloned(),
                trusted: self.lab.trusted_of_dut(),
                lowest: Version::Tls12,
                highest: Version::Tls12,
                suites: Vec::new(),
                backend: Backend::OpenSsl,
                peer: if anybody {
                    PeerPolicy::Record
                } else {
                    PeerPolicy::Refuse { forgiven: Default::default() }
                },
                asks_client: !anybody,
                peer_name: sbc.fqdn.clone(),
                clock_ahead: 0,
                resumes: false,
            };
            let order =
                tls::Command::Toward { local, remote: sbc.address.ip(), endpoint: Box::new(endpoint) };
            self.queue.push(Output::Event(PbxEvent::Tls(order)));
        }
    }

    fn drain(&mut self, at: At) {
        for side in [Side::Trunk, Side::Lan, Side::Trunk, Side::Lan] {
            while let Some(output) = self.ua(side).poll() {
                match output {
                    ua::Output::Transmit { flow, bytes, .. } => {
                        self.queue.push(Output::Transmit { flow, tos: 0, bytes });
                    }
                    ua::Output::Event(event) => self.event(at, side, event),
                    ua::Output::Received { .. } | ua::Output::Close { .. } => {}
                }
            }
        }
    }

    fn event(&mut self, at: At, side: Side, event: Event) {
        match event {
            Event::Outside { request_id, request, flow } => {
                let contact = request.contact().map(|contact| (contact.uri.user.unwrap(), flow.remote));
                if request.method() == Some("REGISTER") {
                    self.contacts.extend(contact);
                }
                self.ua(side).respond(at, request_id, 200, &[], None);
            }
            Event::Incoming { call, request, .. } => self.incoming(at, side, call, &request),
            Event::Progress { call, response } if response.status() == Some(180) => {
                let (side, call) = self.halves[&(side, call)].peer;
                self.ua(side).ring(at, call, 180, &[], None);
            }
            Event::Answered { call, response } => self.answered(at, (side, call), response.body()),
            Event::Failed { call, response: Some(response) } => {
                let (side, call) = self.halves[&(side, call)].peer;
                self.ua(side).reject(at, call, response.status().unwrap(), &[]);
            }
            Event::Ended { call, .. } | Event::Cancelled { call, .. } => {
                let half = self.halves.get(&(side, call)).map(|half| (half.port, half.peer));
                let Some((port, (to, peer))) = half else { return };
                let other = self.halves[&(to, peer)].port;
                self.ua(to).hang_up(at, peer, &[]);
                self.media(engine::Command::Stop { port });
                self.media(engine::Command::Stop { port: other });
            }
            Event::Modify { call, request_id, request, answered: false } => {
                let half = self.halves.get_mut(&(side, call)).unwrap();
                half.local.version += 1;
                let answer = half.local.answer(request.body(), Direction::SendRecv).unwrap();
                let (port, body) = (half.port, body(answer.bytes));
                self.ua(side).respond(at, request_id, 200, &[], Some(body));
                self.secure(port, answer.crypto);
            }
            _ => {}
        }
    }

    fn half(&mut self, side: Side, peer: Leg) -> Half {
        let port = PortId(u32::from(self.next_port));
        let address = match side {
            Side::Trunk => self.bench.dut.trunk.ip(),
            Side::Lan => self.bench.dut.registrar.ip(),
        };
        self.media(engine::Command::Open { port, local: SocketAddr::new(address, self.next_port) });
        let key = Crypto {
            tag: 1,
            suite: Suite::AesCm128Sha1_80.name().into(),
            key_and_salt: vec![u8::try_from(self.next_port % 251).unwrap(); 30],
            lifetime: None,
            mki: None,
            session: Vec::new(),
        };
        let secured = side == Side::Trunk && self.fault != Fault::OffersClear;
        let local = Local {
            address,
            port: self.next_port,
            codecs: Codec::named("PCMA").into_iter().collect(),
            telephone_event: Some(101),
            ptime: Some(20),
            crypto: if secured { vec![key] } else { Vec::new() },
            protocol: None,
            user: "-".into(),
            session_id: u64::from(self.next_port),
            version: 1,
        };
        self.next_port += 2;
        Half { peer, port, local, offer: Vec::new() }
    }

    fn incoming(&mut self, at: At, side: Side, call: CallId, request: &Message) {
        let user = Uri::parse(request.uri().unwrap()).unwrap().user.unwrap();
        let (out, to, flow) = match side {
            Side::Lan => {
                let to = user.strip_prefix("00").map_or(user.clone(), |national| format!("+33{national}"));
                (Side::Trunk, to, self.trunk_flow().unwrap())
            }
            Side::Trunk => {
                let Some(set) = self.bench.sets.values().find(|set| set.ddi == user) else {
                    return self.ua(side).reject(at, call, 404, &[]);
                };
                let to = set.number.clone();
                (Side::Lan, to.clone(), Flow::udp(self.bench.dut.registrar, self.contacts[&to]))
            }
        };
        let mut near = self.half(side, (out, call));
        let far = self.half(out, (side, call));
        if near.local.answer(request.body(), Direction::SendRecv).is_none() {
            return self.ua(side).reject(at, call, 488, &[]);
        }
        near.offer = request.body().to_vec();
        let offer = body(far.local.offer(Direction::SendRecv));
        let peer = self.ua(out).call(
            at,
            Invite {
                flow,
                target: format!("sip:{to}@{}", flow.remote),
                from: format!("<sip:+33155501001@{}>", flow.local.ip()),
                to: format!("<sip:{to}@{}>", flow.remote.ip()),
                contact_user: "tiny".into(),
                headers: Vec::new(),
                body: Some(offer),
                credentials: None,
            },
        );
        near.peer = (out, peer);
        self.halves.insert((side, call), near);
        self.halves.insert((out, peer), far);
    }

    fn answered(&mut self, at: At, far: Leg, answer: &[u8]) {
        let near = self.halves[&far].peer;
        let audio = sdp::read(answer).unwrap().audio.unwrap();
        let ours = self.halves[&far].local.crypto.clone();
        let crypto = (!ours.is_empty()).then(|| sdp::chosen(&ours, &audio).unwrap());
        self.send(far, &audio, crypto);
        let half = &self.halves[&near];
        let offered = sdp::read(&half.offer).unwrap().audio.unwrap();
        let answer = half.local.answer(&half.offer, Direction::SendRecv).unwrap();
        self.send(near, &offered, answer.crypto);
        self.ua(near.0).answer(at, near.1, &[], Some(body(answer.bytes)));
        let (a, b) = (self.halves[&near].port, self.halves[&far].port);
        self.media(engine::Command::Relay { from: a, to: Some(b) });
        self.media(engine::Command::Relay { from: b, to: Some(a) });
    }

    fn send(&mut self, leg: Leg, audio: &sdp::Audio, crypto: Option<(Crypto, Crypto)>) {
        let port = self.halves[&leg].port;
        self.secure(port, crypto);
        let sending = Sending {
            remote: SocketAddr::new(audio.ip().unwrap(), audio.port),
            payload_type: 8,
            event_payload_type: Some(101),
            ptime_ms: 20,
            tos: 184,
            source: Source::Silence,
        };
        self.media(engine::Command::Send { port, sending });
    }

    fn secure(&mut self, port: PortId, crypto: Option<(Crypto, Crypto)>) {
        let Some((ours, theirs)) = crypto else { return };
        let key = |line: Crypto| {
            let mki = line.mki.map(|_| oxocert_media::srtp::Mki { value: vec![0, 0, 0, 1] });
            Some(Key { suite: Suite::named(&line.suite).unwrap(), key_and_salt: line.key_and_salt, mki })
        };
        self.media(engine::Command::Secure { port, sending: key(ours), receiving: key(theirs) });
    }

    fn trunk_flow(&self) -> Option<Flow> {
        Some(Flow::tls(SocketAddr::new(self.bench.dut.trunk.ip(), 0), self.sbc?))
    }

    /// Asks for the nominal a-SBC, and sends it OPTIONS once it is found; the backup is found by its address.
    fn turn(&mut self, at: At) {
        self.next_turn = at + Duration::from_secs(2);
        let nominal = self.bench.sbcs[&"sbc.nominal".into()].clone();
        let mut query = dns::Message::new(77, dns::MessageType::Query, dns::OpCode::Query);
        query.add_query(dns::Query::query(Name::from_ascii(nominal.fqdn.unwrap()).unwrap(), RecordType::A));
        let server = self.bench.internet.as_ref().unwrap().dns[&"dns.a".into()];
        let flow = Flow::udp(SocketAddr::new(self.bench.dut.trunk.ip(), 40_053), server);
        self.queue.push(Output::Transmit { flow, tos: 0, bytes: query.to_vec().unwrap() });
        let backup = self.bench.sbcs[&"sbc.backup".into()].address;
        let trunk = self.bench.dut.trunk;
        for to in self.sbc.into_iter().chain([backup]) {
            let request = Outside {
                method: "OPTIONS".into(),
                target: format!("sip:{to}"),
                from: format!("<sip:{trunk}>"),
                to: format!("<sip:{to}>"),
                contact_user: Some("tiny".into()),
                headers: Vec::new(),
                body: None,
                credentials: None,
            };
            let flow = Flow::tls(SocketAddr::new(trunk.ip(), 0), to);
            self.ua(Side::Trunk).request(at, flow, request);
        }
    }

    fn resolved(&mut self, bytes: &[u8]) {
        let answer = dns::Message::from_vec(bytes).unwrap();
        if answer.metadata.id == 77
            && let Some(RData::A(address)) = answer.answers.first().map(|record| &record.data)
        {
            self.sbc = Some(SocketAddr::new(address.0.into(), 5061));
        }
    }
}

fn body(bytes: Vec<u8>) -> Body {
    Body { content_type: "application/sdp".into(), bytes }
}

impl Machine for SecurePbx {
    type Command = PbxCommand;
    type Event = PbxEvent;

    fn handle(&mut self, at: At, input: Input<PbxCommand>) {
        match input {
            Input::Command(PbxCommand::Start) => self.start(),
            Input::Received { flow, bytes, .. } if flow.local.port() == 40_053 => self.resolved(&bytes),
            Input::Received { flow, bytes, .. }
                if flow.local.port() == 5060 && self.fault == Fault::AnswersInClear =>
            {
                let text = String::from_utf8(bytes).unwrap().replacen("OPTIONS", "SIP/2.0 200 OK\r\nX: ", 1);
                self.queue.push(Output::Transmit { flow, tos: 0, bytes: text.into_bytes() });
            }
            Input::Received { flow, bytes, .. } if flow.local.port() != 5060 => {
                let side = if flow.transport == Transport::Tls { Side::Trunk } else { Side::Lan };
                self.ua(side).receive(at, flow, &bytes);
            }
            Input::Closed { flow, .. } if flow.transport == Transport::Tls => {
                self.ua(Side::Trunk).closed(at, flow);
            }
            Input::Timeout => {
                self.ua(Side::Trunk).timeout(at);
                self.ua(Side::Lan).timeout(at);
                if at >= self.next_turn {
                    self.turn(at);
                }
            }
            _ => {}
        }
        self.drain(at);
    }

    fn poll(&mut self) -> Option<Output<PbxEvent>> {
        (!self.queue.is_empty()).then(|| self.queue.remove(0))
    }

    fn deadline(&self) -> Option<At> {
        let agents = self.agents.values().filter_map(UserAgent::deadline);
        agents.chain([self.next_turn]).min()
    }
}

impl TlsOwner for SecurePbx {
    fn tls_command(event: PbxEvent) -> Result<tls::Command, PbxEvent> {
        match event {
            PbxEvent::Tls(command) => Ok(command),
            other => Err(other),
        }
    }

    fn tls_event(_: tls::Event) -> PbxCommand {
        PbxCommand::Told
    }
}

impl MediaOwner for SecurePbx {
    fn media_command(event: PbxEvent) -> Result<engine::Command, PbxEvent> {
        match event {
            PbxEvent::Media(command) => Ok(command),
            other => Err(other),
        }
    }

    fn media_event(_: engine::Event) -> PbxCommand {
        PbxCommand::Told
    }
}
