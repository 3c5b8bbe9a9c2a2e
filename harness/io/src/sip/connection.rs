//! One stream connection: a task that reads, a task that writes.

use super::streams::Note;
use crate::clock::RunClock;
use oxocert_machine::Flow;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{self, Receiver, Sender, UnboundedSender};
use tokio::task::JoinHandle;

/// A connection that is not made by then never will be, and what is not written by then never will be: 64*T1 of RFC 3261, the
/// longest a transaction waits.
const PATIENCE: Duration = Duration::from_secs(32);

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// Chunks that may wait for an end that does not read.
const MOST_WAITING: usize = 256;

/// Bytes to write, and with which TOS.
pub(super) type Chunk = (u8, Vec<u8>);

/// An open connection. Dropping it stops the reader; the writer ends once what waits is written.
pub(super) struct Connection {
    writer: Sender<Chunk>,
    reader: JoinHandle<()>,
    ended: bool,
}

impl Connection {
    pub(super) fn start(
        stream: TcpStream,
        flow: Flow,
        clock: RunClock,
        tell: &UnboundedSender<Note>,
    ) -> Connection {
        // Without it small messages wait for the acknowledgement of the one before; with an error they only do.
        let _ = stream.set_nodelay(true);
        let (read, write) = stream.into_split();
        let (writer, chunks) = mpsc::channel(MOST_WAITING);
        let reader = tokio::spawn(read_stream(read, flow, clock, tell.clone()));
        tokio::spawn(write_stream(write, chunks, flow, clock, tell.clone()));
        Connection { writer, reader, ended: false }
    }

    /// Hands bytes to the writer; what goes to an end that is closed is lost.
    ///
    /// # Errors
    /// Why the connection is of no use any more.
    pub(super) fn write(&self, tos: u8, bytes: &[u8]) -> Result<(), String> {
        match self.writer.try_send((tos, bytes.to_vec())) {
            // Without a writer its error is on the way.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err("the other end does not read".to_owned()),
        }
    }

    /// The other end is closed; `false` where that was known.
    pub(super) fn end(&mut self) -> bool {
        self.reader.abort();
        !std::mem::replace(&mut self.ended, true)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Connects from an address, with its port where that is not 0.
pub(super) async fn connect(from: SocketAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(from)?;
    match tokio::time::timeout(PATIENCE, socket.connect(to)).await {
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

/// Writes until the driver lets go of the connection.
async fn write_stream(
    mut write: OwnedWriteHalf,
    mut chunks: Receiver<Chunk>,
    flow: Flow,
    clock: RunClock,
    tell: UnboundedSender<Note>,
) {
    let mut current = None;
    while let Some((tos, bytes)) = chunks.recv().await {
        if current != Some(tos) {
            // The mark of signalling is an observation: a kernel that refuses it does not stop the call.
            let _ = SockRef::from(write.as_ref()).set_tos_v4(u32::from(tos));
            current = Some(tos);
        }
        let reason = match tokio::time::timeout(PATIENCE, write.write_all(&bytes)).await {
            Ok(Ok(())) => continue,
            // The reader sees the end of the same connection, and tells it after the last bytes.
            Ok(Err(_)) => return,
            Err(_) => "the other end does not read".to_owned(),
        };
        // Without a receiver the driver is gone.
        let _ = tell.send(Note::Ended { at: clock.now(), flow, reason });
        return;
    }
}
