//! What a run plays on one bench.

use crate::args::{SMOKE, SMOKE_INTERNET, Set};
use crate::failure::Failure;
use oxocert_record::CaseId;
use oxocert_scenario::load::{self, ExpectedVerdict, Register, Standing};
use oxocert_scenario::model::Case;
use oxocert_scenario::model::bench::Bench;
use oxocert_scenario::{Problems, Sources};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One bench, its cases, and what they are judged by.
#[derive(Debug)]
pub struct Plan {
    /// The profile's path in the sources.
    pub profile: String,
    /// The load that was named; empty where the DUT has none.
    pub load: String,
    /// The bench.
    pub bench: Bench,
    /// The chosen cases, in the order of the run.
    pub cases: Vec<Case>,
    /// The requirement register.
    pub register: Register,
    /// The standing checks.
    pub standing: Standing,
    /// Verdicts that are expected and not PASS, by case.
    pub expected: BTreeMap<CaseId, ExpectedVerdict>,
}

/// The plan as it stands in a run's inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The profile's path in the inputs.
    pub profile: String,
    /// The load that the user named; `null`: the profile's own.
    pub load: Option<String>,
    /// The ids of the cases, in order.
    pub cases: Vec<String>,
}

/// Which cases.
#[derive(Debug, Clone, Copy)]
pub enum Choice<'a> {
    /// A named set.
    Set(Set),
    /// Scenarios or cases by id.
    Only(&'a [String]),
}

impl Plan {
    /// Loads a bench with its cases.
    ///
    /// # Errors
    /// The files are not legal, the load is none, or an id is unknown.
    pub fn load(
        sources: &Sources,
        profile: &str,
        load: Option<&str>,
        choice: Choice<'_>,
    ) -> Result<Plan, Failure> {
        let files = |problems: Problems| Failure::Files { problems, sources: sources.clone() };
        let mut bench = load::load_bench(sources, profile).map_err(files)?;
        if let Some(load) = load {
            bench.name_load(load).map_err(Failure::Usage)?;
        }
        let all = load::load_cases(sources, &sources.scenario_paths(), &bench).map_err(files)?;
        let register = load::load_register(sources).map_err(files)?;
        let standing = load::load_standing(sources, &register, &bench).map_err(files)?;
        let expected = load::load_expected(sources, &bench).map_err(files)?;
        let cases = choose(all, choice, bench.internet.is_some())?;
        let load = bench.texts.get("dut.load").cloned().unwrap_or_default();
        Ok(Plan { profile: profile.to_owned(), load, bench, cases, register, standing, expected })
    }

    /// The cases that this bench can play; the judge calls the others NOT APPLICABLE.
    pub fn playable(&self) -> Vec<Case> {
        self.cases.iter().filter(|case| case.not_applicable.is_none()).cloned().collect()
    }

    /// The plan for the run's inputs.
    pub fn planned(&self, load: Option<&str>) -> Planned {
        Planned {
            profile: self.profile.clone(),
            load: load.map(str::to_owned),
            cases: self.cases.iter().map(|case| case.id.to_string()).collect(),
        }
    }
}

fn choose(all: Vec<Case>, choice: Choice<'_>, internet: bool) -> Result<Vec<Case>, Failure> {
    let wanted: Vec<&str> = match choice {
        Choice::Set(Set::Full) => return Ok(all),
        Choice::Set(Set::Smoke) if internet => [&SMOKE_INTERNET[..], &SMOKE[..]].concat(),
        Choice::Set(Set::Smoke) => SMOKE.to_vec(),
        Choice::Only(ids) => ids.iter().map(String::as_str).collect(),
    };
    let names = |case: &Case, id: &str| case.scenario == id || case.id.as_str() == id;
    if let Some(unknown) = wanted.iter().find(|id| !all.iter().any(|case| names(case, id))) {
        let mut known: Vec<&str> = all.iter().map(|case| case.scenario.as_str()).collect();
        known.dedup();
        return Err(Failure::Usage(format!(
            "there is no scenario or case {unknown}; there are: {}",
            known.join(", ")
        )));
    }
    Ok(all.into_iter().filter(|case| wanted.iter().any(|id| names(case, id))).collect())
}
