//! The engine itself: ports by address, commands, wake-ups.

use super::findings::{Findings, Kind};
use super::port::Port;
use super::receiver::Datagram;
use super::sender::{Forwarded, Sender};
use super::{Command, Event, PortId, Sending};
use crate::dtmf::Order;
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed, Transport};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::net::SocketAddr;

/// Every RTP and RTCP port of one process.
///
/// It never fails: what cannot be done (an order for a port that is not open, a packet that is not RTP) is ignored or
/// comes up as [`Event::Finding`].
#[derive(Debug)]
pub struct Engine {
    seed: Seed,
    now: At,
    ports: BTreeMap<PortId, Port>,
    addresses: BTreeMap<SocketAddr, (PortId, Half)>,
    /// Wake-ups, some of them outdated: that of a port counts only if it is the port's `wake_up`.
    wake_ups: BinaryHeap<Reverse<(At, PortId)>>,
    /// Where packets are opened.
    opened: Vec<u8>,
    out: VecDeque<Output<Event>>,
}

/// Which of a port's two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Rtp,
    Rtcp,
}

impl Engine {
    /// An engine without ports; SSRC, sequence numbers, timestamps and report intervals come from `seed`.
    pub fn new(seed: Seed) -> Engine {
        Engine {
            seed: seed.child("media"),
            now: At::ZERO,
            ports: BTreeMap::new(),
            addresses: BTreeMap::new(),
            wake_ups: BinaryHeap::new(),
            opened: Vec::new(),
            out: VecDeque::new(),
        }
    }

    /// Whether `local` is an open port of this engine, RTP or RTCP.
    pub fn owns(&self, local: SocketAddr) -> bool {
        self.addresses.contains_key(&local)
    }

    /// The open ports with their RTP addresses, by name.
    pub fn open_ports(&self) -> impl Iterator<Item = (PortId, SocketAddr)> + '_ {
        self.ports.iter().map(|(id, port)| (*id, port.local))
    }

    /// Takes a datagram without copying it. `stamp` is the kernel's receive stamp, `None` where it is missing: such a
    /// packet counts as unstamped and enters no statistic of time.
    pub fn received(&mut self, at: At, stamp: Option<At>, flow: Flow, tos: Option<u8>, bytes: &[u8]) {
        self.now = self.now.max(at);
        if flow.transport != Transport::Udp {
            return;
        }
        let Some((id, half)) = self.addresses.get(&flow.local).copied() else { return };
        let datagram = Datagram { at, stamp, remote: flow.remote, tos, bytes };
        match half {
            Half::Rtp => self.received_rtp(id, datagram),
            Half::Rtcp => {
                if let Some(port) = self.ports.get_mut(&id) {
                    port.rtcp(datagram, &mut self.opened, &mut self.out);
                }
            }
        }
        self.plan(id);
    }

    fn received_rtp(&mut self, id: PortId, datagram: Datagram<'_>) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let expected = port.expected();
        let relays_to = port.relays_to;
        let opened = &mut self.opened;
        let Some(reader) = port.receiver.rtp(datagram, expected, opened, &mut self.out) else { return };
        let target = relays_to.and_then(|to| self.ports.get_mut(&to));
        if let Some(Port { sender: Some(sender), guard, .. }) = target {
            let packet = Forwarded {
                payload_type: reader.payload_type(),
                timestamp: reader.timestamp(),
                marker: reader.mark(),
                payload: reader.payload(),
            };
            sender.transmit(packet, self.now, guard, &mut self.out);
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Open { port, local } => self.open(port, local),
            Command::Send { port, sending } => self.send(port, sending),
            Command::Play { port, source } => {
                if let Some(sender) = self.sender(port) {
                    sender.play(source);
                }
            }
            Command::Digits { port, digits, duration_ms, gap_ms, loss_percent } => {
                let order = Order { digits, duration_ms, gap_ms, loss_percent };
                if let Some(open) = self.ports.get_mut(&port) {
                    open.digits(self.now, &order, &mut self.out);
                }
            }
            Command::Stop { port } => {
                if let Some(open) = self.ports.get_mut(&port) {
                    open.stop(self.now, &mut self.out);
                }
            }
            Command::Relay { from, to } => self.relay(from, to),
            Command::Spoil { port, fault } => {
                if let Some(open) = self.ports.get_mut(&port) {
                    open.spoil(fault);
                }
            }
            Command::Secure { port, sending, receiving } => {
                if let Some(open) = self.ports.get_mut(&port) {
                    open.secure(self.now, sending.as_ref(), receiving.as_ref(), &mut self.out);
                }
            }
            Command::Trouble { port, trouble } => {
                if let Some(open) = self.ports.get_mut(&port) {
                    open.trouble(trouble);
                }
            }
            Command::Close { port } => self.close(port),
        }
    }

    fn open(&mut self, id: PortId, local: SocketAddr) {
        if self.ports.get(&id).is_some_and(|port| port.local == local) {
            return;
        }
        self.close(id);
        let mut rtcp_local = local;
        let Some(rtcp_port) = local.port().checked_add(1) else {
            self.refuse(id, local, "RTCP has no port above 65535");
            return;
        };
        rtcp_local.set_port(rtcp_port);
        if self.owns(local) || self.owns(rtcp_local) {
            self.refuse(id, local, "the address is open as another port");
            return;
        }
        self.addresses.insert(local, (id, Half::Rtp));
        self.addresses.insert(rtcp_local, (id, Half::Rtcp));
        self.ports.insert(id, Port::new(id, local, rtcp_local));
    }

    fn refuse(&mut self, id: PortId, local: SocketAddr, why: &str) {
        let note = || format!("{local} cannot be opened: {why}");
        self.out.extend(Findings::new(id).tell(self.now, local, Kind::AddressTaken, note).map(Output::Event));
    }

    fn send(&mut self, id: PortId, sending: Sending) {
        let (now, seed) = (self.now, self.seed);
        let Some(port) = self.ports.get_mut(&id) else { return };
        match &mut port.sender {
            Some(sender) => sender.change(sending, now),
            None => {
                port.streams_begun += 1;
                let rng = seed.generator(&format!("{} {}", id.0, port.streams_begun));
                let start_at = port.start_at.take();
                let mut sender = Sender::new(id, port.local, port.rtcp_local, sending, now, start_at, rng);
                sender.faults = port.faults.clone();
                port.sender = Some(sender);
            }
        }
        self.plan(id);
    }

    fn relay(&mut self, from: PortId, to: Option<PortId>) {
        let Some(port) = self.ports.get_mut(&from) else { return };
        let before = std::mem::replace(&mut port.relays_to, to);
        if let Some(before) = before.and_then(|id| self.ports.get_mut(&id))
            && before.relayed_from == Some(from)
        {
            before.relayed_from = None;
        }
        if let Some(port) = to.and_then(|id| self.ports.get_mut(&id)) {
            port.relayed_from = Some(from);
        }
    }

    fn close(&mut self, id: PortId) {
        self.relay(id, None);
        let Some(mut port) = self.ports.remove(&id) else { return };
        for other in self.ports.values_mut().filter(|other| other.relays_to == Some(id)) {
            // A port that is opened under the same name later is not the one that was meant.
            other.relays_to = None;
        }
        port.stop(self.now, &mut self.out);
        port.receiver.close(self.now, &mut self.out);
        self.addresses.remove(&port.local);
        self.addresses.remove(&port.rtcp_local);
    }

    fn sender(&mut self, id: PortId) -> Option<&mut Sender> {
        self.ports.get_mut(&id)?.sender.as_mut()
    }

    fn advance(&mut self) {
        while let Some(Reverse((at, id))) = self.wake_ups.peek().copied() {
            if at > self.now {
                break;
            }
            self.wake_ups.pop();
            if let Some(port) = self.ports.get_mut(&id).filter(|port| port.wake_up == Some(at)) {
                port.wake_up = None;
                port.advance(self.now, &mut self.out);
                self.plan(id);
            }
        }
    }

    /// Puts the port's next wake-up into the queue. One that is early costs a look, so a later deadline leaves the
    /// earlier wake-up where it is.
    fn plan(&mut self, id: PortId) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let Some(deadline) = port.deadline() else { return };
        if port.wake_up.is_none_or(|planned| deadline < planned) {
            port.wake_up = Some(deadline);
            self.wake_ups.push(Reverse((deadline, id)));
        }
    }

    /// Drops outdated wake-ups from the head of the queue, so that [`Machine::deadline`] can trust it.
    fn tidy(&mut self) {
        while let Some(Reverse((at, id))) = self.wake_ups.peek().copied() {
            if self.ports.get(&id).is_some_and(|port| port.wake_up == Some(at)) {
                break;
            }
            self.wake_ups.pop();
        }
    }

    fn unreachable(&mut self, flow: Flow) {
        let Some((id, _)) = self.addresses.get(&flow.local).copied() else { return };
        let Some(port) = self.ports.get_mut(&id) else { return };
        let note = || format!("the network says that {} is unreachable", flow.remote);
        self.out.extend(
            port.receiver.findings.tell(self.now, flow.remote, Kind::Unreachable, note).map(Output::Event),
        );
    }
}

impl Machine for Engine {
    type Command = Command;
    type Event = Event;

    fn handle(&mut self, at: At, input: Input<Command>) {
        match input {
            Input::Received { flow, tos, bytes } => self.received(at, Some(at), flow, tos, &bytes),
            Input::Command(command) => {
                self.now = self.now.max(at);
                self.command(command);
            }
            Input::Timeout => {
                self.now = self.now.max(at);
                self.advance();
            }
            Input::Unreachable { flow } => {
                self.now = self.now.max(at);
                self.unreachable(flow);
            }
            Input::Connected { .. } | Input::Closed { .. } => {}
        }
        self.tidy();
    }

    fn poll(&mut self) -> Option<Output<Event>> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<At> {
        self.wake_ups.peek().map(|Reverse((at, _))| *at)
    }
}
