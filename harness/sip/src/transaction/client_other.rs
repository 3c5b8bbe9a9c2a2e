//! The non-INVITE client transaction (RFC 3261 §17.1.2).

use super::{Fate, Fired, Timing};
use oxocert_machine::At;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

/// The machine; the request has been sent when it is made.
#[derive(Debug, Clone)]
pub struct ClientOther {
    timing: Timing,
    state: State,
    /// Timer E and its current distance.
    repeat: Option<(At, Duration)>,
    /// Timer F or K, as the state has it.
    end: Option<At>,
}

impl ClientOther {
    /// Starts timers E (datagrams only) and F.
    pub fn new(at: At, timing: Timing) -> ClientOther {
        let t1 = timing.timers.t1;
        ClientOther {
            timing,
            state: State::Trying,
            repeat: (!timing.reliable).then_some((at + t1, t1)),
            end: Some(at + timing.long()),
        }
    }

    /// Takes a response.
    pub fn response(&mut self, at: At, status: u16) -> Fate {
        match (self.state, status) {
            (State::Trying | State::Proceeding, ..200) => {
                self.state = State::Proceeding;
                Fate::Deliver
            }
            (State::Trying | State::Proceeding, _) => {
                self.state = State::Completed;
                self.repeat = None;
                self.end = Some(at + self.timing.unless_reliable(self.timing.timers.t4));
                Fate::Deliver
            }
            _ => Fate::Absorb,
        }
    }

    /// Lets the timers fire that are due; `None` when none is.
    pub fn timeout(&mut self, at: At) -> Option<Fired> {
        if self.end.is_some_and(|end| end <= at) {
            let fired = if self.is_pending() { Fired::TimedOut } else { Fired::Terminated };
            self.state = State::Terminated;
            self.repeat = None;
            self.end = None;
            return Some(fired);
        }
        let (due, distance) = self.repeat.filter(|(due, _)| *due <= at)?;
        // In Proceeding the distance is T2 at once (RFC 3261 §17.1.2.2).
        let t2 = self.timing.timers.t2;
        let next = if self.state == State::Proceeding { t2 } else { distance.saturating_mul(2).min(t2) };
        self.repeat = Some((due + next, next));
        Some(Fired::Retransmit)
    }

    /// When a timer fires next.
    pub fn deadline(&self) -> Option<At> {
        self.repeat.map(|(due, _)| due).into_iter().chain(self.end).min()
    }

    /// Whether a final response is still to come.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Trying | State::Proceeding)
    }
}
