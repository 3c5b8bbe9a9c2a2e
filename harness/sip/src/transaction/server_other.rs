//! The non-INVITE server transaction (RFC 3261 §17.2.2).

use super::{Fired, Timing};
use oxocert_machine::At;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct ServerOther {
    timing: Timing,
    state: State,
    /// Timer J.
    end: Option<At>,
}

impl ServerOther {
    /// A request came.
    pub fn new(timing: Timing) -> ServerOther {
        ServerOther { timing, state: State::Trying, end: None }
    }

    /// Takes note of a response that its user sends; false: it must not go out any more.
    pub fn respond(&mut self, at: At, status: u16) -> bool {
        if !self.is_pending() {
            return false;
        }
        if status < 200 {
            self.state = State::Proceeding;
        } else {
            self.state = State::Completed;
            self.end = Some(at + self.timing.unless_reliable(self.timing.long()));
        }
        true
    }

    /// The request came again; true: send the last response again.
    pub fn repeated(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Completed)
    }

    /// Lets timer J fire where it is due.
    pub fn timeout(&mut self, at: At) -> Option<Fired> {
        self.end.filter(|end| *end <= at)?;
        self.state = State::Terminated;
        self.end = None;
        Some(Fired::Terminated)
    }

    /// When timer J fires.
    pub fn deadline(&self) -> Option<At> {
        self.end
    }

    /// Whether no final response has been sent.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Trying | State::Proceeding)
    }
}
