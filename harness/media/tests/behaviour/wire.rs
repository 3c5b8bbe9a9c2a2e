//! Engines on a wire that delays every datagram by the same time.

use oxocert_machine::{At, Flow, Input, Machine, Output, Seed};
use oxocert_media::engine::{Command, Engine, Event, PortId, Sending, Sound, Source, SrtpCounts, Window};
use oxocert_media::srtp::{Key, Suite};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// A datagram that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub at: At,
    pub flow: Flow,
    pub tos: u8,
    pub bytes: Vec<u8>,
}

/// Engines by number, told apart by the addresses they own.
pub struct Wire {
    pub now: At,
    pub engines: Vec<Engine>,
    pub sent: Vec<Sent>,
    pub events: Vec<(usize, At, Event)>,
    delay: Duration,
    on_the_way: VecDeque<Sent>,
    /// Datagrams for which this is true are lost.
    pub lose: fn(&Sent) -> bool,
}

impl Wire {
    pub fn new(engines: usize) -> Wire {
        Wire {
            now: At::ZERO,
            engines: (0..engines).map(|n| Engine::new(Seed(n as u64))).collect(),
            sent: Vec::new(),
            events: Vec::new(),
            delay: Duration::from_millis(3),
            on_the_way: VecDeque::new(),
            lose: |_| false,
        }
    }

    pub fn order(&mut self, engine: usize, command: Command) {
        self.engines[engine].handle(self.now, Input::Command(command));
        self.drain(engine);
    }

    pub fn open(&mut self, engine: usize, port: u32) {
        self.order(engine, Command::Open { port: PortId(port), local: address(port) });
    }

    pub fn send(&mut self, engine: usize, port: u32, to: u32, source: Source) {
        self.order(engine, Command::Send { port: PortId(port), sending: sending(to, source) });
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let arrival = self.on_the_way.front().map(|sent| sent.at + self.delay);
            let wake_up = self.engines.iter().filter_map(Engine::deadline).min();
            let Some(next) = arrival.into_iter().chain(wake_up).min().filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            if arrival == Some(next) {
                let sent = self.on_the_way.pop_front().unwrap();
                self.deliver(&sent);
            }
            for engine in 0..self.engines.len() {
                if self.engines[engine].deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.engines[engine].handle(self.now, Input::Timeout);
                    self.drain(engine);
                }
            }
        }
        self.now = end;
    }

    pub fn inject(&mut self, engine: usize, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let input = Input::Received { flow: Flow::udp(to, from), tos: None, bytes: bytes.to_vec() };
        self.engines[engine].handle(self.now, input);
        self.drain(engine);
    }

    fn deliver(&mut self, sent: &Sent) {
        let flow = sent.flow.reversed();
        if let Some(engine) = self.engines.iter().position(|engine| engine.owns(flow.local)) {
            let input = Input::Received { flow, tos: Some(sent.tos), bytes: sent.bytes.clone() };
            self.engines[engine].handle(self.now, input);
            self.drain(engine);
        }
    }

    fn drain(&mut self, engine: usize) {
        while let Some(output) = self.engines[engine].poll() {
            match output {
                Output::Transmit { flow, tos, bytes } => {
                    let sent = Sent { at: self.now, flow, tos, bytes };
                    if !(self.lose)(&sent) {
                        self.on_the_way.push_back(sent.clone());
                    }
                    self.sent.push(sent);
                }
                Output::Event(event) => self.events.push((engine, self.now, event)),
                Output::Close { .. } => {}
            }
        }
    }

    /// The sounds heard at a port with their sources' ports, in order.
    pub fn heard(&self, at_port: u32) -> Vec<(Sound, Option<u16>)> {
        let heard = self.events.iter().filter_map(|(_, _, event)| match event {
            Event::Heard { port, sound, remote, .. } if *port == PortId(at_port) => {
                Some((*sound, remote.map(|remote| remote.port())))
            }
            _ => None,
        });
        heard.collect()
    }

    pub fn windows(&self, at_port: u32) -> Vec<&Window> {
        let windows = self.events.iter().filter_map(|(_, _, event)| match event {
            Event::Window(window) if window.port == PortId(at_port) => Some(window.as_ref()),
            _ => None,
        });
        windows.collect()
    }

    pub fn findings(&self) -> Vec<&str> {
        let notes = self.events.iter().filter_map(|(_, _, event)| match event {
            Event::Finding { note, .. } => Some(note.as_str()),
            _ => None,
        });
        notes.collect()
    }

    /// The RTP packets that left a port.
    pub fn rtp_from(&self, port: u32) -> Vec<&Sent> {
        self.sent.iter().filter(|sent| sent.flow.local == address(port)).collect()
    }
}

/// The address of a port: its name counts pairs from 4000 on.
pub fn address(port: u32) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 4000 + 2 * port as u16))
}

pub fn sending(to: u32, source: Source) -> Sending {
    Sending {
        remote: address(to),
        payload_type: 8,
        event_payload_type: Some(101),
        ptime_ms: 20,
        tos: 184,
        source,
    }
}

pub fn tone(hz: u16) -> Source {
    Source::Tone { hz, dbm0: -10.0 }
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A key that is the same in every run: bytes that count up from `seed`.
pub fn key(suite: Suite, seed: u8) -> Key {
    let bytes = (0..suite.key_and_salt_len()).map(|n| seed.wrapping_add((7 * n) as u8));
    Key { suite, key_and_salt: bytes.collect(), mki: None }
}

/// What a port is to do with its packets: protect with the key of `sends`, expect the key of `receives` (bytes from which they
/// count up), of the preferred suite.
pub fn secure(port: u32, sends: u8, receives: u8) -> Command {
    let key = |seed| Some(key(Suite::AesCm128Sha1_80, seed));
    Command::Secure { port: PortId(port), sending: key(sends), receiving: key(receives) }
}

/// Two that talk: port 1 under key 1, port 2 under key 2.
pub fn secured_talk() -> Wire {
    let mut wire = Wire::new(2);
    wire.open(0, 1);
    wire.open(1, 2);
    wire.order(0, secure(1, 1, 2));
    wire.order(1, secure(2, 2, 1));
    wire.send(0, 1, 2, tone(600));
    wire.send(1, 2, 1, tone(950));
    wire
}

impl Wire {
    /// What SRTP showed at a port in all windows together.
    pub fn srtp(&self, at_port: u32) -> SrtpCounts {
        self.windows(at_port).iter().filter_map(|window| window.srtp).fold(SrtpCounts::default(), |a, b| {
            SrtpCounts {
                authenticated: a.authenticated + b.authenticated,
                unauthenticated: a.unauthenticated + b.unauthenticated,
                other_key: a.other_key + b.other_key,
                roll_over: a.roll_over + b.roll_over,
                clear: a.clear + b.clear,
                replayed: a.replayed + b.replayed,
                rtcp_authenticated: a.rtcp_authenticated + b.rtcp_authenticated,
                rtcp_unauthenticated: a.rtcp_unauthenticated + b.rtcp_unauthenticated,
                rtcp_unencrypted: a.rtcp_unencrypted + b.rtcp_unencrypted,
            }
        })
    }

    /// Ends both streams of a talk between port 1 and port 2 and lets the last windows come.
    pub fn end_talk(&mut self) {
        self.order(0, Command::Stop { port: PortId(1) });
        self.order(1, Command::Stop { port: PortId(2) });
        self.run(secs(2));
    }

    /// Packets in all windows of a port.
    pub fn packets(&self, at_port: u32) -> u64 {
        self.windows(at_port).iter().map(|window| window.packets).sum()
    }
}
