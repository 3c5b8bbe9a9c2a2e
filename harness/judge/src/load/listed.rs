//! The calls that missed something, one by one.

use super::{CallRead, Outcome, PointRead};
use crate::context::Context;
use crate::result::MissedCall;
use crate::words::{self, rounded, span_ms};
use oxocert_record::{RoleName, Verdict};
use oxocert_scenario::model::{LoadMeasure, Measurand, Quantity};

/// Every call of a point that is not as it must be, those beyond the limit last, and every stream beyond a limit.
pub(super) fn listed(context: &Context<'_, '_>, point: &PointRead<'_>) -> Vec<MissedCall> {
    let calls = point.calls.iter().chain(&point.beyond);
    let mut listed: Vec<MissedCall> =
        calls.filter(|call| call.outcome != Outcome::Passed).flat_map(of_call).collect();
    listed.extend(streams(context, point));
    listed
}

fn channel(read: &CallRead<'_>) -> String {
    read.call.id.split_once('.').map_or_else(|| read.call.id.clone(), |(_, number)| number.to_owned())
}

fn of_call(read: &CallRead<'_>) -> Vec<MissedCall> {
    let roles = words::roles(&read.call.members().cloned().collect::<Vec<RoleName>>());
    let missed = |check: String, verdict, required: String, observed: String, evidence| MissedCall {
        channel: channel(read),
        kind: read.call.kind.clone(),
        roles: roles.clone(),
        check,
        verdict,
        required,
        observed,
        evidence,
    };
    if read.misses.is_empty() {
        let why = if read.outcome == Outcome::NotMade {
            "not made to its end"
        } else {
            "given up, and why is unknown"
        };
        let verdict = if read.outcome == Outcome::NotMade { Verdict::NotRun } else { Verdict::Inconclusive };
        return vec![missed(String::new(), verdict, String::new(), why.to_owned(), Vec::new())];
    }
    let prefix = format!("{}.", read.call.id);
    let of_check = |check: &crate::result::CheckResult| {
        let step = check.id.0.strip_prefix(&prefix).unwrap_or(&check.id.0).to_owned();
        missed(step, check.verdict, check.required.clone(), check.observed.clone(), check.evidence.clone())
    };
    read.misses.iter().map(of_check).collect()
}

/// Streams of the DUT beyond the limit of a measure of the point.
fn streams(context: &Context<'_, '_>, point: &PointRead<'_>) -> Vec<MissedCall> {
    let mut listed = Vec::new();
    for measure in &context.case.measures {
        let Measurand::Load { point: name, what } = &measure.of else { continue };
        let Some(limit) = measure.max.as_ref().filter(|_| *name == point.point.name) else { continue };
        for stream in &point.streams {
            let (value, unit, bound) = match (what, limit.value) {
                (LoadMeasure::Jitter, Quantity::Time(bound)) => {
                    let Some(jitter) = stream.jitter else { continue };
                    (span_ms(jitter), "ms", span_ms(bound))
                }
                (LoadMeasure::Loss, Quantity::Percent(bound)) => (stream.loss(), "%", bound),
                _ => continue,
            };
            if value <= bound {
                continue;
            }
            let call = point.calls.iter().filter(|call| call.call.members().any(|role| *role == stream.role));
            let mut call = call
                .filter(|call| call.span.is_some_and(|(from, to)| stream.from >= from && stream.from <= to));
            let call = call.next_back();
            listed.push(MissedCall {
                channel: call.map(channel).unwrap_or_default(),
                kind: call.map(|call| call.call.kind.clone()).unwrap_or_default(),
                roles: stream.role.to_string(),
                check: measure.name.clone(),
                verdict: Verdict::Fail,
                required: format!("at most {} {unit} in each stream", rounded(bound)),
                observed: format!("{} {unit} over {} packets", rounded(value), stream.packets),
                evidence: stream.evidence.clone(),
            });
        }
    }
    listed
}
