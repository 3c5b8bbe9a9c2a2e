//! A node of the simulated network.

use crate::{At, Flow, Input, Machine, Output};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// What a node put on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Bytes.
    Bytes {
        /// From where to whom.
        flow: Flow,
        /// TOS byte.
        tos: u8,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The end of a stream.
    Close {
        /// Which.
        flow: Flow,
    },
}

/// Something with addresses on the simulated network.
pub trait Node {
    /// Whether packets to this address are this node's.
    fn owns(&self, address: IpAddr) -> bool;
    /// Whether a stream may be made to this address.
    fn listens(&self, address: SocketAddr) -> bool {
        self.owns(address.ip())
    }
    /// Bytes arrived.
    fn receive(&mut self, at: At, flow: Flow, tos: Option<u8>, bytes: Vec<u8>);
    /// A stream is established.
    fn connected(&mut self, at: At, flow: Flow);
    /// A stream ended.
    fn closed(&mut self, at: At, flow: Flow, reason: String);
    /// The network says that a datagram cannot be delivered.
    fn unreachable(&mut self, at: At, flow: Flow);
    /// The deadline passed.
    fn timeout(&mut self, at: At);
    /// When the node wants a time-out.
    fn deadline(&self) -> Option<At>;
    /// Moves what the node sends into `sent`; its events go to its owner.
    fn drain(&mut self, at: At, sent: &mut Vec<Sent>);
}

/// A machine as a node: its events go to a function, which may answer with commands for the machine.
pub struct MachineNode<M: Machine, F> {
    machine: M,
    addresses: BTreeSet<IpAddr>,
    /// `None`: every port.
    listening: Option<BTreeSet<SocketAddr>>,
    on_event: F,
}

impl<M, F> MachineNode<M, F>
where
    M: Machine,
    F: FnMut(At, M::Event) -> Vec<M::Command>,
{
    /// A node with these addresses. `first` is given to the machine at once, at the beginning of time.
    pub fn new(machine: M, addresses: BTreeSet<IpAddr>, first: Vec<M::Command>, on_event: F) -> Self {
        let mut node = MachineNode { machine, addresses, listening: None, on_event };
        for command in first {
            node.machine.handle(At::ZERO, Input::Command(command));
        }
        node
    }

    /// The same node, which takes streams at these addresses only; a new one takes them at every port of its addresses.
    #[must_use]
    pub fn listening_at(self, listening: BTreeSet<SocketAddr>) -> Self {
        MachineNode { listening: Some(listening), ..self }
    }
}

impl<M, F> Node for MachineNode<M, F>
where
    M: Machine,
    F: FnMut(At, M::Event) -> Vec<M::Command>,
{
    fn owns(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address)
    }

    fn listens(&self, address: SocketAddr) -> bool {
        match &self.listening {
            Some(listening) => listening.contains(&address),
            None => self.owns(address.ip()),
        }
    }

    fn receive(&mut self, at: At, flow: Flow, tos: Option<u8>, bytes: Vec<u8>) {
        self.machine.handle(at, Input::Received { flow, tos, bytes });
    }

    fn connected(&mut self, at: At, flow: Flow) {
        self.machine.handle(at, Input::Connected { flow });
    }

    fn closed(&mut self, at: At, flow: Flow, reason: String) {
        self.machine.handle(at, Input::Closed { flow, reason });
    }

    fn unreachable(&mut self, at: At, flow: Flow) {
        self.machine.handle(at, Input::Unreachable { flow });
    }

    fn timeout(&mut self, at: At) {
        self.machine.handle(at, Input::Timeout);
    }

    fn deadline(&self) -> Option<At> {
        self.machine.deadline()
    }

    fn drain(&mut self, at: At, sent: &mut Vec<Sent>) {
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Transmit { flow, tos, bytes } => sent.push(Sent::Bytes { flow, tos, bytes }),
                Output::Close { flow } => sent.push(Sent::Close { flow }),
                Output::Event(event) => {
                    for command in (self.on_event)(at, event) {
                        self.machine.handle(at, Input::Command(command));
                    }
                }
            }
        }
    }
}
