//! What the loop tells whoever measures.

use super::Second;
use oxocert_instrument::Packet;
use oxocert_machine::At;

/// One packet that was handed to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The number of the packet in its stream, from 0 on.
    pub packet: u64,
    /// When it was due.
    pub due: At,
    /// When it was handed over. `at - due` is the stimulus error.
    pub at: At,
    /// Whether the kernel was asked when it left, so that [`Observer::left`] will tell.
    pub asked: bool,
}

/// Measures what the loop sends and receives, on the loop's own thread: nothing here may allocate, lock, log or wait.
pub trait Observer: Send {
    /// Writes the payload of a packet that will be sent within the next packets of its stream (four are made at once); the default is silence in A-law.
    fn payload(&mut self, stream: u32, packet: u64, out: &mut [u8]) {
        let _ = (stream, packet);
        out.fill(0xd5);
    }

    /// A packet was handed to the kernel.
    fn sent(&mut self, stream: u32, sent: &Sent) {
        let _ = (stream, sent);
    }

    /// The kernel, or the network card, says when a packet left. Packets of which this is not said have no such stamp.
    fn left(&mut self, stream: u32, packet: u64, at: At) {
        let _ = (stream, packet, at);
    }

    /// A packet came that belongs to the stream; SRTP: it is authenticated and `payload` is what it protected.
    fn received(&mut self, stream: u32, packet: &Packet, payload: &[u8]) {
        let _ = (stream, packet, payload);
    }

    /// A compound RTCP packet came whose lengths add up; SRTCP: it is authenticated.
    fn control(&mut self, stream: u32, at: At, packet: &[u8]) {
        let _ = (stream, at, packet);
    }

    /// A second is over.
    fn second(&mut self, second: &Second) {
        let _ = second;
    }
}
