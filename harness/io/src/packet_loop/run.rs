//! The loop itself: sends what is due, receives in the time between.

use super::lane::{Desk, Lane};
use super::orders::{Order, Retired, Shared};
use super::pace::Pace;
use super::rights::{cpu_ns, involuntary_switches};
use super::steal;
use super::{Finished, Observer, Second, Settings, TransmitStamps};
use oxocert_instrument::schedule::{Plan, Walk};
use oxocert_machine::At;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// One second.
const SECOND_NS: u64 = 1_000_000_000;

/// Where nothing is sent, the loop wakes this often to read ports and to see what it is told.
const IDLE: Duration = Duration::from_millis(10);

/// Reading one port takes less than this: it is begun only where the next packet is not due before.
const ONE_PORT_NS: u64 = 20_000;

/// Ports read after each slot, even where the next one is due already.
const AT_LEAST: u32 = 3;

/// The RTCP port is read once in so many readings of the RTP port.
const CONTROL_EVERY: u64 = 8;

/// A port that nothing was agreed for is read once in so many turns.
const UNCALLED_EVERY: u64 = 16;

/// The answers of the kernel are read once in so many readings of the port: some at once, and before their numbers are forgotten.
const ANSWERS_EVERY: u64 = 16;

/// The same where every packet is answered.
const ALL_ANSWERS_EVERY: u64 = 4;

/// So many streams ahead their state is asked for.
const FETCHED_AHEAD: usize = 4;

/// Orders carried out after one slot.
const ORDERS_AT_ONCE: usize = 16;

/// The same while nothing is sent that could be late.
const ORDERS_WHILE_IDLE: usize = 1024;

/// Up to so many streams each packet has a wake-up of its own, and time to spin before it.
const FEW: u32 = 64;

/// Readings of a port after the end, until it is empty: a flood does not keep the loop alive.
const LAST_READINGS: usize = 64;

/// Everything the thread owns.
pub(super) struct Running<O> {
    pub(super) settings: Settings,
    /// In the order in which the plan sends.
    pub(super) lanes: Vec<Lane>,
    pub(super) desk: Desk<O>,
    pub(super) inbox: Receiver<Order>,
    pub(super) retired: SyncSender<Retired>,
    pub(super) shared: Arc<Shared>,
    pub(super) steal: Arc<steal::Shared>,
    pub(super) real_time: bool,
    /// Ports that were read so far.
    pub(super) readings: u64,
    /// When the first of them was due.
    pub(super) origin: At,
    pub(super) sending: u32,
    /// From each stream to its lane.
    pub(super) places: Vec<usize>,
    /// The lane whose packet is due next.
    pub(super) next: usize,
    pub(super) before: Counters,
    pub(super) total: Second,
}

/// Counters that only grow, as they stood when the second began.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counters {
    steal_ns: Option<u64>,
    switches: Option<u64>,
    cpu_ns: Option<u64>,
    steps: u64,
}

impl<O: Observer> Running<O> {
    /// Runs until it is told to stop; the plan begins at `origin`.
    pub(super) fn run(mut self, plan: &Plan) -> Finished<O> {
        let pace = Pace::new(self.desk.clock);
        let mut walk = plan.walk(self.origin);
        let mut now = self.desk.clock.now();
        self.before = self.counters();
        self.desk.second = Second::none(now);
        self.total = Second::none(now);
        while !self.shared.stop.load(Ordering::Relaxed) {
            let wake = if self.sending == 0 { now + IDLE } else { walk.wake().unwrap_or(now + IDLE) };
            self.receive_until(now, wake);
            now = pace.until(wake, self.gap_ns(plan));
            if self.sending > 0 {
                self.desk.second.missed_slots += now.0.saturating_sub(wake.0) / plan.slot_ns();
            }
            now = self.send_due(&mut walk, now);
            self.keep_house(now);
            now = self.desk.clock.now();
        }
        self.finish()
    }

    /// Sends all that is due. What is late is sent at once; nothing is shifted.
    fn send_due(&mut self, walk: &mut Walk<'_>, mut now: At) -> At {
        while let Some(due) = walk.peek().filter(|_| walk.wake().is_some_and(|wake| wake <= now)) {
            walk.advance();
            let place = self.next;
            self.next = if place + 1 < self.lanes.len() { place + 1 } else { 0 };
            self.fetch(place);
            let Some(lane) = self.lanes.get_mut(place).filter(|lane| lane.is_sending()) else { continue };
            now = lane.send(due.packet, due.at, &mut self.desk).unwrap_or(now);
            if !lane.is_sending() {
                self.one_is_over();
            }
        }
        now
    }

    /// Asks for the state of the streams that are sent soon after that of lane `place`.
    #[inline]
    fn fetch(&self, place: usize) {
        for (ahead, is_state_there) in [(FETCHED_AHEAD, false), (FETCHED_AHEAD / 2, true)] {
            if let Some(lane) = self.lanes.get(place + ahead) {
                lane.fetch(is_state_there);
            }
        }
    }

    /// Reads the ports whose turn it is, as long as there is time; some at least, so that a busy loop hears something too.
    fn receive_until(&mut self, mut now: At, until: At) {
        let ports = self.lanes.len() as u64;
        let sweep_ns = u64::try_from(self.settings.sweep.as_nanos()).unwrap_or(u64::MAX);
        let mut at_least = AT_LEAST;
        while ports > 0
            && self.readings.saturating_mul(sweep_ns) / ports <= now.0.saturating_sub(self.origin.0)
        {
            if at_least == 0 && now.0 + ONE_PORT_NS > until.0 {
                break;
            }
            let (round, stream) = (self.readings / ports, self.readings % ports);
            self.read(round, stream);
            self.readings += 1;
            at_least = at_least.saturating_sub(1);
            now = self.desk.clock.now();
        }
    }

    fn read(&mut self, round: u64, stream: u64) {
        let place = self.places.get(stream as usize).copied();
        let Some(lane) = place.and_then(|place| self.lanes.get_mut(place)) else { return };
        let turn = round + stream;
        // Where nothing was agreed for, a look now and then shows who comes uncalled.
        if lane.incoming.is_some() || turn.is_multiple_of(UNCALLED_EVERY) {
            lane.receive(&mut self.desk);
        }
        let every = if self.desk.transmit == TransmitStamps::All { ALL_ANSWERS_EVERY } else { ANSWERS_EVERY };
        if turn.is_multiple_of(every) {
            lane.take_answers(&mut self.desk);
        }
        if turn.is_multiple_of(CONTROL_EVERY) {
            lane.receive_control(&mut self.desk);
        }
    }

    /// How long there is nothing to do after a wake-up; 0 where there is no room for a spin.
    fn gap_ns(&self, plan: &Plan) -> u64 {
        let may_spin = self.real_time && (1..=FEW).contains(&self.sending);
        let streams = self.lanes.len().max(1) as u64;
        if may_spin { (plan.slot_ns() * u64::from(plan.slots()) / streams).max(plan.slot_ns()) } else { 0 }
    }

    fn keep_house(&mut self, now: At) {
        // Not all at once: an order may make the kernel work (TOS byte).
        let at_once = if self.sending == 0 { ORDERS_WHILE_IDLE } else { ORDERS_AT_ONCE };
        for _ in 0..at_once {
            match self.inbox.try_recv() {
                Ok(order) => self.carry_out(order),
                Err(_) => break,
            }
        }
        self.desk.stamps.refresh(now);
        if now.0.saturating_sub(self.desk.second.from.0) >= SECOND_NS {
            self.desk.card.refresh(self.desk.clock);
            self.end_second(now);
        }
    }

    fn carry_out(&mut self, order: Order) {
        let (Order::Send(stream, _) | Order::Receive(stream, _) | Order::Quiet(stream)) = order;
        let begins = matches!(order, Order::Send(..));
        // Counted as sending since it was ordered.
        self.sending += u32::from(begins);
        let place = self.places.get(stream as usize).copied();
        let Some(lane) = place.and_then(|place| self.lanes.get_mut(place)) else {
            if begins {
                self.one_is_over();
            }
            return;
        };
        let was_sending = lane.is_sending();
        let is_for_sending = !matches!(order, Order::Receive(..));
        let retired: Option<Retired> = match order {
            Order::Send(_, outgoing) => lane.begin(outgoing).map(|before| before as Retired),
            Order::Receive(_, incoming) => lane.incoming.replace(incoming).map(|before| before as Retired),
            Order::Quiet(_) => lane.quiet().map(|before| before as Retired),
        };
        let is_over_at_once = begins && !lane.is_sending();
        for _ in 0..u8::from(was_sending && is_for_sending) + u8::from(is_over_at_once) {
            self.one_is_over();
        }
        if let Some(retired) = retired {
            // Where the owner does not come to free them, they are freed here.
            let _ = self.retired.try_send(retired);
        }
    }

    fn one_is_over(&mut self) {
        self.sending = self.sending.saturating_sub(1);
        self.shared.sending.fetch_sub(1, Ordering::Relaxed);
    }

    fn counters(&self) -> Counters {
        Counters {
            steal_ns: self.steal.steal_ns(),
            switches: involuntary_switches(),
            cpu_ns: cpu_ns(),
            steps: self.desk.stamps.steps(),
        }
    }

    fn end_second(&mut self, now: At) {
        let since = |now: Option<u64>, before: Option<u64>| Some(now?.saturating_sub(before?));
        let counters = self.counters();
        let second = &mut self.desk.second;
        second.to = now;
        second.steal_ns = since(counters.steal_ns, self.before.steal_ns);
        second.involuntary_switches = since(counters.switches, self.before.switches);
        second.cpu_ns = since(counters.cpu_ns, self.before.cpu_ns);
        second.clock_steps = counters.steps - self.before.steps;
        second.mapping_error_ns = self.desk.card.error_ns().unwrap_or(0).max(self.desk.stamps.error_ns());
        self.before = counters;
        self.total.add(second);
        let ended = *second;
        *second = Second::none(now);
        self.desk.observer.second(&ended);
    }

    /// Reads what is left, and hands everything over.
    fn finish(mut self) -> Finished<O> {
        for lane in &mut self.lanes {
            for _ in 0..LAST_READINGS {
                if lane.receive(&mut self.desk) == 0 {
                    break;
                }
            }
            lane.take_answers(&mut self.desk);
            lane.receive_control(&mut self.desk);
        }
        self.end_second(self.desk.clock.now());
        let sent_of = |lane: &Lane| lane.outgoing.as_ref().map_or(0, |sent| sent.packets());
        let sent = self.places.iter().map(|place| self.lanes.get(*place).map_or(0, sent_of));
        Finished {
            sent: sent.collect(),
            observer: self.desk.observer,
            findings: self.desk.findings,
            total: self.total,
        }
    }
}
