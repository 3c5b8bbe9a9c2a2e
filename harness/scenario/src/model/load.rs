//! Load points: many calls at once, each a walk of its own through the steps of one kind of call.

use super::step::Position;
use super::{Limit, Step};
use oxocert_record::{RoleName, StepId};
use std::time::Duration;

/// One load point of a scenario, its calls bound to members of the bench's pools.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadPoint {
    /// Its name: first part of the ids of its steps.
    pub name: String,
    /// Time between the beginnings of two calls; not zero.
    pub interval: Duration,
    /// How long the calls stay up.
    pub shape: LoadShape,
    /// The calls, in the order in which they begin.
    pub calls: Vec<LoadCall>,
    /// Calls beyond the limit: made while the others are up, and refused.
    pub beyond: Vec<LoadCall>,
    /// Where it stands in the file.
    pub position: Position,
}

/// How the calls of a point overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadShape {
    /// All are brought up one after the other, stay up together, and end one after the other.
    Together {
        /// How long all of them stay up.
        hold: Duration,
    },
    /// Calls come at a steady rate, and each stays up for the same time.
    Steady {
        /// How long each stays up.
        lasting: Duration,
    },
}

impl LoadShape {
    /// How long a call stays up at least.
    pub fn stay(self) -> Duration {
        match self {
            LoadShape::Together { hold } => hold,
            LoadShape::Steady { lasting } => lasting,
        }
    }
}

/// One call of a load point.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadCall {
    /// What the ids of its steps begin with: `full.07`, beyond the limit `full.b1`.
    pub id: String,
    /// Its number in the point, from 1; those beyond the limit count for themselves.
    pub number: u32,
    /// Which kind of call: the name of a `[[call]]`.
    pub kind: String,
    /// The pools, each with the member that it binds.
    pub bound: Vec<(RoleName, RoleName)>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Times that are read of it.
    pub times: Vec<LoadTime>,
}

/// A time that is read of each call of a kind: `pdd`, from step 1 to step 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadTime {
    /// Its name.
    pub name: String,
    /// From the end (last evidence) of this step.
    pub from: StepId,
    /// To the end (last evidence) of this one.
    pub to: StepId,
}

/// What is measured over a load point.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadMeasure {
    /// `failed`: calls that missed a step.
    Failed,
    /// `success`: share of calls that missed none, with its Wilson interval.
    Success,
    /// `beyond`: calls beyond the limit that were not refused as they must.
    Beyond,
    /// `repeated`: share of the DUT's messages that are repetitions.
    Repeated,
    /// `jitter`: greatest RFC 3550 jitter of a stream that the DUT emits.
    Jitter,
    /// `loss`: greatest loss of a stream that the DUT emits.
    Loss,
    /// `pdd p95`: a percentile of a time, with its order-statistic interval.
    Percentile {
        /// The name of the time.
        time: String,
        /// The percentile, above 0 and below 100.
        percent: Limit,
    },
}

impl LoadCall {
    /// The members of pools that play it.
    pub fn members(&self) -> impl Iterator<Item = &RoleName> {
        self.bound.iter().map(|(_, member)| member)
    }
}

impl LoadPoint {
    /// All calls, those beyond the limit last.
    pub fn all_calls(&self) -> impl Iterator<Item = &LoadCall> {
        self.calls.iter().chain(&self.beyond)
    }

    /// The call to which a step belongs.
    pub fn call_of(&self, step: &StepId) -> Option<&LoadCall> {
        let rest = step.as_str().strip_prefix(&self.name)?.strip_prefix('.')?;
        let (number, _) = rest.split_once('.')?;
        match number.strip_prefix('b') {
            Some(number) => self.beyond.get(number.parse::<usize>().ok()?.checked_sub(1)?),
            None => self.calls.get(number.parse::<usize>().ok()?.checked_sub(1)?),
        }
    }

    /// The names of the times that its calls have, each once.
    pub fn times(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for time in self.calls.iter().flat_map(|call| &call.times) {
            if !names.contains(&time.name.as_str()) {
                names.push(&time.name);
            }
        }
        names
    }

    /// In one line.
    pub fn words(&self) -> String {
        let interval = super::Quantity::Time(self.interval);
        match self.shape {
            LoadShape::Together { hold } => format!(
                "{} calls, one every {interval}, all up for {}, ended one every {interval}",
                self.calls.len(),
                super::Quantity::Time(hold)
            ),
            LoadShape::Steady { lasting } => format!(
                "{} calls, one every {interval}, each up for {}",
                self.calls.len(),
                super::Quantity::Time(lasting)
            ),
        }
    }
}
