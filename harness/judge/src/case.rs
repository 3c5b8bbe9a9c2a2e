//! The verdict of one case: its checks judged or accounted for, and joined.

use crate::channels;
use crate::check;
use crate::context::Context;
use crate::ladder;
use crate::load;
use crate::measure;
use crate::result::{CaseResult, CheckResult, Finding, LiftedCheck, SizingResult, StepLine};
use crate::standing;
use crate::timeline::Timeline;
use crate::words;
use oxocert_record::{CaseEnd, Phase, Verdict, What};
use oxocert_scenario::load::{Register, Standing, StandingCheck, Weight};
use oxocert_scenario::model::bench::Bench;
use oxocert_scenario::model::step::Verb;
use oxocert_scenario::model::{Case, CheckId, Step};

/// What judges a case beside its own events.
pub(crate) struct Rules<'r> {
    /// The bench.
    pub bench: &'r Bench,
    /// The requirement register.
    pub register: &'r Register,
    /// The standing checks.
    pub standing: &'r Standing,
}

impl<'r> Rules<'r> {
    /// The standing checks that a case has: those of the bench's architecture that it does not lift.
    fn standing_of<'c>(&self, case: &'c Case) -> impl Iterator<Item = &'r StandingCheck> + use<'r, 'c> {
        let bench: &'r Bench = self.bench;
        let all = self.standing.checks.iter();
        all.filter(move |check| case.lifts(&check.name).is_none() && check.is_on(bench))
    }
}

/// Judges one case. Rows of the sizing table come apart.
pub(crate) fn judge(
    timeline: &Timeline<'_>,
    case: &Case,
    rules: &Rules<'_>,
) -> (CaseResult, Vec<SizingResult>) {
    if let Some(reason) = not_applicable(case, rules.bench) {
        return (not_judged(case, rules, Verdict::NotApplicable, Verdict::NotApplicable, reason), Vec::new());
    }
    let Some(run) = timeline.cases.iter().find(|run| run.id == case.id) else {
        return (not_in_record(timeline, case, rules), Vec::new());
    };
    let mut context = Context::new(timeline, run, case, rules.bench);
    context.loads = load::read(&context);
    let (mut result, sizing) = match run.end {
        Some(CaseEnd::SetupFailed { step, why }) => {
            let reason = format!("the bench was not ready: set-up step {step}: {why}");
            (not_judged(case, rules, Verdict::Inconclusive, Verdict::NotRun, reason), Vec::new())
        }
        _ => judge_run(&context, rules),
    };
    result.started_ms = run.started().map(words::millis);
    result.duration_ms = match (run.end, run.started(), run.last()) {
        (Some(_), Some(from), Some(to)) => Some(words::span_ms(to.since(from))),
        _ => None,
    };
    result.steps = steps(&context);
    result.ladder = ladder::lines(&context);
    result.findings = findings(&context, &result.checks);
    (result, sizing)
}

/// Why a case does not apply to the bench.
fn not_applicable(case: &Case, bench: &Bench) -> Option<String> {
    if let Some(reason) = &case.not_applicable {
        return Some(reason.clone());
    }
    if !case.architectures.contains(&bench.architecture) {
        return Some(format!("the scenario is not for {}", bench.architecture.name()));
    }
    let lacking = case.requires.iter().find(|property| !bench.dut.properties.contains(*property))?;
    let reason = bench.dut.lacks.get(lacking).map_or("the profile does not declare it", String::as_str);
    Some(format!("the DUT has no {lacking}: {reason}"))
}

fn not_in_record(timeline: &Timeline<'_>, case: &Case, rules: &Rules<'_>) -> CaseResult {
    if timeline.interrupted || !timeline.ended {
        let reason = if timeline.interrupted {
            "the run was interrupted before it"
        } else {
            "the record ends before it"
        };
        return not_judged(case, rules, Verdict::NotRun, Verdict::NotRun, reason.to_owned());
    }
    let reason = "the record does not hold this case, though the run went to its end".to_owned();
    not_judged(case, rules, Verdict::Error, Verdict::NotRun, reason)
}

/// A case none of whose checks was judged.
fn not_judged(
    case: &Case,
    rules: &Rules<'_>,
    verdict: Verdict,
    of_checks: Verdict,
    reason: String,
) -> CaseResult {
    let mut result = blank(case, rules);
    for check in &mut result.checks {
        check.verdict = of_checks;
        check.observed.clone_from(&reason);
    }
    result.verdict = verdict;
    result.blocking = verdict;
    result.reason = Some(reason);
    result
}

/// The case with all its checks before anything is known.
fn blank(case: &Case, rules: &Rules<'_>) -> CaseResult {
    let mut checks: Vec<CheckResult> = case.flow.iter().flat_map(check::blank).collect();
    checks.extend(case.never.iter().map(check::blank_never));
    checks.extend(case.measures.iter().map(measure::blank));
    checks.extend(case.channels.iter().map(channels::blank));
    checks.extend(rules.standing_of(case).map(blank_standing));
    mark_observations(&mut checks, rules);
    CaseResult {
        id: case.id.clone(),
        scenario: case.scenario.clone(),
        title: case.title.clone(),
        why: case.why.clone(),
        file: case.file.clone(),
        verdict: Verdict::NotRun,
        blocking: Verdict::NotRun,
        reason: None,
        started_ms: None,
        duration_ms: None,
        steps: Vec::new(),
        checks,
        findings: Vec::new(),
        loads: Vec::new(),
        lifted: case
            .lifts
            .iter()
            .map(|lift| LiftedCheck { id: CheckId::standing(&lift.name), reason: lift.reason.clone() })
            .collect(),
        ladder: Vec::new(),
    }
}

fn blank_standing(standing: &StandingCheck) -> CheckResult {
    CheckResult {
        id: standing.id(),
        verdict: Verdict::NotRun,
        observation: standing::is_observation(&standing.name),
        required: standing.title.clone(),
        observed: "not reached".to_owned(),
        limit: None,
        measured: None,
        evidence: Vec::new(),
        clauses: standing.proves.clone(),
    }
}

/// A check whose clauses are all lighter than mandatory on this architecture is an observation: it never blocks.
fn mark_observations(checks: &mut [CheckResult], rules: &Rules<'_>) {
    let weight = |id| rules.register.clause(id).and_then(|clause| clause.weight(rules.bench.architecture));
    for check in checks {
        let light =
            check.clauses.iter().all(|id| weight(id).is_some_and(|weight| weight < Weight::Mandatory));
        check.observation |= !check.clauses.is_empty() && light;
    }
}

/// Judges a case whose flow was walked, at least in part.
fn judge_run(context: &Context<'_, '_>, rules: &Rules<'_>) -> (CaseResult, Vec<SizingResult>) {
    let case = context.case;
    let mut result = blank(case, rules);
    let mut sizing = Vec::new();
    let mut checks: Vec<CheckResult> =
        case.flow.iter().flat_map(|step| check::judge(context, step)).collect();
    let walked = context.flow_span().is_some();
    checks.extend(case.never.iter().map(|never| check::judge_never(context, never)));
    checks.extend(case.measures.iter().map(|measure| measure::judge(context, measure)));
    for channels in &case.channels {
        let (check, row) = channels::judge(context, channels);
        checks.push(check);
        sizing.push(row);
    }
    for standing in rules.standing_of(case) {
        checks.push(if walked { judge_standing(context, standing) } else { blank_standing(standing) });
    }
    mark_observations(&mut checks, rules);
    for row in &mut sizing {
        row.observation |= checks.iter().any(|check| check.id == row.check && check.observation);
    }
    result.loads = context.loads.iter().map(|point| load::summary(context, point, &checks)).collect();
    result.checks = checks;
    join(context, &mut result);
    (result, sizing)
}

fn judge_standing(context: &Context<'_, '_>, standing: &StandingCheck) -> CheckResult {
    let mut check = blank_standing(standing);
    if let Some(reason) = standing.not_applicable(context.bench) {
        check.verdict = Verdict::NotApplicable;
        check.observed = reason;
        return check;
    }
    match standing::judge(&standing.name, context) {
        Some(outcome) => {
            check.verdict = outcome.verdict;
            check.observed = outcome.observed;
            check.evidence = outcome.evidence;
            check.limit = outcome.limit;
            check.measured = outcome.measured;
        }
        None => {
            check.verdict = Verdict::Error;
            check.observed = "the judge knows no standing check of this name".to_owned();
        }
    }
    check
}

/// The verdict of the case from its checks and from how it ended.
fn join(context: &Context<'_, '_>, result: &mut CaseResult) {
    let worst = |checks: &mut dyn Iterator<Item = &CheckResult>| {
        let verdict = Verdict::worst(checks.map(|check| check.verdict));
        // Marginal joins as pass.
        if verdict == Verdict::PassMarginal { Verdict::Pass } else { verdict }
    };
    result.verdict = worst(&mut result.checks.iter());
    result.blocking = worst(&mut result.checks.iter().filter(|check| !check.observation));
    let damage = damage(context);
    let (least, why) = match context.run.end {
        _ if !damage.is_empty() => {
            (Some(Verdict::Error), Some(format!("the record is damaged: {}", damage.join("; "))))
        }
        Some(CaseEnd::HarnessError { why }) => {
            (Some(Verdict::Error), Some(format!("the harness failed: {why}")))
        }
        Some(CaseEnd::Interrupted) => (None, Some("the run was interrupted in the middle of it".to_owned())),
        None => (None, Some("the record ends in the middle of it".to_owned())),
        Some(CaseEnd::Completed | CaseEnd::Stopped { .. } | CaseEnd::SetupFailed { .. }) => {
            // A step was given up and yet no check fails: what stopped the case is unknown.
            let stopped = matches!(context.run.end, Some(CaseEnd::Stopped { .. }));
            let passes = matches!(result.verdict, Verdict::Pass | Verdict::NotRun | Verdict::NotApplicable);
            let completed = matches!(context.run.end, Some(CaseEnd::Completed));
            let open =
                result.checks.iter().find(|check| check.verdict == Verdict::NotRun && !check.observation);
            if stopped && passes {
                (Some(Verdict::Inconclusive), Some("the flow was not walked to its end".to_owned()))
            } else if let (true, Some(open)) = (completed, open) {
                (
                    Some(Verdict::Inconclusive),
                    Some(format!("{}: not run, though the case was completed", open.id.0)),
                )
            } else {
                (None, None)
            }
        }
    };
    if let Some(least) = least {
        result.verdict = result.verdict.join(least);
        result.blocking = result.blocking.join(least);
    } else if why.is_some() && !matches!(result.verdict, Verdict::Fail | Verdict::Error) {
        // Interrupted: what passed so far is no verdict of the case.
        result.verdict = Verdict::NotRun;
        result.blocking = Verdict::NotRun;
    }
    let first = result.checks.iter().find(|check| check.verdict == result.verdict);
    let of_check = first.map(|check| format!("{}: {}", check.id.0, check.observed));
    result.reason = match result.verdict {
        Verdict::Pass | Verdict::PassMarginal => None,
        _ => why.or(of_check),
    };
}

/// What is wrong with the record of this case, in words.
fn damage(context: &Context<'_, '_>) -> Vec<String> {
    let mut damage = context.run.damage.clone();
    for id in context.run.steps.keys() {
        let known =
            [context.case.setup.as_slice(), context.case.list_of(id), context.case.teardown.as_slice()];
        if !known.iter().any(|steps| crate::context::find(steps, id).is_some()) {
            damage.push(format!("the record names step {id}, which the scenario does not have"));
        }
    }
    for (id, step) in &context.run.steps {
        let evidence = step.done.iter().flat_map(|(_, evidence)| evidence);
        for n in evidence.filter(|n| context.timeline.event(**n).is_none()) {
            damage.push(format!(
                "step {id} names event {} as its evidence, which the record does not hold",
                n.0
            ));
        }
    }
    let missing = |step: &&Step| !step.optional && context.left(&step.id).is_none();
    match context.run.end {
        Some(CaseEnd::Completed) => {
            if let Some(step) = context.case.flow.iter().find(missing) {
                damage.push(format!("the case is completed, yet step {} has no end", step.id));
            }
            let given_up = context.case.flow.iter().filter(|step| !step.optional);
            for step in given_up
                .filter(|step| context.run.steps.get(&step.id).is_some_and(|run| run.missed.is_some()))
            {
                damage.push(format!("the case is completed, yet step {} was given up", step.id));
            }
        }
        Some(CaseEnd::Stopped { step })
            if context.run.steps.get(step).is_none_or(|run| run.missed.is_none()) =>
        {
            damage
                .push(format!("the case stopped at step {step}, which the record does not show as given up"));
        }
        _ => {}
    }
    damage
}

fn steps(context: &Context<'_, '_>) -> Vec<StepLine> {
    let phases = [
        (Phase::Setup, &context.case.setup),
        (Phase::Flow, &context.case.flow),
        (Phase::Teardown, &context.case.teardown),
    ];
    let mut lines = Vec::new();
    for (phase, steps) in phases {
        for step in steps {
            let run = context.run.steps.get(&step.id);
            let outcome = match run {
                Some(run) if run.done.is_some() => "done",
                Some(run) if run.missed.is_some() && (step.optional || phase == Phase::Teardown) => {
                    "skipped (optional)"
                }
                Some(run) if run.missed.is_some() => "missed",
                Some(_) => "begun",
                None => "not reached",
            };
            lines.push(StepLine {
                id: step.id.clone(),
                phase,
                text: words::step(step),
                outcome: outcome.to_owned(),
                ended_ms: context.end_of(&step.id).map(words::millis),
            });
        }
    }
    lines
}

/// What was recorded and not judged: which alternative happened, and what roles found in packets.
fn findings(context: &Context<'_, '_>, checks: &[CheckResult]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in &context.case.flow {
        if let Verb::OneOf { records: Some(name), alternatives } = &step.verb {
            let matched = context.run.alternatives.get(&step.id).copied().flatten();
            let taken = matched.and_then(|index| alternatives.get(index));
            let value = taken.map(|steps| steps.iter().map(words::step).collect::<Vec<_>>().join(", then "));
            let event = context.evidence_of(&step.id).first().copied();
            findings.push(Finding {
                name: name.clone(),
                value: value.unwrap_or_else(|| "none of the alternatives".to_owned()),
                event,
            });
        }
    }
    for event in context.run.events {
        if let What::Finding { role, note, .. } = &event.what {
            findings.push(Finding { name: role.to_string(), value: note.clone(), event: Some(event.n) });
        }
    }
    for check in checks.iter().filter(|check| check.observation && check.verdict == Verdict::Fail) {
        findings.push(Finding {
            name: format!("observation {}", check.id.0),
            value: check.observed.clone(),
            event: None,
        });
    }
    findings
}
