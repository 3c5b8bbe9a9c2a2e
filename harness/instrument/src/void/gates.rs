//! What voids a second.

use oxocert_machine::At;
use oxocert_metrology::Tier;
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::BitOrAssign;

/// What is known of one second of the media thread. `None`: this machine does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its beginning.
    pub from: At,
    /// Its end.
    pub to: At,
    /// Processor time that the hypervisor gave to others, in nanoseconds.
    pub steal_ns: Option<u64>,
    /// How often the thread was put off although it had work.
    pub involuntary_switches: Option<u64>,
    /// Datagrams dropped by the sockets for want of room.
    pub socket_drops: Option<u64>,
    /// The greatest |sent - due| in it, in nanoseconds; `None` where nothing was sent or no stamp came.
    pub stimulus_error_ns: Option<u64>,
    /// Slots that were reached only when the next was due.
    pub missed_slots: u64,
    /// Steps of the clock on which the stamps are.
    pub clock_steps: u64,
}

impl Facts {
    /// The gates of which nothing is known.
    pub fn unknown(&self) -> Reasons {
        let mut reasons = Reasons::default();
        reasons.add_if(self.steal_ns.is_none(), Reason::Steal);
        reasons.add_if(self.involuntary_switches.is_none(), Reason::InvoluntarySwitches);
        reasons.add_if(self.socket_drops.is_none(), Reason::SocketDrops);
        reasons
    }
}

/// The greatest values that a good second may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Stolen time in nanoseconds; `None` = it does not void.
    pub steal_ns: Option<u64>,
    /// Involuntary switches; `None` = they do not void.
    pub involuntary_switches: Option<u64>,
    /// Dropped datagrams.
    pub socket_drops: u64,
    /// Stimulus error, in nanoseconds.
    pub stimulus_error_ns: u64,
    /// Missed slots.
    pub missed_slots: u64,
    /// Clock steps.
    pub clock_steps: u64,
}

impl Thresholds {
    /// Those of a tier. What was done to the measurement voids everywhere: drops, packets more than 1 ms off, missed slots, clock steps. What
    /// may have been done to it (steal, more than ten switches of a real-time thread) voids from tier 1 on; on a virtual
    /// machine, where there is no second without, it voids only with a consequence, or from 10 % of a second stolen.
    pub const fn of(tier: Tier) -> Thresholds {
        let virtual_machine = matches!(tier, Tier::Simulation);
        Thresholds {
            steal_ns: Some(if virtual_machine { 100_000_000 } else { 0 }),
            involuntary_switches: if virtual_machine { None } else { Some(10) },
            socket_drops: 0,
            stimulus_error_ns: 1_000_000,
            missed_slots: 0,
            clock_steps: 0,
        }
    }

    /// Why a second is void; nothing for a good one.
    pub fn reasons(&self, facts: &Facts) -> Reasons {
        let above =
            |fact: Option<u64>, most: Option<u64>| fact.zip(most).is_some_and(|(fact, most)| fact > most);
        let mut reasons = Reasons::default();
        reasons.add_if(above(facts.steal_ns, self.steal_ns), Reason::Steal);
        let switched = above(facts.involuntary_switches, self.involuntary_switches);
        reasons.add_if(switched, Reason::InvoluntarySwitches);
        reasons.add_if(above(facts.socket_drops, Some(self.socket_drops)), Reason::SocketDrops);
        reasons.add_if(above(facts.stimulus_error_ns, Some(self.stimulus_error_ns)), Reason::StimulusError);
        reasons.add_if(facts.missed_slots > self.missed_slots, Reason::MissedSlots);
        reasons.add_if(facts.clock_steps > self.clock_steps, Reason::ClockStep);
        reasons
    }
}

/// One reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The hypervisor took processor time.
    Steal,
    /// The media thread was put off.
    InvoluntarySwitches,
    /// Sockets dropped datagrams.
    SocketDrops,
    /// A packet was sent more than 1 ms off.
    StimulusError,
    /// A slot was reached too late.
    MissedSlots,
    /// The clock of the stamps was stepped.
    ClockStep,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 6] = [
        Reason::Steal,
        Reason::InvoluntarySwitches,
        Reason::SocketDrops,
        Reason::StimulusError,
        Reason::MissedSlots,
        Reason::ClockStep,
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Steal => "stolen processor time",
            Reason::InvoluntarySwitches => "media thread put off",
            Reason::SocketDrops => "datagrams dropped by sockets",
            Reason::StimulusError => "sent more than 1 ms off",
            Reason::MissedSlots => "slots missed",
            Reason::ClockStep => "clock stepped",
        })
    }
}

/// A set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons(u8);

impl Reasons {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.0 & (1 << *reason as u8) != 0)
    }

    fn add_if(&mut self, holds: bool, reason: Reason) {
        self.0 |= u8::from(holds) << reason as u8;
    }
}

impl BitOrAssign for Reasons {
    fn bitor_assign(&mut self, other: Reasons) {
        self.0 |= other.0;
    }
}

impl Serialize for Reasons {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
