//! Which checks a case has, and which clauses each of them proves.

use super::{Action, Case, CheckId, ClauseId, FieldCheck, Step, Verb};
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
                Verb::Does(action) => matches!(action, Action::Talk { .. }),
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

impl Case {
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
