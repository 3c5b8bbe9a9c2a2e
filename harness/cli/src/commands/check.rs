//! `oxocert check`: every problem of every file.

use crate::args::Check;
use crate::failure::Failure;
use crate::output;
use crate::project::Project;
use oxocert_scenario::{Problems, Sources, load};
use std::collections::BTreeSet;
use std::path::Path;

/// Checks the files that are named, or the whole project. A scenario that is named is checked on every bench, a
/// hw-profile with every scenario, since what it lacks shows only there; both together: these scenarios on this bench.
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
    let scope = Scope::of(sources, &named);
    let mut problems = Problems::default();
    let (mut benches, mut cases) = (0, 0);
    for profile in &scope.profiles {
        let found = match load::load_bench(sources, profile) {
            Ok(bench) => {
                benches += 1;
                let mut found = Problems::default();
                match load::load_cases(sources, &scope.scenarios, &bench) {
                    Ok(planned) => cases += planned.len(),
                    Err(wrong) => found.extend(wrong),
                }
                if let Err(wrong) = load::load_expected(sources, &bench) {
                    found.extend(wrong);
                }
                found
            }
            Err(found) => found,
        };
        problems.extend(found);
    }
    if !scope.narrowed {
        for found in [load::load_register(sources).err(), load::load_defects(sources).err()] {
            problems.extend(found.unwrap_or_default());
        }
        problems.0.retain(|problem| named.is_empty() || named.contains(&problem.file));
    }
    let fine =
        format!("{} scenario files on {benches} benches: {cases} cases, no problem", scope.scenarios.len());
    match problems.or(()) {
        Ok(()) => output::line(format_args!("{fine}")),
        Err(problems) => return Err(Failure::Files { problems, sources: sources.clone() }),
    }
    Ok(0)
}

/// Which scenarios are checked on which benches.
struct Scope {
    scenarios: Vec<String>,
    profiles: Vec<String>,
    /// Only scenarios and hw-profiles are named: each problem found is one of theirs.
    narrowed: bool,
}

impl Scope {
    fn of(sources: &Sources, named: &BTreeSet<String>) -> Scope {
        let (all_scenarios, all_profiles) = (sources.scenario_paths(), sources.profile_paths());
        // A file outside the project is a scenario.
        let outside = |path: &str| !path.starts_with("scenarios/") && !path.starts_with("hw-profiles/");
        let profiles: Vec<String> =
            all_profiles.iter().filter(|path| named.contains(*path)).cloned().collect();
        let scenarios: Vec<String> =
            named.iter().filter(|path| all_scenarios.contains(path) || outside(path)).cloned().collect();
        let narrowed = !named.is_empty() && profiles.len() + scenarios.len() == named.len();
        let or_all =
            |some: Vec<String>, all: Vec<String>| if narrowed && !some.is_empty() { some } else { all };
        let mut every = all_scenarios;
        every.extend(scenarios.iter().filter(|path| outside(path)).cloned());
        Scope { scenarios: or_all(scenarios, every), profiles: or_all(profiles, all_profiles), narrowed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCH: &str = "hw-profiles/lab.toml";
    const CASE: &str = "scenarios/hold/HR-01.toml";

    fn scope(named: &[&str]) -> (Vec<String>, Vec<String>, bool) {
        let mut sources = Sources::default();
        for path in
            [BENCH, "hw-profiles/other.toml", CASE, "scenarios/hold/HR-02.toml", "scenarios/standing.toml"]
        {
            sources.files.insert(path.to_owned(), String::new());
        }
        let Scope { scenarios, profiles, narrowed } =
            Scope::of(&sources, &named.iter().map(|path| (*path).to_owned()).collect());
        (scenarios, profiles, narrowed)
    }

    #[test]
    fn a_profile_alone_is_checked_with_every_scenario() {
        let (scenarios, profiles, narrowed) = scope(&[BENCH]);
        assert_eq!((scenarios.len(), profiles), (2, vec![BENCH.to_owned()]));
        assert!(narrowed, "a role that it lacks shows in the scenarios, and must be told");
    }

    #[test]
    fn a_scenario_alone_is_checked_on_every_bench() {
        let (scenarios, profiles, narrowed) = scope(&[CASE]);
        assert_eq!((scenarios, profiles.len(), narrowed), (vec![CASE.to_owned()], 2, true));
        assert_eq!(scope(&["/elsewhere/XX-01.toml"]).0, ["/elsewhere/XX-01.toml"]);
    }

    #[test]
    fn another_file_is_checked_with_everything() {
        let (scenarios, profiles, narrowed) = scope(&["scenarios/standing.toml", CASE]);
        assert_eq!((scenarios.len(), profiles.len(), narrowed), (2, 2, false));
    }
}
