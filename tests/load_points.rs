//! Load points in virtual time: many calls at once, the calls that miss something told one by one, and ratios that too few
//! calls cannot show.

use oxocert_cli::virtual_run::VirtualBench;
use oxocert_judge::result::{CaseResult, LoadResult};
use oxocert_machine::Seed;
use oxocert_machine::virtual_time::Weather;
use oxocert_record::{Bytes, Event, StepId, Verdict, What};
use oxocert_scenario::model::Case;
use oxocert_virtual_oxo::Defects;
use rstest::rstest;

/// The bench with some lines of its profile or of its DUT's settings written otherwise.
fn bench(profile: &str, changes: &[(&str, &str)]) -> VirtualBench {
    let mut sources = oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles");
    let paths = [format!("hw-profiles/{profile}.toml"), format!("hw-profiles/virtual-oxo/{profile}.toml")];
    for (from, to) in changes {
        let path = paths.iter().find(|path| sources.files[*path].contains(from));
        let path = path.unwrap_or_else(|| panic!("{from} stands in neither file of {profile}"));
        let text = sources.files[path].replacen(from, to, 1);
        sources.files.insert(path.clone(), text);
    }
    VirtualBench::load(&sources, &paths[0]).expect("a legal virtual bench")
}

fn case<'b>(bench: &'b VirtualBench, id: &str) -> &'b Case {
    bench.cases.iter().find(|case| case.id.as_str() == id).expect("the case")
}

fn play(bench: &VirtualBench, id: &str, defect: Option<&str>) -> Vec<Event> {
    let defects = Defects::named(defect).expect("a known defect");
    let cases = [case(bench, id).clone()];
    bench.run(&cases, defects, Weather::default(), Seed(7)).expect("a run that ends")
}

fn judged(bench: &VirtualBench, id: &str, events: &[Event]) -> CaseResult {
    let cases = [case(bench, id).clone()];
    let result = oxocert_judge::judge(events, &cases, &bench.bench, &bench.register, &bench.standing);
    assert!(result.damage.is_empty(), "{:?}", result.damage);
    result.cases.into_iter().next().expect("a case")
}

fn point(case: &CaseResult) -> &LoadResult {
    case.loads.first().expect("a load point")
}

fn verdict(case: &CaseResult, check: &str) -> Verdict {
    case.checks.iter().find(|other| other.id.0 == check).expect("the check").verdict
}

/// As many calls as the pools hold, all up at the same time, each with audio both ways.
#[rstest]
#[case::direct("virtual-oce-bvpn", None)]
#[case::anchored("virtual-oce-anchored", Some(60))]
fn thirty_channels_at_once(#[case] profile: &str, #[case] streams: Option<u64>) {
    let changes = [
        ("\"load.platform\"       = \"10\"", "\"load.platform\" = \"30\""),
        ("max-trunk-calls = 16", "max-trunk-calls = 30"),
    ];
    let bench = bench(profile, &changes);
    let events = play(&bench, "CL-03", None);
    let case = judged(&bench, "CL-03", &events);
    assert_eq!(case.verdict, Verdict::Pass, "{:?}", case.reason);
    let point = point(&case);
    assert_eq!((point.calls, point.passed, point.missed.len()), (30, 30, 0));
    // Toward the trunk and toward the set.
    assert_eq!(point.streams.map(|streams| streams.streams), streams);
    let up = |event: &&Event| matches!(&event.what, What::RoleState { state, .. } if state == "holds: 30 of 30 calls are up");
    assert!(events.iter().any(|event| up(&event)), "all were up together");
}

/// Twenty calls on a box that carries sixteen: four are told, each with its channel, its step and what came.
#[test]
fn calls_that_fail_do_not_stop_the_others() {
    let changes = [
        ("{ value = \"16\"", "{ value = \"20\""),
        ("\"load.platform\"       = \"10\"", "\"load.platform\" = \"20\""),
    ];
    let bench = bench("virtual-powercpu-bvpn", &changes);
    let case = judged(&bench, "CL-03", &play(&bench, "CL-03", None));
    let point = point(&case);
    assert_eq!((point.passed, point.failed), (16, 4));
    let channels: Vec<&str> = point.missed.iter().map(|missed| missed.channel.as_str()).collect();
    assert_eq!(channels, ["17", "18", "19", "20"]);
    assert!(
        point.missed.iter().all(|missed| missed.check == "2" && missed.observed.contains("did not come"))
    );
    assert_eq!(verdict(&case, "lost"), Verdict::Fail);
}

#[test]
fn every_call_that_fails_is_listed_with_its_evidence() {
    let bench = bench("virtual-oce-anchored", &[]);
    let case = judged(&bench, "CL-03", &play(&bench, "CL-03", Some("jitter-under-load")));
    assert_eq!(verdict(&case, "jitter"), Verdict::Fail);
    let point = point(&case);
    assert_eq!(point.failed, 0, "no call missed a step");
    assert!(!point.missed.is_empty());
    for missed in &point.missed {
        assert_eq!(missed.check, "jitter");
        assert!(!missed.evidence.is_empty() && !missed.channel.is_empty(), "{missed:?}");
    }
}

/// Twenty calls without a failure do not show 99.9 %, and one that fails out of twenty does not show that it is less than 80 %.
#[test]
fn a_ratio_that_so_few_calls_cannot_show_is_inconclusive() {
    let line = "\"load.success.min\"    = \"80 %\"                    # of 20 calls: 99.9 % takes 4500\n";
    let strict = bench("virtual-powercpu-bvpn", &[(line, "")]);
    let case = judged(&strict, "CL-04", &play(&strict, "CL-04", None));
    assert_eq!(verdict(&case, "success"), Verdict::Inconclusive);
    let bench = bench("virtual-powercpu-bvpn", &[]);
    let of = |defect| verdict(&judged(&bench, "CL-04", &play(&bench, "CL-04", defect)), "success");
    assert_eq!(of(None), Verdict::Pass);
    assert_eq!(of(Some("every-fifth-call-fails")), Verdict::Inconclusive);
    assert_eq!(of(Some("every-other-call-fails")), Verdict::Fail);
}

/// The judge reads the bytes again: a called number that is changed in the record fails its call, and no other.
#[test]
fn a_changed_byte_fails_its_call_alone() {
    let bench = bench("virtual-powercpu-bvpn", &[]);
    let mut events = play(&bench, "CL-03", None);
    let step = StepId::from("full.03.2");
    let evidence = events.iter().find_map(|event| match &event.what {
        What::StepDone { step: other, evidence, .. } if *other == step => evidence.first().copied(),
        _ => None,
    });
    let n = evidence.expect("the INVITE of the third call");
    let event = events.iter_mut().find(|event| event.n == n).expect("its event");
    if let What::Sip(seen) = &mut event.what {
        let text = String::from_utf8_lossy(&seen.bytes.0).replacen(
            "INVITE sip:+33277130003",
            "INVITE sip:+33277130999",
            1,
        );
        seen.bytes = Bytes(text.into_bytes());
    }
    let case = judged(&bench, "CL-03", &events);
    let missed: Vec<_> =
        point(&case).missed.iter().map(|missed| (missed.channel.as_str(), missed.check.as_str())).collect();
    assert_eq!(missed, [("03", "2.ruri.user")]);
    assert_eq!(verdict(&case, "lost"), Verdict::Fail);
}

/// Half an hour: packets roll over by themselves, the session is refreshed forty times.
#[test]
fn a_long_call_over_internet_rolls_over() {
    let bench = bench(
        "virtual-oce-internet-a",
        &[("\"long.call\"           = \"60 s\"", "\"long.call\" = \"1800 s\"")],
    );
    let of = |defect| judged(&bench, "CL-06", &play(&bench, "CL-06", defect));
    let healthy = of(None);
    assert_eq!(healthy.verdict, Verdict::Pass, "{:?}", healthy.reason);
    assert_eq!(verdict(&of(Some("srtp-roll-over-forgotten")), "roll_over_errors"), Verdict::Fail);
}

#[test]
fn the_same_seed_gives_the_same_verdicts() {
    let bench = bench("virtual-powercpu-bvpn", &[]);
    let once =
        || serde_json::to_string(&judged(&bench, "CL-02", &play(&bench, "CL-02", None))).expect("JSON");
    assert_eq!(once(), once());
}
