//! A whole load point as it was read.

use super::call::{self, CallRead, Outcome};
use super::streams::{self, StreamRead};
use crate::context::Context;
use crate::dialogs::Leg;
use oxocert_machine::At;
use oxocert_record::EventNo;
use oxocert_scenario::model::LoadPoint;
use std::collections::BTreeSet;
use std::time::Duration;

/// A load point as it was read.
#[derive(Debug)]
pub(crate) struct PointRead<'c> {
    /// What was planned.
    pub point: &'c LoadPoint,
    /// Its calls.
    pub calls: Vec<CallRead<'c>>,
    /// Its calls beyond the limit.
    pub beyond: Vec<CallRead<'c>>,
    /// Streams of the DUT.
    pub streams: Vec<StreamRead>,
    /// From the beginning of its first call to the end of its last one; `None` where none was made.
    pub span: Option<(At, At)>,
}

/// One reading of a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeRead {
    /// The number of the call.
    pub call: u32,
    /// How long.
    pub value: Duration,
    /// The event at its end.
    pub event: Option<EventNo>,
}

/// Reads the points of the case at hand.
pub(crate) fn read<'c>(context: &Context<'c, '_>) -> Vec<PointRead<'c>> {
    context.case.loads.iter().map(|point| point_read(context, point)).collect()
}

fn point_read<'c>(context: &Context<'c, '_>, point: &'c LoadPoint) -> PointRead<'c> {
    let calls: Vec<CallRead<'c>> = point.calls.iter().map(|call| call::read(context, call)).collect();
    let beyond: Vec<CallRead<'c>> = point.beyond.iter().map(|call| call::read(context, call)).collect();
    let spans = || calls.iter().chain(&beyond).filter_map(|call| call.span);
    let span = spans().map(|(from, _)| from).min().zip(spans().map(|(_, to)| to).max());
    let members = point.all_calls().flat_map(|call| call.members()).collect::<BTreeSet<_>>();
    let streams = span.map(|(from, to)| streams::read(context, &members, from, to)).unwrap_or_default();
    PointRead { point, calls, beyond, streams, span }
}

impl PointRead<'_> {
    /// How many calls went this way.
    pub fn count(&self, outcome: Outcome) -> u64 {
        count(&self.calls, outcome)
    }

    /// How many calls beyond the limit went this way.
    pub fn count_beyond(&self, outcome: Outcome) -> u64 {
        count(&self.beyond, outcome)
    }

    /// The call that a leg belongs to.
    pub fn call_of(&self, leg: &Leg) -> Option<&CallRead<'_>> {
        self.calls.iter().chain(&self.beyond).find(|call| call.has(leg))
    }

    /// The values of a time, ascending; calls that did not come so far have none.
    pub fn times(&self, context: &Context<'_, '_>, name: &str) -> Vec<TimeRead> {
        let mut values: Vec<TimeRead> = Vec::new();
        for call in &self.calls {
            for wanted in call.call.times.iter().filter(|time| time.name == name) {
                if let Some((value, event)) = call::time(context, &wanted.from, &wanted.to) {
                    values.push(TimeRead { call: call.call.number, value, event });
                }
            }
        }
        values.sort_by_key(|time| (time.value, time.call));
        values
    }
}

fn count(calls: &[CallRead<'_>], outcome: Outcome) -> u64 {
    calls.iter().filter(|call| call.outcome == outcome).count() as u64
}
