//! The stream side of a machine: listeners, connections made on demand, one reader and one writer task each.

use super::net_input::{NetInput, Seen};
use crate::clock::RunClock;
use crate::socket::{self, BindError};
use oxocert_machine::{At, Flow, Transport};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

/// A connection that is not made by then never will be: 64*T1 of RFC 3261, the longest a transaction waits.
const CONNECT_PATIENCE: Duration = Duration::from_secs(32);

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// Bytes to write, and with which TOS.
type Chunk = (u8, Vec<u8>);

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

struct Connection {
    writer: UnboundedSender<Chunk>,
    reader: JoinHandle<()>,
}

/// All streams of one machine.
pub(super) struct Streams {
    clock: RunClock,
    connections: BTreeMap<Flow, Connection>,
    /// What waits for a connection that is being made, by local address and remote end.
    waiting: BTreeMap<(IpAddr, SocketAddr), Vec<Chunk>>,
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
            // An error of accept (a connection that was reset meanwhile) concerns that connection only.
            loop {
                if let Ok((stream, _)) = listener.accept().await
                    && tell.send(Note::Made { at: clock.now(), stream, asked: None }).is_err()
                {
                    return;
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

    /// Writes to the flow's connection, or to the one there is between the two addresses, or makes one. Returns the
    /// connection that took the bytes; `None` where they wait for one.
    pub(super) fn send(&mut self, flow: Flow, tos: u8, bytes: &[u8]) -> Option<Flow> {
        let found = self.connections.get_key_value(&flow).or_else(|| {
            self.connections
                .iter()
                .find(|(open, _)| open.local.ip() == flow.local.ip() && open.remote == flow.remote)
        });
        if let Some((&real, connection)) = found
            && connection.writer.send((tos, bytes.to_vec())).is_ok()
        {
            return Some(real);
        }
        let waiting = self.waiting.entry((flow.local.ip(), flow.remote)).or_default();
        waiting.push((tos, bytes.to_vec()));
        if waiting.len() == 1 {
            let (tell, clock) = (self.tell.clone(), self.clock);
            tokio::spawn(async move {
                let made = connect(flow.local.ip(), flow.remote).await;
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

    /// Closes a connection once what was written is on its way.
    pub(super) fn close(&mut self, flow: Flow) {
        if let Some(connection) = self.connections.remove(&flow) {
            connection.reader.abort();
        }
    }

    /// Turns a note into the input it is; `None` for one about a connection that is closed already.
    pub(super) fn take(&mut self, note: Note) -> Option<Taken> {
        let alone = |at, input| Some(Taken { seen: Seen { at, input }, written: Vec::new() });
        match note {
            Note::Made { at, stream, asked } => self.made(at, stream, asked),
            Note::NotMade { at, asked, reason } => {
                self.waiting.remove(&(asked.local.ip(), asked.remote));
                alone(at, NetInput::Closed { flow: asked, reason })
            }
            Note::Bytes { at, flow, bytes } => {
                self.connections.contains_key(&flow).then_some(())?;
                alone(at, NetInput::Received { flow, tos: None, bytes })
            }
            Note::Ended { at, flow, reason } => {
                self.connections.remove(&flow)?.reader.abort();
                alone(at, NetInput::Closed { flow, reason })
            }
        }
    }

    fn made(&mut self, at: At, stream: TcpStream, asked: Option<Flow>) -> Option<Taken> {
        let ends = stream.local_addr().and_then(|local| Ok((local, stream.peer_addr()?)));
        let (local, remote) = match (ends, asked) {
            (Ok(ends), _) => ends,
            // Reset before it could be looked at.
            (Err(error), Some(asked)) => {
                self.waiting.remove(&(asked.local.ip(), asked.remote));
                let input = NetInput::Closed { flow: asked, reason: error.to_string() };
                return Some(Taken { seen: Seen { at, input }, written: Vec::new() });
            }
            (Err(_), None) => return None,
        };
        // Without it small messages wait for the acknowledgement of the one before; with an error they only do.
        let _ = stream.set_nodelay(true);
        let flow = Flow::tcp(local, remote);
        let (read, write) = stream.into_split();
        let (writer, chunks) = mpsc::unbounded_channel();
        let reader = tokio::spawn(read_stream(read, flow, self.clock, self.tell.clone()));
        tokio::spawn(write_stream(write, chunks));
        let waiting = asked.and_then(|asked| self.waiting.remove(&(asked.local.ip(), asked.remote)));
        let mut written = Vec::new();
        for (tos, bytes) in waiting.unwrap_or_default() {
            if writer.send((tos, bytes.clone())).is_ok() {
                written.push((flow, tos, bytes));
            }
        }
        self.connections.insert(flow, Connection { writer, reader });
        Some(Taken { seen: Seen { at, input: NetInput::Connected { flow } }, written })
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
        self.connections.values().for_each(|connection| connection.reader.abort());
    }
}

async fn connect(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(from, 0))?;
    match tokio::time::timeout(CONNECT_PATIENCE, socket.connect(to)).await {
        Ok(made) => made,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn read_stream(mut read: OwnedReadHalf, flow: Flow, clock: RunClock, tell: UnboundedSender<Note>) {
    let mut chunk = vec![0; CHUNK];
    loop {
        let got = read.read(&mut chunk).await;
        let at = clock.now();
        let note = match got {
            Ok(0) => Note::Ended { at, flow, reason: "closed by the other end".to_owned() },
            Ok(length) => Note::Bytes { at, flow, bytes: chunk[..length].to_vec() },
            Err(error) => Note::Ended { at, flow, reason: error.to_string() },
        };
        let ended = matches!(note, Note::Ended { .. });
        if tell.send(note).is_err() || ended {
            return;
        }
    }
}

/// Writes until the driver lets go of the connection. An error of writing is told by the reader, which sees the
/// end of the same connection.
async fn write_stream(mut write: OwnedWriteHalf, mut chunks: UnboundedReceiver<Chunk>) {
    let mut current = None;
    while let Some((tos, bytes)) = chunks.recv().await {
        if current != Some(tos) {
            // The mark of signalling is an observation: a kernel that refuses it does not stop the call.
            let _ = SockRef::from(write.as_ref()).set_tos_v4(u32::from(tos));
            current = Some(tos);
        }
        if write.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
