//! Runs one machine (the bench, the virtual OXO) on SIP sockets, on a current-thread tokio runtime.

mod connection;
mod net_input;
mod streams;
mod udp;

use crate::clock::{RunClock, StampMapping};
use crate::socket::BindError;
use net_input::NetInput;
use oxocert_machine::{At, Flow, Input, Machine, Output, Transport};
use std::net::SocketAddr;
use std::time::Duration;
use streams::Streams;
use tokio::sync::mpsc::UnboundedReceiver;
use udp::UdpPorts;

/// The signalling side tells its lag from here on: below, the timer of the runtime itself is the cause.
pub const LAG_WORTH_TELLING: Duration = Duration::from_millis(5);

/// As the machine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The machine received it.
    In,
    /// The machine sent it.
    Out,
}

/// Which time a machine is given with what it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// The kernel's receive stamp: for a machine that measures. Its own timers then count from the stamp, too.
    Stamp,
    /// The moment of handling: for a machine that only behaves, such as a simulated DUT. A process that the system held up
    /// does not find its fresh timers expired.
    Handling,
}

/// Who owns a machine on sockets: takes its events, sees its packets, says when it is over.
pub trait Host<M: Machine> {
    /// The machine reported something.
    fn event(&mut self, at: At, event: M::Event);

    /// The machine was served `by` later than it should have been: the command that tells it so, if it wants one.
    fn lag(&mut self, by: Duration) -> Option<M::Command> {
        let _ = by;
        None
    }

    /// Bytes crossed a socket (for capture).
    fn wire(&mut self, at: At, way: Way, flow: Flow, tos: u8, bytes: &[u8]) {
        let _ = (at, way, flow, tos, bytes);
    }

    /// A stream connection was made, or is gone; `flow.local` is the end that closed it (for capture).
    fn stream(&mut self, at: At, flow: Flow, open: bool) {
        let _ = (at, flow, open);
    }

    /// Whether the machine is done; asked after everything it was given.
    fn done(&mut self) -> bool;
}

/// The bound addresses of a machine that is not there yet: what arrives waits in them, with its stamp.
pub struct Sockets {
    clock: RunClock,
    udp: UdpPorts,
    streams: Streams,
}

impl Sockets {
    /// Binds every address; must be called inside the runtime that will run the machine.
    ///
    /// # Errors
    /// The first address that cannot be bound.
    pub fn bind(clock: RunClock, addresses: &[(Transport, SocketAddr)]) -> Result<Sockets, BindError> {
        let mut udp = UdpPorts::default();
        let mut streams = Streams::new(clock);
        for &(transport, address) in addresses {
            match transport {
                Transport::Udp => udp.bind(address)?,
                Transport::Tcp | Transport::Tls => streams.listen(address)?,
            }
        }
        Ok(Sockets { clock, udp, streams })
    }
}

/// A machine with its sockets.
pub struct SipDriver<M: Machine> {
    machine: M,
    timing: Timing,
    clock: RunClock,
    /// What arrived before was nobody's lag.
    running_since: At,
    stamps: StampMapping,
    udp: UdpPorts,
    streams: Streams,
    /// Given to the machine at the next turn: what sending itself brought about.
    pending: Vec<(At, Due<M::Command>)>,
}

/// What waits for the machine.
enum Due<C> {
    Net(NetInput),
    Order(C),
}

impl<M: Machine> SipDriver<M> {
    /// Puts a machine behind its sockets.
    pub fn new(machine: M, sockets: Sockets, timing: Timing) -> Self {
        let Sockets { clock, udp, streams } = sockets;
        let (stamps, running_since) = (StampMapping::new(clock), clock.now());
        SipDriver { machine, timing, clock, running_since, stamps, udp, streams, pending: Vec::new() }
    }

    /// Runs until the host is done or the channel of commands is closed; gives the machine back.
    pub async fn run<H: Host<M>>(mut self, mut commands: UnboundedReceiver<M::Command>, host: &mut H) -> M {
        self.running_since = self.clock.now();
        self.drain(self.running_since, host);
        while !host.done() {
            let due = self.machine.deadline();
            let sleep_until = due.map(|at| tokio::time::Instant::from_std(self.clock.instant(at)));
            let idle = self.pending.is_empty();
            tokio::select! {
                biased;
                () = std::future::ready(()), if !idle => {}
                () = self.udp.readable() => {}
                note = self.streams.next() => self.take_stream_note(note, host),
                command = commands.recv() => match command {
                    Some(command) => self.pending.push((self.clock.now(), Due::Order(command))),
                    None => break,
                },
                () = sleep_until_opt(sleep_until) => {}
            }
            self.turn(&mut commands, host);
        }
        self.machine
    }

    /// Gives the machine everything that waits, oldest first, then its time-out if that is due. Packets go
    /// before a time-out: what arrived is not late because the driver was.
    fn turn<H: Host<M>>(&mut self, commands: &mut UnboundedReceiver<M::Command>, host: &mut H) {
        let now = self.clock.now();
        self.stamps.refresh(now);
        let mut late = Duration::ZERO;
        for seen in self.udp.sweep(&self.stamps, now) {
            late = late.max(now.since(seen.at.max(self.running_since)));
            if let NetInput::Received { flow, tos, bytes } = &seen.input {
                host.wire(seen.at, Way::In, *flow, tos.unwrap_or(0), bytes);
            }
            self.pending.push((seen.at, Due::Net(seen.input)));
        }
        while let Some(note) = self.streams.try_next() {
            self.take_stream_note(note, host);
        }
        while let Ok(command) = commands.try_recv() {
            self.pending.push((now, Due::Order(command)));
        }
        let mut waiting = std::mem::take(&mut self.pending);
        waiting.sort_by_key(|(at, _)| *at);
        for (stamp, due) in waiting {
            let input = match due {
                // The machine may have closed its connection on what came before.
                Due::Net(input) if !self.streams.is_news(&input) => continue,
                Due::Net(input) => input.into(),
                Due::Order(command) => Input::Command(command),
            };
            let at = match self.timing {
                Timing::Stamp => stamp,
                Timing::Handling => self.clock.now(),
            };
            self.machine.handle(at, input);
            self.drain(at, host);
        }
        let now = self.clock.now();
        if let Some(due) = self.machine.deadline().filter(|&due| due <= now) {
            late = late.max(now.since(due));
            self.machine.handle(now, Input::Timeout);
            self.drain(now, host);
        }
        if late > LAG_WORTH_TELLING
            && let Some(command) = host.lag(late)
        {
            self.machine.handle(now, Input::Command(command));
            self.drain(now, host);
        }
    }

    fn take_stream_note<H: Host<M>>(&mut self, note: streams::Note, host: &mut H) {
        let Some(taken) = self.streams.take(note) else { return };
        match &taken.seen.input {
            NetInput::Received { flow, tos, bytes } => {
                host.wire(taken.seen.at, Way::In, *flow, tos.unwrap_or(0), bytes);
            }
            NetInput::Connected { flow } => host.stream(taken.seen.at, *flow, true),
            NetInput::Closed { flow, .. } => host.stream(taken.seen.at, flow.reversed(), false),
            NetInput::Refused { .. } | NetInput::Unreachable { .. } => {}
        }
        for (flow, tos, bytes) in taken.written {
            host.wire(taken.seen.at, Way::Out, flow, tos, &bytes);
        }
        self.pending.push((taken.seen.at, Due::Net(taken.seen.input)));
    }

    fn drain<H: Host<M>>(&mut self, at: At, host: &mut H) {
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Event(event) => host.event(at, event),
                Output::Close { flow } => {
                    if self.streams.close(flow) {
                        host.stream(self.clock.now(), flow, false);
                    }
                }
                Output::Transmit { flow, tos, bytes } => self.transmit(flow, tos, &bytes, host),
            }
        }
    }

    fn transmit<H: Host<M>>(&mut self, flow: Flow, tos: u8, bytes: &[u8], host: &mut H) {
        match flow.transport {
            Transport::Udp => {
                // Before the call: the answer may arrive before the call returns.
                let now = self.clock.now();
                match self.udp.send(flow, tos, bytes) {
                    Ok(()) => host.wire(now, Way::Out, flow, tos, bytes),
                    Err(_) => self.pending.push((now, Due::Net(NetInput::Unreachable { flow }))),
                }
            }
            Transport::Tcp | Transport::Tls => {
                // A stream that is still being connected has no port yet: it is captured when it is written.
                if let Some(real) = self.streams.send(flow, tos, bytes) {
                    host.wire(self.clock.now(), Way::Out, real, tos, bytes);
                }
            }
        }
    }
}

async fn sleep_until_opt(until: Option<tokio::time::Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
