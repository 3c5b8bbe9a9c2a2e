//! A signalling machine and a media engine as one node of the network.
//!
//! In virtual time a process is one node: datagrams to the engine's open ports go to the engine, everything else to
//! the signalling machine; the latter's media orders go to the engine, and what the engine hears goes back. On sockets
//! the driver makes the same split between its threads.

use crate::engine::{self, Engine};
use oxocert_machine::{At, Flow, Input, Machine, Output, Seed};

/// A signalling machine that orders media.
pub trait MediaOwner: Machine {
    /// The media order in an event; any other event comes back.
    fn media_command(event: Self::Event) -> Result<engine::Command, Self::Event>;

    /// What the engine reports, as a command for this machine.
    fn media_event(event: engine::Event) -> Self::Command;
}

/// A [`MediaOwner`] with its engine; to the outside a machine with the owner's commands and events.
#[derive(Debug)]
pub struct WithMedia<M> {
    owner: M,
    engine: Engine,
    now: At,
}

impl<M: MediaOwner> WithMedia<M> {
    /// Joins `owner` with a new engine.
    pub fn new(owner: M, seed: Seed) -> WithMedia<M> {
        WithMedia { owner, engine: Engine::new(seed), now: At::ZERO }
    }

    /// The signalling machine.
    pub fn owner(&self) -> &M {
        &self.owner
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn is_media(&self, flow: &Flow) -> bool {
        flow.transport == oxocert_machine::Transport::Udp && self.engine.owns(flow.local)
    }
}

impl<M: MediaOwner> Machine for WithMedia<M> {
    type Command = M::Command;
    type Event = M::Event;

    fn handle(&mut self, at: At, input: Input<M::Command>) {
        self.now = self.now.max(at);
        match input {
            Input::Received { flow, tos, bytes } if self.is_media(&flow) => {
                self.engine.handle(at, Input::Received { flow, tos, bytes });
            }
            Input::Unreachable { flow } if self.is_media(&flow) => {
                self.engine.handle(at, Input::Unreachable { flow });
            }
            Input::Timeout => {
                // Each of the two gets only the wake-ups it asked for.
                if self.engine.deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.engine.handle(at, Input::Timeout);
                }
                if self.owner.deadline().is_some_and(|deadline| deadline <= self.now) {
                    self.owner.handle(at, Input::Timeout);
                }
            }
            input => self.owner.handle(at, input),
        }
    }

    fn poll(&mut self) -> Option<Output<M::Event>> {
        // The owner first, so that its orders reach the engine before the engine is drained; each event of the engine
        // is a command that may make new orders. It ends when neither has more to say.
        loop {
            while let Some(output) = self.owner.poll() {
                match output {
                    Output::Event(event) => match M::media_command(event) {
                        Ok(command) => self.engine.handle(self.now, Input::Command(command)),
                        Err(event) => return Some(Output::Event(event)),
                    },
                    Output::Transmit { flow, tos, bytes } => {
                        return Some(Output::Transmit { flow, tos, bytes });
                    }
                    Output::Close { flow } => return Some(Output::Close { flow }),
                }
            }
            match self.engine.poll()? {
                Output::Event(event) => self.owner.handle(self.now, Input::Command(M::media_event(event))),
                Output::Transmit { flow, tos, bytes } => return Some(Output::Transmit { flow, tos, bytes }),
                Output::Close { flow } => return Some(Output::Close { flow }),
            }
        }
    }

    fn deadline(&self) -> Option<At> {
        self.owner.deadline().into_iter().chain(self.engine.deadline()).min()
    }
}
