//! The loop of the media thread.

use super::ports::Ports;
use super::{Note, Order};
use crate::capture::Capture;
use crate::clock::{RunClock, StampMapping};
use crate::receive::Batch;
use crate::socket::{Purpose, bind_udp};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::eventfd::EventFd;
use nix::sys::time::TimeSpec;
use oxocert_machine::{At, Flow, Input, Machine, Output};
use oxocert_media::engine::{Command, Engine};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Datagrams taken in one call.
const SLOTS: usize = 32;

/// Longer than any RTP or RTCP packet of an Ethernet.
const LARGEST: usize = 2048;

/// How long the thread sleeps at most: the clocks are paired again at least that often.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// The engine served so much later than it was due is told: one packet time of 20 ms, so that a stream has a hole.
const WORTH_TELLING: Duration = Duration::from_millis(20);

/// Timer slack of this thread in nanoseconds; the default of 50 us would be the greatest part of the pacing error.
const TIMER_SLACK_NS: u64 = 1;

/// Everything the thread owns.
pub(super) struct Running<R> {
    engine: Engine,
    clock: RunClock,
    stamps: StampMapping,
    capture: Option<Capture>,
    report: R,
    inbox: Receiver<Order>,
    wake: Arc<EventFd>,
    ports: Ports,
    batch: Batch,
    /// The kernel stamps nothing until some socket asks for stamps, and then only after a while: one socket that
    /// asks stays open for the life of the thread.
    _stamping: UdpSocket,
}

impl<R: FnMut(Note)> Running<R> {
    pub(super) fn new(
        engine: Engine,
        clock: RunClock,
        capture: Option<Capture>,
        report: R,
        inbox: Receiver<Order>,
        wake: Arc<EventFd>,
    ) -> io::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Running {
            engine,
            clock,
            stamps: StampMapping::new(clock),
            capture,
            report,
            inbox,
            wake,
            ports: Ports::new()?,
            batch: Batch::new(SLOTS, LARGEST),
            _stamping: bind_udp(any, Purpose::Media).map_err(|error| error.source)?,
        })
    }

    /// Runs until it is told to stop or its owner is gone.
    pub(super) fn run(mut self) {
        // Without it packets are up to 50 us later, which their own measurement shows.
        let _ = nix::sys::prctl::set_timerslack(TIMER_SLACK_NS);
        let mut tokens = Vec::new();
        loop {
            self.sleep();
            self.stamps.refresh(self.clock.now());
            // Received packets first: their stamps are older than the deadline that may be due now.
            self.receive(&mut tokens);
            if !self.take_orders() {
                return;
            }
            let now = self.clock.now();
            if let Some(due) = self.engine.deadline().filter(|due| *due <= now) {
                let by = now.since(due);
                if by >= WORTH_TELLING {
                    (self.report)(Note::Late { by });
                }
                self.engine.handle(now, Input::Timeout);
                self.drain(now);
            }
        }
    }

    /// Sleeps until the engine's deadline, a packet or an order.
    fn sleep(&self) {
        let now = self.clock.now();
        let wait = self.engine.deadline().map_or(LONGEST_SLEEP, |due| due.since(now).min(LONGEST_SLEEP));
        let mut files = [
            PollFd::new(self.ports.readiness().as_fd(), PollFlags::POLLIN),
            PollFd::new(self.wake.as_fd(), PollFlags::POLLIN),
        ];
        // An interrupted sleep only comes back early.
        let _ = ppoll(&mut files, Some(TimeSpec::from_duration(wait)), None);
    }

    fn receive(&mut self, tokens: &mut Vec<u64>) {
        self.ports.readiness().ready(tokens);
        for &token in tokens.iter() {
            let Some((local, port)) = self.ports.of_token(token) else { continue };
            // Level-triggered: what is left after one batch, and errors (ICMP), come round again.
            if self.batch.receive(port.socket()).is_err() {
                continue;
            }
            let now = self.clock.now();
            for datagram in self.batch.datagrams() {
                let stamp = datagram.stamp_ns.map(|stamp| self.stamps.at(stamp));
                let at = stamp.unwrap_or(now);
                let flow = Flow::udp(local, datagram.remote);
                if let Some(capture) = self.capture.as_ref().filter(|_| !self.ports.owns(datagram.remote)) {
                    capture.media(at, flow.reversed(), datagram.tos.unwrap_or(0), datagram.bytes);
                }
                self.engine.received(at, stamp, flow, datagram.tos, datagram.bytes);
                drain(
                    &mut self.engine,
                    at,
                    &mut self.ports,
                    self.clock,
                    self.capture.as_ref(),
                    &mut self.report,
                );
            }
        }
    }

    /// Carries out what was ordered; `false` when the thread is to end.
    fn take_orders(&mut self) -> bool {
        // Nothing to read means only that nobody woke us.
        let _ = self.wake.read();
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Command(command)) => self.carry_out(command),
                Ok(Order::Stop) | Err(std::sync::mpsc::TryRecvError::Disconnected) => return false,
                Err(std::sync::mpsc::TryRecvError::Empty) => return true,
            }
        }
    }

    fn carry_out(&mut self, command: Command) {
        if let Command::Open { port, local } = command
            && let Err(error) = self.ports.open(port, local)
        {
            (self.report)(Note::NotOpened { port, error });
            return;
        }
        let closing = match command {
            Command::Close { port } => Some(port),
            _ => None,
        };
        let now = self.clock.now();
        self.engine.handle(now, Input::Command(command));
        self.drain(now);
        if let Some(port) = closing {
            self.ports.close(port);
        }
    }

    fn drain(&mut self, at: At) {
        drain(&mut self.engine, at, &mut self.ports, self.clock, self.capture.as_ref(), &mut self.report);
    }
}

/// Sends and reports what the engine has to say.
fn drain<R: FnMut(Note)>(
    engine: &mut Engine,
    at: At,
    ports: &mut Ports,
    clock: RunClock,
    capture: Option<&Capture>,
    report: &mut R,
) {
    while let Some(output) = engine.poll() {
        match output {
            Output::Transmit { flow, tos, bytes } => {
                // Before the call: the packet may arrive before the call returns.
                let now = clock.now();
                // A datagram that the kernel refuses is a lost packet: its receiver counts it.
                if ports.send(flow.local, flow.remote, tos, &bytes).is_ok()
                    && let Some(capture) = capture
                {
                    capture.media(now, flow, tos, &bytes);
                }
            }
            Output::Event(event) => report(Note::Engine { at, event: Box::new(event) }),
            // The engine speaks datagrams only: there is no stream to close.
            Output::Close { .. } => {}
        }
    }
}
