//! Each defect once on sockets: the process, its packets and their times turn the same checks as in virtual time.

use crate::process::{Project, bench_folder, checks_with, ended, json};
use oxocert_record::CaseId;
use oxocert_scenario::load::{DefectCard, load_defects};
use oxocert_scenario::model::CheckId;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The first loopback network of these runs; each worker has its own.
const FIRST_NETWORK: u8 = 60;

/// Runs side by side: they wait more than they work.
const WORKERS: u8 = 8;

#[test]
fn each_defect_turns_its_checks_on_sockets_too() {
    let sources = oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles");
    let cards = load_defects(&sources).expect("scenarios/defects.toml");
    let work: Vec<(&DefectCard, &CaseId)> =
        cards.iter().filter_map(|card| Some((card, card.on_sockets.as_ref()?))).collect();
    // A defect that no check of today's scenarios sees is declared with nothing.
    let seen = cards.iter().filter(|card| !card.turns.is_empty());
    let names: BTreeSet<&str> = seen.map(|card| card.name.as_str()).collect();
    assert_eq!(work.iter().map(|(card, _)| card.name.as_str()).collect::<BTreeSet<_>>(), names, "each once");

    let (next, differences) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (work, next, differences) = (&work, &next, &differences);
            scope.spawn(move || {
                let project = Project::on_network(&format!("defects-{worker}"), FIRST_NETWORK + worker);
                while let Some((card, case)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(difference) = difference(&project, card, case) {
                        differences.lock().expect("no panic").push(difference);
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().expect("no panic");
    assert!(
        differences.is_empty(),
        "{} of {} defects:\n{}",
        differences.len(),
        work.len(),
        differences.join("\n")
    );
}

/// What this defect does on sockets that is not as declared.
fn difference(project: &Project, card: &DefectCard, case: &CaseId) -> Option<String> {
    let run = ended(project.certify(&card.profile, case.as_str()).args(["--defect", &card.name]));
    let told = |what: String| Some(format!("{} in {case}: {what}", card.name));
    if !matches!(run.code, 0 | 1) {
        return told(format!("exit {}\n{}{}", run.code, run.stdout, run.stderr));
    }
    let result = json(&bench_folder(&run.run_folder()).join("result.json"));
    let declared: BTreeSet<CheckId> = card.turns.get(case).cloned().unwrap_or_default();
    let failed = checks_with(&result, case.as_str(), "FAIL");
    let observed: BTreeSet<CheckId> = failed.into_iter().map(CheckId).collect();
    if observed != declared || observed.is_empty() {
        return told(format!("declared {declared:?}, observed {observed:?}"));
    }
    // An observation that is FAIL stands in the report and leaves the verdict as it is.
    let checks = result["cases"][0]["checks"].as_array().into_iter().flatten();
    let counts = checks.filter(|check| check["verdict"] == "FAIL").any(|check| check["observation"] == false);
    let expected = i32::from(counts);
    (run.code != expected).then(|| format!("{} in {case}: exit {}, not {expected}", card.name, run.code))
}
