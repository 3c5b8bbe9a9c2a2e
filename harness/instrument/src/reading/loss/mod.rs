//! Loss, number by number: how much, in which bursts (RFC 3611 §4.7.2), in which runs.

/// RFC 3611 §4.7.2: so many packets received in a row end a burst.
pub const GMIN: u64 = 16;

/// A missing packet counts as lost once so many later ones came, as in [`oxocert_media::estimate::Sequence`].
const GRACE: u32 = 16;

/// What became of the packets of a stream, as far as it is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Losses {
    /// Sequence numbers that were expected, outside of void seconds.
    pub expected: u64,
    /// Of them, those that never came.
    pub lost: u64,
    /// Those that came when sixteen later ones had come: for bursts and runs they count as lost, as they are for a listener.
    pub hopeless: u64,
    /// Missing, but in or beside a void second, or where packets came for which there was no room: the bench's loss as well as the
    /// DUT's.
    pub lost_in_void: u64,
    /// Bursts: stretches that begin and end with a loss, hold at least two, and never sixteen received in a row.
    pub bursts: u64,
    /// Packets in them.
    pub burst_packets: u64,
    /// Of them, lost.
    pub burst_lost: u64,
    /// Gaps: the stretches between bursts, in which losses stand alone.
    pub gaps: u64,
    /// Packets in them.
    pub gap_packets: u64,
    /// Of them, lost.
    pub gap_lost: u64,
    /// Runs of losses without any received between them.
    pub runs: u64,
    /// The longest run.
    pub longest_run: u64,
}

impl Losses {
    /// Lost share of what was expected, 0 to 1; `None` where nothing was.
    pub fn share(&self) -> Option<f64> {
        (self.expected > 0).then(|| self.lost as f64 / self.expected as f64)
    }

    /// Lost share within bursts (burst density), 0 to 1; `None` without bursts.
    pub fn burst_density(&self) -> Option<f64> {
        (self.burst_packets > 0).then(|| self.burst_lost as f64 / self.burst_packets as f64)
    }

    /// Lost share within gaps (gap density), 0 to 1; `None` without gaps.
    pub fn gap_density(&self) -> Option<f64> {
        (self.gap_packets > 0).then(|| self.gap_lost as f64 / self.gap_packets as f64)
    }

    /// Mean length of a burst in packets; `None` without bursts.
    pub fn mean_burst(&self) -> Option<f64> {
        (self.bursts > 0).then(|| self.burst_packets as f64 / self.bursts as f64)
    }

    /// Mean length of a gap in packets; `None` without gaps.
    pub fn mean_gap(&self) -> Option<f64> {
        (self.gaps > 0).then(|| self.gap_packets as f64 / self.gaps as f64)
    }

    /// Adds those of another window or stream.
    pub fn add(&mut self, other: &Losses) {
        self.expected += other.expected;
        self.lost += other.lost;
        self.hopeless += other.hopeless;
        self.lost_in_void += other.lost_in_void;
        self.bursts += other.bursts;
        self.burst_packets += other.burst_packets;
        self.burst_lost += other.burst_lost;
        self.gaps += other.gaps;
        self.gap_packets += other.gap_packets;
        self.gap_lost += other.gap_lost;
        self.runs += other.runs;
        self.longest_run = self.longest_run.max(other.longest_run);
    }
}

/// Follows the sequence numbers of one stream.
#[derive(Debug, Clone, Default)]
pub(super) struct LossTracker {
    /// The highest number; `None` before the first.
    highest: Option<u32>,
    first: u32,
    /// Bit i: the packet `highest - i` came, or was sent before the first.
    came: u32,
    /// Bit i: its place is void.
    void: u32,
    /// Whether the last packet was void.
    last_void: bool,
    stretches: Stretches,
    losses: Losses,
}

impl LossTracker {
    /// A packet with this number came; `void`: in a void second. No second copies.
    pub(super) fn came(&mut self, number: u32, void: bool) {
        let Some(highest) = self.highest else {
            *self = LossTracker { stretches: self.stretches, losses: self.losses, ..LossTracker::default() };
            (self.highest, self.first, self.came, self.last_void) = (Some(number), number, u32::MAX, void);
            self.void = u32::MAX << 1 | u32::from(void);
            return;
        };
        let step = number.wrapping_sub(highest);
        if step == 0 {
            return;
        }
        if step < 1 << 31 {
            for _ in 1..step {
                self.push(false, void || self.last_void);
            }
            self.push(true, void);
            self.highest = Some(number);
        } else {
            self.late(highest.wrapping_sub(number), highest.wrapping_sub(self.first));
        }
        self.last_void = void;
    }

    /// Packets came that nobody looked at: what is missing before the next one is not known to be lost.
    pub(super) fn looked_away(&mut self) {
        self.last_void = true;
    }

    /// The numbers begin anew; what is missing is lost.
    pub(super) fn restart(&mut self) {
        for _ in 0..GRACE {
            self.push(true, true);
        }
        self.highest = None;
    }

    /// What was decided since the last call. `finally`: what may still come is lost, and a burst that is under way has ended.
    pub(super) fn take(&mut self, finally: bool) -> Losses {
        if finally {
            if self.highest.is_some() {
                self.restart();
            }
            self.stretches.end(&mut self.losses);
        }
        std::mem::take(&mut self.losses)
    }

    /// One number more; the one that is [`GRACE`] numbers older is decided.
    fn push(&mut self, came: bool, void: bool) {
        let oldest = 1 << (GRACE - 1);
        let (received, at_fault) = (self.came & oldest != 0, self.void & oldest != 0);
        self.came = self.came << 1 | u32::from(came);
        self.void = self.void << 1 | u32::from(void);
        match (received, at_fault) {
            (true, true) => {}
            (false, true) => self.losses.lost_in_void += 1,
            (_, false) => {
                self.losses.expected += 1;
                self.losses.lost += u64::from(!received);
                self.stretches.next(received, &mut self.losses);
            }
        }
    }

    /// A packet that is `back` behind the highest, where the first is `span` behind it.
    fn late(&mut self, back: u32, span: u32) {
        if back > span {
            self.before_first(back, span);
        } else if back < GRACE {
            self.came |= 1 << back;
        } else if self.losses.lost > 0 {
            self.losses.lost -= 1;
            self.losses.hopeless += 1;
        } else {
            // It was lost in a window that is closed.
            self.losses.hopeless += 1;
        }
    }

    /// The stream began before the packet that came first: what lies between them is expected as well.
    fn before_first(&mut self, back: u32, span: u32) {
        if back >= GRACE {
            return;
        }
        for missing in span + 1..=back {
            self.void &= !(1 << missing);
            self.came &= !(1 << missing);
        }
        self.came |= 1 << back;
        self.first = self.first.wrapping_sub(back - span);
    }
}

/// Bursts, gaps and runs, from received and lost in their order.
#[derive(Debug, Clone, Copy, Default)]
struct Stretches {
    /// Received since the last loss.
    received: u64,
    /// Packets and losses of what may become a burst.
    packets: u64,
    lost: u64,
    in_gap: bool,
    run: u64,
}

impl Stretches {
    fn next(&mut self, received: bool, losses: &mut Losses) {
        if received {
            self.received += 1;
            self.run = 0;
            return;
        }
        self.run += 1;
        losses.runs += u64::from(self.run == 1);
        losses.longest_run = losses.longest_run.max(self.run);
        if self.lost > 0 && self.received < GMIN {
            self.packets += self.received + 1;
            self.lost += 1;
        } else {
            self.close(losses);
            (self.packets, self.lost) = (1, 1);
        }
        self.received = 0;
    }

    /// Ends what may be a burst and what follows it.
    fn close(&mut self, losses: &mut Losses) {
        if self.lost > 1 {
            losses.bursts += 1;
            losses.burst_packets += self.packets;
            losses.burst_lost += self.lost;
            self.in_gap = false;
        } else if self.lost == 1 {
            self.gap(1, 1, losses);
        }
        self.gap(self.received, 0, losses);
        (self.packets, self.lost, self.received) = (0, 0, 0);
    }

    fn gap(&mut self, packets: u64, lost: u64, losses: &mut Losses) {
        if packets > 0 {
            losses.gaps += u64::from(!self.in_gap);
            losses.gap_packets += packets;
            losses.gap_lost += lost;
            self.in_gap = true;
        }
    }

    fn end(&mut self, losses: &mut Losses) {
        self.close(losses);
        *self = Stretches::default();
    }
}

#[cfg(test)]
mod tests;
