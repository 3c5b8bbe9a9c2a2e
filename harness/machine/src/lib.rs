#![cfg_attr(test, allow(clippy::unwrap_used))]
//! The sans-IO contract that every machine of oxocert keeps, and the virtual-time driver.
//!
//! A machine never reads a clock, never opens a socket and never draws a random number that it was
//! not seeded with. Input comes in as `(at, what)`, output is drained with [`Machine::poll`] until it
//! returns `None`, and [`Machine::deadline`] says when the machine next wants [`Input::Timeout`].
//!
//! **The invariant**: after every `handle`, the owner drains `poll` to `None` before it gives the next
//! input. Same inputs in the same order give the same outputs, byte for byte.

mod at;
mod flow;
mod seed;
pub mod virtual_time;

pub use at::At;
pub use flow::{Flow, Transport};
pub use seed::Seed;

/// What the outside tells a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<C> {
    /// Bytes that arrived: one datagram (UDP), or any chunk of the stream (TCP).
    Received {
        /// Where they came from and to which of the machine's addresses.
        flow: Flow,
        /// The IP TOS byte of the packet (DSCP is its upper six bits); `None` where the driver could not read it.
        tos: Option<u8>,
        /// The exact bytes.
        bytes: Vec<u8>,
    },
    /// A stream connection is established, by either side.
    Connected {
        /// The connection, with its real local and remote ports.
        flow: Flow,
    },
    /// A stream connection ended, or could not be made.
    Closed {
        /// The connection.
        flow: Flow,
        /// Why, in words for the record.
        reason: String,
    },
    /// The network said that a datagram cannot be delivered (ICMP unreachable).
    Unreachable {
        /// The flow on which it was sent.
        flow: Flow,
    },
    /// The machine's own deadline has passed.
    Timeout,
    /// What the owner of the machine orders or reports.
    Command(C),
}

/// What a machine tells the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<E> {
    /// Send these bytes. On a stream without a connection the driver connects first.
    Transmit {
        /// From which local address to whom.
        flow: Flow,
        /// The IP TOS byte to send with.
        tos: u8,
        /// The exact bytes.
        bytes: Vec<u8>,
    },
    /// Close a stream connection.
    Close {
        /// The connection.
        flow: Flow,
    },
    /// Something the owner wants to know.
    Event(E),
}

/// A protocol engine without clock, sockets or hidden randomness.
pub trait Machine {
    /// What the owner may order.
    type Command;
    /// What the machine reports.
    type Event;

    /// Takes one input that happened at `at`. Times never go backwards by more than the stamps' own error;
    /// a machine treats an older `at` as its latest one.
    fn handle(&mut self, at: At, input: Input<Self::Command>);

    /// The next output, or `None` when all of it is drained.
    fn poll(&mut self) -> Option<Output<Self::Event>>;

    /// When the machine wants [`Input::Timeout`]; `None` when nothing is pending.
    fn deadline(&self) -> Option<At>;
}

#[cfg(test)]
mod tests;
