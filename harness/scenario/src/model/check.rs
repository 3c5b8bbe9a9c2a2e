//! Which checks a case has, and which clauses each of them proves.

use super::{Action, Case, CheckId, ClauseId, FieldCheck, Matcher, Step, Verb};
use oxocert_record::StepId;
use std::collections::BTreeMap;

impl CheckId {
    /// The check of a step.
    pub fn of_step(step: &StepId) -> CheckId {
        CheckId(step.0.clone())
    }

    /// The check of a field of a step.
    pub fn of_field(step: &StepId, field: &str) -> CheckId {
        CheckId(format!("{step}.{field}"))
    }

    /// A standing check by its name without `standing.`.
    pub fn standing(name: &str) -> CheckId {
        CheckId(format!("standing.{name}"))
    }
}

impl Step {
    /// Whether the step itself has a verdict: it expects, hears, sees, receives digits, is, talks, or has
    /// alternatives; an `any_order` leaves that to its steps, and what is optional is never judged.
    pub fn is_check(&self) -> bool {
        !self.optional
            && match &self.verb {
                Verb::Does(action) => matches!(action, Action::Talk { .. } | Action::StayUp { .. }),
                Verb::AnyOrder(_) => false,
                Verb::Expects(_)
                | Verb::Hears { .. }
                | Verb::SeesNo { .. }
                | Verb::ReceivesDigits { .. }
                | Verb::Is(_)
                | Verb::OneOf { .. } => true,
            }
    }

    /// The ids of the step's field checks.
    pub fn field_ids(&self) -> impl Iterator<Item = (CheckId, &FieldCheck)> {
        self.checks.iter().map(|check| (CheckId::of_field(&self.id, &check.field), check))
    }
}

impl Step {
    /// The same step of one call of a load point: its id, and every id it names, begin with that of the call.
    pub(crate) fn of_call(mut self, call: &str, stay: std::time::Duration) -> Step {
        let prefixed = |id: &StepId| StepId(format!("{call}.{id}"));
        self.id = prefixed(&self.id);
        self.since = self.since.as_ref().map(prefixed);
        for check in &mut self.checks {
            if let Matcher::SameAs { step, .. } | Matcher::DiffersFrom { step, .. } = &mut check.matcher {
                *step = prefixed(step);
            }
        }
        let all = |steps: Vec<Step>| steps.into_iter().map(|step| step.of_call(call, stay)).collect();
        self.verb = match self.verb {
            Verb::Does(Action::StayUp { .. }) => Verb::Does(Action::StayUp { at_least: stay }),
            Verb::OneOf { records, alternatives } => {
                Verb::OneOf { records, alternatives: alternatives.into_iter().map(all).collect() }
            }
            Verb::AnyOrder(steps) => Verb::AnyOrder(all(steps)),
            verb => verb,
        };
        self
    }
}

impl Case {
    /// The list in which a step of the flow stands: the flow itself, or the steps of one call of a load point.
    pub fn list_of(&self, step: &StepId) -> &[Step] {
        let call = self.loads.iter().find_map(|point| point.call_of(step));
        call.map_or(self.flow.as_slice(), |call| call.steps.as_slice())
    }

    /// The steps of the flow that may be judged, those of `any_order` included; the steps inside the alternatives of a
    /// `one_of` are judged by that step alone.
    pub fn judged_steps(&self) -> Vec<&Step> {
        fn walk<'s>(steps: &'s [Step], out: &mut Vec<&'s Step>) {
            for step in steps.iter().filter(|step| !step.optional) {
                out.push(step);
                if let Verb::AnyOrder(inner) = &step.verb {
                    walk(inner, out);
                }
            }
        }
        let mut out = Vec::new();
        walk(&self.flow, &mut out);
        out
    }

    /// The ids of all own checks, in the order of the file: steps with their fields, nevers, measures, channels.
    /// Standing checks come on top.
    pub fn checks(&self) -> Vec<CheckId> {
        let mut ids = Vec::new();
        for step in self.judged_steps() {
            if step.is_check() {
                ids.push(CheckId::of_step(&step.id));
            }
            ids.extend(step.field_ids().map(|(id, _)| id));
        }
        ids.extend(self.never.iter().map(|never| never.id.clone()));
        ids.extend(self.measures.iter().map(|measure| CheckId(measure.name.clone())));
        ids.extend(self.channels.iter().map(|channels| channels.id.clone()));
        ids
    }

    /// The clauses that each own check proves; checks that prove none are left out.
    pub fn clauses_of_checks(&self) -> BTreeMap<CheckId, Vec<ClauseId>> {
        let mut all = BTreeMap::new();
        for step in self.judged_steps() {
            if step.is_check() {
                all.insert(CheckId::of_step(&step.id), step.proves.clone());
            }
            for (id, _) in step.field_ids() {
                all.insert(id, step.proves.clone());
            }
        }
        all.extend(self.never.iter().map(|never| (never.id.clone(), never.proves.clone())));
        all.extend(
            self.measures.iter().map(|measure| (CheckId(measure.name.clone()), measure.proves.clone())),
        );
        all.extend(self.channels.iter().map(|channels| (channels.id.clone(), channels.proves.clone())));
        all.retain(|_, clauses| !clauses.is_empty());
        all
    }

    /// Whether the case lifts a standing check (its name without `standing.`).
    pub fn lifts(&self, name: &str) -> Option<&super::Lift> {
        self.lifts.iter().find(|lift| lift.name == name)
    }
}
