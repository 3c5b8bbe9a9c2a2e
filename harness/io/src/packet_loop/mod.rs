//! The packet loop: RTP and SRTP streams at full load on an OS thread of their own.
//!
//! [`PacketLoop::start`] opens a port for each stream, measures what a packet costs on this machine and refuses a plan that would keep
//! the thread too busy. The thread runs under SCHED_FIFO with locked memory where it may ([`Rights`] tells what it got). It sends by
//! the absolute schedule of [`Plan`]: a late packet is sent at once and shows as stimulus error, the schedule is never re-based. It
//! reads each port several packets at a time, which is cheap and disturbs no reading, as all times are stamps of the kernel or the
//! network card, mapped to the clock of the run; a packet without a stamp has none.
//!
//! What is measured is the [`Observer`]'s business. What is not let in is a [`Finding`]. What each second was worth is in [`Second`].
//! After the first packet of a stream the thread allocates nothing (libsrtp's own memory apart), takes no lock and writes no log.

mod compound;
mod cost;
mod findings;
mod incoming;
mod lane;
mod observer;
mod orders;
mod outgoing;
mod pace;
mod port;
mod prefetch;
mod rights;
mod run;
mod second;
mod settings;
mod steal;

pub use cost::measure as measure_cost;
pub use findings::{Finding, Findings, Kind};
pub use observer::{Observer, Sent};
pub use outgoing::CannotSend;
pub use rights::Rights;
pub use second::Second;
pub use settings::{CannotStart, Receiving, Sending, Settings, TransmitStamps, slot_for};

use crate::BindError;
use crate::card::Card;
use crate::clock::RunClock;
use incoming::Incoming;
use lane::{Desk, Lane};
use orders::{Order, Retired, Shared, WAITING};
use outgoing::Outgoing;
use oxocert_instrument::schedule::{Plan, Wanted};
use oxocert_machine::At;
use port::Port;
use run::{Counters, Running};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

/// From the start of the thread to the first slot of the schedule.
const BEFORE_ORIGIN: Duration = Duration::from_millis(20);

/// A running loop. Dropping it stops the thread.
pub struct PacketLoop<O> {
    orders: SyncSender<Order>,
    retired: Receiver<Retired>,
    shared: Arc<Shared>,
    rights: Rights,
    stamping: String,
    duty: f64,
    _steal: steal::Watch,
    thread: Option<JoinHandle<Finished<O>>>,
}

/// What a loop leaves behind.
#[derive(Debug)]
pub struct Finished<O> {
    /// Who measured.
    pub observer: O,
    /// What was not let in.
    pub findings: Findings,
    /// Packets of each stream whose number was used up.
    pub sent: Vec<u64>,
    /// The sum over all seconds.
    pub total: Second,
}

impl<O: Observer + 'static> PacketLoop<O> {
    /// Opens the ports and starts the thread. Streams are numbered as their ports stand in `locals`.
    ///
    /// # Errors
    /// [`CannotStart`]: the plan's duty is too high (with the number of streams that would fit), or a port is taken.
    pub fn start(
        clock: RunClock,
        settings: Settings,
        locals: &[SocketAddr],
        observer: O,
    ) -> Result<PacketLoop<O>, CannotStart> {
        let plan = plan(clock, &settings, locals.len())?;
        let duty = plan.duty();
        let card = Card::ask(locals.first().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), SocketAddr::ip));
        let stamping = card.state();
        let lanes = lanes(&plan, locals, &settings, &card)?;
        let mut places = vec![0; locals.len()];
        for (place, lane) in lanes.iter().enumerate() {
            places[lane.stream() as usize] = place;
        }
        let steal = steal::Watch::start()?;
        let (orders, inbox) = mpsc::sync_channel(WAITING);
        let (retire, retired) = mpsc::sync_channel(WAITING);
        let shared = Arc::new(Shared::default());
        let running = Running {
            desk: Desk::new(clock, card, settings.transmit_stamps, observer, lanes.len()),
            lanes,
            inbox,
            retired: retire,
            shared: Arc::clone(&shared),
            steal: steal.shared(),
            real_time: false,
            readings: 0,
            origin: At::ZERO,
            sending: 0,
            places,
            next: 0,
            before: Counters::default(),
            total: Second::none(At::ZERO),
            settings,
        };
        let (tell, told) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("packets".to_owned())
            .spawn(move || begin(running, clock, &plan, &tell))?;
        let ended = |_| io::Error::other("its thread ended before it began");
        let rights = told.recv().map_err(ended)?;
        Ok(PacketLoop {
            orders,
            retired,
            shared,
            rights,
            stamping,
            duty,
            _steal: steal,
            thread: Some(thread),
        })
    }

    /// What the thread may.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Which stamps there are, in words.
    pub fn stamping(&self) -> &str {
        &self.stamping
    }

    /// Share of the time in which the thread will be busy, 1 = all of it, as estimated before the first packet.
    pub fn duty(&self) -> f64 {
        self.duty
    }

    /// Begins to send a stream, with its packet 0 in its next slot.
    ///
    /// # Errors
    /// [`CannotSend`].
    pub fn send(&self, stream: u32, sending: Sending) -> Result<(), CannotSend> {
        let outgoing = Box::new(Outgoing::new(sending)?);
        self.shared.sending.fetch_add(1, Ordering::Relaxed);
        self.order(stream, Order::Send(stream, outgoing))
    }

    /// Lets a stream in from now on.
    ///
    /// # Errors
    /// [`CannotSend`]: its key is none, or there is no such port.
    pub fn receive(&self, stream: u32, receiving: Receiving) -> Result<(), CannotSend> {
        self.order(stream, Order::Receive(stream, Box::new(Incoming::new(receiving)?)))
    }

    /// Ends sending a stream; what comes is still let in.
    ///
    /// # Errors
    /// [`CannotSend::NoPort`].
    pub fn quiet(&self, stream: u32) -> Result<(), CannotSend> {
        self.order(stream, Order::Quiet(stream))
    }

    /// How many streams are being sent, from the order on: 0 once all have sent as many packets as they were to.
    pub fn sending(&self) -> u32 {
        self.shared.sending.load(Ordering::Relaxed)
    }

    /// Ends the loop, after a last reading of all ports. `None`: the thread broke off.
    pub fn stop(mut self) -> Option<Finished<O>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.take()?.join().ok()
    }

    fn order(&self, stream: u32, order: Order) -> Result<(), CannotSend> {
        // Streams that were replaced are freed here, not by the loop.
        self.retired.try_iter().for_each(drop);
        self.orders.send(order).map_err(|_| CannotSend::NoPort(stream))
    }
}

impl<O> Drop for PacketLoop<O> {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by it; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// Opens the ports in the order in which the plan sends: what is used one after the other then lies side by side, in the kernel too.
fn lanes(
    plan: &Plan,
    locals: &[SocketAddr],
    settings: &Settings,
    card: &Card,
) -> Result<Vec<Lane>, BindError> {
    let order = (0..plan.slots()).flat_map(|slot| plan.streams_in(slot));
    let lane = |(place, (stream, local))| Ok(Lane::new(stream, place, Port::open(local, settings, card)?));
    order.filter_map(|stream| Some((*stream, *locals.get(*stream as usize)?))).enumerate().map(lane).collect()
}

fn plan(clock: RunClock, settings: &Settings, streams: usize) -> Result<Plan, CannotStart> {
    let nanoseconds = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let cost = match settings.cost {
        Some(cost) => cost,
        None => cost::measure(clock)?,
    };
    Ok(Plan::new(Wanted {
        streams: u32::try_from(streams).unwrap_or(u32::MAX),
        received_per_stream: settings.received_per_stream,
        interval_ns: nanoseconds(settings.interval),
        slot_ns: nanoseconds(settings.slot.unwrap_or_else(|| settings::slot_for(streams))),
        cost,
    })?)
}

fn begin<O: Observer>(
    mut running: Running<O>,
    clock: RunClock,
    plan: &Plan,
    tell: &SyncSender<Rights>,
) -> Finished<O> {
    let rights = Rights::take(running.settings.real_time);
    running.real_time = rights.is_real_time();
    // It waits for this.
    let _ = tell.send(rights);
    running.desk.card.refresh(clock);
    running.origin = clock.now() + BEFORE_ORIGIN;
    running.run(plan)
}
