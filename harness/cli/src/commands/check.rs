//! `oxocert check`: every problem of every file.

use crate::args::Check;
use crate::failure::Failure;
use crate::output;
use crate::project::Project;
use oxocert_scenario::{Problems, load};
use std::collections::BTreeSet;
use std::path::Path;

/// Checks the files that are named, or the whole project.
///
/// # Errors
/// What is wrong, all of it.
pub fn run(root: Option<&Path>, args: &Check) -> Result<u8, Failure> {
    let mut project = Project::open(root)?;
    let mut named = BTreeSet::new();
    for file in &args.files {
        named.insert(project.scenario(file)?);
    }
    let sources = &project.sources;
    let mut problems = Problems::default();
    let mut take = |found: Problems| problems.extend(found);
    if let Err(found) = load::load_register(sources) {
        take(found);
    }
    if let Err(found) = load::load_defects(sources) {
        take(found);
    }
    let (mut benches, mut cases) = (0, 0);
    let extra = |path: &String| !path.starts_with("scenarios/") && !path.starts_with("hw-profiles/");
    let scenarios: Vec<String> = sources
        .scenario_paths()
        .into_iter()
        .chain(named.iter().filter(|path| extra(path)).cloned())
        .collect();
    for profile in sources.profile_paths() {
        match load::load_bench(sources, &profile) {
            Ok(bench) => {
                benches += 1;
                match load::load_cases(sources, &scenarios, &bench) {
                    Ok(planned) => cases += planned.len(),
                    Err(found) => take(found),
                }
                if let Err(found) = load::load_expected(sources, &bench) {
                    take(found);
                }
            }
            Err(found) => take(found),
        }
    }
    if !named.is_empty() {
        problems.0.retain(|problem| named.contains(&problem.file));
    }
    let fine = format!("{} scenario files on {benches} benches: {cases} cases, no problem", scenarios.len());
    match problems.or(()) {
        Ok(()) => output::line(format_args!("{fine}")),
        Err(problems) => return Err(Failure::Files { problems, sources: sources.clone() }),
    }
    Ok(0)
}
