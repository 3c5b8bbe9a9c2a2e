//! What the DUT said in the case at hand: the messages that steps wait for, and what was heard.

use oxocert_machine::At;
use oxocert_record::{DigitSeen, EventNo, Heard, RoleName, What};
use oxocert_sip::message::Message;

/// One message from the DUT, no repetition.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// Its number on the timeline.
    pub(crate) event: EventNo,
    /// Its receive stamp.
    pub(crate) at: At,
    /// The role whose address took it.
    pub(crate) point: RoleName,
    /// The PSTN party whose call it belongs to.
    pub(crate) party: Option<RoleName>,
    /// The message.
    pub(crate) message: Message,
}

/// A handshake, the end of a connection, a query, or what came to a probe.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    /// Its number on the timeline.
    pub(crate) event: EventNo,
    /// When.
    pub(crate) at: At,
    /// What.
    pub(crate) what: What,
}

/// Messages and sounds since the case began.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Messages from the DUT in order of arrival.
    pub(crate) messages: Vec<Arrived>,
    /// Events of the secured trunk, in order.
    pub(crate) happened: Vec<Happened>,
    /// Changes of what is heard, in order.
    pub(crate) heard: Vec<(EventNo, Heard)>,
    /// Digits received as telephone-events, with the moment their last packet came.
    pub(crate) digits: Vec<(At, DigitSeen)>,
}

impl Inbox {
    /// How much has come: as long as it stays the same, nothing is new.
    pub(crate) fn news(&self) -> usize {
        self.messages.len() + self.happened.len() + self.heard.len() + self.digits.len()
    }

    /// A new case begins: messages of the last one are history. What is heard at a port still open goes on.
    pub(crate) fn begin_case(&mut self) {
        self.messages.clear();
        self.happened.clear();
        self.heard.clear();
        self.digits.clear();
    }
}
