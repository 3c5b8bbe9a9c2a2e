//! The INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).

use super::{Fate, Fired, Timing};
use oxocert_machine::At;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Completed,
    Accepted,
    Terminated,
}

/// The machine; the request has been sent when it is made.
#[derive(Debug, Clone)]
pub struct ClientInvite {
    timing: Timing,
    state: State,
    /// Timer A and its current distance.
    repeat: Option<(At, Duration)>,
    /// Timer B, D or M, as the state has it.
    end: Option<At>,
}

impl ClientInvite {
    /// Starts timers A (datagrams only) and B.
    pub fn new(at: At, timing: Timing) -> ClientInvite {
        let t1 = timing.timers.t1;
        ClientInvite {
            timing,
            state: State::Calling,
            repeat: (!timing.reliable).then_some((at + t1, t1)),
            end: Some(at + timing.long()),
        }
    }

    /// Takes a response.
    pub fn response(&mut self, at: At, status: u16) -> Fate {
        match (self.state, status) {
            (State::Calling | State::Proceeding, ..200) => {
                self.enter(State::Proceeding, None);
                Fate::Deliver
            }
            (State::Calling | State::Proceeding, 200..300) => {
                self.enter(State::Accepted, Some(at + self.timing.long()));
                Fate::Deliver
            }
            (State::Calling | State::Proceeding, _) => {
                let wait = self.timing.unless_reliable(self.timing.long());
                self.enter(State::Completed, Some(at + wait));
                Fate::DeliverAndAck
            }
            (State::Accepted, 200..300) => Fate::Deliver,
            (State::Completed, 300..) => Fate::AckAgain,
            _ => Fate::Absorb,
        }
    }

    /// Lets the timers fire that are due; `None` when none is.
    pub fn timeout(&mut self, at: At) -> Option<Fired> {
        if self.end.is_some_and(|end| end <= at) {
            let fired = if self.state == State::Calling { Fired::TimedOut } else { Fired::Terminated };
            self.enter(State::Terminated, None);
            return Some(fired);
        }
        let (due, distance) = self.repeat.filter(|(due, _)| *due <= at)?;
        let doubled = distance.saturating_mul(2);
        self.repeat = Some((due + doubled, doubled));
        Some(Fired::Retransmit)
    }

    /// When a timer fires next.
    pub fn deadline(&self) -> Option<At> {
        self.repeat.map(|(due, _)| due).into_iter().chain(self.end).min()
    }

    /// Whether a final response is still to come.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Calling | State::Proceeding)
    }

    fn enter(&mut self, state: State, end: Option<At>) {
        self.state = state;
        self.repeat = None;
        self.end = end;
    }
}
