//! `unexpected-error`: no 4xx-6xx from or to the DUT that the scenario did not ask for.
//!
//! Asked for: what a step took as its evidence; the codes that a role was told to send; digest challenges (401, 407);
//! 487 to a cancelled INVITE; 488 and 606 to a description that the scenario itself made odd; and, where the scenario disturbs the
//! trunk on purpose (refuses, goes mute, presents a bad certificate, breaks names), the refusal that the DUT passes on to its caller.

use super::{Outcome, StandingCheck};
use crate::context::Context;
use crate::timeline::Seen;
use oxocert_record::{Phase, RoleName};
use oxocert_scenario::model::step::{Action, Step, Verb};
use std::collections::BTreeSet;

pub(super) const CHECK: StandingCheck = StandingCheck::new("unexpected-error", judge);

/// What the scenario itself brings about.
#[derive(Default)]
struct Asked {
    /// Codes that a role of the harness was told to send.
    codes: BTreeSet<u16>,
    /// Whether calls of the DUT fail on purpose.
    disturbed: bool,
    /// Whether a party describes its media so that the DUT may refuse it.
    refusable: bool,
    /// Text of raw messages: an error to one of their Call-IDs is asked for.
    raw: Vec<String>,
}

fn judge(context: &Context<'_, '_>) -> Outcome {
    let mut asked = Asked::default();
    for steps in [&context.case.setup, &context.case.flow] {
        steps.iter().for_each(|step| note(&mut asked, step));
    }
    let calls = context.case.loads.iter().flat_map(|point| point.all_calls());
    calls.flat_map(|call| &call.steps).for_each(|step| note(&mut asked, step));
    let evidence = context.all_evidence();
    let evidence: BTreeSet<_> =
        context.messages().filter(|seen| evidence.contains(&seen.n)).filter_map(identity).collect();
    let cancelled: BTreeSet<(RoleName, String)> = context
        .messages()
        .filter(|seen| seen.is_request("CANCEL"))
        .filter_map(|seen| Some((seen.on.point.clone(), seen.call_id()?.to_owned())))
        .collect();
    let teardown = context.phase_start(Phase::Teardown);
    let mut found = Vec::new();
    let mut responses = 0u64;
    for seen in context.messages() {
        let Some(code) = seen.status() else { continue };
        if teardown.is_some_and(|teardown| seen.at >= teardown)
            || !(seen.is_from_dut() || seen.is_from_harness())
        {
            continue;
        }
        responses += 1;
        if code < 400 || matches!(code, 401 | 407) {
            continue;
        }
        let call_id = seen.call_id().unwrap_or_default();
        let is_invite = seen.method() == Some("INVITE");
        let is_cancel = code == 487
            && (cancelled.contains(&(seen.on.point.clone(), call_id.to_owned())) || asked.disturbed);
        let is_passed_on = seen.is_from_dut() && is_invite && (asked.disturbed || !asked.codes.is_empty());
        let is_told = seen.is_from_harness() && asked.codes.contains(&code);
        let is_raw = asked.raw.iter().any(|text| !call_id.is_empty() && text.contains(call_id));
        let is_not_acceptable =
            asked.refusable && seen.is_from_dut() && is_invite && matches!(code, 488 | 606);
        let is_evidence = identity(seen).is_some_and(|identity| evidence.contains(&identity));
        if !(is_cancel || is_passed_on || is_told || is_raw || is_not_acceptable || is_evidence) {
            let method = seen.method().unwrap_or("a request");
            let (from, to) =
                if seen.is_from_dut() { ("the DUT", "to") } else { ("the harness", "to the DUT's") };
            found.push((seen.n, format!("{code} of {from} {to} {method} at {}", seen.role())));
        }
    }
    if responses == 0 {
        return Outcome::without_subject("no response in this case");
    }
    Outcome::of(found, format!("{responses} responses, no error that was not asked for"))
}

/// Point, Call-ID, CSeq and code: the same for a repetition.
fn identity(seen: &Seen<'_>) -> Option<(RoleName, String, u32, String, u16)> {
    let message = seen.sip()?;
    let (number, method) = message.cseq()?;
    Some((seen.on.point.clone(), message.call_id()?.to_owned(), number, method.to_owned(), message.status()?))
}

fn note(asked: &mut Asked, step: &Step) {
    match &step.verb {
        Verb::Does(Action::Reject { code }) => {
            asked.codes.insert(*code);
        }
        Verb::Does(Action::Refuse { code, .. } | Action::Admit { code, .. }) => {
            asked.codes.insert(*code);
            asked.disturbed = true;
        }
        Verb::Does(
            Action::Mute
            | Action::Misbehave { .. }
            | Action::Configure { .. }
            | Action::LimitTls { .. }
            | Action::DropConnection
            | Action::Resolve { .. }
            | Action::FailDns { .. },
        ) => asked.disturbed = true,
        Verb::Does(Action::Present { certificate }) => asked.disturbed |= certificate != "good",
        // A description that the DUT may not take: 488 or 606 (RFC 3261 §13.3.1.3, RFC 4568 §5.1.2).
        Verb::Does(Action::Describe { .. }) => asked.refusable = true,
        Verb::Does(Action::Raw { text }) => asked.raw.push(text.clone()),
        Verb::OneOf { alternatives, .. } => alternatives.iter().flatten().for_each(|step| note(asked, step)),
        Verb::AnyOrder(steps) => steps.iter().for_each(|step| note(asked, step)),
        _ => {}
    }
}
