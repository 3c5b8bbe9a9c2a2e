//! Transactions: the four machines of RFC 3261 §17 with RFC 6026, and the layer that matches messages to them.
//!
//! The machines know states and timers only; the layer owns bytes and flows.

mod client_invite;
mod client_other;
mod key;
mod layer;
mod server_invite;
mod server_other;
mod timers;

pub use client_invite::ClientInvite;
pub use client_other::ClientOther;
pub use key::{ClientKey, ServerKey};
pub use layer::{Layer, LayerOutput, OnRequest, OnResponse};
pub use server_invite::ServerInvite;
pub use server_other::ServerOther;
pub use timers::Timers;

use std::time::Duration;

/// The timers of one transaction, which depend on its transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// T1, T2, T4.
    pub timers: Timers,
    /// The transport repeats lost bytes by itself.
    pub reliable: bool,
}

impl Timing {
    /// 64*T1: timers B, F, H, J, L, M, and D (which RFC 3261 §17.1.1.2 wants at 32 s or more, that is 64*T1).
    pub fn long(&self) -> Duration {
        self.timers.t1.saturating_mul(64)
    }

    /// `wait` on datagrams, zero on streams: timers D, I, J, K.
    fn unless_reliable(&self, wait: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { wait }
    }
}

/// What a machine wants done when a timer fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fired {
    /// Repeat the last message.
    Retransmit,
    /// The peer never answered (timers B, F) or never sent ACK (timer H). The machine is terminated.
    TimedOut,
    /// The machine has terminated as it should.
    Terminated,
}

/// What a client machine wants done with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Give it to the user.
    Deliver,
    /// Give it to the user, and send ACK (INVITE, 300-699).
    DeliverAndAck,
    /// A repetition of the final response: send ACK again.
    AckAgain,
    /// A repetition or a late response that nobody needs.
    Absorb,
}
