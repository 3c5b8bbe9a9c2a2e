//! `oxocert coverage`: which clause is proven by what; what is uncovered, and what is claimed but not provable.

use crate::args::{Coverage as Args, DEFAULT_PROFILES, Set};
use crate::failure::Failure;
use crate::output;
use crate::plan::{Choice, Plan};
use crate::project::Project;
use oxocert_scenario::coverage::{Coverage, Covered, coverage};
use oxocert_scenario::load::{self, Register};
use std::collections::BTreeSet;
use std::path::Path;

/// Prints the coverage of each bench. Exit code 1 where a defect names a case or check that does not exist.
///
/// # Errors
/// Files that are not legal.
pub fn run(root: Option<&Path>, args: &Args) -> Result<u8, Failure> {
    let mut project = Project::open(root)?;
    let defaults = DEFAULT_PROFILES.map(str::to_owned);
    let profiles = if args.profiles.is_empty() { &defaults[..] } else { &args.profiles };
    let mut sound = true;
    for profile in profiles {
        let path = project.profile(profile)?;
        let plan = Plan::load(&project.sources, &path, None, Choice::Set(Set::Full))?;
        let defects = load::load_defects(&project.sources)
            .map_err(|problems| Failure::Files { problems, sources: project.sources.clone() })?;
        let covered = coverage(&plan.register, &plan.standing, &plan.bench, &plan.cases, &defects);
        print(&plan, &covered);
        sound &= covered.unknown.is_empty();
    }
    Ok(u8::from(!sound))
}

fn print(plan: &Plan, covered: &Coverage) {
    let architecture = plan.bench.architecture;
    output::line(format_args!("{} ({})", plan.bench.title, architecture.name()));
    let here: Vec<_> =
        covered.clauses.iter().filter(|clause| clause.architectures.contains(&architecture)).collect();
    for wanted in [Covered::Proven, Covered::ClaimedNotProvable, Covered::Not] {
        let clauses: Vec<_> = here.iter().filter(|clause| clause.covered == wanted).collect();
        output::line(format_args!("\n{} ({})", wanted.words(), clauses.len()));
        for clause in clauses {
            let cases: BTreeSet<&str> = clause
                .claims
                .iter()
                .filter(|claim| wanted != Covered::Proven || !claim.killed_by.is_empty())
                .map(|claim| claim.case.as_str())
                .collect();
            let cases: Vec<&str> = cases.into_iter().collect();
            output::line(format_args!(
                "  {:24} {} {}",
                clause.clause.0,
                weight(&plan.register, clause, plan),
                cases.join(" ")
            ));
        }
    }
    if !covered.unkilled.is_empty() {
        let count: usize = covered.unkilled.values().map(Vec::len).sum();
        output::line(format_args!("\nchecks that no defect turns to FAIL ({count})"));
        for (case, checks) in &covered.unkilled {
            let checks: Vec<&str> = checks.iter().map(|check| check.0.as_str()).collect();
            output::line(format_args!("  {case}: {}", checks.join(" ")));
        }
    }
    for (defect, case, check) in &covered.unknown {
        output::line(format_args!(
            "\ndefect {defect} names {case} {}, which does not exist on this bench",
            check.0
        ));
    }
    output::line("");
}

/// The letter of the clause's weight on this architecture.
fn weight(register: &Register, clause: &oxocert_scenario::coverage::ClauseCoverage, plan: &Plan) -> char {
    let found = register.clause(&clause.clause).and_then(|known| known.weight(plan.bench.architecture));
    found.map_or('-', |weight| weight.letter())
}
