//! What was wrong with what came in: counted in full, shown by a few examples.

use oxocert_machine::At;
use oxocert_media::srtp::Refusal;
use std::net::SocketAddr;

/// Examples kept of one run.
const EXAMPLES: usize = 256;

/// Examples kept of one kind.
const OF_A_KIND: u32 = 16;

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// No RTP: another version, or shorter than its header (RFC 3550 §5.1).
    NotRtp,
    /// Header extension, CSRC list or padding that does not fit the datagram.
    Truncated,
    /// Longer than any packet on an Ethernet: it was cut.
    TooLong,
    /// From an address that was not agreed.
    ForeignAddress,
    /// Of an SSRC that is not the stream's.
    ForeignSsrc,
    /// Of a payload type that was not agreed.
    WrongPayloadType,
    /// Its timestamp does not go on as its sequence number does.
    TimestampJump,
    /// Its sequence number is far from the one before (RFC 3550 A.1).
    SequenceJump,
    /// SRTP that was refused.
    Refused,
    /// A port that nothing was agreed for.
    Uncalled,
    /// No compound RTCP packet (RFC 3550 A.2).
    NotRtcp,
    /// RTCP whose tag is wrong.
    RtcpRefused,
    /// An extended report whose blocks do not fit it (RFC 3611 §3).
    BadXr,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 13] = [
        Kind::NotRtp,
        Kind::Truncated,
        Kind::TooLong,
        Kind::ForeignAddress,
        Kind::ForeignSsrc,
        Kind::WrongPayloadType,
        Kind::TimestampJump,
        Kind::SequenceJump,
        Kind::Refused,
        Kind::Uncalled,
        Kind::NotRtcp,
        Kind::RtcpRefused,
        Kind::BadXr,
    ];
}

/// One example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// When it was received: the kernel's stamp where there was one.
    pub at: At,
    /// On which stream's port.
    pub stream: u32,
    /// From where.
    pub remote: SocketAddr,
    /// What.
    pub kind: Kind,
    /// Why the SRTP library's work was in vain, for [`Kind::Refused`].
    pub refusal: Option<Refusal>,
}

/// All findings of a loop. It never grows.
#[derive(Debug, Clone)]
pub struct Findings {
    counts: Vec<[u32; Kind::ALL.len()]>,
    totals: [u32; Kind::ALL.len()],
    examples: Vec<Finding>,
}

impl Findings {
    /// Of so many streams.
    pub(super) fn new(streams: usize) -> Findings {
        Findings {
            counts: vec![[0; Kind::ALL.len()]; streams],
            totals: [0; Kind::ALL.len()],
            examples: Vec::with_capacity(EXAMPLES),
        }
    }

    /// Takes note of one.
    pub(super) fn note(&mut self, finding: Finding) {
        let kind = finding.kind as usize;
        if let Some(counts) = self.counts.get_mut(finding.stream as usize) {
            counts[kind] = counts[kind].saturating_add(1);
        }
        self.totals[kind] = self.totals[kind].saturating_add(1);
        if self.totals[kind] <= OF_A_KIND && self.examples.len() < EXAMPLES {
            self.examples.push(finding);
        }
    }

    /// How many of a kind there were.
    pub fn total(&self, kind: Kind) -> u32 {
        self.totals[kind as usize]
    }

    /// How many of a kind came to a stream's port.
    pub fn of(&self, stream: u32, kind: Kind) -> u32 {
        self.counts.get(stream as usize).map_or(0, |counts| counts[kind as usize])
    }

    /// The first ones of each kind, as they came.
    pub fn examples(&self) -> &[Finding] {
        &self.examples
    }

    /// How many there were in all.
    pub fn sum(&self) -> u64 {
        self.totals.iter().map(|count| u64::from(*count)).sum()
    }
}
