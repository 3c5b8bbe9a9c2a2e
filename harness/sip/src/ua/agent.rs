//! The agent itself: what it holds, and its way in (`receive`, `timeout`) and out (`poll`, `deadline`).

use super::call::Call;
use super::{CallId, CallState, Config, Credentials, DialogView, Event, Output, Override, RequestId};
use crate::message::Message;
use crate::stream::{Framed, Framer};
use crate::transaction::{ClientKey, Layer, LayerOutput, ServerKey};
use oxocert_machine::{At, Flow, Transport};
use rand::rngs::SmallRng;
use std::collections::{BTreeMap, VecDeque};

/// A user agent: one SIP address, its transactions, its calls. See the module for how to drive it.
#[derive(Debug)]
pub struct UserAgent {
    pub(super) config: Config,
    pub(super) rng: SmallRng,
    pub(super) layer: Layer,
    framers: BTreeMap<Flow, Framer>,
    pub(super) outputs: VecDeque<Output>,
    pub(super) calls: BTreeMap<CallId, Call>,
    /// Calls by Call-ID.
    pub(super) by_call_id: BTreeMap<String, Vec<CallId>>,
    /// Requests of the peer that wait for the owner's response.
    pub(super) asked: BTreeMap<RequestId, Asked>,
    /// Our requests that have a transaction.
    pub(super) sent: BTreeMap<ClientKey, Sent>,
    /// Which call the server transactions belong to.
    pub(super) heard: BTreeMap<ServerKey, CallId>,
    /// Call-ID and last CSeq of registrations, by target and To (RFC 3261 §10.2).
    pub(super) registrations: BTreeMap<(String, String), (String, u32)>,
    next_call: u32,
    next_request: u32,
}

/// A request of the peer that waits for the owner's response.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) key: ServerKey,
    pub(super) request: Message,
    pub(super) call: Option<CallId>,
    /// Our To tag in responses, where the request had none.
    pub(super) tag: Option<String>,
}

/// A request of ours that has a transaction.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) purpose: Purpose,
    pub(super) credentials: Option<Credentials>,
    /// How often it has been sent anew: after 401, 407 or 422.
    pub(super) tries: u8,
}

/// What a request of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The INVITE that makes the call.
    Invite { call: CallId },
    /// re-INVITE or UPDATE that the owner ordered.
    Modify { call: CallId, id: RequestId },
    /// re-INVITE or UPDATE of the session timer.
    Refresh { call: CallId },
    /// BYE.
    Bye { call: CallId, id: RequestId },
    /// CANCEL and PRACK, whose answers nobody waits for.
    Silent { call: CallId },
    /// Any other request inside a call.
    InCall { call: CallId, id: RequestId },
    /// A request outside calls.
    Outside { id: RequestId },
}

impl Purpose {
    pub(super) fn call(self) -> Option<CallId> {
        match self {
            Purpose::Invite { call }
            | Purpose::Modify { call, .. }
            | Purpose::Refresh { call }
            | Purpose::Bye { call, .. }
            | Purpose::Silent { call }
            | Purpose::InCall { call, .. } => Some(call),
            Purpose::Outside { .. } => None,
        }
    }
}

/// What a received message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) retransmission: bool,
    pub(super) call: Option<CallId>,
}

impl Seen {
    pub(super) fn first(call: Option<CallId>) -> Seen {
        Seen { retransmission: false, call }
    }

    pub(super) fn again(call: Option<CallId>) -> Seen {
        Seen { retransmission: true, call }
    }
}

impl UserAgent {
    /// An agent without calls.
    pub fn new(config: Config) -> UserAgent {
        let rng = config.seed.generator("sip");
        UserAgent {
            config,
            rng,
            layer: Layer::new(),
            framers: BTreeMap::new(),
            outputs: VecDeque::new(),
            calls: BTreeMap::new(),
            by_call_id: BTreeMap::new(),
            asked: BTreeMap::new(),
            sent: BTreeMap::new(),
            heard: BTreeMap::new(),
            registrations: BTreeMap::new(),
            next_call: 0,
            next_request: 0,
        }
    }

    /// How it behaves.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How it behaves from the next message on.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Takes a datagram, or any chunk of a stream.
    pub fn receive(&mut self, at: At, flow: Flow, bytes: &[u8]) {
        match flow.transport {
            Transport::Udp => self.receive_datagram(at, flow, bytes),
            Transport::Tcp | Transport::Tls => {
                self.framers.entry(flow).or_default().push(bytes);
                while let Some(framed) = self.framers.get_mut(&flow).and_then(Framer::poll) {
                    self.receive_framed(at, flow, framed);
                }
            }
        }
        self.drain_layer(at);
    }

    fn receive_datagram(&mut self, at: At, flow: Flow, bytes: &[u8]) {
        // Keep-alives are line ends alone or a STUN ping of NULs.
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return;
        }
        self.receive_message(at, flow, bytes);
    }

    fn receive_framed(&mut self, at: At, flow: Flow, framed: Framed) {
        match framed {
            Framed::Message { bytes, has_length } => {
                self.receive_message(at, flow, &bytes);
                if let Ok(message) = Message::parse(&bytes)
                    && !has_length
                {
                    self.stray(&message, "no Content-Length on a stream (RFC 3261 §20.14): taken as 0");
                }
            }
            Framed::Ping => self.transmit(flow, b"\r\n".to_vec(), false),
            Framed::Broken { bytes, why } => {
                self.event(Event::Unreadable { flow, bytes, why });
                self.outputs.push_back(Output::Close { flow });
            }
        }
    }

    fn receive_message(&mut self, at: At, flow: Flow, bytes: &[u8]) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(error) => {
                self.event(Event::Unreadable { flow, bytes: bytes.to_vec(), why: error.to_string() });
                return;
            }
        };
        // `Received` stands before everything the message causes, but only handling it tells what it was.
        let place = self.outputs.len();
        let seen = if message.is_request() {
            self.on_request(at, flow, &message)
        } else {
            self.on_response(at, flow, &message)
        };
        let Seen { retransmission, call } = seen;
        let received = Output::Received { flow, bytes: bytes.to_vec(), retransmission, call };
        self.outputs.insert(place, received);
    }

    /// A stream ended or could not be made: what waits for an answer on it fails.
    pub fn closed(&mut self, at: At, flow: Flow) {
        self.framers.remove(&flow);
        // A stream that was never made is known by its unbound local end.
        self.layer.fail(|other| same_stream(other, flow));
        for call in self.calls.values_mut().filter(|call| same_stream(call.flow, flow)) {
            // The next request of the dialog goes on a connection of its own.
            call.flow.local.set_port(0);
            if let Some(address) = call.dialog.next_hop().and_then(|uri| uri.socket_addr()) {
                call.flow.remote = address;
            }
        }
        self.drain_layer(at);
    }

    /// The network said that the remote end cannot be reached: client transactions to it fail at once.
    pub fn unreachable(&mut self, at: At, flow: Flow) {
        self.layer.fail(|other| other.transport == flow.transport && other.remote == flow.remote);
        self.drain_layer(at);
    }

    /// Does what is due at `at`.
    pub fn timeout(&mut self, at: At) {
        self.layer.timeout(at);
        self.drain_layer(at);
        let due: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(_, call)| call.deadline().is_some_and(|deadline| deadline <= at))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.call_timeout(at, id);
        }
        self.drain_layer(at);
    }

    /// When the agent wants [`UserAgent::timeout`].
    pub fn deadline(&self) -> Option<At> {
        self.calls.values().filter_map(Call::deadline).chain(self.layer.deadline()).min()
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Sends exactly these bytes, outside any transaction.
    pub fn send_raw(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.transmit(flow, bytes, false);
    }

    /// Orders that something automatic go otherwise once ([`Override::NoRefresh`]: from now on).
    pub fn override_next(&mut self, call: CallId, what: Override) {
        let Some(call) = self.calls.get_mut(&call) else { return };
        match what {
            Override::NoRefresh => call.no_refresh = true,
            _ => call.overrides.push(what),
        }
    }

    /// The dialog of a call; `None` where there is no such call.
    pub fn dialog(&self, call: CallId) -> Option<DialogView> {
        let call = self.calls.get(&call)?;
        Some(DialogView {
            call_id: call.dialog.call_id.clone(),
            local_tag: call.dialog.local_tag.clone(),
            remote_tag: call.dialog.remote_tag.clone(),
            local_uri: call.dialog.local.clone(),
            remote_uri: call.dialog.remote.clone(),
            remote_target: call.dialog.target.clone(),
            state: call.state,
            flow: call.flow,
        })
    }

    /// The calls that are not over.
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        self.calls.iter().filter(|(_, call)| call.state != CallState::Over).map(|(id, _)| *id)
    }

    /// Turns what the transactions want into outputs and consequences.
    pub(super) fn drain_layer(&mut self, at: At) {
        while let Some(output) = self.layer.poll() {
            match output {
                LayerOutput::Transmit { flow, bytes, retransmission } => {
                    self.transmit(flow, bytes, retransmission);
                }
                LayerOutput::TimedOut(key) => {
                    if let Some(sent) = self.sent.remove(&key) {
                        self.on_no_response(at, &key, sent.purpose);
                    }
                }
                LayerOutput::ClientEnded(key) => {
                    self.sent.remove(&key);
                }
                LayerOutput::Unacknowledged(key) => {
                    if let Some(call) = self.heard.remove(&key) {
                        self.event(Event::Unconfirmed { call });
                    }
                }
                LayerOutput::ServerEnded(key) => {
                    self.heard.remove(&key);
                }
            }
        }
    }

    pub(super) fn transmit(&mut self, flow: Flow, bytes: Vec<u8>, retransmission: bool) {
        self.outputs.push_back(Output::Transmit { flow, bytes, retransmission });
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) fn stray(&mut self, message: &Message, why: &str) {
        self.event(Event::Stray { message: message.clone(), why: why.to_string() });
    }

    pub(super) fn new_call(&mut self, call: Call) -> CallId {
        let id = CallId(self.next_call);
        self.next_call += 1;
        self.by_call_id.entry(call.dialog.call_id.clone()).or_default().push(id);
        self.calls.insert(id, call);
        id
    }

    pub(super) fn new_request(&mut self) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        id
    }
}

fn same_stream(one: Flow, other: Flow) -> bool {
    let local = one.local == other.local
        || (one.local.ip() == other.local.ip() && (one.local.port() == 0 || other.local.port() == 0));
    one.transport.is_reliable() && other.transport == one.transport && one.remote == other.remote && local
}
