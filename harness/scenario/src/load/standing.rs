//! Standing checks: `scenarios/standing.toml`, what every call of every scenario must pass.

use super::open;
use super::reader::{Table, schema};
use super::register::Register;
use super::suggest::did_you_mean;
use crate::model::{Architecture, Bench, CheckId, ClauseId};
use crate::problem::Problems;
use crate::sources::{STANDING, Sources};

/// One standing check; its check id in a case is `standing.<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingCheck {
    /// `ef-media`.
    pub name: String,
    /// One line.
    pub title: String,
    /// What exactly is compared.
    pub rule: String,
    /// Clauses it proves.
    pub proves: Vec<ClauseId>,
    /// Names of the limits it uses.
    pub limits: Vec<String>,
    /// Properties the DUT must declare.
    pub requires: Vec<String>,
    /// Architectures whose cases have it; empty: all.
    pub architectures: Vec<Architecture>,
}

impl StandingCheck {
    /// Its id in a case.
    pub fn id(&self) -> CheckId {
        CheckId(format!("standing.{}", self.name))
    }

    /// Whether the cases of a bench have it at all.
    pub fn is_on(&self, bench: &Bench) -> bool {
        self.architectures.is_empty() || self.architectures.contains(&bench.architecture)
    }

    /// Why it does not apply to a bench; `None` where it does. Only a lack that the profile declares, with its reason, waives a
    /// check: a property that was forgotten or misspelt does not.
    pub fn not_applicable(&self, bench: &Bench) -> Option<String> {
        let property = self.requires.iter().find(|property| bench.dut.lacks.contains_key(*property))?;
        let reason = bench.dut.lacks.get(property)?;
        Some(format!("the DUT has no {property}: {reason}"))
    }
}

/// All standing checks, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// In order.
    pub checks: Vec<StandingCheck>,
}

impl Standing {
    /// A check by its name.
    pub fn check(&self, name: &str) -> Option<&StandingCheck> {
        self.checks.iter().find(|check| check.name == name)
    }
}

/// Loads the standing checks; each clause and limit they name must exist.
///
/// # Errors
/// All problems of the file.
pub fn load_standing(sources: &Sources, register: &Register, bench: &Bench) -> Result<Standing, Problems> {
    let doc = open(sources, STANDING, None)?;
    let parsed = doc.parse();
    let root = Table::root(&doc, &parsed, "the standing checks");
    schema(&root);
    let mut checks: Vec<StandingCheck> = Vec::new();
    for node in root.need("check").and_then(|node| node.list()).unwrap_or_default() {
        let Some(table) = node.table("a standing check") else { continue };
        let text = |key| table.need(key).and_then(|node| node.text()).map(str::to_owned);
        let (name, title, rule) = (text("name"), text("title"), text("rule"));
        let mut proves = Vec::new();
        for clause in table.get("proves").and_then(|node| node.list()).unwrap_or_default() {
            let Some(id) = clause.text().map(|text| ClauseId(text.to_owned())) else { continue };
            if register.clause(&id).is_none() {
                let known = register.clauses.iter().map(|clause| clause.id.0.as_str());
                clause.problem_with(format!("unknown clause `{}`", id.0), did_you_mean(&id.0, known));
            }
            proves.push(id);
        }
        let mut limits = Vec::new();
        for limit in table.get("limits").and_then(|node| node.list()).unwrap_or_default() {
            let Some(name) = limit.text() else { continue };
            if !bench.limits.contains_key(name) {
                let hint = did_you_mean(name, bench.limits.keys().map(String::as_str));
                limit.problem_with(format!("unknown limit `{name}`"), hint);
            }
            limits.push(name.to_owned());
        }
        let requires: Vec<String> = table
            .get("requires")
            .and_then(|node| node.texts())
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let words = Architecture::ALL.map(|architecture| (architecture.name(), architecture));
        let architectures = table
            .get("for")
            .and_then(|node| node.list())
            .map(|list| list.iter().filter_map(|node| node.word(&words)).collect())
            .unwrap_or_default();
        table.finish();
        let (Some(name), Some(title), Some(rule)) = (name, title, rule) else { continue };
        if checks.iter().any(|check| check.name == name) {
            node.problem(format!("there are two standing checks `{name}`"));
        }
        checks.push(StandingCheck { name, title, rule, proves, limits, requires, architectures });
    }
    root.finish();
    doc.into_problems().or(Standing { checks })
}
