//! The verdicts come from the record and the inputs of the run, from nothing else: change either, and they change.

use crate::process::{Ended, checks_with, ended, json, oxocert, replace_once, scratch};
use oxocert_cli::matrix::SEED;
use oxocert_cli::plan::{Choice, Plan};
use oxocert_cli::run_folder::{BenchFolder, RunFolder};
use oxocert_cli::virtual_run::VirtualBench;
use oxocert_machine::virtual_time::Weather;
use oxocert_record::{Direction, Emitter, Event, EventNo, SipSeen, What};
use oxocert_virtual_oxo::Defects;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const PROFILE: &str = "hw-profiles/virtual-powercpu-bvpn.toml";

/// The folder of a run of one case in virtual time on the healthy DUT, judged once.
struct Run {
    folder: BenchFolder,
    /// A folder with nothing in it, to judge from.
    elsewhere: PathBuf,
}

impl Run {
    /// Plays `case`; the files lie in a scratch folder of this name.
    fn of(case: &str, name: &str) -> Run {
        let sources = oxocert_scenario::disk::read(&crate::root()).expect("scenarios and profiles");
        let plan = Plan::load(&sources, PROFILE, None, Choice::Only(&[case.to_owned()])).expect("a plan");
        let scratch = scratch(&format!("judging-{name}"));
        let elsewhere = scratch.join("elsewhere");
        fs::create_dir(&elsewhere).expect("an empty folder");
        let run = RunFolder::create(&scratch.join("reports"), &plan.load, "virtual").expect("a run folder");
        let folder = run.bench(&plan, None, &sources).expect("the folder of the bench");

        let bench = VirtualBench::load(&sources, PROFILE).expect("a legal virtual bench");
        let events =
            bench.run(&plan.cases, Defects::default(), Weather::default(), SEED).expect("a run to its end");
        let run = Run { folder, elsewhere };
        run.write(&events);
        run.judge().expect(0);
        run
    }

    fn write(&self, events: &[Event]) {
        let lines = events.iter().map(|event| serde_json::to_string(event).expect("an event as JSON") + "\n");
        fs::write(self.folder.events_path(), lines.collect::<String>()).expect("the record");
    }

    /// Judges with the checkout out of sight.
    fn judge(&self) -> Ended {
        ended(oxocert().arg("judge").arg(&self.folder.path).current_dir(&self.elsewhere))
    }

    fn result_path(&self) -> PathBuf {
        self.folder.path.join("result.json")
    }

    /// Changes events, judges again, and returns the result.
    fn with_events(&self, change: impl FnOnce(&mut Vec<Event>), exit: i32) -> Value {
        let mut events = self.folder.events().expect("the record");
        let before = events.clone();
        change(&mut events);
        assert_ne!(events, before, "nothing was changed");
        self.write(&events);
        self.judge().expect(exit);
        json(&self.result_path())
    }
}

/// The first message of the DUT at this point whose start line begins so.
fn message<'a>(events: &'a mut [Event], point: &str, start: &str) -> &'a mut SipSeen {
    let found = events.iter_mut().find_map(|event| match &mut event.what {
        What::Sip(sip)
            if sip.point.as_str() == point
                && sip.emitter == Emitter::Dut
                && sip.direction == Direction::In
                && sip.bytes.0.starts_with(start.as_bytes()) =>
        {
            Some(sip)
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no {start} of the DUT at {point}"))
}

/// Replaces bytes of a message by as many others, so that only they change.
fn alter(sip: &mut SipSeen, old: &str, new: &str) {
    assert_eq!(old.len(), new.len(), "a change that keeps the length");
    let text = String::from_utf8(sip.bytes.0.clone()).expect("a message in ASCII");
    assert!(text.contains(old), "no {old:?} in:\n{text}");
    sip.bytes.0 = text.replacen(old, new, 1).into_bytes();
}

/// Takes an event out and numbers the rest anew, so that nothing but its absence shows.
fn take_out(events: &mut Vec<Event>, which: impl Fn(&What) -> bool) {
    let at = events.iter().position(|event| which(&event.what)).expect("the event to take out");
    events.remove(at);
    let gone = at as u64;
    let moved = |n: &mut EventNo| n.0 -= u64::from(n.0 > gone);
    for event in events {
        moved(&mut event.n);
        if let What::StepDone { evidence, .. } = &mut event.what {
            evidence.retain(|n| n.0 != gone);
            evidence.iter_mut().for_each(moved);
        }
    }
}

fn is_bye_to_the_set(what: &What) -> bool {
    matches!(what, What::Sip(sip) if sip.point.as_str() == "set.hq1" && sip.bytes.0.starts_with(b"BYE "))
}

#[test]
fn judging_again_gives_the_same_bytes_without_the_checkout() {
    let run = Run::of("HR-01", "again");
    let first = fs::read(run.result_path()).expect("the result");
    assert!(first.len() > 1000);
    // A stored verdict is not read: neither a wrong one nor none.
    fs::write(run.result_path(), "{\"verdict\":\"FAIL\"}").expect("a wrong result");
    run.judge().expect(0);
    assert!(fs::read(run.result_path()).expect("the result") == first, "judged again, other bytes");
    fs::remove_file(run.result_path()).expect("the result goes");
    run.judge().expect(0);
    assert!(fs::read(run.result_path()).expect("the result") == first, "judged a third time, other bytes");
}

#[test]
fn a_changed_limit_changes_the_verdict() {
    let run = Run::of("HR-01", "limit");
    let operator = run.folder.path.join("inputs/hw-profiles/operator/btip.toml");
    let text = fs::read_to_string(&operator).expect("the operator's limits");
    let line = text.lines().find(|line| line.starts_with("\"hold.level.max\"")).expect("hold.level.max");
    replace_once(
        &operator,
        line,
        "\"hold.level.max\" = { value = \"-60 dBm0\", source = \"changed by a test\" }",
    );
    let again = run.judge().expect(1);
    assert!(again.stderr.contains("btip.toml was changed since the run"), "{}", again.stderr);
    assert_eq!(checks_with(&json(&run.result_path()), "HR-01", "FAIL"), ["music_level_max"]);
}

#[test]
fn a_changed_codec_fails_its_check() {
    let run = Run::of("BC-01", "codec");
    let change = |events: &mut Vec<Event>| {
        alter(
            message(events, "sbc.nominal", "INVITE "),
            "RTP/AVP 8 101\r\na=rtpmap:8 PCMA",
            "RTP/AVP 0 101\r\na=rtpmap:0 PCMU",
        );
    };
    let failed = checks_with(&run.with_events(change, 1), "BC-01", "FAIL");
    assert!(failed.contains(&"2.sdp.codecs".to_owned()), "{failed:?}");
}

#[test]
fn a_changed_called_number_fails_its_check_only() {
    let run = Run::of("BC-01", "number");
    let change = |events: &mut Vec<Event>| {
        alter(
            message(events, "sbc.nominal", "INVITE "),
            "INVITE sip:+33277123456@",
            "INVITE sip:+33277123465@",
        );
    };
    assert_eq!(checks_with(&run.with_events(change, 1), "BC-01", "FAIL"), ["2.ruri.user"]);
}

#[test]
fn a_changed_product_string_fails_the_standing_check() {
    let run = Run::of("BC-01", "product");
    let change = |events: &mut Vec<Event>| {
        alter(message(events, "sbc.nominal", "INVITE "), "OXO063/011.001", "OXO063/011.002");
    };
    let failed = checks_with(&run.with_events(change, 1), "BC-01", "FAIL");
    assert!(failed.contains(&"standing.product-is-load".to_owned()), "{failed:?}");
}

#[test]
fn changed_marking_of_the_duts_music_fails_its_check_only() {
    let run = Run::of("HR-01", "dscp");
    let change = |events: &mut Vec<Event>| {
        for event in events {
            if let What::Stream(window) = &mut event.what
                && window.emitter == Emitter::Dut
            {
                window.dscp.iter_mut().for_each(|(value, _)| *value = 0);
            }
        }
    };
    assert_eq!(checks_with(&run.with_events(change, 1), "HR-01", "FAIL"), ["standing.ef-media"]);
}

#[test]
fn the_same_change_in_the_harness_own_packets_proves_nothing() {
    let run = Run::of("BC-01", "emitter");
    let change = |events: &mut Vec<Event>| {
        for event in events {
            if let What::Stream(window) = &mut event.what {
                assert_eq!(window.emitter, Emitter::Harness, "media is direct in this case");
                window.dscp.iter_mut().for_each(|(value, _)| *value = 0);
            }
        }
    };
    let result = run.with_events(change, 0);
    assert_eq!(checks_with(&result, "BC-01", "FAIL"), Vec::<String>::new());
}

#[test]
fn a_bye_that_never_came_fails_the_step_that_waits_for_it() {
    let run = Run::of("BC-01", "bye");
    let result = run.with_events(|events| take_out(events, is_bye_to_the_set), 1);
    let failed = checks_with(&result, "BC-01", "FAIL");
    assert!(failed.contains(&"8".to_owned()), "{failed:?}");
}

#[test]
fn a_late_message_fails_its_deadline() {
    let run = Run::of("BC-01", "late");
    let change = |events: &mut Vec<Event>| {
        let bye = events.iter().position(|event| is_bye_to_the_set(&event.what)).expect("a BYE");
        for event in &mut events[bye..] {
            event.at = event.at + std::time::Duration::from_secs(30);
        }
    };
    let failed = checks_with(&run.with_events(change, 1), "BC-01", "FAIL");
    assert!(failed.contains(&"8".to_owned()), "{failed:?}");
}

/// What a damaged record is called: words, an exit code of the harness's own, and never a PASS.
fn told(run: &Run, words: &str) {
    let told = run.judge().expect(3);
    let text = format!("{}{}", told.stdout, told.stderr);
    assert!(text.contains(words), "{words:?} is not told:\n{text}");
}

#[test]
fn a_missing_event_is_damage() {
    let run = Run::of("BC-01", "hole");
    let mut events = run.folder.events().expect("the record");
    events.retain(|event| !is_bye_to_the_set(&event.what));
    run.write(&events);
    told(&run, "damaged");
}

#[test]
fn a_record_that_is_cut_off_is_damage() {
    let run = Run::of("BC-01", "cut");
    let whole = fs::read(run.folder.events_path()).expect("the record");
    for part in [whole.len() / 3, whole.len() / 2, whole.len() - 3] {
        fs::write(run.folder.events_path(), &whole[..part]).expect("a part of the record");
        told(&run, "the last line is cut off and left out");
    }
    fs::write(run.folder.events_path(), "").expect("an empty record");
    told(&run, "the record is empty");
}

#[test]
fn a_line_that_is_no_event_is_told_with_its_place() {
    let run = Run::of("BC-01", "garbage");
    let whole = fs::read_to_string(run.folder.events_path()).expect("the record");
    let lines: Vec<&str> = whole.lines().collect();
    for garbage in ["{\"n\":7}", "no JSON", "", "{\"n\":7,\"at\":-1,\"what\":\"run-ended\"}"] {
        let mut damaged = lines.clone();
        damaged[7] = garbage;
        fs::write(run.folder.events_path(), damaged.join("\n") + "\n").expect("a damaged record");
        told(&run, "events.jsonl:8");
    }
    fs::write(run.folder.events_path(), [0xff, 0xfe, b'\n']).expect("a record that is no text");
    told(&run, "events.jsonl:1");
}

#[test]
fn a_folder_that_is_no_run_is_a_usage_error() {
    let empty = scratch("judging-no-run");
    let told = ended(oxocert().arg("judge").arg(&empty)).expect(4);
    assert!(told.stderr.contains("no run folder"), "{}", told.stderr);
    let told = ended(oxocert().arg("judge").arg(Path::new("/nonexistent/run"))).expect(4);
    assert!(told.stderr.contains("/nonexistent/run"), "{}", told.stderr);
}
