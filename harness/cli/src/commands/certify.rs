//! `oxocert certify`: plays, judges, reports.

use crate::args::{Certify, DEFAULT_PROFILES};
use crate::commands::report::write_report;
use crate::dut::Dut;
use crate::expected;
use crate::failure::{Failure, harness};
use crate::output;
use crate::plan::{Choice, Plan};
use crate::progress::Display;
use crate::project::Project;
use crate::run_folder::{BenchFolder, RunFolder};
use crate::session::{Channel, Session};
use crate::utc;
use oxocert_bench::BenchCommand;
use oxocert_judge::RunResult;
use oxocert_machine::Seed;
use oxocert_record::Verdict;
use oxocert_virtual_oxo::Defects;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedSender};

/// The exit code of an interrupted run whose verdicts say nothing worse.
const INTERRUPTED: u8 = 2;

/// Runs the command; the exit code is that of the worst verdict.
///
/// # Errors
/// Files, arguments or the harness itself.
pub fn run(root: Option<&Path>, args: &Certify) -> Result<u8, Failure> {
    let mut project = Project::open(root)?;
    let plans = plans(&mut project, args)?;
    Defects::named(args.defects.iter().map(String::as_str)).map_err(|unknown| {
        Failure::Usage(format!("{unknown}; `oxocert virtual-oxo --list-defects` names them"))
    })?;
    let seed = Seed(args.seed.unwrap_or_else(draw_seed));
    let started = utc::now();
    let reports = args.output.clone().unwrap_or_else(|| project.root.join("reports"));
    // A DUT without load strings is filed under its bench.
    let loads = plans.iter().map(|plan| if plan.load.is_empty() { &plan.bench.name } else { &plan.load });
    let load = loads.map(String::as_str).next().unwrap_or_default();
    let run = RunFolder::create(&reports, load, &started)?;
    // Where it is not allowed, a busy machine shows as lag.
    let _ = oxocert_io::priority::raise();
    let display = Display::new();
    let mut sessions = Vec::new();
    for plan in plans {
        let folder = run.bench(&plan, args.load.as_deref(), &project.sources)?;
        let plan = Arc::new(plan);
        sessions.push(Session {
            root: project.root.clone(),
            plan,
            folder,
            seed,
            started: started.clone(),
            defects: args.defects.clone(),
        });
    }
    let benches: Vec<(Arc<Plan>, BenchFolder)> =
        sessions.iter().map(|session| (Arc::clone(&session.plan), session.folder.clone())).collect();
    let channels: Vec<Channel> = sessions.iter().map(|_| mpsc::unbounded_channel()).collect();
    let orders = channels.iter().map(|(orders, _)| orders.clone()).collect();
    let interruption = Interruption::watch(orders, &display)?;
    let failures = play(sessions, channels, &display)?;
    let interrupted = interruption.happened();
    let code = conclude(&run, &benches, &failures, args.as_expected)?;
    for failure in &failures {
        failure.tell();
    }
    let worst = failures.iter().map(Failure::exit_code).max().unwrap_or(0).max(code);
    Ok(if interrupted && worst < INTERRUPTED { INTERRUPTED } else { worst })
}

fn plans(project: &mut Project, args: &Certify) -> Result<Vec<Plan>, Failure> {
    let defaults = DEFAULT_PROFILES.map(str::to_owned);
    let named = if args.profiles.is_empty() { &defaults[..] } else { &args.profiles };
    let choice = if args.only.is_empty() { Choice::Set(args.set) } else { Choice::Only(&args.only) };
    let mut plans: Vec<Plan> = Vec::new();
    for name in named {
        let path = project.profile(name)?;
        if plans.iter().any(|plan| plan.profile == path) {
            return Err(Failure::Usage(format!("the profile {path} is named twice")));
        }
        plans.push(Plan::load(&project.sources, &path, args.load.as_deref(), choice)?);
    }
    let names: BTreeSet<&str> = plans.iter().map(|plan| plan.bench.name.as_str()).collect();
    if names.len() < plans.len() {
        return Err(Failure::Usage(
            "two of the profiles have the same name: their folders would be one".to_owned(),
        ));
    }
    Ok(plans)
}

/// A seed from the clock, so that two runs differ; it stands in the record.
fn draw_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(32)
}

/// Plays all benches side by side, each on a thread of its own; returns what failed in the harness.
fn play(sessions: Vec<Session>, channels: Vec<Channel>, display: &Display) -> Result<Vec<Failure>, Failure> {
    let several = sessions.len() > 1;
    let mut threads = Vec::new();
    for (session, channel) in sessions.into_iter().zip(channels) {
        let name = session.plan.bench.name.clone();
        let progress = display.bench(several.then_some(name.as_str()), session.plan.playable().len());
        let thread =
            std::thread::Builder::new().name(name.clone()).spawn(move || session.run(channel, progress));
        threads.push((name, thread.map_err(harness("start the thread of a bench"))?));
    }
    let failed = threads.into_iter().filter_map(|(name, thread)| match thread.join() {
        Ok(Ok(())) => None,
        Ok(Err(Failure::Harness(text))) => Some(Failure::Harness(format!("{name}: {text}"))),
        Ok(Err(failure)) => Some(failure),
        Err(_) => Some(Failure::Harness(format!("{name}: the bench stopped by a fault of its own"))),
    });
    Ok(failed.collect())
}

/// Judges every record, draws the report and prints the table; the exit code of the worst verdict, or of the comparison
/// with the expected verdicts.
fn conclude(
    run: &RunFolder,
    benches: &[(Arc<Plan>, BenchFolder)],
    failures: &[Failure],
    as_expected: bool,
) -> Result<u8, Failure> {
    let mut results: Vec<RunResult> = Vec::new();
    let mut differences = Vec::new();
    for (plan, folder) in benches.iter().filter(|(_, folder)| folder.events_path().is_file()) {
        let result = folder.judge()?;
        if as_expected || plan.bench.expected_file.is_some() {
            differences.extend(expected::differences(plan, &result));
        }
        results.push(result);
    }
    if results.is_empty() {
        // Nothing was recorded: the failures say why.
        return Ok(if failures.is_empty() { oxocert_judge::exit_code(Verdict::Error) } else { 0 });
    }
    let page = write_report(&run.path, &results)?;
    output::text(oxocert_report::summary_text(&results));
    for difference in &differences {
        output::line(format_args!("not as expected: {difference}"));
    }
    output::line(format_args!("\nreport: {}", page.display()));
    if as_expected {
        return Ok(u8::from(!differences.is_empty()));
    }
    let worst = Verdict::worst(results.iter().map(|result| result.verdict));
    Ok(oxocert_judge::exit_code(worst))
}

/// Ctrl-C (or SIGTERM): the first asks every bench to end its calls and close its record, the second ends the program.
struct Interruption {
    happened: Arc<AtomicBool>,
}

impl Interruption {
    fn watch(
        benches: Vec<UnboundedSender<BenchCommand>>,
        display: &Display,
    ) -> Result<Interruption, Failure> {
        let happened = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(harness("watch for Ctrl-C"))?;
        let (seen, display) = (Arc::clone(&happened), display.clone());
        let watch = move || {
            runtime.block_on(async {
                let Ok(mut terminated) = signal(SignalKind::terminate()) else { return };
                let Ok(mut interrupted) = signal(SignalKind::interrupt()) else { return };
                tokio::select! { _ = terminated.recv() => {} _ = interrupted.recv() => {} }
                seen.store(true, Ordering::Relaxed);
                display.line("interrupted: calls are being torn down; once more to stop at once");
                for bench in &benches {
                    // A bench that is over needs no interruption.
                    let _ = bench.send(BenchCommand::Interrupt);
                }
                tokio::select! { _ = terminated.recv() => {} _ = interrupted.recv() => {} }
                // What was recorded is on disk.
                Dut::stop_all();
                std::process::exit(i32::from(INTERRUPTED));
            });
        };
        let thread = std::thread::Builder::new().name("interrupt".to_owned()).spawn(watch);
        thread.map_err(harness("watch for Ctrl-C"))?;
        Ok(Interruption { happened })
    }

    fn happened(&self) -> bool {
        self.happened.load(Ordering::Relaxed)
    }
}
