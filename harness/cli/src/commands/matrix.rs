//! `oxocert matrix`: what each defect of the virtual OXO turns to FAIL, in virtual time.

use crate::args::{MATRIX_PROFILES, Matrix};
use crate::failure::Failure;
use crate::matrix::{Cell, applicable, cards, declaration, outcomes};
use crate::matrix_update::{Choice, brought_up_to_date};
use crate::output;
use crate::project::Project;
use crate::virtual_run::{NotVirtual, VirtualBench};
use oxocert_record::Verdict;
use oxocert_scenario::DEFECTS;
use oxocert_scenario::load::load_defects;
use oxocert_virtual_oxo::{Defects, all_defects};
use std::path::Path;

/// Prints each defect with the checks that it turns to FAIL, and what the healthy DUT does. Exit code 1 where the healthy
/// DUT fails or a defect goes unseen.
///
/// # Errors
/// Files, names, or a simulation that does not end.
pub fn run(root: Option<&Path>, args: &Matrix) -> Result<u8, Failure> {
    let mut project = Project::open(root)?;
    let defaults = MATRIX_PROFILES.map(str::to_owned);
    Defects::named(args.defects.iter().map(String::as_str))
        .map_err(|unknown| Failure::Usage(unknown.to_string()))?;
    let profiles = if args.profiles.is_empty() { &defaults[..] } else { &args.profiles };
    if args.accept {
        let grounds =
            profiles.iter().map(|profile| ground(&mut project, profile)).collect::<Result<Vec<_>, _>>()?;
        let path = project.root.join(DEFECTS);
        let known = |name: &String| {
            grounds
                .iter()
                .flat_map(|ground| &ground.cases)
                .any(|case| case.id.as_str() == name || case.scenario == *name)
        };
        if let Some(unknown) = args.only.iter().find(|name| !known(name)) {
            return Err(Failure::Usage(format!("no virtual bench has a scenario or case `{unknown}`")));
        }
        let declared = load_defects(&project.sources)
            .map_err(|problems| Failure::Files { problems, sources: project.sources.clone() })?;
        let accepted = if args.defects.is_empty() && args.only.is_empty() {
            cards(&grounds, &declared)
        } else {
            brought_up_to_date(&grounds, declared, &Choice { defects: &args.defects, only: &args.only })
        };
        let unexplained: Vec<&str> = accepted
            .iter()
            .filter(|card| card.turns.is_empty() && card.turns_nothing.is_none())
            .map(|card| card.name.as_str())
            .collect();
        if !unexplained.is_empty() {
            return Err(Failure::Usage(format!(
                "turns no check: {}; add each to {DEFECTS} with `turns_nothing = \"why\"` and an empty `[defect.turns]`, or write the scenario that asks for it",
                unexplained.join(", ")
            )));
        }
        let text = declaration(&accepted);
        std::fs::write(&path, text)
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
        output::line(format_args!("{DEFECTS} is written; read the difference before you commit it"));
        return Ok(0);
    }
    let mut sound = true;
    for profile in profiles {
        sound &= bench(&ground(&mut project, profile)?, args);
    }
    Ok(u8::from(!sound))
}

fn ground(project: &mut Project, profile: &str) -> Result<VirtualBench, Failure> {
    let path = project.profile(profile)?;
    VirtualBench::load(&project.sources, &path).map_err(|error| match error {
        NotVirtual::Problems(problems) => Failure::Files { problems, sources: project.sources.clone() },
        other => Failure::Usage(other.to_string()),
    })
}

fn bench(ground: &VirtualBench, args: &Matrix) -> bool {
    let choice = Choice { defects: &args.defects, only: &args.only };
    let names = all_defects().into_iter().map(|info| info.name);
    let defects: Vec<&str> = names.filter(|name| choice.has_defect(name)).collect();
    let cases: Vec<_> = applicable(ground).filter(|case| choice.has_case(case)).collect();
    let rows = std::iter::once(None).chain(defects.into_iter().map(Some));
    let cells: Vec<Cell<'_>> =
        rows.flat_map(|defect| cases.iter().map(move |case| Cell { ground, defect, case })).collect();
    let outcomes = outcomes(&cells);
    let mut sound = true;
    output::line(&ground.bench.title);
    for (cells, outcomes) in cells.chunks(cases.len().max(1)).zip(outcomes.chunks(cases.len().max(1))) {
        let Some(defect) = cells.first().map(|cell| cell.defect) else { continue };
        let mut lines = Vec::new();
        for (cell, outcome) in cells.iter().zip(outcomes) {
            if !outcome.failed.is_empty() {
                let checks: Vec<&str> = outcome.failed.iter().map(|check| check.0.as_str()).collect();
                lines.push(format!("  {}: FAIL {}", cell.case.id, checks.join(" ")));
                let observed = outcome.observed.iter().filter(|_| args.why);
                lines.extend(observed.map(|line| format!("    {line}")));
            }
            if !matches!(outcome.verdict, Verdict::Pass | Verdict::PassMarginal | Verdict::Fail) {
                let reason = outcome.reason.as_deref().unwrap_or_default();
                lines.push(format!("  {}: {} {reason}", cell.case.id, outcome.verdict));
            }
        }
        let fails = outcomes.iter().any(|outcome| !outcome.failed.is_empty());
        sound &= if defect.is_some() { fails } else { lines.is_empty() };
        let verdict = if lines.is_empty() { ": fails nothing" } else { "" };
        output::line(format_args!("{}{verdict}", defect.unwrap_or("(healthy)")));
        lines.iter().for_each(|line| output::line(format_args!("{line}")));
    }
    sound
}
