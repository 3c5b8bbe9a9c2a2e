//! The declared defects brought up to date for some defects and some cases, so that a new scenario does not cost the whole matrix.

use crate::matrix::{applicable, shortest, tried, turns, without_effect};
use crate::virtual_run::VirtualBench;
use oxocert_record::CaseId;
use oxocert_scenario::load::DefectCard;
use oxocert_scenario::model::{Case, CheckId};
use oxocert_virtual_oxo::all_defects;
use std::collections::{BTreeMap, BTreeSet};

/// What of the matrix is wanted; an empty list is all.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Names of defects.
    pub defects: &'a [String],
    /// Ids of scenarios or cases.
    pub only: &'a [String],
}

impl Choice<'_> {
    /// Whether a defect is wanted.
    pub fn has_defect(&self, name: &str) -> bool {
        self.defects.is_empty() || self.defects.iter().any(|defect| defect == name)
    }

    /// Whether a case is wanted.
    pub fn has_case(&self, case: &Case) -> bool {
        let named = |name: &String| name == case.id.as_str() || *name == case.scenario;
        self.only.is_empty() || self.only.iter().any(named)
    }
}

/// The cards with what is observed now of the chosen defects and cases; what was declared of the others stays. By the same rule as
/// [`crate::matrix::cards`]: a defect has a card on the first bench on which it turns anything, and on a later one where it is the
/// first to turn a check there.
pub fn brought_up_to_date(
    grounds: &[VirtualBench],
    declared: Vec<DefectCard>,
    choice: &Choice<'_>,
) -> Vec<DefectCard> {
    let mut cards = Cards::known(grounds, declared);
    for (at, ground) in grounds.iter().enumerate() {
        for defect in all_defects().into_iter().filter(|defect| choice.has_defect(defect.name)) {
            let tried = tried(grounds, at, cards.is_before(grounds, at, defect.name));
            let chosen: Vec<&Case> = tried.iter().copied().filter(|case| choice.has_case(case)).collect();
            if chosen.is_empty() {
                continue;
            }
            let observed = turns(ground, &chosen, defect.name);
            if let Some(card) = cards.of(defect.name, &ground.bench.name) {
                // With a card on an earlier bench, what was seen there is not tried here again.
                card.turns.retain(|case, _| tried.iter().any(|tried| tried.id == *case));
                for case in &chosen {
                    card.turns.remove(&case.id);
                }
                card.turns.extend(observed);
            } else if !observed.is_empty() && cards.needs(grounds, at, defect.name, &observed) {
                cards.0.push(DefectCard {
                    name: defect.name.to_owned(),
                    behaviour: defect.behaviour.to_owned(),
                    profile: ground.bench.name.clone(),
                    // A card says all that its defect turns there, not only what was asked for.
                    turns: turns(ground, &tried, defect.name),
                    on_sockets: None,
                    turns_nothing: None,
                });
            }
        }
    }
    cards.finish(grounds)
}

struct Cards(Vec<DefectCard>);

impl Cards {
    /// What is declared of defects and cases that still exist.
    fn known(grounds: &[VirtualBench], declared: Vec<DefectCard>) -> Cards {
        let of = |profile: &str| grounds.iter().find(|ground| ground.bench.name == profile);
        let mut cards = Vec::new();
        for mut card in declared {
            let Some(info) = all_defects().into_iter().find(|defect| defect.name == card.name) else {
                continue;
            };
            card.behaviour = info.behaviour.to_owned();
            if let Some(ground) = of(&card.profile) {
                let cases: BTreeSet<&CaseId> = applicable(ground).map(|case| &case.id).collect();
                card.turns.retain(|case, _| cases.contains(case));
            }
            cards.push(card);
        }
        Cards(cards)
    }

    fn of(&mut self, defect: &str, profile: &str) -> Option<&mut DefectCard> {
        self.0.iter_mut().find(|card| card.name == defect && card.profile == profile)
    }

    /// Whether a defect turns anything on a bench before this one.
    fn is_before(&self, grounds: &[VirtualBench], at: usize, defect: &str) -> bool {
        let earlier: BTreeSet<&str> =
            grounds.iter().take(at).map(|ground| ground.bench.name.as_str()).collect();
        self.0.iter().any(|card| {
            card.name == defect && earlier.contains(card.profile.as_str()) && !card.turns.is_empty()
        })
    }

    /// Whether what was observed deserves a card: the first of its defect, or the first to turn one of these checks.
    fn needs(
        &self,
        grounds: &[VirtualBench],
        at: usize,
        defect: &str,
        observed: &BTreeMap<CaseId, BTreeSet<CheckId>>,
    ) -> bool {
        let is_turned = |case: &CaseId, check: &CheckId| {
            self.0.iter().any(|card| card.turns.get(case).is_some_and(|all| all.contains(check)))
        };
        !self.is_before(grounds, at, defect)
            || observed.iter().any(|(case, checks)| checks.iter().any(|check| !is_turned(case, check)))
    }

    /// In the order of benches and defects; a defect that turns nothing has one card, on the first bench.
    fn finish(self, grounds: &[VirtualBench]) -> Vec<DefectCard> {
        let mut left = self.0;
        let silent: Vec<DefectCard> = left.extract_if(.., |card| card.turns.is_empty()).collect();
        let mut done: Vec<DefectCard> = Vec::new();
        for ground in grounds {
            for defect in all_defects() {
                let place = left
                    .iter()
                    .position(|card| card.name == defect.name && card.profile == ground.bench.name);
                let Some(mut card) = place.map(|place| left.remove(place)) else { continue };
                let is_first = !done.iter().any(|earlier| earlier.name == card.name);
                card.on_sockets = match card.on_sockets.take().filter(|case| card.turns.contains_key(case)) {
                    _ if !is_first => None,
                    Some(case) => Some(case),
                    None => shortest(ground, &card.turns),
                };
                card.turns_nothing = None;
                done.push(card);
            }
        }
        let silent = without_effect(grounds, &done, &silent);
        done.extend(silent);
        done
    }
}
