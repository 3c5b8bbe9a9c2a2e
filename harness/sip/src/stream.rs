//! Cuts a byte stream into SIP messages by Content-Length (RFC 3261 §18.3).

use crate::message::{Builder, Message};

/// The longest message taken off a stream, bytes. A stream that exceeds it cannot be framed any more.
pub const LONGEST_MESSAGE: usize = 64 * 1024;

/// What comes out of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framed {
    /// The exact bytes of one message; where Content-Length is missing or unreadable it was taken as 0.
    Message {
        /// The bytes.
        bytes: Vec<u8>,
        /// It has a legal Content-Length.
        has_length: bool,
    },
    /// A keep-alive of two line ends, to be answered with one (RFC 5626 §3.5.1).
    Ping,
    /// The stream cannot be framed any more and is to be closed; the bytes that did it.
    Broken {
        /// What had come.
        bytes: Vec<u8>,
        /// Why, in words.
        why: String,
    },
}

/// The bytes of one stream that are no whole message yet. Holds at most [`LONGEST_MESSAGE`] and one chunk.
#[derive(Debug, Clone, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    broken: bool,
}

impl Framer {
    /// An empty stream.
    pub fn new() -> Framer {
        Framer::default()
    }

    /// Takes a chunk. Nothing is taken any more after [`Framed::Broken`].
    pub fn push(&mut self, chunk: &[u8]) {
        if !self.broken {
            self.buffer.extend_from_slice(chunk);
        }
    }

    /// The next whole thing, `None` where more bytes are needed.
    pub fn poll(&mut self) -> Option<Framed> {
        if self.broken {
            return None;
        }
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.buffer.drain(..4);
            return Some(Framed::Ping);
        }
        // One line end alone answers a keep-alive, or is the first half of one: it waits for the next bytes.
        if self.buffer.starts_with(b"\r\n") && self.buffer.get(2).is_some_and(|b| *b != b'\r') {
            self.buffer.drain(..2);
        }
        let Some(head) = head_length(&self.buffer) else {
            return (self.buffer.len() > LONGEST_MESSAGE).then(|| self.give_up("its headers have no end"));
        };
        let declared = declared_length(&self.buffer[..head]);
        let total = head.saturating_add(declared.unwrap_or(0));
        if total > LONGEST_MESSAGE {
            return Some(
                self.give_up(&format!("a message of {total} bytes is longer than {LONGEST_MESSAGE}")),
            );
        }
        if self.buffer.len() < total {
            return None;
        }
        let bytes: Vec<u8> = self.buffer.drain(..total).collect();
        Some(Framed::Message { bytes, has_length: declared.is_some() })
    }

    fn give_up(&mut self, why: &str) -> Framed {
        self.broken = true;
        Framed::Broken { bytes: std::mem::take(&mut self.buffer), why: why.to_string() }
    }
}

/// Length of start line, headers and empty line.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n'))?;
    let crlf = bytes[start..].windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
    let lf = bytes[start..].windows(2).position(|w| w == b"\n\n").map(|at| at + 2);
    let mixed = bytes[start..].windows(3).position(|w| w == b"\n\r\n").map(|at| at + 3);
    [crlf, lf, mixed].into_iter().flatten().min().map(|end| start + end)
}

fn declared_length(head: &[u8]) -> Option<usize> {
    match Message::parse(head) {
        Ok(message) => message.content_length(),
        // Even without a SIP start line the length may be there to find the next message by.
        Err(_) => {
            let first = head.iter().position(|b| *b == b'\n').map_or(head.len(), |at| at + 1);
            let mut bytes = Builder::request("X", "x:x").finish_bare();
            bytes.truncate(bytes.len().saturating_sub(2));
            bytes.extend_from_slice(&head[first..]);
            Message::parse(&bytes).ok()?.content_length()
        }
    }
}
