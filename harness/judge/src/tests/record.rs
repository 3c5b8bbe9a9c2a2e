//! Damaged records: told in words, an ERROR, never a panic.

use super::plan;
use super::tape::{Tape, healthy};
use oxocert_record::{Event, EventNo, StepId, Verdict, What};
use rstest::rstest;

fn lost_event(tape: &mut Tape) {
    tape.events.remove(8);
}

fn unknown_step(tape: &mut Tape) {
    let index = tape.done("4");
    if let What::StepDone { step, .. } = &mut tape.events[index].what {
        *step = StepId::from("44");
    }
}

fn ends_twice(tape: &mut Tape) {
    let index = tape.done("7");
    let again = tape.events[index].what.clone();
    tape.insert(index + 1, 2640, again);
}

fn evidence_beyond_the_end(tape: &mut Tape) {
    let index = tape.done("7");
    if let What::StepDone { evidence, .. } = &mut tape.events[index].what {
        *evidence = vec![EventNo(99_999)];
    }
}

fn no_end_of_the_run(tape: &mut Tape) {
    tape.events.pop();
}

fn no_beginning(tape: &mut Tape) {
    let index = tape.find(|what| matches!(what, What::RunStarted(_)));
    tape.events[index].what = What::Interrupted;
}

fn another_case(tape: &mut Tape) {
    for event in &mut tape.events {
        match &mut event.what {
            What::CaseStarted { case } | What::CaseEnded { case, .. } => *case = "T-99".into(),
            _ => {}
        }
    }
}

#[rstest]
#[case::lost_event(lost_event, "event 8 is missing")]
#[case::unknown_step(unknown_step, "44")]
#[case::ends_twice(ends_twice, "ends a second time")]
#[case::evidence_beyond_the_end(evidence_beyond_the_end, "99999")]
#[case::no_end_of_the_run(no_end_of_the_run, "the record stops before the end of the run")]
#[case::no_beginning(no_beginning, "does not tell how the run was started")]
#[case::another_case(another_case, "T-99")]
fn damage_is_an_error_with_words(#[case] damage: fn(&mut Tape), #[case] words: &str) {
    let mut tape = healthy();
    damage(&mut tape);
    let result = plan().judge(&tape.events);
    assert_eq!((result.verdict, result.exit_code), (Verdict::Error, 3));
    let told = result.reasons.join("\n");
    assert!(told.contains(words), "{told}");
}

#[test]
fn an_empty_record_is_an_error() {
    let result = plan().judge(&[]);
    assert_eq!((result.verdict, result.exit_code), (Verdict::Error, 3));
}

/// A record cut anywhere, or with any event left out, is judged without a panic, and never as a pass.
#[test]
fn cut_anywhere() {
    let plan = plan();
    let whole = healthy().events;
    for end in 0..whole.len() {
        assert_ne!(plan.judge(&whole[..end]).verdict, Verdict::Pass, "cut at {end}");
        let without: Vec<Event> = whole[..end].iter().chain(&whole[end + 1..]).cloned().collect();
        assert_ne!(plan.judge(&without).verdict, Verdict::Pass, "without {end}");
    }
}
