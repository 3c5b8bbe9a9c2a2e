//! One port pair: its sender, its receiver, and what it forwards.

use super::fault::Faults;
use super::findings::Kind;
use super::guard::Guard;
use super::receiver::{Datagram, Expected, Receiver};
use super::sender::Sender;
use super::{Event, Fault, PortId, Trouble};
use crate::dtmf::Order;
use crate::srtp::Key;
use oxocert_machine::{At, Output};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// An open port.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) local: SocketAddr,
    /// RTP's port + 1.
    pub(super) rtcp_local: SocketAddr,
    pub(super) sender: Option<Sender>,
    pub(super) receiver: Receiver,
    /// What its packets pass before they leave.
    pub(super) guard: Guard,
    /// The first sequence number of the next stream, where it was ordered.
    pub(super) start_at: Option<u16>,
    /// Where received packets are forwarded from.
    pub(super) relays_to: Option<PortId>,
    /// Whose packets are sent from here in place of the own source.
    pub(super) relayed_from: Option<PortId>,
    /// Streams begun so far, to tell their generators apart.
    pub(super) streams_begun: u32,
    /// What is wrong with the packets it sends.
    pub(super) faults: Faults,
    /// The wake-up that stands in the engine's queue for this port.
    pub(super) wake_up: Option<At>,
}

impl Port {
    pub(super) fn new(id: PortId, local: SocketAddr, rtcp_local: SocketAddr) -> Port {
        Port {
            local,
            rtcp_local,
            sender: None,
            receiver: Receiver::new(id),
            guard: Guard::default(),
            start_at: None,
            relays_to: None,
            relayed_from: None,
            streams_begun: 0,
            faults: Faults::default(),
            wake_up: None,
        }
    }

    /// The payload types that its session negotiated.
    pub(super) fn expected(&self) -> Expected {
        self.sender.as_ref().map_or(Expected::default(), |sender| Expected {
            audio: Some(sender.sending.payload_type),
            event: sender.sending.event_payload_type,
        })
    }

    /// When something of it is due.
    pub(super) fn deadline(&self) -> Option<At> {
        let sender = self.sender.as_ref().map(Sender::deadline);
        sender.into_iter().chain(self.receiver.deadline()).min()
    }

    /// Spoils what leaves from now on.
    pub(super) fn spoil(&mut self, fault: Fault) {
        self.faults.add(fault);
        self.receiver.admission.spoil(fault);
        if let Some(sender) = &mut self.sender {
            sender.faults.add(fault);
        }
    }

    /// Does what is due at `at`.
    pub(super) fn advance(&mut self, at: At, out: &mut VecDeque<Output<Event>>) {
        if let Some(sender) = &mut self.sender {
            sender.send_due(at, self.relayed_from.is_some(), &mut self.guard, out);
            if sender.report_is_due(at) {
                sender.report(at, self.receiver.report_blocks(at), false, &mut self.guard, out);
            }
        }
        self.receiver.expire(at, out);
    }

    /// Stops sending with a BYE (RFC 3550 §6.6).
    pub(super) fn stop(&mut self, at: At, out: &mut VecDeque<Output<Event>>) {
        if let Some(mut sender) = self.sender.take() {
            sender.report(at, self.receiver.report_blocks(at), true, &mut self.guard, out);
        }
    }

    /// Sends digits if the session knows telephone-events; a finding tells where it does not.
    pub(super) fn digits(&mut self, at: At, order: &Order, out: &mut VecDeque<Output<Event>>) {
        let Some(sender) = &mut self.sender else { return };
        if sender.sending.event_payload_type.is_some() {
            sender.order_digits(order);
            return;
        }
        let remote = sender.sending.remote;
        let note = || "digits ordered, but telephone-event is not negotiated".to_owned();
        out.extend(self.receiver.findings.tell(at, remote, Kind::NoEventType, note).map(Output::Event));
    }

    /// Takes a datagram of its RTCP port.
    pub(super) fn rtcp(
        &mut self,
        datagram: Datagram<'_>,
        opened: &mut Vec<u8>,
        out: &mut VecDeque<Output<Event>>,
    ) {
        self.receiver.rtcp(datagram, opened, out);
    }

    /// Protects what leaves and opens what comes. A key that is none is told; nothing passes then.
    pub(super) fn secure(
        &mut self,
        at: At,
        sending: Option<&Key>,
        receiving: Option<&Key>,
        out: &mut VecDeque<Output<Event>>,
    ) {
        let awaited = sending.is_some() && receiving.is_none();
        if !self.receiver.admission.was_secured() && (sending.is_some() || receiving.is_some()) {
            self.receiver.begin_secured(at, out);
        }
        let guarded = self.guard.secure(sending, &self.faults);
        let own = self.guard.key().into_iter().chain(sending).chain(self.guard.earlier.iter().rev());
        let admitted = self.receiver.admission.secure(at, receiving, awaited, own);
        let remote = self.sender.as_ref().map_or(self.local, |sender| sender.sending.remote);
        for (what, outcome) in [("sends", guarded), ("receives", admitted)] {
            if let Err(why) = outcome {
                let note = || format!("the port {what} nothing: {why}");
                out.extend(
                    self.receiver.findings.tell(at, remote, Kind::CannotSecure, note).map(Output::Event),
                );
            }
        }
    }

    /// Makes trouble in what leaves.
    pub(super) fn trouble(&mut self, trouble: Trouble) {
        if let Trouble::StartAt { sequence } = trouble {
            self.start_at = Some(sequence);
        }
        self.guard.trouble(trouble);
    }
}
