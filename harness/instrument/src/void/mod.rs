//! Seconds in which the bench was at fault: their samples are taken out before anything is judged, so that a bench fault cannot become a
//! FAIL, and are told.

mod gates;

pub use gates::{Facts, Reason, Reasons, Thresholds};

use oxocert_machine::At;
use oxocert_metrology::Tier;
use serde::Serialize;

/// More than this share void, and a load says nothing.
pub const MOST_VOID: f64 = 0.01;

/// One void second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VoidSecond {
    /// Its beginning.
    pub from: At,
    /// Its end, no longer part of it.
    pub to: At,
    /// Why.
    pub reasons: Reasons,
}

/// The seconds of a run, as they pass the gates.
///
/// Seconds are what the loop made of them: about 1 s each, one after the other. It runs beside the media thread: a void second is one
/// entry more in a list.
#[derive(Debug, Clone)]
pub struct Voids {
    thresholds: Thresholds,
    /// Ascending and apart from each other.
    list: Vec<VoidSecond>,
    seconds: u64,
    /// Facts that this machine did not tell at least once.
    unwatched: Reasons,
    from: Option<At>,
    to: At,
}

impl Voids {
    /// Gates with these thresholds.
    pub fn new(thresholds: Thresholds) -> Voids {
        Voids {
            thresholds,
            list: Vec::new(),
            seconds: 0,
            unwatched: Reasons::default(),
            from: None,
            to: At::ZERO,
        }
    }

    /// The gates of a tier.
    pub fn of_tier(tier: Tier) -> Voids {
        Voids::new(Thresholds::of(tier))
    }

    /// Takes the facts of the next second; says why it is void, if it is. One that does not follow the last is taken as beginning where that
    /// ended.
    pub fn second(&mut self, facts: &Facts) -> Reasons {
        let from = if self.from.is_some() { facts.from.max(self.to) } else { facts.from };
        let to = facts.to.max(from);
        self.from.get_or_insert(from);
        self.to = to;
        self.seconds += 1;
        self.unwatched |= facts.unknown();
        let reasons = self.thresholds.reasons(facts);
        if !reasons.is_empty() && to > from {
            self.list.push(VoidSecond { from, to, reasons });
        }
        reasons
    }

    /// Whether that moment is void. What is later than all seconds so far is not known to be, and so is not.
    pub fn is_void(&self, at: At) -> bool {
        let after = self.list.partition_point(|second| second.from <= at);
        after.checked_sub(1).is_some_and(|last| at < self.list[last].to)
    }

    /// Up to when it is known what is void.
    pub fn known_to(&self) -> At {
        self.to
    }

    /// The void seconds, ascending.
    pub fn list(&self) -> &[VoidSecond] {
        &self.list
    }

    /// Seconds in all.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Gates that could not be watched in at least one second, as this machine does not tell.
    pub fn unwatched(&self) -> Reasons {
        self.unwatched
    }

    /// The void share of the time between two moments, 0 to 1; `None` where that is no time, or not all of it is known.
    pub fn share(&self, from: At, to: At) -> Option<f64> {
        if from >= to || self.from.is_none_or(|first| from < first) || to > self.to {
            return None;
        }
        let within = |second: &VoidSecond| second.to.min(to).0.saturating_sub(second.from.max(from).0);
        let void: u64 = self.list.iter().map(within).sum();
        Some(void as f64 / (to.0 - from.0) as f64)
    }

    /// Whether so much is void between two moments that nothing can be concluded; so too where it is not known.
    pub fn is_too_much(&self, from: At, to: At) -> bool {
        self.share(from, to).is_none_or(|share| share > MOST_VOID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u64) -> Facts {
        Facts {
            from: At::from_secs(n),
            to: At::from_secs(n + 1),
            steal_ns: Some(0),
            involuntary_switches: Some(0),
            socket_drops: Some(0),
            stimulus_error_ns: Some(0),
            missed_slots: 0,
            clock_steps: 0,
        }
    }

    fn metal() -> Voids {
        Voids::of_tier(Tier::KernelStamps)
    }

    #[test]
    fn each_gate_has_its_reason() {
        let cases: [(Facts, Reason); 6] = [
            (Facts { steal_ns: Some(1), ..second(0) }, Reason::Steal),
            (Facts { involuntary_switches: Some(11), ..second(0) }, Reason::InvoluntarySwitches),
            (Facts { socket_drops: Some(1), ..second(0) }, Reason::SocketDrops),
            (Facts { stimulus_error_ns: Some(1_000_001), ..second(0) }, Reason::StimulusError),
            (Facts { missed_slots: 1, ..second(0) }, Reason::MissedSlots),
            (Facts { clock_steps: 1, ..second(0) }, Reason::ClockStep),
        ];
        for (facts, reason) in cases {
            let mut voids = metal();
            assert_eq!(voids.second(&facts).iter().collect::<Vec<_>>(), [reason], "{reason}");
            assert!(voids.is_void(At(500_000_000)));
        }
        let mut voids = metal();
        let at_the_limit =
            Facts { involuntary_switches: Some(10), stimulus_error_ns: Some(1_000_000), ..second(0) };
        assert!(voids.second(&at_the_limit).is_empty() && voids.list().is_empty());
    }

    #[test]
    fn a_void_second_is_void_from_its_first_nanosecond_to_its_last() {
        let mut voids = metal();
        for n in 0..10 {
            voids.second(&Facts { missed_slots: u64::from(n == 4 || n == 5), ..second(n) });
        }
        let void: Vec<u64> =
            [0, 3_999_999_999, 4_000_000_000, 4_999_999_999, 5_000_000_000, 5_999_999_999, 6_000_000_000]
                .into_iter()
                .filter(|ns| voids.is_void(At(*ns)))
                .collect();
        assert_eq!(void, [4_000_000_000, 4_999_999_999, 5_000_000_000, 5_999_999_999]);
        assert!(!voids.is_void(At::from_secs(99)));
    }

    #[test]
    fn more_than_one_percent_is_too_much_and_so_is_not_knowing() {
        let mut voids = metal();
        for n in 0..200 {
            voids.second(&Facts { missed_slots: u64::from(n == 50 || n == 150), ..second(n) });
        }
        let whole = (At::ZERO, At::from_secs(200));
        assert_eq!(voids.share(whole.0, whole.1), Some(0.01));
        assert!(!voids.is_too_much(whole.0, whole.1));
        assert!(voids.is_too_much(At::from_secs(100), At::from_secs(199)));
        assert_eq!(voids.share(At::from_secs(100), At::from_secs(300)), None);
        assert!(voids.is_too_much(At::from_secs(100), At::from_secs(300)));
        assert_eq!(voids.share(At::from_secs(5), At::from_secs(5)), None);
    }

    #[test]
    fn what_a_machine_does_not_tell_is_unwatched_and_not_good() {
        let mut voids = metal();
        voids.second(&Facts { steal_ns: None, socket_drops: None, ..second(0) });
        assert_eq!(voids.unwatched().iter().collect::<Vec<_>>(), [Reason::Steal, Reason::SocketDrops]);
        assert!(voids.list().is_empty());
    }

    #[test]
    fn seconds_that_overlap_or_run_backwards_do_no_harm() {
        let mut voids = metal();
        voids.second(&Facts { missed_slots: 1, ..second(5) });
        voids.second(&Facts { missed_slots: 1, ..second(2) });
        voids.second(&Facts { missed_slots: 1, from: At::from_secs(4), to: At::from_secs(7), ..second(0) });
        assert_eq!(voids.list().len(), 2);
        assert!(voids.is_void(At::from_millis(6500)) && !voids.is_void(At::from_millis(4500)));
        assert_eq!(voids.share(At::from_secs(5), At::from_secs(7)), Some(1.0));
    }
}
