//! A laboratory: the box, sets and a-SBCs as user agents, and a network that delivers after 1 ms.

use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_media::engine::{Command, PortId, Sending, Source};
use oxocert_sip::message::Message;
use oxocert_sip::sdp::{self, Audio, Codec, Direction, Local};
use oxocert_sip::ua::{
    self, Body, CallId, Config, Credentials, Event, Invite, Outside, RequestId, Timers, UserAgent,
};
use oxocert_virtual_oxo::{Defect, Defects, OxoEvent, Settings, VirtualOxo};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

pub const SETTINGS: &str = include_str!("../settings/powercpu.toml");
pub const TRUNK: &str = "127.10.1.10:5060";
pub const LAN: &str = "127.10.1.10:5059";
pub const CONSOLE: &str = "127.10.1.10:4900";
/// Names and addresses of the agents; a set is called by its directory number.
const AGENTS: [(&str, &str); 5] = [
    ("101", "127.10.2.1:5060"),
    ("102", "127.10.2.2:5060"),
    ("201", "127.10.3.1:5060"),
    ("nominal", "127.10.9.1:5060"),
    ("backup", "127.10.9.2:5060"),
];

/// A user agent with all it was told.
pub struct Agent {
    pub ua: UserAgent,
    pub address: SocketAddr,
    pub events: Vec<Event>,
    /// Answers nothing.
    pub mute: bool,
    /// Media port of the next call.
    pub port: u16,
}

/// What one agent received from the box: when, and the message.
pub struct Seen {
    pub at: At,
    pub by: &'static str,
    pub over: Transport,
    pub message: Message,
}

pub struct Lab {
    pub now: At,
    pub oxo: VirtualOxo,
    pub agents: BTreeMap<&'static str, Agent>,
    /// Everything the box sent, as it arrived.
    pub seen: Vec<Seen>,
    /// The box's orders to its media engine.
    pub media: Vec<(At, Command)>,
    pub console: Vec<String>,
    /// Nobody takes streams.
    pub no_streams: bool,
    on_the_way: VecDeque<(At, Flow, Vec<u8>)>,
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

impl Lab {
    pub fn new() -> Lab {
        Lab::with(SETTINGS, &[])
    }

    pub fn defective(defects: &[Defect]) -> Lab {
        Lab::with(SETTINGS, defects)
    }

    /// A box with these settings and defects, its sets registered.
    pub fn with(settings: &str, defects: &[Defect]) -> Lab {
        let settings = Settings::from_toml(settings).unwrap();
        let defects: Defects = defects.iter().copied().collect();
        let agents = AGENTS.map(|(name, at)| {
            let config = Config {
                address: address(at),
                transport: Transport::Udp,
                product: None,
                allow: vec!["INVITE".into(), "ACK".into(), "BYE".into()],
                supported: vec!["timer".into()],
                timers: Timers::default(),
                session: None,
                auto_trying: true,
                first_cseq: None,
                contact_params: String::new(),
                seed: Seed(9).child(name),
                tos: 0,
            };
            let agent = Agent {
                ua: UserAgent::new(config),
                address: address(at),
                events: Vec::new(),
                mute: false,
                port: 20_000,
            };
            (name, agent)
        });
        let mut lab = Lab {
            now: At::ZERO,
            oxo: VirtualOxo::new(settings, defects, Seed(1)),
            agents: BTreeMap::from(agents),
            seen: Vec::new(),
            media: Vec::new(),
            console: Vec::new(),
            no_streams: false,
            on_the_way: VecDeque::new(),
        };
        for (set, password) in [("101", "one-o-one"), ("102", "one-o-two"), ("201", "two-o-one")] {
            lab.register(set, password);
        }
        lab.run(200);
        lab.seen.clear();
        lab
    }

    pub fn register(&mut self, set: &'static str, password: &str) -> RequestId {
        let now = self.now;
        let agent = self.agent(set);
        let flow = Flow::udp(agent.address, address(LAN));
        let uri = format!("<sip:{set}@{LAN}>");
        agent.ua.request(
            now,
            flow,
            Outside {
                method: "REGISTER".into(),
                target: format!("sip:{LAN}"),
                from: uri.clone(),
                to: uri,
                contact_user: Some(set.into()),
                headers: vec![("Expires".into(), "600".into())],
                body: None,
                credentials: Some(Credentials { user: set.into(), password: password.into() }),
            },
        )
    }

    pub fn agent(&mut self, name: &str) -> &mut Agent {
        self.agents.get_mut(name).unwrap()
    }

    /// Lets time go on.
    pub fn run(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        self.drain();
        loop {
            let due = self
                .agents
                .values()
                .filter(|agent| !agent.mute)
                .filter_map(|agent| agent.ua.deadline())
                .chain(self.oxo.deadline())
                .chain(self.on_the_way.front().map(|(at, ..)| *at))
                .min();
            let Some(next) = due.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            let now = self.now;
            while self.on_the_way.front().is_some_and(|(at, ..)| *at <= now) {
                let (_, flow, bytes) = self.on_the_way.pop_front().unwrap();
                self.deliver(flow, bytes);
            }
            if self.oxo.deadline().is_some_and(|at| at <= now) {
                self.oxo.handle(now, Input::Timeout);
            }
            for agent in self.agents.values_mut().filter(|agent| !agent.mute) {
                if agent.ua.deadline().is_some_and(|at| at <= now) {
                    agent.ua.timeout(now);
                }
            }
            self.drain();
        }
        self.now = end;
    }

    fn deliver(&mut self, flow: Flow, bytes: Vec<u8>) {
        let here = flow.reversed();
        let opened = SocketAddr::new(address(TRUNK).ip(), 0);
        let to_box = here.local == opened || [TRUNK, LAN, CONSOLE].iter().any(|at| here.local == address(at));
        if to_box {
            self.oxo.handle(self.now, Input::Received { flow: here, tos: None, bytes });
        } else if here.transport == Transport::Tcp && self.no_streams {
            self.oxo.handle(self.now, Input::Closed { flow, reason: "connection refused".into() });
        } else if let Some((name, agent)) = self.agents.iter_mut().find(|(_, a)| a.address == here.local) {
            if !agent.mute {
                agent.ua.receive(self.now, here, &bytes);
            }
            if let Ok(message) = Message::parse(&bytes) {
                self.seen.push(Seen { at: self.now, by: name, over: here.transport, message });
            }
        } else if here.local.port() == 7 {
            self.console.push(String::from_utf8(bytes).unwrap());
        }
        self.drain();
    }

    fn drain(&mut self) {
        let arrival = self.now + Duration::from_millis(1);
        while let Some(output) = self.oxo.poll() {
            match output {
                Output::Transmit { flow, bytes, .. } => self.on_the_way.push_back((arrival, flow, bytes)),
                Output::Event(OxoEvent::Media(command)) => self.media.push((self.now, command)),
                Output::Event(OxoEvent::Log(_) | OxoEvent::Tls(_)) | Output::Close { .. } => {}
            }
        }
        let now = self.now;
        for agent in self.agents.values_mut() {
            while let Some(output) = agent.ua.poll() {
                match output {
                    ua::Output::Transmit { flow, bytes, .. } => {
                        self.on_the_way.push_back((arrival, flow, bytes))
                    }
                    ua::Output::Event(event) => {
                        if let Event::Outside { request_id, request, .. } = &event
                            && request.method() == Some("OPTIONS")
                        {
                            agent.ua.respond(now, *request_id, 200, &[], None);
                        }
                        if let Event::InCall { request_id, request, .. } = &event
                            && request.method() == Some("NOTIFY")
                        {
                            agent.ua.respond(now, *request_id, 200, &[], None);
                        }
                        if let Event::Modify { request_id, request, answered: false, .. } = &event {
                            let local = local(agent.address, agent.port);
                            let body = local
                                .answer(request.body(), Direction::SendRecv)
                                .map(|answer| sdp_body(answer.bytes));
                            agent.ua.respond(now, *request_id, 200, &[], body);
                        }
                        agent.events.push(event);
                    }
                    ua::Output::Received { .. } | ua::Output::Close { .. } => {}
                }
            }
        }
    }

    /// A set dials.
    pub fn dial(&mut self, set: &'static str, digits: &str) -> CallId {
        let now = self.now;
        let agent = self.agent(set);
        let flow = Flow::udp(agent.address, address(LAN));
        let body = Some(sdp_body(local(agent.address, agent.port).offer(Direction::SendRecv)));
        let target = format!("sip:{}@{LAN}", digits.replace('#', "%23"));
        agent.ua.call(
            now,
            Invite {
                flow,
                to: format!("<{target}>"),
                target,
                from: format!("<sip:{set}@{LAN}>"),
                contact_user: set.into(),
                headers: Vec::new(),
                body,
                credentials: None,
            },
        )
    }

    /// Somebody calls the box through an a-SBC.
    pub fn call_in(&mut self, via: &'static str, number: &str, headers: &[(&str, &str)]) -> CallId {
        let now = self.now;
        let agent = self.agent(via);
        let flow = Flow::udp(agent.address, address(TRUNK));
        let body = Some(sdp_body(local(agent.address, agent.port).offer(Direction::SendRecv)));
        let target = format!("sip:{number}@{TRUNK};user=phone");
        agent.ua.call(
            now,
            Invite {
                flow,
                to: format!("<{target}>"),
                target,
                from: "<sip:+33277123456@127.10.9.1;user=phone>".into(),
                contact_user: "+33277123456".into(),
                headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
                body,
                credentials: None,
            },
        )
    }

    /// The INVITE that this agent was offered last.
    pub fn offered(&mut self, name: &str) -> (CallId, Message) {
        let found = self.agent(name).events.iter().rev().find_map(|event| match event {
            Event::Incoming { call, request, .. } => Some((*call, request.clone())),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{name} got no INVITE"))
    }

    pub fn ring(&mut self, name: &'static str) -> CallId {
        let (call, _) = self.offered(name);
        let now = self.now;
        self.agent(name).ua.ring(now, call, 180, &[], None);
        self.run(20);
        call
    }

    /// Answers the INVITE that came last, with media port `port`.
    pub fn answer(&mut self, name: &'static str, port: u16) -> CallId {
        let (call, invite) = self.offered(name);
        let now = self.now;
        let agent = self.agent(name);
        agent.port = port;
        let body =
            local(agent.address, port).answer(invite.body(), Direction::SendRecv).map(|a| sdp_body(a.bytes));
        agent.ua.answer(now, call, &[], body);
        self.run(50);
        call
    }

    /// A set and the nominal a-SBC in conversation, media ports 20000 and 6000; the two calls.
    pub fn conversation(&mut self) -> (CallId, CallId) {
        let set = self.dial("101", "00277123456");
        self.run(20);
        self.ring("nominal");
        let far = self.answer("nominal", 6000);
        (set, far)
    }

    pub fn reinvite(&mut self, name: &'static str, call: CallId, direction: Direction) {
        let now = self.now;
        let agent = self.agent(name);
        let mut local = local(agent.address, agent.port);
        local.version += now.0 / 1_000_000;
        let body = sdp_body(local.offer(direction));
        agent.ua.reinvite(now, call, &[], Some(body));
        self.run(50);
    }

    pub fn hang_up(&mut self, name: &'static str, call: CallId) {
        let now = self.now;
        self.agent(name).ua.hang_up(now, call, &[]);
        self.run(50);
    }

    /// REFER inside a call of a set.
    pub fn refer(&mut self, set: &'static str, call: CallId, refer_to: &str) {
        let now = self.now;
        let headers = [("Refer-To".to_owned(), refer_to.to_owned())];
        self.agent(set).ua.in_call(now, call, "REFER", &headers, None);
        self.run(100);
    }

    /// Start lines of what an agent received, in short.
    pub fn ladder(&self, name: &str) -> Vec<String> {
        self.seen
            .iter()
            .filter(|seen| seen.by == name)
            .map(|seen| match seen.message.status() {
                Some(status) => format!("{status} {}", seen.message.cseq().map_or("", |(_, method)| method)),
                None => seen.message.method().unwrap_or("?").to_owned(),
            })
            .filter(|line| line != "OPTIONS" && line != "200 REGISTER")
            .collect()
    }

    /// The last description that an agent received.
    pub fn last_audio(&self, name: &str) -> Audio {
        self.seen
            .iter()
            .rev()
            .filter(|seen| seen.by == name && !seen.message.body().is_empty())
            .find_map(|seen| sdp::read(seen.message.body()).ok()?.audio)
            .unwrap()
    }

    pub fn last(&self, name: &str, method: &str) -> &Message {
        let found =
            self.seen.iter().rev().find(|seen| seen.by == name && seen.message.method() == Some(method));
        &found.unwrap_or_else(|| panic!("{name} got no {method}")).message
    }

    /// What the box sends now, by port.
    pub fn sends(&self) -> BTreeMap<PortId, Sending> {
        let mut sending = BTreeMap::new();
        for (_, command) in &self.media {
            match command {
                Command::Send { port, sending: how } => {
                    sending.insert(*port, how.clone());
                }
                Command::Stop { port } | Command::Close { port } => {
                    sending.remove(port);
                }
                _ => {}
            }
        }
        sending
    }

    /// What the box plays to this port of anybody.
    pub fn plays_to(&self, port: u16) -> Option<Source> {
        self.sends().into_values().find(|sending| sending.remote.port() == port).map(|sending| sending.source)
    }

    /// The box's ports that are open.
    pub fn open_ports(&self) -> usize {
        let count =
            |wanted: fn(&Command) -> bool| self.media.iter().filter(|(_, command)| wanted(command)).count();
        count(|c| matches!(c, Command::Open { .. })) - count(|c| matches!(c, Command::Close { .. }))
    }

    pub fn say(&mut self, line: &str) -> String {
        let flow = Flow::udp(address("127.0.0.1:7"), address(CONSOLE));
        self.on_the_way.push_back((self.now, flow, line.as_bytes().to_vec()));
        self.run(10);
        self.console.pop().unwrap()
    }
}

fn local(at: SocketAddr, port: u16) -> Local {
    Local {
        address: at.ip(),
        port,
        codecs: vec![Codec::named("PCMA").unwrap(), Codec::named("PCMU").unwrap()],
        telephone_event: Some(101),
        ptime: Some(20),
        crypto: Vec::new(),
        protocol: None,
        user: "-".into(),
        session_id: 7,
        version: 1,
    }
}

fn sdp_body(bytes: Vec<u8>) -> Body {
    Body { content_type: "application/sdp".into(), bytes }
}
