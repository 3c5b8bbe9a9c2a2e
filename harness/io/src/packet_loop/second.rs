//! What each second of the loop was worth: the facts by which it is void or not.

use oxocert_instrument::void::Facts;
use oxocert_machine::At;

/// A stimulus error above this voids its second.
pub(super) const LATE_NS: u64 = 1_000_000;

/// One second of the loop. A fact that this machine does not tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Second {
    /// Its beginning.
    pub from: At,
    /// Its end.
    pub to: At,
    /// Processor time that the hypervisor gave to others, nanoseconds, over all processors; in steps of 10 ms.
    pub steal_ns: Option<u64>,
    /// How often the loop's thread had to wait although it had work.
    pub involuntary_switches: Option<u64>,
    /// Datagrams that the loop's sockets dropped for want of room.
    pub drops: u64,
    /// Packets sent more than 1 ms after they were due.
    pub late: u64,
    /// The largest stimulus error, nanoseconds.
    pub worst_ns: u64,
    /// Slots that were reached only after the next one was due.
    pub missed_slots: u64,
    /// Jumps of CLOCK_REALTIME, on which the kernel's stamps are.
    pub clock_steps: u64,
    /// Error of the mapping from the kernel's stamps to the timeline, nanoseconds.
    pub mapping_error_ns: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets that could not be handed to the kernel.
    pub unsent: u64,
    /// Packets received and let in.
    pub received: u64,
    /// Of them, packets without a stamp.
    pub unstamped: u64,
    /// Processor time of the loop's thread, nanoseconds.
    pub cpu_ns: Option<u64>,
}

impl Second {
    /// What the gates ask of it.
    pub fn facts(&self) -> Facts {
        Facts {
            from: self.from,
            to: self.to,
            steal_ns: self.steal_ns,
            involuntary_switches: self.involuntary_switches,
            socket_drops: Some(self.drops),
            stimulus_error_ns: (self.sent > 0).then_some(self.worst_ns),
            missed_slots: self.missed_slots,
            clock_steps: self.clock_steps,
        }
    }

    /// Takes note of a packet that was sent.
    pub(super) fn sent(&mut self, error_ns: u64) {
        self.sent += 1;
        self.worst_ns = self.worst_ns.max(error_ns);
        self.late += u64::from(error_ns > LATE_NS);
    }

    /// Adds another second to a sum over many.
    pub fn add(&mut self, other: &Second) {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        self.to = other.to;
        self.steal_ns = sum(self.steal_ns, other.steal_ns);
        self.involuntary_switches = sum(self.involuntary_switches, other.involuntary_switches);
        self.cpu_ns = sum(self.cpu_ns, other.cpu_ns);
        self.drops += other.drops;
        self.late += other.late;
        self.worst_ns = self.worst_ns.max(other.worst_ns);
        self.missed_slots += other.missed_slots;
        self.clock_steps += other.clock_steps;
        self.mapping_error_ns = self.mapping_error_ns.max(other.mapping_error_ns);
        self.sent += other.sent;
        self.unsent += other.unsent;
        self.received += other.received;
        self.unstamped += other.unstamped;
    }

    /// A sum over no second, beginning at `from`.
    pub fn none(from: At) -> Second {
        Second {
            from,
            to: from,
            steal_ns: Some(0),
            involuntary_switches: Some(0),
            cpu_ns: Some(0),
            ..Second::default()
        }
    }
}
