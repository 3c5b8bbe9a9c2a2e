//! Engines on a wire that delays every datagram by the same time.

use oxocert_machine::{At, Flow, Input, Machine, Output, Seed};
use oxocert_media::engine::{Command, Engine, Event, PortId, Sending, Sound, Source, Window};
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
            Event::Window(window) if window.port == PortId(at_port) => Some(window),
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
