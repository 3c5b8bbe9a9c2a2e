//! All TLS connections of one machine.

mod connection;
mod limits;
mod ports;
mod probe;
mod turn;

use crate::session::{Contexts, UtcClock};
use crate::{Command, Ended, Event, Side};
use connection::Connection;
use oxocert_machine::{At, Flow, Seed, Transport};
use oxocert_pki::UtcSeconds;
use ports::Ports;
use probe::Probe;
use rand::rngs::SmallRng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// What a layer puts out, below and above.
#[derive(Debug)]
pub(crate) enum Out {
    /// On a `Tcp` flow.
    Transmit {
        flow: Flow,
        tos: u8,
        bytes: Vec<u8>,
    },
    /// A `Tcp` flow.
    Close(Flow),
    Event(Event),
    /// A `Tls` flow, as all below.
    Connected(Flow),
    Received {
        flow: Flow,
        tos: Option<u8>,
        bytes: Vec<u8>,
    },
    Closed {
        flow: Flow,
        reason: String,
    },
}

/// All TLS connections of one machine. Connections are known by their `Tls` flow.
pub(crate) struct Layer {
    now: At,
    utc_at_zero: UtcSeconds,
    clock: Arc<UtcClock>,
    /// By our address, and by the peer's where it has one of its own.
    endpoints: BTreeMap<(IpAddr, Option<IpAddr>), Contexts>,
    connections: BTreeMap<Flow, Connection>,
    probes: BTreeMap<Flow, Probe>,
    /// When a handshake or a probe has lasted too long, by `Tls` flow.
    due: BTreeSet<(At, Flow)>,
    /// Addresses whose streams come in without TLS.
    plain: BTreeSet<SocketAddr>,
    /// Streams that the machine makes without TLS: from where, to where.
    in_clear: BTreeSet<(IpAddr, SocketAddr)>,
    ports: Ports,
    dice: SmallRng,
    /// The longest handshake.
    patience: Duration,
    out: VecDeque<Out>,
}

impl Layer {
    pub(crate) fn new(utc_at_zero: UtcSeconds, seed: Seed) -> Layer {
        Layer {
            now: At::ZERO,
            utc_at_zero,
            clock: Arc::new(UtcClock::default()),
            endpoints: BTreeMap::new(),
            connections: BTreeMap::new(),
            probes: BTreeMap::new(),
            due: BTreeSet::new(),
            plain: BTreeSet::new(),
            in_clear: BTreeSet::new(),
            ports: Ports::new(seed),
            dice: seed.generator("tls"),
            patience: limits::HANDSHAKE,
            out: VecDeque::new(),
        }
    }

    /// It is now this late.
    pub(crate) fn at(&mut self, now: At) {
        self.now = now;
        let seconds = i64::try_from(now.0 / 1_000_000_000).unwrap_or(i64::MAX);
        self.clock.set(self.utc_at_zero.0.saturating_add(seconds));
    }

    pub(crate) fn poll(&mut self) -> Option<Out> {
        self.out.pop_front()
    }

    pub(crate) fn deadline(&self) -> Option<At> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes an order.
    pub(crate) fn command(&mut self, command: Command) {
        match command {
            Command::Endpoint { local, endpoint } => {
                self.endpoints.insert((local, None), Contexts::new(*endpoint, Arc::clone(&self.clock)));
            }
            Command::Toward { local, remote, endpoint } => {
                self.endpoints
                    .insert((local, Some(remote)), Contexts::new(*endpoint, Arc::clone(&self.clock)));
            }
            Command::Plain { local } => {
                self.plain.insert(local);
            }
            Command::Connect { flow } => {
                self.open(flow, 0);
            }
            Command::CloseAll { local } => {
                let all: Vec<Flow> =
                    self.connections.keys().filter(|flow| flow.local.ip() == local).copied().collect();
                for flow in all {
                    self.end(flow, Side::Own, None, "closed by order".into());
                }
            }
            Command::Patience(longest) => self.patience = longest,
            Command::Probe { id, local, remote, hello } => self.probe(id, local, remote, hello),
        }
    }

    /// The machine makes a stream without TLS.
    pub(crate) fn goes_in_clear(&mut self, flow: Flow) {
        self.in_clear.insert((flow.local.ip(), flow.remote));
    }

    /// Whether a stream is this layer's.
    pub(crate) fn owns(&self, stream: Flow) -> bool {
        let flow = stream.over(Transport::Tls);
        stream.transport == Transport::Tcp
            && (self.connections.contains_key(&flow) || self.probes.contains_key(&flow))
    }

    /// A stream is there; whether it is one of this layer, or has become one.
    pub(crate) fn connected(&mut self, stream: Flow) -> bool {
        let flow = stream.over(Transport::Tls);
        if let Some(connection) = self.connections.get_mut(&flow) {
            connection.stream_at = Some(self.now);
            return true;
        }
        if self.probes.contains_key(&flow) {
            self.probe_connected(flow);
            return true;
        }
        let comes_in = !self.in_clear.contains(&(flow.local.ip(), flow.remote))
            && !self.plain.contains(&flow.local)
            && self.contexts(flow).is_some();
        if comes_in {
            self.accept(flow);
        }
        comes_in
    }

    /// Bytes of a stream of this layer.
    pub(crate) fn received(&mut self, stream: Flow, tos: Option<u8>, bytes: &[u8]) {
        let flow = stream.over(Transport::Tls);
        if self.probes.contains_key(&flow) {
            self.probe_received(flow, bytes);
        } else {
            self.feed(flow, tos, bytes);
        }
    }

    /// A stream of this layer is gone, or was never made.
    pub(crate) fn closed(&mut self, stream: Flow, reason: &str) {
        let flow = stream.over(Transport::Tls);
        if self.probes.contains_key(&flow) {
            return self.probe_closed(flow, reason);
        }
        self.stream_closed(flow, reason);
    }

    /// The machine sends on a `Tls` flow.
    pub(crate) fn send(&mut self, flow: Flow, tos: u8, bytes: &[u8]) {
        let found = match flow.local.port() {
            0 => self.any_between(flow),
            _ => Some(flow).filter(|flow| self.connections.contains_key(flow)),
        };
        let found = match found {
            None if flow.local.port() == 0 || Flow::OWN_PORTS.contains(&flow.local.port()) => {
                self.open(flow, tos)
            }
            None => {
                self.out.push_back(Out::Closed { flow, reason: "the connection is gone".into() });
                None
            }
            found => found,
        };
        if let Some(found) = found {
            self.write(found, flow, tos, bytes);
        }
    }

    /// The machine closes a `Tls` flow.
    pub(crate) fn close(&mut self, flow: Flow) {
        let found = match flow.local.port() {
            0 => self.any_between(flow),
            _ => Some(flow),
        };
        if let Some(found) = found {
            self.leave(found, "closed by the machine");
        }
    }

    /// The connection between two addresses: one that is up before one that is to be.
    fn any_between(&self, flow: Flow) -> Option<Flow> {
        let between = || {
            self.connections
                .iter()
                .filter(move |(known, _)| known.local.ip() == flow.local.ip() && known.remote == flow.remote)
        };
        between().find(|(_, one)| one.up).or_else(|| between().next()).map(|(known, _)| *known)
    }

    fn endpoint_key(&self, flow: Flow) -> Option<(IpAddr, Option<IpAddr>)> {
        [(flow.local.ip(), Some(flow.remote.ip())), (flow.local.ip(), None)]
            .into_iter()
            .find(|key| self.endpoints.contains_key(key))
    }

    fn contexts(&mut self, flow: Flow) -> Option<&mut Contexts> {
        let key = self.endpoint_key(flow)?;
        self.endpoints.get_mut(&key)
    }

    fn finding(&mut self, flow: Flow, note: String) {
        self.out.push_back(Out::Event(Event::Finding { flow, note }));
    }

    fn transmit(&mut self, flow: Flow, tos: u8, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.out.push_back(Out::Transmit { flow: flow.over(Transport::Tcp), tos, bytes });
        }
    }

    fn ended(&mut self, ended: Ended) {
        self.out.push_back(Out::Event(Event::Ended(ended)));
    }
}
