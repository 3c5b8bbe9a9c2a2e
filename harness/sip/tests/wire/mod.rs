//! Two user agents on a wire that is only a queue, in virtual time.
#![allow(dead_code, clippy::unwrap_used)]

use oxocert_machine::{At, Flow, Seed, Transport};
use oxocert_sip::message::Message;
use oxocert_sip::ua::{Body, CallId, Config, Event, Invite, Output, Timers, UserAgent};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    A,
    B,
}

pub const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n";
pub const ANSWER: &[u8] = b"v=0\r\no=- 2 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\na=sendrecv\r\n";

/// A line of the log: when, who sent it, what, and whether it was marked a repetition.
#[derive(Debug, Clone)]
pub struct Line {
    pub at: At,
    pub from: Side,
    pub message: Message,
    pub again: bool,
}

impl Line {
    /// `INVITE`, `200 INVITE`...
    pub fn name(&self) -> String {
        match (self.message.method(), self.message.status()) {
            (Some(method), _) => method.to_string(),
            (None, status) => {
                let (_, method) = self.message.cseq().unwrap();
                format!("{} {method}", status.unwrap())
            }
        }
    }
}

/// Whether a message gets lost: by its sender, its name, and how often it was sent before.
pub type Lose = Box<dyn FnMut(Side, &str, usize) -> bool>;

/// The wire and its two ends.
pub struct Wire {
    pub now: At,
    pub a: UserAgent,
    pub b: UserAgent,
    pub transport: Transport,
    /// What went out, lost or not.
    pub log: Vec<Line>,
    /// Events by side, in order.
    pub events: Vec<(At, Side, Event)>,
    /// Received outputs marked as repetition.
    pub absorbed: usize,
    /// What gets lost.
    pub lose: Lose,
    queue: VecDeque<(At, Side, Vec<u8>)>,
}

pub fn address(side: Side) -> SocketAddr {
    match side {
        Side::A => "127.0.0.1:5060".parse().unwrap(),
        Side::B => "127.0.0.2:5060".parse().unwrap(),
    }
}

pub fn config(side: Side, transport: Transport) -> Config {
    Config {
        address: address(side),
        transport,
        product: Some("OXO063/011.001 GW_063/011.001".to_string()),
        allow: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK"].map(String::from).to_vec(),
        supported: ["100rel", "timer", "from-change"].map(String::from).to_vec(),
        timers: Timers::default(),
        session: None,
        auto_trying: true,
        first_cseq: None,
        contact_params: ";transport=UDP;user=phone".to_string(),
        seed: Seed(if side == Side::A { 1 } else { 2 }),
        tos: 0,
    }
}

pub fn sdp(bytes: &[u8]) -> Option<Body> {
    Some(Body { content_type: "application/sdp".to_string(), bytes: bytes.to_vec() })
}

impl Wire {
    pub fn new() -> Wire {
        Wire::with(Transport::Udp, |_, _| {})
    }

    pub fn with(transport: Transport, change: impl Fn(Side, &mut Config)) -> Wire {
        let make = |side| {
            let mut config = config(side, transport);
            change(side, &mut config);
            UserAgent::new(config)
        };
        Wire {
            now: At::ZERO,
            a: make(Side::A),
            b: make(Side::B),
            transport,
            log: Vec::new(),
            events: Vec::new(),
            absorbed: 0,
            lose: Box::new(|_, _, _| false),
            queue: VecDeque::new(),
        }
    }

    /// The flow of A towards B.
    pub fn flow(&self) -> Flow {
        Flow { transport: self.transport, local: address(Side::A), remote: address(Side::B) }
    }

    pub fn agent(&mut self, side: Side) -> &mut UserAgent {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    pub fn invite(&self, body: Option<Body>) -> Invite {
        Invite {
            flow: self.flow(),
            target: "sip:+33123456789@127.0.0.2;user=phone".to_string(),
            from: "\"Alice\" <sip:+33987654321@127.0.0.1>".to_string(),
            to: "<sip:+33123456789@127.0.0.2>".to_string(),
            contact_user: "+33987654321".to_string(),
            headers: Vec::new(),
            body,
            credentials: None,
        }
    }

    /// Takes what both ends want to send and tell.
    pub fn drain(&mut self) {
        for side in [Side::A, Side::B] {
            while let Some(output) = self.agent(side).poll() {
                match output {
                    Output::Transmit { bytes, retransmission, .. } => self.sent(side, bytes, retransmission),
                    Output::Received { retransmission, .. } => self.absorbed += usize::from(retransmission),
                    Output::Event(event) => self.events.push((self.now, side, event)),
                    Output::Close { .. } => {}
                }
            }
        }
    }

    fn sent(&mut self, from: Side, bytes: Vec<u8>, again: bool) {
        let message = Message::parse(&bytes).unwrap();
        assert!(message.findings().is_empty(), "{message:?}: {:?}", message.findings());
        let line = Line { at: self.now, from, message, again };
        let name = line.name();
        let before = self.log.iter().filter(|l| l.from == from && l.name() == name).count();
        self.log.push(line);
        if !(self.lose)(from, &name, before) {
            // One millisecond each way keeps the order of a UDP path.
            self.queue.push_back((self.now + Duration::from_millis(1), from, bytes));
        }
    }

    /// Runs until `until`.
    pub fn run(&mut self, until: At) {
        loop {
            self.drain();
            let deadlines = [self.a.deadline(), self.b.deadline(), self.queue.front().map(|(at, _, _)| *at)];
            let Some(next) = deadlines.into_iter().flatten().min().filter(|next| *next <= until) else {
                break;
            };
            self.now = self.now.max(next);
            let now = self.now;
            while self.queue.front().is_some_and(|(at, _, _)| *at <= now) {
                let (_, from, bytes) = self.queue.pop_front().unwrap();
                let flow = if from == Side::A { self.flow().reversed() } else { self.flow() };
                let to = if from == Side::A { Side::B } else { Side::A };
                self.agent(to).receive(now, flow, &bytes);
                self.drain();
            }
            for side in [Side::A, Side::B] {
                if self.agent(side).deadline().is_some_and(|deadline| deadline <= now) {
                    self.agent(side).timeout(now);
                }
            }
        }
        self.now = until;
        self.drain();
    }

    /// Runs for `millis` milliseconds.
    pub fn run_for(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        self.run(until);
    }

    /// Names of everything sent, `A INVITE`, in order; repetitions carry a `*`.
    pub fn ladder(&self) -> Vec<String> {
        let mark = |line: &Line| if line.again { "*" } else { "" };
        self.log.iter().map(|line| format!("{:?} {}{}", line.from, line.name(), mark(line))).collect()
    }

    /// When `side` sent `name`, in milliseconds.
    pub fn times(&self, side: Side, name: &str) -> Vec<u64> {
        let wanted = |line: &&Line| line.from == side && line.name() == name;
        self.log.iter().filter(wanted).map(|line| line.at.0 / 1_000_000).collect()
    }

    /// Kinds of the events of `side`.
    pub fn told(&self, side: Side) -> Vec<String> {
        let kind = |event: &Event| {
            let text = format!("{event:?}");
            text.split([' ', '{', '(']).next().unwrap().to_string()
        };
        self.events.iter().filter(|(_, s, _)| *s == side).map(|(_, _, event)| kind(event)).collect()
    }

    /// The call that came in at B.
    pub fn incoming(&self) -> CallId {
        self.events
            .iter()
            .rev()
            .find_map(|(_, side, event)| match event {
                Event::Incoming { call, .. } if *side == Side::B => Some(*call),
                _ => None,
            })
            .unwrap()
    }

    /// A calls B, B rings and answers; the ladder is cleared.
    pub fn established(&mut self) -> (CallId, CallId) {
        let invite = self.invite(sdp(OFFER));
        let now = self.now;
        let a = self.a.call(now, invite);
        self.run_for(10);
        let b = self.incoming();
        let now = self.now;
        self.b.answer(now, b, &[], sdp(ANSWER));
        self.run_for(10);
        self.log.clear();
        self.events.clear();
        (a, b)
    }
}
