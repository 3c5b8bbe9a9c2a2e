//! All transactions of one user agent: matching, repetition, time-out.

use super::{
    ClientInvite, ClientKey, ClientOther, Fate, Fired, ServerInvite, ServerKey, ServerOther, Timing,
};
use crate::message::{Builder, Message};
use crate::transaction::Timers;
use oxocert_machine::{At, Flow};
use std::collections::{BTreeMap, VecDeque};

/// What the layer wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerOutput {
    /// Send these bytes.
    Transmit {
        /// Where.
        flow: Flow,
        /// The exact bytes.
        bytes: Vec<u8>,
        /// They were sent before.
        retransmission: bool,
    },
    /// No final response came: timer B or F, or the transport failed. The transaction is gone.
    TimedOut(ClientKey),
    /// No ACK came to our 300-699 (timer H). The transaction is gone.
    Unacknowledged(ServerKey),
    /// The client transaction is gone as it should.
    ClientEnded(ClientKey),
    /// The server transaction is gone as it should.
    ServerEnded(ServerKey),
}

/// What a response turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnResponse {
    /// No transaction has sent the request.
    Unknown,
    /// For the user; `ack` is the ACK of the transaction to a 300-699, which the user sends when it pleases.
    Deliver {
        /// Whose.
        key: ClientKey,
        /// The ACK's bytes and where they go.
        ack: Option<(Flow, Vec<u8>)>,
    },
    /// A repetition; `ack` as above.
    Absorbed {
        /// Whose.
        key: ClientKey,
        /// The ACK's bytes and where they go.
        ack: Option<(Flow, Vec<u8>)>,
    },
}

/// What a request turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnRequest {
    /// It starts a transaction (an ACK never does, but comes out here when it belongs to a 2xx).
    New(ServerKey),
    /// A repetition, answered as before where there was an answer.
    Repeated(ServerKey),
    /// The ACK to a 300-699.
    Acknowledged {
        /// Whose.
        key: ServerKey,
        /// It came before.
        again: bool,
    },
    /// It has no Via to answer along.
    Unanswerable,
}

#[derive(Debug)]
struct Client {
    machine: ClientMachine,
    flow: Flow,
    request: Message,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(ClientInvite),
    Other(ClientOther),
}

#[derive(Debug)]
struct Server {
    machine: ServerMachine,
    flow: Flow,
    last: Option<Vec<u8>>,
}

#[derive(Debug)]
enum ServerMachine {
    Invite(ServerInvite),
    Other(ServerOther),
}

/// The transactions.
#[derive(Debug, Default)]
pub struct Layer {
    clients: BTreeMap<ClientKey, Client>,
    servers: BTreeMap<ServerKey, Server>,
    outputs: VecDeque<LayerOutput>,
}

impl Layer {
    /// No transactions yet.
    pub fn new() -> Layer {
        Layer::default()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<LayerOutput> {
        self.outputs.pop_front()
    }

    /// Sends a request and starts its transaction; `None` where the bytes lack branch or method.
    pub fn send(&mut self, at: At, flow: Flow, bytes: Vec<u8>, timers: Timers) -> Option<ClientKey> {
        let request = Message::parse(&bytes).ok()?;
        let key = ClientKey::of_request(&request.branch()?, request.method()?);
        let timing = Timing { timers, reliable: flow.transport.is_reliable() };
        let machine = match request.method()? {
            "INVITE" => ClientMachine::Invite(ClientInvite::new(at, timing)),
            _ => ClientMachine::Other(ClientOther::new(at, timing)),
        };
        self.clients.insert(key.clone(), Client { machine, flow, request });
        self.transmit(flow, bytes, false);
        Some(key)
    }

    /// Takes a response off the wire.
    pub fn response(&mut self, at: At, response: &Message) -> OnResponse {
        let Some(key) = ClientKey::of_response(response) else { return OnResponse::Unknown };
        let (Some(client), Some(status)) = (self.clients.get_mut(&key), response.status()) else {
            return OnResponse::Unknown;
        };
        let fate = match &mut client.machine {
            ClientMachine::Invite(machine) => machine.response(at, status),
            ClientMachine::Other(machine) => machine.response(at, status),
        };
        let ack = || ack_for(&client.request, response).map(|bytes| (client.flow, bytes));
        match fate {
            Fate::Deliver => OnResponse::Deliver { key, ack: None },
            Fate::DeliverAndAck => OnResponse::Deliver { ack: ack(), key },
            Fate::AckAgain => OnResponse::Absorbed { ack: ack(), key },
            Fate::Absorb => OnResponse::Absorbed { key, ack: None },
        }
    }

    /// Takes a request off the wire.
    pub fn request(&mut self, at: At, flow: Flow, request: &Message, timers: Timers) -> OnRequest {
        let Some(key) = ServerKey::of(request) else { return OnRequest::Unanswerable };
        let is_ack = request.method() == Some("ACK");
        match self.servers.get_mut(&key) {
            Some(server) if is_ack => match &mut server.machine {
                ServerMachine::Invite(machine) => {
                    let again = machine.is_confirmed();
                    if machine.ack(at) || machine.is_pending() {
                        OnRequest::New(key)
                    } else {
                        OnRequest::Acknowledged { key, again }
                    }
                }
                ServerMachine::Other(_) => OnRequest::New(key),
            },
            Some(server) => {
                let again = match &server.machine {
                    ServerMachine::Invite(machine) => machine.repeated(),
                    ServerMachine::Other(machine) => machine.repeated(),
                };
                // The repetition may come on a new connection; its answer goes there.
                server.flow = flow;
                if let Some(bytes) = server.last.clone().filter(|_| again) {
                    self.transmit(flow, bytes, true);
                }
                OnRequest::Repeated(key)
            }
            None if is_ack => OnRequest::New(key),
            None => {
                let timing = Timing { timers, reliable: flow.transport.is_reliable() };
                let machine = match request.method() {
                    Some("INVITE") => ServerMachine::Invite(ServerInvite::new(timing)),
                    _ => ServerMachine::Other(ServerOther::new(timing)),
                };
                self.servers.insert(key.clone(), Server { machine, flow, last: None });
                OnRequest::New(key)
            }
        }
    }

    /// Sends a response; false where the transaction is gone or has its final response.
    pub fn respond(&mut self, at: At, key: &ServerKey, status: u16, bytes: Vec<u8>) -> bool {
        let Some(server) = self.servers.get_mut(key) else { return false };
        let goes = match &mut server.machine {
            ServerMachine::Invite(machine) => machine.respond(at, status),
            ServerMachine::Other(machine) => machine.respond(at, status),
        };
        if goes {
            server.last = Some(bytes.clone());
            let flow = server.flow;
            self.transmit(flow, bytes, false);
        }
        goes
    }

    /// Whether the request of this server transaction waits for its final response.
    pub fn is_unanswered(&self, key: &ServerKey) -> bool {
        self.servers.get(key).is_some_and(|server| match &server.machine {
            ServerMachine::Invite(machine) => machine.is_pending(),
            ServerMachine::Other(machine) => machine.is_pending(),
        })
    }

    /// Where the responses of this server transaction go.
    pub fn server_flow(&self, key: &ServerKey) -> Option<Flow> {
        self.servers.get(key).map(|server| server.flow)
    }

    /// Where the request of this client transaction went.
    pub fn client_flow(&self, key: &ClientKey) -> Option<Flow> {
        self.clients.get(key).map(|client| client.flow)
    }

    /// The request of a client transaction.
    pub fn sent(&self, key: &ClientKey) -> Option<&Message> {
        self.clients.get(key).map(|client| &client.request)
    }

    /// Forgets a client transaction (RFC 3261 §9.1: no final response 64*T1 after CANCEL).
    pub fn abandon(&mut self, key: &ClientKey) {
        self.clients.remove(key);
    }

    /// The transport failed: client transactions on that path end at once (RFC 3261 §17.1.4).
    pub fn fail(&mut self, matches: impl Fn(Flow) -> bool) {
        let pending = |client: &Client| match &client.machine {
            ClientMachine::Invite(machine) => machine.is_pending(),
            ClientMachine::Other(machine) => machine.is_pending(),
        };
        let failed: Vec<ClientKey> = self
            .clients
            .iter()
            .filter(|(_, client)| matches(client.flow) && pending(client))
            .map(|(key, _)| key.clone())
            .collect();
        for key in failed {
            self.clients.remove(&key);
            self.outputs.push_back(LayerOutput::TimedOut(key));
        }
    }

    /// Lets every timer fire that is due.
    pub fn timeout(&mut self, at: At) {
        let clients: Vec<ClientKey> = self.clients.keys().cloned().collect();
        for key in clients {
            self.client_timeout(at, key);
        }
        let servers: Vec<ServerKey> = self.servers.keys().cloned().collect();
        for key in servers {
            self.server_timeout(at, key);
        }
    }

    fn client_timeout(&mut self, at: At, key: ClientKey) {
        while let Some(client) = self.clients.get_mut(&key) {
            let fired = match &mut client.machine {
                ClientMachine::Invite(machine) => machine.timeout(at),
                ClientMachine::Other(machine) => machine.timeout(at),
            };
            let output = match fired {
                None => return,
                Some(Fired::Retransmit) => {
                    let bytes = client.request.raw().to_vec();
                    LayerOutput::Transmit { flow: client.flow, bytes, retransmission: true }
                }
                Some(Fired::TimedOut) => LayerOutput::TimedOut(key.clone()),
                Some(Fired::Terminated) => LayerOutput::ClientEnded(key.clone()),
            };
            if !matches!(output, LayerOutput::Transmit { .. }) {
                self.clients.remove(&key);
            }
            self.outputs.push_back(output);
        }
    }

    fn server_timeout(&mut self, at: At, key: ServerKey) {
        while let Some(server) = self.servers.get_mut(&key) {
            let fired = match &mut server.machine {
                ServerMachine::Invite(machine) => machine.timeout(at),
                ServerMachine::Other(machine) => machine.timeout(at),
            };
            let output = match fired {
                None => return,
                Some(Fired::Retransmit) => {
                    let bytes = server.last.clone().unwrap_or_default();
                    LayerOutput::Transmit { flow: server.flow, bytes, retransmission: true }
                }
                Some(Fired::TimedOut) => LayerOutput::Unacknowledged(key.clone()),
                Some(Fired::Terminated) => LayerOutput::ServerEnded(key.clone()),
            };
            if !matches!(output, LayerOutput::Transmit { .. }) {
                self.servers.remove(&key);
            }
            self.outputs.push_back(output);
        }
    }

    /// When a timer fires next.
    pub fn deadline(&self) -> Option<At> {
        let clients = self.clients.values().filter_map(|client| match &client.machine {
            ClientMachine::Invite(machine) => machine.deadline(),
            ClientMachine::Other(machine) => machine.deadline(),
        });
        let servers = self.servers.values().filter_map(|server| match &server.machine {
            ServerMachine::Invite(machine) => machine.deadline(),
            ServerMachine::Other(machine) => machine.deadline(),
        });
        clients.chain(servers).min()
    }

    fn transmit(&mut self, flow: Flow, bytes: Vec<u8>, retransmission: bool) {
        self.outputs.push_back(LayerOutput::Transmit { flow, bytes, retransmission });
    }
}

/// The ACK of the transaction itself, to a 300-699 (RFC 3261 §17.1.1.3).
fn ack_for(request: &Message, response: &Message) -> Option<Vec<u8>> {
    let number = request.header("CSeq")?.split_whitespace().next()?;
    let mut ack = Builder::request("ACK", request.uri()?).header("Via", request.values("Via").first()?);
    for route in request.headers("Route") {
        ack = ack.header("Route", route);
    }
    let ack = ack
        .header("Max-Forwards", request.header("Max-Forwards").unwrap_or("70"))
        .header("From", request.header("From")?)
        .header("To", response.header("To")?)
        .header("Call-ID", request.call_id()?)
        .header("CSeq", &format!("{number} ACK"));
    Some(ack.finish())
}
