//! The INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).

use super::{Fired, Timing};
use oxocert_machine::At;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

/// The machine. The 100 is its user's business.
#[derive(Debug, Clone)]
pub struct ServerInvite {
    timing: Timing,
    state: State,
    /// Timer G and its current distance.
    repeat: Option<(At, Duration)>,
    /// Timer H, I or L, as the state has it.
    end: Option<At>,
}

impl ServerInvite {
    /// An INVITE came.
    pub fn new(timing: Timing) -> ServerInvite {
        ServerInvite { timing, state: State::Proceeding, repeat: None, end: None }
    }

    /// Takes note of a response that its user sends; false: it must not go out any more.
    pub fn respond(&mut self, at: At, status: u16) -> bool {
        match (self.state, status) {
            (State::Proceeding, ..200) => true,
            (State::Proceeding, 200..300) => {
                self.state = State::Accepted;
                self.end = Some(at + self.timing.long());
                true
            }
            (State::Proceeding, _) => {
                let t1 = self.timing.timers.t1;
                self.state = State::Completed;
                self.repeat = (!self.timing.reliable).then_some((at + t1, t1));
                self.end = Some(at + self.timing.long());
                true
            }
            // Repetitions of the 2xx are its user's (RFC 3261 §13.3.1.4).
            (State::Accepted, 200..300) => true,
            _ => false,
        }
    }

    /// The INVITE came again; true: send the last response again.
    pub fn repeated(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Completed)
    }

    /// ACK came with the branch of the INVITE; true: it belongs to a 2xx and goes to the user.
    pub fn ack(&mut self, at: At) -> bool {
        if self.state == State::Completed {
            self.state = State::Confirmed;
            self.repeat = None;
            self.end = Some(at + self.timing.unless_reliable(self.timing.timers.t4));
        }
        self.state == State::Accepted
    }

    /// Whether the ACK to a 300-699 has come.
    pub fn is_confirmed(&self) -> bool {
        self.state == State::Confirmed
    }

    /// Lets the timers fire that are due; `None` when none is.
    pub fn timeout(&mut self, at: At) -> Option<Fired> {
        if self.end.is_some_and(|end| end <= at) {
            let fired = if self.state == State::Completed { Fired::TimedOut } else { Fired::Terminated };
            self.state = State::Terminated;
            self.repeat = None;
            self.end = None;
            return Some(fired);
        }
        let (due, distance) = self.repeat.filter(|(due, _)| *due <= at)?;
        let next = distance.saturating_mul(2).min(self.timing.timers.t2);
        self.repeat = Some((due + next, next));
        Some(Fired::Retransmit)
    }

    /// When a timer fires next.
    pub fn deadline(&self) -> Option<At> {
        self.repeat.map(|(due, _)| due).into_iter().chain(self.end).min()
    }

    /// Whether no final response has been sent.
    pub fn is_pending(&self) -> bool {
        self.state == State::Proceeding
    }
}
