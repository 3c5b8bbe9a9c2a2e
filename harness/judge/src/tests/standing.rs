//! Standing checks, each both ways.

use super::tape::{PARTY_RTP, PRODUCT, Side, Tape, healthy, message, seen, window};
use super::{plan, verdict};
use oxocert_machine::At;
use oxocert_record::{CaseEnd, Direction, Emitter, Verdict, What};
use rstest::rstest;

/// RTP port of the DUT.
const DUT_RTP: &str = "127.10.2.1:32000";

/// The healthy call, with the DUT between the two sides: it announces its own port and sends from it.
fn anchored() -> Tape {
    let mut tape = healthy();
    let invite = tape.message(&["INVITE sip:+33277123456@"]);
    tape.rewrite(invite, "127.10.3.1\r\nt=0", "127.10.2.1\r\nt=0");
    tape.rewrite(invite, "audio 30000", "audio 32000");
    let index = tape.done("4");
    tape.insert(index, 2110, What::Stream(window("pstn.a", PARTY_RTP, DUT_RTP, Emitter::Dut, 1200, 2600)));
    tape
}

/// The stream of the DUT.
fn stream(tape: &mut Tape) -> &mut oxocert_record::StreamWindow {
    let index = tape.find(|what| matches!(what, What::Stream(window) if window.emitter == Emitter::Dut));
    match &mut tape.events[index].what {
        What::Stream(window) => window,
        _ => unreachable!(),
    }
}

fn invite_of_dut(tape: &Tape) -> usize {
    tape.message(&["INVITE sip:+33277123456@"])
}

fn unreadable(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "CSeq: 1 INVITE\r\n", "");
}

fn branch(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "branch=z9hG4bKtrunk", "branch=trunk");
}

fn cseq_method(tape: &mut Tape) {
    let index = tape.message(&["BYE sip:127.10.3.1"]);
    tape.rewrite(index, "CSeq: 1 BYE", "CSeq: 1 INVITE");
}

fn no_to_tag(tape: &mut Tape) {
    let index = tape.message(&["SIP/2.0 180", "leg-set"]);
    tape.rewrite(index, ";tag=to", "");
}

fn cseq_of_response(tape: &mut Tape) {
    let index = tape.message(&["SIP/2.0 200", "CSeq: 1 BYE", "leg-trunk"]);
    tape.rewrite(index, "CSeq: 1 BYE", "CSeq: 2 BYE");
}

fn branch_of_response(tape: &mut Tape) {
    let index = tape.message(&["SIP/2.0 200", "CSeq: 1 BYE", "leg-trunk"]);
    tape.rewrite(index, "branch=z9hG4bKbye", "branch=z9hG4bKother");
}

fn call_id_of_response(tape: &mut Tape) {
    let index = tape.message(&["SIP/2.0 200", "CSeq: 1 BYE", "leg-trunk"]);
    tape.rewrite(index, "Call-ID: leg-trunk", "Call-ID: leg-other");
}

fn from_tag_of_response(tape: &mut Tape) {
    let index = tape.message(&["SIP/2.0 200", "CSeq: 1 BYE", "leg-trunk"]);
    tape.rewrite(index, "tag=from-leg-trunk", "tag=another");
}

fn product_changes(tape: &mut Tape) {
    let index = tape.message(&["BYE sip:127.10.3.1"]);
    tape.rewrite(index, PRODUCT, "OXO063/011.001 GW_063/010.001");
}

fn another_load(tape: &mut Tape) {
    let index = tape.message(&["BYE sip:127.10.3.1"]);
    tape.rewrite(index, PRODUCT, "OXO063/012.001 GW_063/012.001");
}

fn no_load(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, PRODUCT, "SIP-GW");
}

fn two_codecs(tape: &mut Tape) {
    let index = tape.message(&["SIP/2.0 200", "1 INVITE", "leg-set"]);
    tape.rewrite(index, "RTP/AVP 8 101", "RTP/AVP 8 0 101");
}

fn another_dscp(tape: &mut Tape) {
    let window = stream(tape);
    window.dscp = vec![(0, 1), (46, window.packets - 1)];
}

fn rtcp_without_dscp(tape: &mut Tape) {
    let window = stream(tape);
    window.rtcp_packets = 1;
    window.rtcp_dscp = vec![(0, 1)];
}

fn another_source(tape: &mut Tape) {
    stream(tape).remote = "127.10.2.1:32002".parse().unwrap();
}

fn odd_port(tape: &mut Tape) {
    stream(tape).remote = "127.10.2.1:32001".parse().unwrap();
}

fn outside_the_range(tape: &mut Tape) {
    stream(tape).remote = "127.10.2.1:40000".parse().unwrap();
}

fn rtp_goes_on(tape: &mut Tape) {
    stream(tape).to = At::from_millis(2620 + 52);
}

fn dialog_stays(tape: &mut Tape) {
    // The DUT never sends BYE to the set; the bench ends that leg after the flow.
    let bye = tape.message(&["BYE sip:127.10.3.1"]);
    let text = message("BYE sip:127.10.2.1 SIP/2.0", "2 BYE", "bye3", "leg-set", true, "");
    tape.events[bye].what =
        What::Finding { role: "set.hq1".into(), emitter: Emitter::Harness, note: "nothing".into() };
    let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
    tape.insert(end, 3700, seen(Side::Set, Direction::Out, text));
    let answer = message("SIP/2.0 200 OK", "2 BYE", "bye3", "leg-set", true, "");
    tape.insert(end + 1, 3701, seen(Side::Set, Direction::In, answer));
}

fn repeats(tape: &mut Tape) {
    let bye = tape.message(&["BYE sip:127.10.3.1"]);
    let mut again = tape.events[bye].what.clone();
    if let What::Sip(seen) = &mut again {
        seen.retransmission = true;
    }
    let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
    tape.insert(end, 3130, again);
}

fn refuses(tape: &mut Tape) {
    let options = message("OPTIONS sip:127.10.2.1 SIP/2.0", "9 OPTIONS", "opt", "ping", false, "");
    let end = tape.done("5");
    tape.insert(end, 2300, seen(Side::Trunk, Direction::Out, options));
    let no = message("SIP/2.0 503 Service Unavailable", "9 OPTIONS", "opt", "ping", true, "");
    tape.insert(end + 1, 2301, seen(Side::Trunk, Direction::In, no));
}

#[rstest]
#[case::unreadable("malformed", unreadable)]
#[case::branch("via-tag-cseq", branch)]
#[case::cseq_method("via-tag-cseq", cseq_method)]
#[case::no_to_tag("via-tag-cseq", no_to_tag)]
#[case::cseq_of_response("via-tag-cseq", cseq_of_response)]
#[case::branch_of_response("via-tag-cseq", branch_of_response)]
#[case::call_id_of_response("via-tag-cseq", call_id_of_response)]
#[case::from_tag_of_response("via-tag-cseq", from_tag_of_response)]
#[case::product_changes("constant-product", product_changes)]
#[case::another_load("product-is-load", another_load)]
#[case::no_load("product-is-load", no_load)]
#[case::two_codecs("one-codec", two_codecs)]
#[case::another_dscp("ef-media", another_dscp)]
#[case::rtcp_without_dscp("ef-media", rtcp_without_dscp)]
#[case::another_source("source-is-sdp", another_source)]
#[case::odd_port("rtp-ports", odd_port)]
#[case::outside_the_range("rtp-ports", outside_the_range)]
#[case::rtp_goes_on("rtp-after-bye", rtp_goes_on)]
#[case::dialog_stays("dialog-left", dialog_stays)]
#[case::repeats("retransmission", repeats)]
#[case::refuses("unexpected-error", refuses)]
fn each_can_fail(#[case] name: &str, #[case] defect: fn(&mut Tape)) {
    let plan = plan();
    let id = format!("standing.{name}");
    assert_eq!(verdict(&plan, &anchored(), &id), Verdict::Pass, "healthy");
    let mut tape = anchored();
    defect(&mut tape);
    assert_eq!(verdict(&plan, &tape, &id), Verdict::Fail);
}

/// Emitter rule: the same defects in packets of the harness's own sets say nothing.
#[test]
fn media_of_the_harness_is_no_subject() {
    let plan = plan();
    for defect in [another_dscp, another_source, odd_port, rtp_goes_on] {
        let mut tape = anchored();
        defect(&mut tape);
        stream(&mut tape).emitter = Emitter::Harness;
        for name in ["ef-media", "source-is-sdp", "rtp-after-bye"] {
            assert_eq!(verdict(&plan, &tape, &format!("standing.{name}")), Verdict::NotApplicable, "{name}");
        }
    }
}

#[test]
fn the_tail_is_guarded() {
    let plan = plan();
    let tail = |ms: u64| {
        let mut tape = anchored();
        stream(&mut tape).to = At::from_millis(2620 + ms);
        verdict(&plan, &tape, "standing.rtp-after-bye")
    };
    assert_eq!(
        [tail(49), tail(50), tail(51), tail(52)],
        [Verdict::Pass, Verdict::Inconclusive, Verdict::Inconclusive, Verdict::Fail]
    );
}

#[test]
fn dscp_that_nobody_could_read_is_inconclusive() {
    let mut tape = anchored();
    stream(&mut tape).dscp = Vec::new();
    assert_eq!(verdict(&plan(), &tape, "standing.ef-media"), Verdict::Inconclusive);
}

/// What answers bytes that are no request with a branch repeats what it can.
#[test]
fn an_answer_to_raw_bytes_is_not_looked_up() {
    let answered = |raw: &str| {
        let mut tape = anchored();
        let end = tape.done("5");
        tape.insert(end, 2300, seen(Side::Trunk, Direction::Out, raw.to_owned()));
        let no = message("SIP/2.0 400 Bad Request", "9 OPTIONS", "odd", "odd", true, "");
        tape.insert(end + 1, 2301, seen(Side::Trunk, Direction::In, no));
        verdict(&plan(), &tape, "standing.via-tag-cseq")
    };
    let via = "OPTIONS sip:127.10.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.10.1.1;branch=z9hG4bKodd\r\n\r\n";
    assert_eq!(answered(via), Verdict::Pass);
    assert_eq!(answered("OPTIONS sip:127.10.2.1 SIP/2.0\r\n\r\n"), Verdict::Fail);
}

/// A repetition that the harness provoked by answering late is not the DUT's.
#[test]
fn a_repetition_before_the_answer_is_no_fail() {
    let mut tape = anchored();
    repeats(&mut tape);
    let answer = tape.message(&["SIP/2.0 200", "1 BYE", "leg-set"]);
    tape.events[answer].at = At::from_millis(3125);
    assert_eq!(verdict(&plan(), &tape, "standing.retransmission"), Verdict::Pass);
}

/// A lag of the harness that held the answer back for T1 provoked the repetition; a shorter one did not.
#[test]
fn a_repetition_under_lag_is_no_fail() {
    let t1 = plan().bench.timers.t1_ms;
    let lagging = |by_ms: u64, ended: u64| {
        let mut tape = anchored();
        repeats(&mut tape);
        let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
        tape.insert(end, ended, What::Lag { by_ns: by_ms * 1_000_000 });
        verdict(&plan(), &tape, "standing.retransmission")
    };
    assert_eq!(lagging(t1, 3135), Verdict::Pass);
    assert_eq!(lagging(t1 - 20, 3135), Verdict::Fail, "shorter than T1");
    assert_eq!(lagging(t1, 3131 + t1), Verdict::Fail, "the lag began after the repetition");
}

/// What a step took as its evidence was asked for.
#[test]
fn an_error_that_a_step_expects_is_asked_for() {
    let plan = plan();
    let mut tape = anchored();
    refuses(&mut tape);
    let error = tape.message(&["SIP/2.0 503"]);
    let done = tape.done("6");
    if let What::StepDone { evidence, .. } = &mut tape.events[done].what {
        evidence.push(oxocert_record::EventNo(error as u64));
    }
    assert_eq!(verdict(&plan, &tape, "standing.unexpected-error"), Verdict::Pass);
}

#[test]
fn a_lifted_check_is_listed_and_not_judged() {
    let mut plan = plan();
    plan.cases[0].lifts.push(oxocert_scenario::model::Lift {
        name: "retransmission".into(),
        reason: "mute on purpose".into(),
    });
    let result = plan.judge(&healthy().events);
    assert!(result.cases[0].checks.iter().all(|check| check.id.0 != "standing.retransmission"));
    assert_eq!(result.cases[0].lifted[0].reason, "mute on purpose");
}

/// Every standing check of the project is known to the judge, and the other way round.
#[test]
fn the_files_and_the_judge_name_the_same_checks() {
    let declared: Vec<String> = plan().standing.checks.iter().map(|check| check.name.clone()).collect();
    assert_eq!(crate::standing_names(), declared);
}

/// A leg that the flow left open, call and all, is the scenario's business.
#[test]
fn a_call_left_open_by_the_scenario_is_no_fail() {
    let mut tape = healthy();
    let hang_up = tape.message(&["BYE sip:127.10.2.1", "leg-trunk"]);
    let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
    let bye = tape.events[hang_up].what.clone();
    tape.events[hang_up].what =
        What::Finding { role: "pstn.a".into(), emitter: Emitter::Harness, note: "nothing".into() };
    let late = tape.message(&["SIP/2.0 200", "1 BYE", "leg-trunk"]);
    tape.events[late].what =
        What::Finding { role: "pstn.a".into(), emitter: Emitter::Harness, note: "nothing".into() };
    dialog_stays(&mut tape);
    tape.insert(end, 3699, bye);
    tape.insert(
        end + 1,
        3700,
        seen(Side::Trunk, Direction::In, message("SIP/2.0 200 OK", "1 BYE", "bye", "leg-trunk", true, "")),
    );
    let last = tape.find(|what| matches!(what, What::CaseEnded { .. }));
    tape.events[last].what = What::CaseEnded { case: "T-01".into(), how: CaseEnd::Completed };
    assert_eq!(verdict(&plan(), &tape, "standing.dialog-left"), Verdict::Pass);
}
