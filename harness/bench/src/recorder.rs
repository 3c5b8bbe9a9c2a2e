//! The only writer of the timeline: numbers events and queues what leaves the machine, in one order.

use crate::machine::BenchEvent;
use oxocert_machine::{At, Flow, Output};
use oxocert_media::engine;
use oxocert_record::{Event, EventNo, RoleName, What};
use std::collections::VecDeque;

/// The queue of outputs and the number of the next event.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    next: u64,
    queue: VecDeque<Output<BenchEvent>>,
}

impl Recorder {
    /// Writes an event; its number is its place in the run.
    pub(crate) fn record(&mut self, at: At, what: What) -> EventNo {
        let n = EventNo(self.next);
        self.next += 1;
        self.emit(BenchEvent::Record(Event { n, at, what }));
        n
    }

    /// The number that the next event will get.
    pub(crate) fn next_number(&self) -> EventNo {
        EventNo(self.next)
    }

    /// A role changed what it does.
    pub(crate) fn role_state(&mut self, at: At, role: &RoleName, state: impl Into<String>) {
        self.record(at, What::RoleState { role: role.clone(), state: state.into() });
    }

    /// An order for the media engine.
    pub(crate) fn media(&mut self, command: engine::Command) {
        self.emit(BenchEvent::Media(command));
    }

    /// Something for the owner of the machine.
    pub(crate) fn emit(&mut self, event: BenchEvent) {
        self.queue.push_back(Output::Event(event));
    }

    /// Bytes for the network.
    pub(crate) fn transmit(&mut self, flow: Flow, tos: u8, bytes: Vec<u8>) {
        self.queue.push_back(Output::Transmit { flow, tos, bytes });
    }

    /// The end of a stream connection.
    pub(crate) fn close(&mut self, flow: Flow) {
        self.queue.push_back(Output::Close { flow });
    }

    /// The next output.
    pub(crate) fn poll(&mut self) -> Option<Output<BenchEvent>> {
        self.queue.pop_front()
    }
}
