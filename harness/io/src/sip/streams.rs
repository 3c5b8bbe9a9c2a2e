//! The stream side of a machine: listeners and connections, by the contract of [`Flow`].

use super::connection::{self, Chunk, Connection};
use super::net_input::{NetInput, Seen};
use crate::clock::RunClock;
use crate::socket::{self, BindError};
use oxocert_machine::{At, Flow, Transport};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

/// Connections at once beyond which none is accepted any more: three quarters of the descriptors that a process has by default. A
/// telephone system has one or two.
const MOST_CONNECTIONS: usize = 768;

/// How long no connection is accepted where the system gives none (out of descriptors or memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a task tells the driver.
pub(super) enum Note {
    /// A connection is there: accepted, or made for the asked flow.
    Made { at: At, stream: TcpStream, asked: Option<Flow> },
    /// A connection could not be made.
    NotMade { at: At, asked: Flow, reason: String },
    /// Bytes arrived.
    Bytes { at: At, flow: Flow, bytes: Vec<u8> },
    /// The other end closed, or an error ended it.
    Ended { at: At, flow: Flow, reason: String },
}

/// What a note means for the machine, and the bytes that went out because of it.
pub(super) struct Taken {
    pub(super) seen: Seen,
    pub(super) written: Vec<(Flow, u8, Vec<u8>)>,
}

/// All streams of one machine.
pub(super) struct Streams {
    clock: RunClock,
    connections: BTreeMap<Flow, Connection>,
    /// What waits for a connection that is being made, by the flow that was asked for.
    waiting: BTreeMap<Flow, Vec<Chunk>>,
    notes: UnboundedReceiver<Note>,
    tell: UnboundedSender<Note>,
    listeners: Vec<JoinHandle<()>>,
}

impl Streams {
    pub(super) fn new(clock: RunClock) -> Streams {
        let (tell, notes) = mpsc::unbounded_channel();
        Streams {
            clock,
            connections: BTreeMap::new(),
            waiting: BTreeMap::new(),
            notes,
            tell,
            listeners: Vec::new(),
        }
    }

    /// Accepts connections on an address.
    pub(super) fn listen(&mut self, address: SocketAddr) -> Result<(), BindError> {
        let listener = TcpListener::from_std(socket::listen_tcp(address)?)
            .map_err(|source| BindError::new(Transport::Tcp, address, source))?;
        let (tell, clock) = (self.tell.clone(), self.clock);
        self.listeners.push(tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        if tell.send(Note::Made { at: clock.now(), stream, asked: None }).is_err() {
                            return;
                        }
                    }
                    // It concerns that connection only: it was reset meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    // The system gives none now; asking on without a pause would leave no time for anything else.
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
        }));
        Ok(())
    }

    /// The next note of a task.
    pub(super) async fn next(&mut self) -> Note {
        match self.notes.recv().await {
            Some(note) => note,
            // The channel cannot close: `self.tell` is one of its senders.
            None => std::future::pending().await,
        }
    }

    /// A note that is there already.
    pub(super) fn try_next(&mut self) -> Option<Note> {
        self.notes.try_recv().ok()
    }

    /// Writes to the connection of a flow, or makes it. Returns the connection that took the bytes; `None` where they wait for
    /// one or are lost.
    pub(super) fn send(&mut self, flow: Flow, tos: u8, bytes: &[u8]) -> Option<Flow> {
        if let Some(real) = self.connection_of(flow) {
            let connection = self.connections.get(&real)?;
            let why = connection.write(tos, bytes).err();
            if let Some(reason) = why {
                // The driver is the receiver of this channel.
                let _ = self.tell.send(Note::Ended { at: self.clock.now(), flow: real, reason });
                return None;
            }
            return Some(real);
        }
        let at = self.clock.now();
        if !flow.may_be_made() {
            let reason = "the connection is gone".to_owned();
            let _ = self.tell.send(Note::NotMade { at, asked: flow, reason });
            return None;
        }
        let waiting = self.waiting.entry(flow).or_default();
        waiting.push((tos, bytes.to_vec()));
        if waiting.len() == 1 {
            let (tell, clock) = (self.tell.clone(), self.clock);
            tokio::spawn(async move {
                let made = connection::connect(flow.local, flow.remote).await;
                let at = clock.now();
                // Without a receiver the driver is gone, and so is who wanted the connection.
                let _ = tell.send(match made {
                    Ok(stream) => Note::Made { at, stream, asked: Some(flow) },
                    Err(error) => Note::NotMade { at, asked: flow, reason: error.to_string() },
                });
            });
        }
        None
    }

    /// The connection that bytes for a flow go over. One that the other end has closed is meant by its own name only.
    fn connection_of(&self, flow: Flow) -> Option<Flow> {
        if flow.local.port() != 0 {
            return self.connections.contains_key(&flow).then_some(flow);
        }
        let meant = |(open, connection): &(&Flow, &Connection)| {
            open.local.ip() == flow.local.ip() && open.remote == flow.remote && !connection.has_ended()
        };
        self.connections.iter().find(meant).map(|(open, _)| *open)
    }

    /// Closes a connection once what was written is on its way, or gives up making it; whether it was there.
    pub(super) fn close(&mut self, flow: Flow) -> bool {
        self.waiting.remove(&flow);
        self.connections.remove(&flow).is_some()
    }

    /// Turns a note into the input it is; `None` for one about a connection that is closed already.
    pub(super) fn take(&mut self, note: Note) -> Option<Taken> {
        let alone = |at, input| Some(Taken { seen: Seen { at, input }, written: Vec::new() });
        match note {
            Note::Made { at, stream, asked } => self.made(at, stream, asked),
            Note::NotMade { at, asked, reason } => {
                if asked.may_be_made() {
                    // Nobody waits for it any more where it was closed meanwhile.
                    self.waiting.remove(&asked)?;
                }
                alone(at, NetInput::Refused { flow: asked, reason })
            }
            Note::Bytes { at, flow, bytes } => {
                self.connections.contains_key(&flow).then_some(())?;
                alone(at, NetInput::Received { flow, tos: None, bytes })
            }
            Note::Ended { at, flow, reason } => {
                // It stays until the machine is told, so that what is sent meanwhile makes no new one.
                self.connections.get_mut(&flow)?.end().then_some(())?;
                alone(at, NetInput::Closed { flow, reason })
            }
        }
    }

    /// Whether the machine is still to be told of an input; a connection goes with the news of its end.
    pub(super) fn is_news(&mut self, input: &NetInput) -> bool {
        match input {
            NetInput::Received { flow, .. } | NetInput::Connected { flow }
                if flow.transport.is_reliable() =>
            {
                self.connections.contains_key(flow)
            }
            NetInput::Closed { flow, .. } => self.connections.remove(flow).is_some(),
            _ => true,
        }
    }

    fn made(&mut self, at: At, stream: TcpStream, asked: Option<Flow>) -> Option<Taken> {
        let waiting = match asked {
            // Given up meanwhile: dropping the stream closes it.
            Some(asked) => self.waiting.remove(&asked)?,
            None if self.connections.len() >= MOST_CONNECTIONS => {
                tracing::warn!("a connection was refused: {MOST_CONNECTIONS} are open");
                return None;
            }
            None => Vec::new(),
        };
        let ends = stream.local_addr().and_then(|local| Ok((local, stream.peer_addr()?)));
        let (local, remote) = match (ends, asked) {
            (Ok(ends), _) => ends,
            // Reset before it could be looked at.
            (Err(error), Some(asked)) => {
                let input = NetInput::Refused { flow: asked, reason: error.to_string() };
                return Some(Taken { seen: Seen { at, input }, written: Vec::new() });
            }
            (Err(_), None) => return None,
        };
        let flow = Flow::tcp(local, remote);
        let connection = Connection::start(stream, flow, self.clock, &self.tell);
        let mut written = Vec::new();
        for (tos, bytes) in waiting {
            if connection.write(tos, &bytes).is_ok() {
                written.push((flow, tos, bytes));
            }
        }
        self.connections.insert(flow, connection);
        Some(Taken { seen: Seen { at, input: NetInput::Connected { flow } }, written })
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}
