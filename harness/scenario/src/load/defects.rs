//! Defects: `scenarios/defects.toml`, which checks each defect of the virtual OXO must turn to FAIL.

use super::open;
use super::reader::{Node, Table, schema};
use crate::model::CheckId;
use crate::problem::Problems;
use crate::sources::{DEFECTS, Sources};
use oxocert_record::CaseId;
use std::collections::{BTreeMap, BTreeSet};

/// One defect as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefectCard {
    /// Its name, as the virtual OXO knows it.
    pub name: String,
    /// What the DUT then does, in one line that names no scenario.
    pub behaviour: String,
    /// The hw-profile it is run on: `virtual-powercpu-bvpn`.
    pub profile: String,
    /// Exactly the checks it turns to FAIL, by case.
    pub turns: BTreeMap<CaseId, BTreeSet<CheckId>>,
    /// The case with which it is run once on sockets.
    pub on_sockets: Option<CaseId>,
    /// Where it turns nothing: why that is right. Then the matrix holds that no check calls it a failure.
    pub turns_nothing: Option<String>,
}

/// The profile a defect is run on where its card names none.
const USUAL_PROFILE: &str = "virtual-powercpu-bvpn";

/// Loads the defects. Cases and checks they name are compared with what is loaded by [`crate::coverage`].
///
/// # Errors
/// All problems of the file.
pub fn load_defects(sources: &Sources) -> Result<Vec<DefectCard>, Problems> {
    let doc = open(sources, DEFECTS, None)?;
    let parsed = doc.parse();
    let root = Table::root(&doc, &parsed, "the defects");
    schema(&root);
    let mut cards: Vec<DefectCard> = Vec::new();
    for node in root.need("defect").and_then(|node| node.list()).unwrap_or_default() {
        let Some(card) = card(&node) else { continue };
        if cards.iter().any(|other| other.name == card.name && other.profile == card.profile) {
            node.problem(format!("the defect `{}` stands here twice for {}", card.name, card.profile));
        }
        cards.push(card);
    }
    root.finish();
    doc.into_problems().or(cards)
}

fn card(node: &Node<'_>) -> Option<DefectCard> {
    let table = node.table("a defect")?;
    let name = table.need("name").and_then(|node| node.text());
    let behaviour = table.need("behaviour").and_then(|node| node.text());
    let profile = table.get("profile").and_then(|node| node.text()).unwrap_or(USUAL_PROFILE);
    let mut turns = BTreeMap::new();
    if let Some(cases) = table.need("turns").and_then(|node| node.table("`turns`")) {
        for (case, checks) in cases.entries() {
            let ids: BTreeSet<CheckId> =
                checks.texts().unwrap_or_default().into_iter().map(|id| CheckId(id.to_owned())).collect();
            if ids.is_empty() {
                checks.problem(format!("names no check of {case}"));
            }
            turns.insert(CaseId(case.to_owned()), ids);
        }
    }
    let sockets = table.get("on_sockets");
    let on_sockets = sockets.and_then(|node| node.text()).map(CaseId::from);
    if let (Some(node), Some(case)) = (sockets, &on_sockets)
        && !turns.contains_key(case)
    {
        node.problem(format!("`on_sockets` names {case}, which `turns` does not"));
    }
    let reason = table.get("turns_nothing");
    match (turns.is_empty(), reason) {
        (true, None) => node.problem("turns no check: `turns_nothing = \"..\"` says why that is right"),
        (false, Some(reason)) => {
            reason.problem("`turns_nothing` is for what turns no check, and this turns some")
        }
        _ => {}
    }
    let turns_nothing = reason.and_then(|node| node.text()).map(str::to_owned);
    table.finish();
    Some(DefectCard {
        name: name?.to_owned(),
        behaviour: behaviour?.to_owned(),
        profile: profile.to_owned(),
        turns,
        on_sockets,
        turns_nothing,
    })
}
