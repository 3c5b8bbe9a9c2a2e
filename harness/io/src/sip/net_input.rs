//! What the network tells, before it becomes the input of a machine of one kind.

use oxocert_machine::{At, Flow, Input};

/// The inputs that come from the network.
#[derive(Debug)]
pub(super) enum NetInput {
    Received {
        flow: Flow,
        tos: Option<u8>,
        bytes: Vec<u8>,
    },
    Connected {
        flow: Flow,
    },
    Closed {
        flow: Flow,
        reason: String,
    },
    /// A connection was not made.
    Refused {
        flow: Flow,
        reason: String,
    },
    Unreachable {
        flow: Flow,
    },
}

/// One of them, and when it happened.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) at: At,
    pub(super) input: NetInput,
}

impl<C> From<NetInput> for Input<C> {
    fn from(input: NetInput) -> Input<C> {
        match input {
            NetInput::Received { flow, tos, bytes } => Input::Received { flow, tos, bytes },
            NetInput::Connected { flow } => Input::Connected { flow },
            NetInput::Closed { flow, reason } | NetInput::Refused { flow, reason } => {
                Input::Closed { flow, reason }
            }
            NetInput::Unreachable { flow } => Input::Unreachable { flow },
        }
    }
}
