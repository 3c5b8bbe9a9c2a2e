//! `oxocert report`: the pages of runs, drawn from their verdicts.

use crate::args::Report;
use crate::failure::{Failure, harness};
use crate::output;
use crate::run_folder::RunFolder;
use oxocert_judge::RunResult;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Draws one report over all runs that are named.
///
/// # Errors
/// A folder holds no verdicts, or a page cannot be written.
pub fn run(args: &Report) -> Result<u8, Failure> {
    let mut results = Vec::new();
    for path in &args.runs {
        for folder in RunFolder::open(path)? {
            results.push(folder.result()?);
        }
    }
    tell_apart(&mut results);
    let first = args.runs.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = args.output.as_deref().unwrap_or(first);
    fs::create_dir_all(folder).map_err(harness(format_args!("make {}", folder.display())))?;
    let page = write_report(folder, &results)?;
    output::line(format_args!("report: {}", page.display()));
    Ok(0)
}

/// Several runs of one bench get a number behind its name from the second on: names are unique on a page.
fn tell_apart(results: &mut [RunResult]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for result in results {
        let times = seen.entry(result.bench.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            result.bench.name = format!("{}, run {times}", result.bench.name);
        }
    }
}

/// Writes `index.html` and `junit.xml`; the path of the page.
///
/// # Errors
/// A page cannot be drawn or written.
pub fn write_report(folder: &Path, results: &[RunResult]) -> Result<PathBuf, Failure> {
    let page = folder.join("index.html");
    let drawn = |error: oxocert_report::ReportError| Failure::Harness(error.to_string());
    for (path, text) in [
        (page.clone(), oxocert_report::html(results).map_err(drawn)?),
        (folder.join("junit.xml"), oxocert_report::junit(results).map_err(drawn)?),
    ] {
        fs::write(&path, text).map_err(harness(format_args!("write {}", path.display())))?;
    }
    Ok(page)
}
