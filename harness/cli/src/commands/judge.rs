//! `oxocert judge`: the verdicts of a run again, from its own folder alone.

use crate::args::RunFolders;
use crate::failure::Failure;
use crate::output;
use crate::run_folder::RunFolder;
use oxocert_record::Verdict;

/// Judges each run, whatever verdicts it holds, and writes `result.json` anew.
///
/// # Errors
/// A folder is no run, or its inputs are not legal.
pub fn run(args: &RunFolders) -> Result<u8, Failure> {
    let mut results = Vec::new();
    for path in &args.runs {
        for folder in RunFolder::open(path)? {
            results.push(folder.judge()?);
        }
    }
    output::text(oxocert_report::summary_text(&results));
    Ok(oxocert_judge::exit_code(Verdict::worst(results.iter().map(|result| result.verdict))))
}
