//! When each packet is due: absolute, staggered over the packet interval, never re-based.

use oxocert_machine::At;
use std::ops::Range;

/// The highest duty of a plan: above this it is refused.
pub const HIGHEST_DUTY: f64 = 0.70;

/// What work costs on this machine, in nanoseconds of the media thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// To send one packet, SRTP included.
    pub send_ns: f64,
    /// To receive, open and note one packet.
    pub receive_ns: f64,
    /// To wake up once.
    pub wake_ns: f64,
}

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Streams; each is sent, and `received_per_stream` come back for each.
    pub streams: u32,
    /// Streams received for each one sent (1 = both directions).
    pub received_per_stream: f64,
    /// Distance of the packets of one stream.
    pub interval_ns: u64,
    /// Distance of two wake-ups; divides `interval_ns`.
    pub slot_ns: u64,
    /// What work costs.
    pub cost: Cost,
}

/// Why a plan was refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The slot does not divide the interval, or something is zero or not a number.
    #[error("{slot_ns} ns is no part of the packet interval of {interval_ns} ns")]
    Slot {
        /// As asked.
        slot_ns: u64,
        /// As asked.
        interval_ns: u64,
    },
    /// Nothing to send.
    #[error("a plan of no streams")]
    Empty,
    /// A cost is negative or not a number.
    #[error("what a packet costs is not known")]
    Cost,
    /// More than the machine can do and still be on time.
    #[error(
        "{streams} streams keep the media thread busy for {:.0} % of the time; above {:.0} % it is late, {fits} streams would fit",
        duty * 100.0, HIGHEST_DUTY * 100.0
    )]
    Duty {
        /// As asked.
        streams: u32,
        /// Share of the time, 1 = all of it.
        duty: f64,
        /// How many streams would fit.
        fits: u32,
    },
}

/// A packet that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which stream, from 0 on.
    pub stream: u32,
    /// The number of its packet, from 0 on.
    pub packet: u64,
    /// When it is due.
    pub at: At,
}

/// An absolute schedule: which stream is sent in which slot, and at which place in it.
#[derive(Debug, Clone)]
pub struct Plan {
    wanted: Wanted,
    slots: u32,
    /// Streams in the order in which they are sent within one interval.
    order: Vec<u32>,
    /// From each stream to its place in `order`.
    place: Vec<u32>,
    place_ns: u64,
    duty: f64,
}

impl Plan {
    /// Makes the plan.
    ///
    /// # Errors
    /// [`Refused`], with the number of streams that would fit where the duty is too high.
    pub fn new(wanted: Wanted) -> Result<Plan, Refused> {
        let Wanted { streams, interval_ns, slot_ns, .. } = wanted;
        if slot_ns == 0 || interval_ns == 0 || !interval_ns.is_multiple_of(slot_ns) {
            return Err(Refused::Slot { slot_ns, interval_ns });
        }
        let slots =
            u32::try_from(interval_ns / slot_ns).map_err(|_| Refused::Slot { slot_ns, interval_ns })?;
        if streams == 0 {
            return Err(Refused::Empty);
        }
        let duty = Duty::of(&wanted).ok_or(Refused::Cost)?;
        if duty.share > HIGHEST_DUTY || streams > duty.fits(slots) {
            return Err(Refused::Duty { streams, duty: duty.share, fits: duty.fits(slots) });
        }
        // Bits in reverse: however many of the first streams are under way, they are spread evenly over the interval.
        let mut order: Vec<u32> = (0..streams).collect();
        order.sort_by_key(|stream| stream.reverse_bits());
        let mut place = vec![0; order.len()];
        for (position, stream) in (0..).zip(&order) {
            place[*stream as usize] = position;
        }
        Ok(Plan {
            wanted,
            slots,
            order,
            place,
            place_ns: wanted.cost.send_ns.ceil() as u64,
            duty: duty.share,
        })
    }

    /// Share of the time in which the media thread is busy, 1 = all of it; estimated from the costs.
    pub fn duty(&self) -> f64 {
        self.duty
    }

    /// Slots in one packet interval.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// Distance of two wake-ups.
    pub fn slot_ns(&self) -> u64 {
        self.wanted.slot_ns
    }

    /// When a packet of a stream is due, counted from the beginning of the schedule; `None` for a stream that is not in it.
    pub fn due(&self, stream: u32, packet: u64) -> Option<At> {
        let place = *self.place.get(stream as usize)?;
        let slot = self.slot_of(place);
        let in_slot = u64::from(place - self.places(slot).start) * self.place_ns;
        let since = packet.checked_mul(self.wanted.interval_ns)?;
        Some(At(since.checked_add(u64::from(slot) * self.wanted.slot_ns + in_slot)?))
    }

    /// The streams of a slot (0..`slots()`), in the order in which they are sent.
    pub fn streams_in(&self, slot: u32) -> &[u32] {
        let places = self.places(slot % self.slots);
        &self.order[places.start as usize..places.end as usize]
    }

    /// How many streams may be sent with `wanted`, whatever number it asks for; 0 where its costs are not known.
    pub fn most_streams(wanted: &Wanted) -> u32 {
        let slots = u32::try_from(wanted.interval_ns / wanted.slot_ns.max(1)).unwrap_or(0);
        Duty::of(wanted).map_or(0, |duty| duty.fits(slots))
    }

    /// Goes through the schedule, which begins at `origin`.
    pub fn walk(&self, origin: At) -> Walk<'_> {
        Walk { plan: self, origin, round: 0, place: 0 }
    }

    fn places(&self, slot: u32) -> Range<u32> {
        let begin = |slot: u32| {
            u32::try_from((u64::from(slot) * u64::from(self.wanted.streams)).div_ceil(u64::from(self.slots)))
                .unwrap_or(u32::MAX)
        };
        begin(slot)..begin(slot + 1)
    }

    fn slot_of(&self, place: u32) -> u32 {
        let slot = u64::from(place) * u64::from(self.slots) / u64::from(self.wanted.streams.max(1));
        u32::try_from(slot).unwrap_or(u32::MAX)
    }
}

/// What the work of a plan adds up to.
struct Duty {
    share: f64,
    /// Share of the time for each stream, and for the wake-ups.
    each: f64,
    wakes: f64,
    /// Packets that may be sent in one slot.
    in_slot: f64,
}

impl Duty {
    /// `None` where a cost is no number, or negative.
    fn of(wanted: &Wanted) -> Option<Duty> {
        let Wanted { streams, received_per_stream, interval_ns, slot_ns, cost } = *wanted;
        let known = [cost.send_ns, cost.receive_ns, cost.wake_ns, received_per_stream];
        if known.iter().any(|cost| !cost.is_finite() || *cost < 0.0) {
            return None;
        }
        let each = (cost.send_ns + received_per_stream * cost.receive_ns) / interval_ns as f64;
        let wakes = cost.wake_ns / slot_ns as f64;
        let in_slot = (HIGHEST_DUTY * slot_ns as f64 / cost.send_ns).floor();
        Some(Duty { share: wakes + each * f64::from(streams), each, wakes, in_slot })
    }

    fn fits(&self, slots: u32) -> u32 {
        // No cost at all is a division by zero: as many as there can be. What is too many for u32 ends at its greatest.
        let by_time = ((HIGHEST_DUTY - self.wakes) / self.each + 1e-9).floor();
        by_time.min(self.in_slot * f64::from(slots)).max(0.0) as u32
    }
}

/// The packets of a plan one after the other, in the order in which they are due. It never skips one and never shifts one: a sender
/// that is late finds that the next ones are due already, and sends them at once.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    plan: &'a Plan,
    origin: At,
    round: u64,
    place: u32,
}

impl Walk<'_> {
    /// The next packet; `None` only at the end of time.
    pub fn peek(&self) -> Option<Due> {
        let stream = *self.plan.order.get(self.place as usize)?;
        let since = self.plan.due(stream, self.round)?;
        Some(Due { stream, packet: self.round, at: At(self.origin.0.checked_add(since.0)?) })
    }

    /// When to wake for it: the beginning of its slot.
    pub fn wake(&self) -> Option<At> {
        let slot = u64::from(self.plan.slot_of(self.place));
        let since = self.round.checked_mul(self.plan.wanted.interval_ns)?;
        Some(At(self.origin.0.checked_add(since)?.checked_add(slot * self.plan.wanted.slot_ns)?))
    }

    /// It was sent: goes on to the next.
    pub fn advance(&mut self) {
        self.place += 1;
        if self.place as usize >= self.plan.order.len() {
            (self.place, self.round) = (0, self.round.saturating_add(1));
        }
    }
}

#[cfg(test)]
mod tests;
