//! Steps and labels that other places of a scenario name: they must exist and be of the right kind.

use crate::load::reader::Node;
use crate::load::suggest::did_you_mean;
use crate::model::{Action, Position, Step, Verb};
use crate::pattern::Family;
use oxocert_record::{RoleName, StepId};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What is known of a step.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    kind: Kind,
    times: u32,
    label: Option<String>,
    who: Vec<RoleName>,
    position: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Expects(Family),
    Hears,
    Talk,
    Digits,
    Other,
}

impl Facts {
    pub(super) fn expects(&self, family: Family) -> bool {
        self.kind == Kind::Expects(family)
    }

    pub(super) fn is_repeated(&self) -> bool {
        matches!(self.kind, Kind::Expects(_)) && self.times > 1
    }

    pub(super) fn is_hears(&self) -> bool {
        self.kind == Kind::Hears
    }

    pub(super) fn has_media(&self) -> bool {
        self.kind == Kind::Hears || self.kind == Kind::Talk
    }

    pub(super) fn is_digits(&self) -> bool {
        self.kind == Kind::Digits
    }

    pub(super) fn any(&self) -> bool {
        true
    }
}

/// A step that something names.
struct Wanted<'a> {
    node: Node<'a>,
    step: StepId,
    fits: fn(&Facts) -> bool,
    what: &'static str,
}

/// What the places of one case name, compared with its steps at the end.
#[derive(Default)]
pub(super) struct References<'a> {
    wanted: RefCell<Vec<Wanted<'a>>>,
}

impl<'a> References<'a> {
    /// Notes that `node` names a step, which must fit.
    pub(super) fn wants(&self, node: &Node<'a>, step: &StepId, fits: fn(&Facts) -> bool, what: &'static str) {
        self.wanted.borrow_mut().push(Wanted { node: *node, step: step.clone(), fits, what });
    }

    /// Tells what is named and does not exist, or does not fit.
    pub(super) fn check(self, known: &Known) {
        for wanted in self.wanted.into_inner() {
            match known.steps.get(&wanted.step) {
                None if !known.complete => {}
                None => {
                    let hint = did_you_mean(wanted.step.as_str(), known.steps.keys().map(StepId::as_str));
                    wanted.node.problem_with(format!("there is no step `{}`", wanted.step), hint);
                }
                Some(facts) if !(wanted.fits)(facts) => {
                    wanted.node.problem(format!(
                        "step `{}` (line {}) is not {}",
                        wanted.step, facts.position.line, wanted.what
                    ));
                }
                Some(_) => {}
            }
        }
    }
}

/// All steps of a case.
#[derive(Default)]
pub(super) struct Known {
    pub(super) steps: BTreeMap<StepId, Facts>,
    /// Whether every step could be read: only then is a name that is not here wrong.
    pub(super) complete: bool,
}

impl Known {
    /// Takes steps and those inside them; a second one of the same id is told through `twice`.
    pub(super) fn take(&mut self, steps: &[Step], twice: &mut impl FnMut(&Step)) {
        for step in steps {
            let kind = match &step.verb {
                Verb::Expects(pattern) => Kind::Expects(pattern.family()),
                Verb::Hears { .. } => Kind::Hears,
                Verb::Does(Action::Talk { .. } | Action::StayUp { .. }) => Kind::Talk,
                Verb::ReceivesDigits { .. } => Kind::Digits,
                _ => Kind::Other,
            };
            let facts = Facts {
                kind,
                times: step.times,
                label: step.label.clone(),
                who: step.who.clone(),
                position: step.position,
            };
            if self.steps.insert(step.id.clone(), facts).is_some() {
                twice(step);
            }
            match &step.verb {
                Verb::OneOf { alternatives, .. } => {
                    alternatives.iter().for_each(|steps| self.take(steps, twice))
                }
                Verb::AnyOrder(steps) => self.take(steps, twice),
                _ => {}
            }
        }
    }

    /// The roles of the talk with this label.
    pub(super) fn talk(&self, label: &str) -> Option<&[RoleName]> {
        let labelled = |facts: &&Facts| facts.kind == Kind::Talk && facts.label.as_deref() == Some(label);
        self.steps.values().find(labelled).map(|facts| facts.who.as_slice())
    }

    /// All labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.steps.values().filter_map(|facts| facts.label.as_deref())
    }
}
