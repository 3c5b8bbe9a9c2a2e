//! Bad weather and chance, in virtual time: any seed gives a whole record, and the same seed the same one.

use oxocert_cli::virtual_run::VirtualBench;
use oxocert_machine::Seed;
use oxocert_machine::virtual_time::Weather;
use oxocert_record::{Event, Verdict, What};
use oxocert_scenario::model::Case;
use oxocert_virtual_oxo::Defects;
use rstest::rstest;
use std::time::Duration;

fn bench(profile: &str) -> VirtualBench {
    let sources = oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles");
    VirtualBench::load(&sources, &format!("hw-profiles/{profile}.toml")).expect("a legal virtual bench")
}

fn cases(bench: &VirtualBench) -> Vec<Case> {
    let wanted = ["BC-01", "HR-01", "XF-02"];
    bench.cases.iter().filter(|case| wanted.contains(&case.id.as_str())).cloned().collect()
}

/// 2 % loss, reordering, duplicates.
fn storm() -> Weather {
    Weather {
        delay: Duration::from_millis(2),
        jitter: Duration::from_millis(25),
        loss: 0.02,
        duplication: 0.01,
    }
}

fn play(bench: &VirtualBench, weather: Weather, seed: u64) -> Vec<Event> {
    let played = bench.run(&cases(bench), Defects::default(), weather, Seed(seed));
    played.unwrap_or_else(|stuck| panic!("seed {seed}: {stuck}"))
}

fn judged(bench: &VirtualBench, events: &[Event]) -> String {
    let result = oxocert_judge::judge(events, &cases(bench), &bench.bench, &bench.register, &bench.standing);
    serde_json::to_string(&result).expect("a result as JSON")
}

fn bytes(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| serde_json::to_string(event).expect("an event as JSON")).collect()
}

#[rstest]
#[case::direct("virtual-powercpu-bvpn")]
#[case::anchored("virtual-oce-anchored")]
fn bad_weather_leaves_a_whole_record(#[case] profile: &str) {
    let bench = bench(profile);
    let mut disturbed = 0;
    for seed in 0..20 {
        let events = play(&bench, storm(), seed);
        let numbers_are_lines = events.iter().zip(0..).all(|(event, line)| event.n.0 == line);
        assert!(numbers_are_lines, "seed {seed}: a number is missing");
        assert_eq!(events.last().expect("events").what, What::RunEnded, "seed {seed}");
        let started = events.iter().filter(|event| matches!(event.what, What::CaseStarted { .. })).count();
        let over = events.iter().filter(|event| matches!(event.what, What::CaseEnded { .. })).count();
        assert_eq!((started, over), (3, 3), "seed {seed}: cases that began and ended");
        let repeated = |event: &Event| matches!(&event.what, What::Sip(sip) if sip.retransmission);
        disturbed += usize::from(events.iter().any(repeated));

        let result =
            oxocert_judge::judge(&events, &cases(&bench), &bench.bench, &bench.register, &bench.standing);
        assert_eq!(result.damage, Vec::<String>::new(), "seed {seed}");
        assert_ne!(result.verdict, Verdict::Error, "seed {seed}: {:?}", result.reasons);
        assert_eq!(judged(&bench, &events), judged(&bench, &events), "seed {seed}: judged twice");
    }
    assert!(disturbed >= 10, "the weather was too good: {disturbed} of 20 runs saw a repetition");
}

#[rstest]
#[case::direct("virtual-powercpu-bvpn")]
#[case::anchored("virtual-oce-anchored")]
fn the_same_seed_gives_the_same_record(#[case] profile: &str) {
    let bench = bench(profile);
    for seed in [1, 2, 3] {
        let (once, again) = (bytes(&play(&bench, storm(), seed)), bytes(&play(&bench, storm(), seed)));
        let differs = once.iter().zip(&again).find(|(a, b)| a != b);
        assert!(differs.is_none() && once.len() == again.len(), "seed {seed}: {differs:#?}");
    }
    let (one, other) = (bytes(&play(&bench, storm(), 1)), bytes(&play(&bench, storm(), 2)));
    assert_ne!(one, other, "two seeds, one record: the seed is not used");
}
