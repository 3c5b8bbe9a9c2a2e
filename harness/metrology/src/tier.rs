//! What a bench may claim.

use crate::{Budget, Statistic};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How good a bench is as an instrument, found out at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// A virtual machine, CI, or a simulated DUT: verdicts are formed alike, and certify nothing.
    Simulation,
    /// Bare metal, kernel stamps, real-time thread.
    KernelStamps,
    /// Stamps of the network card in both directions, one clock.
    CardStamps,
}

impl Tier {
    /// 0, 1 or 2.
    pub const fn number(self) -> u8 {
        match self {
            Tier::Simulation => 0,
            Tier::KernelStamps => 1,
            Tier::CardStamps => 2,
        }
    }

    /// The expanded uncertainty (k = 2, nanoseconds) that a bench of this tier may state at best for a delay or a delay variation;
    /// a self-test that shows more counts instead. `None`: it may not state this statistic.
    pub const fn claim_ns(self, statistic: Statistic) -> Option<u64> {
        let of_the_tail = matches!(statistic, Statistic::P999 | Statistic::Max);
        match (self, of_the_tail) {
            (Tier::Simulation, false) => Some(250_000),
            (Tier::Simulation, true) => None,
            (Tier::KernelStamps, false) => Some(50_000),
            (Tier::KernelStamps, true) => Some(250_000),
            (Tier::CardStamps, false) => Some(10_000),
            (Tier::CardStamps, true) => Some(50_000),
        }
    }

    /// The expanded uncertainty to be stated, in nanoseconds: what the budget says, and no less than the claim of the tier. `None`: the
    /// tier may not state this statistic, or the budget is unknown.
    pub fn stated_ns(self, statistic: Statistic, budget: &Budget) -> Option<f64> {
        Some(budget.expanded_ns()?.max(self.claim_ns(statistic)? as f64))
    }

    /// Whether it may state this statistic at all.
    pub const fn states(self, statistic: Statistic) -> bool {
        self.claim_ns(statistic).is_some()
    }

    /// Whether a verdict against a limit of `limit_ns` may certify a load.
    pub const fn certifies(self, limit_ns: u64) -> bool {
        match self {
            Tier::Simulation => false,
            Tier::KernelStamps => limit_ns >= 500_000,
            Tier::CardStamps => true,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Simulation => "tier 0 (virtual machine or simulated DUT)",
            Tier::KernelStamps => "tier 1 (bare metal, kernel stamps, real-time thread)",
            Tier::CardStamps => "tier 2 (stamps of the network card, one clock)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Component, Kind};

    #[test]
    fn a_virtual_machine_states_no_tail_and_certifies_nothing() {
        let stated = Statistic::ALL.into_iter().filter(|statistic| Tier::Simulation.states(*statistic));
        assert!(stated.eq([Statistic::Min, Statistic::Mean, Statistic::P50, Statistic::P95, Statistic::P99]));
        assert!(!Tier::Simulation.certifies(u64::MAX));
    }

    #[test]
    fn kernel_stamps_certify_from_half_a_millisecond_on() {
        assert!(Tier::KernelStamps.certifies(500_000) && !Tier::KernelStamps.certifies(499_999));
        assert!(Tier::CardStamps.certifies(1));
    }

    #[test]
    fn a_budget_may_be_worse_than_the_claim_and_never_better() {
        let budget = |ns| Budget::new().with(Component::new("repeatability", ns, Kind::Measured, "a test"));
        let stated = |statistic, ns| Tier::KernelStamps.stated_ns(statistic, &budget(ns));
        assert_eq!(
            (stated(Statistic::P99, 1.0), stated(Statistic::P99, 40_000.0)),
            (Some(50_000.0), Some(80_000.0))
        );
        assert_eq!(Tier::Simulation.stated_ns(Statistic::Max, &budget(1.0)), None);
        assert_eq!(Tier::CardStamps.stated_ns(Statistic::P50, &Budget::new()), None);
    }

    #[test]
    fn a_better_tier_never_claims_more_uncertainty() {
        for statistic in Statistic::ALL {
            let claims = [Tier::KernelStamps, Tier::CardStamps].map(|tier| tier.claim_ns(statistic).unwrap());
            assert!(claims[1] < claims[0], "{statistic}");
            assert!(
                Tier::Simulation.claim_ns(statistic).is_none_or(|claim| claim > claims[0]),
                "{statistic}"
            );
        }
    }
}
