//! Packet evidence: one pcapng for each case, written by a thread of its own behind a bounded channel.
//!
//! A connection under TLS outlives the cases, and can be read only from its first byte on: where there are such, the signalling of the
//! whole run is in `run.pcapng` too, and the keys stand in every file.
//!
//! Packets are what the harness sent and received, in IPv4, UDP and TCP headers made here (TCP segments are
//! synthesised from the bytes of the stream). A full channel drops packets and counts them: capture never holds
//! up media or signalling.

mod file;
mod keys;
mod packet;
mod tcp;
mod writer;

use oxocert_machine::{At, Flow};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

/// Packets that may wait for the writer: several seconds of a full bench.
const WAITING_PACKETS: usize = 16_384;

/// Puts packets into the capture; cheap to clone, never blocks.
#[derive(Clone)]
pub struct Capture {
    entries: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

/// The running writer.
pub struct CaptureThread {
    entries: SyncSender<Entry>,
    thread: JoinHandle<Summary>,
    dropped: Arc<AtomicU64>,
}

/// What a capture came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// The files, in order.
    pub files: Vec<PathBuf>,
    /// Packets written.
    pub packets: u64,
    /// Packets lost because the writer was too slow.
    pub dropped: u64,
    /// The first error of writing, in words; what came after it is not in the files.
    pub error: Option<String>,
}

/// Which files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One for each case.
    Cases,
    /// These, and `run.pcapng` with the signalling from the first packet to the last.
    CasesAndRun,
}

/// What crosses the channel. In each flow `local` is the sender and `remote` the receiver.
enum Entry {
    Case(String),
    CaseOver,
    Step(String),
    Secret(String),
    Datagram { at: At, flow: Flow, tos: u8, bytes: Vec<u8> },
    Media { at: At, flow: Flow, tos: u8, bytes: Vec<u8> },
    Bytes { at: At, flow: Flow, tos: u8, bytes: Vec<u8> },
    StreamClosed { at: At, flow: Flow },
    Finish,
}

impl Capture {
    /// Starts the writer. Files go to `folder`, which exists; `origin_ns` is the run's origin in nanoseconds since
    /// 1970.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(folder: &Path, origin_ns: u64, scope: Scope) -> io::Result<(Capture, CaptureThread)> {
        let (entries, inbox) = mpsc::sync_channel(WAITING_PACKETS);
        let mut writer = writer::Writer::new(folder.to_owned(), origin_ns, scope);
        let thread = std::thread::Builder::new().name("capture".to_owned()).spawn(move || {
            while let Ok(entry) = inbox.recv() {
                if matches!(entry, Entry::Finish) {
                    break;
                }
                writer.take(entry);
            }
            writer.finish()
        })?;
        let dropped = Arc::new(AtomicU64::new(0));
        let capture = Capture { entries: entries.clone(), dropped: Arc::clone(&dropped) };
        Ok((capture, CaptureThread { entries, thread, dropped }))
    }

    /// A case begins: packets go to `<case>.pcapng` until it is over.
    pub fn case(&self, case: &str) {
        self.must_arrive(Entry::Case(case.to_owned()));
    }

    /// The case is over: its file is closed.
    pub fn case_over(&self) {
        self.must_arrive(Entry::CaseOver);
    }

    /// A step begins: the next packets carry this comment.
    pub fn step(&self, step: &str) {
        self.must_arrive(Entry::Step(step.to_owned()));
    }

    /// A line of the key log: it goes into every file that is open or comes later.
    pub fn secret(&self, line: &str) {
        self.must_arrive(Entry::Secret(line.to_owned()));
    }

    /// A datagram of media, from `flow.local` to `flow.remote`: it goes into the file of the case only.
    pub fn media(&self, at: At, flow: Flow, tos: u8, bytes: &[u8]) {
        self.offer(Entry::Media { at, flow, tos, bytes: bytes.to_vec() });
    }

    /// A datagram of signalling, from `flow.local` to `flow.remote`.
    pub fn datagram(&self, at: At, flow: Flow, tos: u8, bytes: &[u8]) {
        self.offer(Entry::Datagram { at, flow, tos, bytes: bytes.to_vec() });
    }

    /// Bytes of a stream, from `flow.local` to `flow.remote`.
    pub fn bytes(&self, at: At, flow: Flow, tos: u8, bytes: &[u8]) {
        self.offer(Entry::Bytes { at, flow, tos, bytes: bytes.to_vec() });
    }

    /// A stream was closed by `flow.local`.
    pub fn stream_closed(&self, at: At, flow: Flow) {
        self.offer(Entry::StreamClosed { at, flow });
    }

    fn offer(&self, entry: Entry) {
        if self.entries.try_send(entry).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The few entries that give the rest its meaning wait for room; only the signalling side sends them.
    fn must_arrive(&self, entry: Entry) {
        if self.entries.send(entry).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl CaptureThread {
    /// Writes what waits and closes the last file.
    pub fn finish(self) -> Summary {
        // A writer that is gone has nothing more to write; joining it tells.
        let _ = self.entries.send(Entry::Finish);
        let mut summary = self.thread.join().unwrap_or_else(|_| Summary {
            error: Some("the capture thread failed".to_owned()),
            ..Summary::default()
        });
        summary.dropped = self.dropped.load(Ordering::Relaxed);
        summary
    }
}
