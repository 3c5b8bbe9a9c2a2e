//! The virtual-time driver: several nodes in one process, on a network that is only a queue.
//!
//! Time jumps from one thing due to the next, so a 25-minute call takes as long as its packets take to handle. The
//! network is seeded: same nodes, same seed, same outputs.

mod network;
mod node;
mod streams;

pub use network::Weather;
pub use node::{MachineNode, Node, Sent};

use crate::{At, Flow, Seed, Transport};
use network::{Arrival, Network, What};
use std::net::SocketAddr;
use streams::Streams;

/// How often one node may ask for a time-out at the same instant before the run is given up.
const PATIENCE: u32 = 100_000;

/// Why a run in virtual time ended before its goal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// A node asks for time-outs without end at one instant.
    #[error(
        "node {node} asks for a time-out at {at} without end: its deadline does not move when it is served"
    )]
    Spinning {
        /// The number of the node.
        node: usize,
        /// The instant.
        at: At,
    },
    /// Nothing is due any more and the goal is not reached.
    #[error("nothing is due after {at} and the goal of the run is not reached")]
    Idle {
        /// The last instant.
        at: At,
    },
}

/// Several nodes on one simulated network.
pub struct Simulation<'a> {
    nodes: Vec<Box<dyn Node + 'a>>,
    network: Network,
    now: At,
    streams: Streams,
    sent: Vec<Sent>,
}

impl<'a> Simulation<'a> {
    /// An empty network with this weather.
    pub fn new(weather: Weather, seed: Seed) -> Self {
        Simulation {
            nodes: Vec::new(),
            network: Network::new(weather, seed),
            now: At::ZERO,
            streams: Streams::default(),
            sent: Vec::new(),
        }
    }

    /// Adds a node; its number is its place in the order of adding.
    pub fn add(&mut self, node: impl Node + 'a) -> usize {
        self.nodes.push(Box::new(node));
        self.nodes.len() - 1
    }

    /// The instant the run has reached.
    pub fn now(&self) -> At {
        self.now
    }

    /// Runs until `done` says so (asked after each thing that happened) or `limit` is reached.
    ///
    /// # Errors
    /// [`Stuck`] where a node spins or nothing is due any more.
    pub fn run(&mut self, limit: At, mut done: impl FnMut() -> bool) -> Result<(), Stuck> {
        for node in 0..self.nodes.len() {
            self.drain(node);
        }
        let mut served_now = 0;
        while !done() {
            let due =
                self.nodes.iter().enumerate().filter_map(|(n, node)| node.deadline().map(|at| (at, n))).min();
            let next = match (self.network.next(), due) {
                (None, None) => return Err(Stuck::Idle { at: self.now }),
                (Some(arrival), Some((deadline, _))) if arrival <= deadline => None,
                (Some(_), None) => None,
                (_, Some(deadline)) => Some(deadline),
            };
            match next {
                None => {
                    let Some(arrival) = self.network.take() else { continue };
                    if arrival.at > limit {
                        self.now = limit;
                        return Ok(());
                    }
                    self.advance(arrival.at, &mut served_now);
                    self.deliver(arrival);
                }
                Some((at, node)) => {
                    if at > limit {
                        self.now = limit;
                        return Ok(());
                    }
                    self.advance(at, &mut served_now);
                    served_now += 1;
                    if served_now > PATIENCE {
                        return Err(Stuck::Spinning { node, at: self.now });
                    }
                    self.nodes[node].timeout(self.now);
                    self.drain(node);
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, to: At, served_now: &mut u32) {
        if to > self.now {
            self.now = to;
            *served_now = 0;
        }
    }

    fn owner(&self, address: SocketAddr) -> Option<usize> {
        self.nodes.iter().position(|node| node.owns(address.ip()))
    }

    fn deliver(&mut self, arrival: Arrival) {
        let Some(node) = self.owner(arrival.flow.local) else { return };
        if arrival.flow.transport.is_reliable() && !self.streams.arrives(&arrival) {
            return;
        }
        match arrival.what {
            What::Bytes { tos, bytes } => self.nodes[node].receive(self.now, arrival.flow, tos, bytes),
            What::Connected => self.nodes[node].connected(self.now, arrival.flow),
            What::Closed(reason) | What::Refused(reason) => {
                self.nodes[node].closed(self.now, arrival.flow, reason);
            }
            What::Unreachable => self.nodes[node].unreachable(self.now, arrival.flow),
        }
        self.drain(node);
    }

    fn drain(&mut self, node: usize) {
        let mut sent = std::mem::take(&mut self.sent);
        self.nodes[node].drain(self.now, &mut sent);
        for one in sent.drain(..) {
            match one {
                Sent::Bytes { flow, tos, bytes } => match flow.transport {
                    Transport::Udp => self.send_datagram(flow, tos, bytes),
                    Transport::Tcp | Transport::Tls => self.send_stream(flow, tos, bytes),
                },
                Sent::Close { flow } => {
                    if self.streams.close(flow) {
                        let closed = What::Closed("closed by the other end".into());
                        self.network.send_reliably(self.now, flow.reversed(), closed);
                    }
                }
            }
        }
        self.sent = sent;
    }

    /// A datagram to an address that nobody owns comes back as ICMP unreachable, as on a loopback interface.
    fn send_datagram(&mut self, flow: Flow, tos: u8, bytes: Vec<u8>) {
        if self.owner(flow.remote).is_some() {
            self.network.send(self.now, flow.reversed(), What::Bytes { tos: Some(tos), bytes });
        } else {
            self.network.send_reliably(self.now, flow, What::Unreachable);
        }
    }

    fn send_stream(&mut self, flow: Flow, tos: u8, bytes: Vec<u8>) {
        let connection = match self.streams.open(flow) {
            Some(connection) => connection,
            None => {
                let refused = if !flow.may_be_made() {
                    Some("the connection is gone")
                } else if !self.nodes.iter().any(|node| node.listens(flow.remote)) {
                    Some("connection refused")
                } else {
                    None
                };
                if let Some(why) = refused {
                    return self.network.send_reliably(self.now, flow, What::Refused(why.into()));
                }
                let connection = self.streams.connect(flow);
                self.network.send_reliably(self.now, connection, What::Connected);
                self.network.send_reliably(self.now, connection.reversed(), What::Connected);
                connection
            }
        };
        self.network.send_reliably(self.now, connection.reversed(), What::Bytes { tos: Some(tos), bytes });
    }
}
