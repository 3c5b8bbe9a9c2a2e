//! A set or an a-SBC: a user agent as a machine that may sit on a TLS layer.

use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use oxocert_media::srtp::Suite;
use oxocert_sip::message::Message;
use oxocert_sip::sdp::{Codec, Crypto, Direction, Local};
use oxocert_sip::ua::{self, Body, CallId, Config, Event, Timers, UserAgent};
use oxocert_tls::{self as tls, Endpoint, Handshake, TlsOwner};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// What the test orders, and what the TLS layer tells.
pub enum Order {
    Tls(tls::Event),
}

/// For the TLS layer.
pub enum Said {
    Tls(tls::Command),
}

pub struct Party {
    pub ua: UserAgent,
    pub address: SocketAddr,
    pub local: Local,
    pub events: Vec<Event>,
    /// Messages as they came: when, on which flow.
    pub seen: Vec<(At, Flow, Message)>,
    pub shaken: Vec<Handshake>,
    /// Streams that stand.
    pub connections: Vec<Flow>,
    now: At,
    out: VecDeque<Output<Said>>,
}

impl Party {
    /// `endpoint`: how it does TLS; a set does none.
    pub fn new(name: &str, address: SocketAddr, endpoint: Option<Endpoint>) -> Party {
        let transport = if endpoint.is_some() { Transport::Tls } else { Transport::Udp };
        let config = Config {
            address,
            transport,
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
        let mut out = VecDeque::new();
        let secured = endpoint.is_some();
        if let Some(endpoint) = endpoint {
            let order = tls::Command::Endpoint { local: address.ip(), endpoint: Box::new(endpoint) };
            out.push_back(Output::Event(Said::Tls(order)));
        }
        Party {
            ua: UserAgent::new(config),
            address,
            local: description(address, secured),
            events: Vec::new(),
            seen: Vec::new(),
            shaken: Vec::new(),
            connections: Vec::new(),
            now: At::ZERO,
            out,
        }
    }

    pub fn tls(&mut self, command: tls::Command) {
        self.out.push_back(Output::Event(Said::Tls(command)));
    }

    pub fn send(&mut self, flow: Flow, bytes: &[u8]) {
        self.out.push_back(Output::Transmit { flow, tos: 0, bytes: bytes.to_vec() });
    }

    pub fn close(&mut self) {
        for flow in self.connections.drain(..) {
            self.out.push_back(Output::Close { flow });
            self.ua.closed(self.now, flow);
        }
    }

    pub fn offer(&self) -> Body {
        body(self.local.offer(Direction::SendRecv))
    }

    /// The INVITE that came last.
    pub fn offered(&self) -> (CallId, Message) {
        let found = self.events.iter().rev().find_map(|event| match event {
            Event::Incoming { call, request, .. } => Some((*call, request.clone())),
            _ => None,
        });
        found.expect("an INVITE")
    }

    pub fn answer(&mut self) -> CallId {
        let (call, invite) = self.offered();
        let answer =
            self.local.answer(invite.body(), Direction::SendRecv).expect("an offer that can be answered");
        self.ua.answer(self.now, call, &[], Some(body(answer.bytes)));
        call
    }

    pub fn last(&self, method: &str) -> &Message {
        let found = self.seen.iter().rev().find(|(_, _, message)| message.method() == Some(method));
        &found.unwrap_or_else(|| panic!("no {method}")).2
    }

    pub fn count(&self, method: &str) -> usize {
        self.seen.iter().filter(|(_, _, message)| message.method() == Some(method)).count()
    }

    pub fn statuses(&self, method: &str) -> Vec<u16> {
        let of = |message: &Message| message.cseq().is_some_and(|(_, found)| found == method);
        self.seen.iter().filter(|(_, _, m)| of(m)).filter_map(|(_, _, m)| m.status()).collect()
    }

    fn drain_agent(&mut self) {
        while let Some(output) = self.ua.poll() {
            match output {
                ua::Output::Transmit { flow, bytes, .. } => self.send(flow, &bytes),
                ua::Output::Event(event) => self.take(event),
                ua::Output::Received { .. } | ua::Output::Close { .. } => {}
            }
        }
    }

    fn take(&mut self, event: Event) {
        if let Event::Outside { request_id, request, .. } = &event
            && request.method() == Some("OPTIONS")
        {
            self.ua.respond(self.now, *request_id, 200, &[], None);
        }
        if let Event::Modify { request_id, request, answered: false, .. } = &event {
            let answer =
                self.local.answer(request.body(), Direction::SendRecv).map(|answer| body(answer.bytes));
            self.ua.respond(self.now, *request_id, 200, &[], answer);
        }
        self.events.push(event);
    }
}

impl Machine for Party {
    type Command = Order;
    type Event = Said;

    fn handle(&mut self, at: At, input: Input<Order>) {
        self.now = self.now.max(at);
        match input {
            Input::Received { flow, bytes, .. } => {
                if let Ok(message) = Message::parse(&bytes) {
                    self.seen.push((at, flow, message));
                }
                self.ua.receive(at, flow, &bytes);
            }
            Input::Connected { flow } => self.connections.push(flow),
            Input::Closed { flow, .. } => {
                self.connections.retain(|known| *known != flow);
                self.ua.closed(at, flow);
            }
            Input::Unreachable { flow } => self.ua.unreachable(at, flow),
            Input::Timeout => self.ua.timeout(at),
            Input::Command(Order::Tls(tls::Event::Handshake(handshake))) => self.shaken.push(*handshake),
            Input::Command(Order::Tls(_)) => {}
        }
        self.drain_agent();
    }

    fn poll(&mut self) -> Option<Output<Said>> {
        self.drain_agent();
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        self.ua.deadline()
    }
}

impl TlsOwner for Party {
    fn tls_command(event: Said) -> Result<tls::Command, Said> {
        let Said::Tls(command) = event;
        Ok(command)
    }

    fn tls_event(event: tls::Event) -> Order {
        Order::Tls(event)
    }
}

pub fn body(bytes: Vec<u8>) -> Body {
    Body { content_type: "application/sdp".into(), bytes }
}

pub fn crypto(tag: u32, suite: Suite, fill: u8) -> Crypto {
    Crypto {
        tag,
        suite: suite.name().into(),
        key_and_salt: vec![fill; suite.key_and_salt_len()],
        lifetime: None,
        mki: None,
        session: Vec::new(),
    }
}

fn description(at: SocketAddr, secured: bool) -> Local {
    Local {
        address: at.ip(),
        port: 20_000,
        codecs: vec![Codec::named("PCMA").unwrap()],
        telephone_event: Some(101),
        ptime: Some(20),
        crypto: if secured { vec![crypto(1, Suite::AesCm128Sha1_80, 7)] } else { Vec::new() },
        protocol: None,
        user: "-".into(),
        session_id: 7,
        version: 1,
    }
}
