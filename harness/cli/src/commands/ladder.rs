//! `oxocert ladder`: what a scenario expects, drawn before any call.

use crate::args::Ladder;
use crate::failure::Failure;
use crate::output;
use crate::project::Project;
use oxocert_scenario::{ladder, load};
use std::path::Path;

/// Prints the ladder of each case of the file, on a bench.
///
/// # Errors
/// The file or the profile is not legal.
pub fn run(root: Option<&Path>, args: &Ladder) -> Result<u8, Failure> {
    let mut project = Project::open(root)?;
    let profile = project.profile(&args.profile)?;
    let path = project.scenario(&args.file)?;
    let sources = &project.sources;
    let files = |problems| Failure::Files { problems, sources: sources.clone() };
    let bench = load::load_bench(sources, &profile).map_err(files)?;
    let cases = load::load_cases(sources, std::slice::from_ref(&path), &bench).map_err(files)?;
    for case in &cases {
        output::line(ladder::preview(case));
    }
    Ok(0)
}
