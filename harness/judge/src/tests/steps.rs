//! Steps, measures and channels: one altered event or one altered limit turns the verdict.

use super::tape::{PARTY_RTP, SET_RTP, Side, Tape, healthy, message, seen, window};
use super::{CALL, check, limit, plan, plan_of, verdict};
use oxocert_machine::At;
use oxocert_record::{Bytes, CaseEnd, Direction, Emitter, RoleName, Sound, Verdict, What};
use oxocert_scenario::model::{ChannelCounts, Quantity};
use std::time::Duration;

/// Shifts the evidence of a step to another time.
fn arrive(tape: &mut Tape, step: &str, ms: u64) {
    let done = tape.done(step);
    let What::StepDone { evidence, .. } = &tape.events[done].what else { unreachable!() };
    let index = evidence[0].0 as usize;
    tape.events[index].at = At::from_millis(ms);
}

#[test]
fn one_altered_byte_turns_a_field_check() {
    let plan = plan();
    let mut tape = healthy();
    let invite = tape.message(&["INVITE sip:+33277123456@"]);
    tape.rewrite(invite, "RTP/AVP 8 0 101", "RTP/AVP 0 8 101");
    assert_eq!(verdict(&plan, &tape, "2.sdp.codecs"), Verdict::Fail);
    assert_eq!(verdict(&plan, &tape, "2"), Verdict::Pass);
    let mut tape = healthy();
    tape.rewrite(invite, "INVITE sip:+33277123456@", "INVITE sip:+33277123457@");
    assert_eq!(verdict(&plan, &tape, "2.ruri.user"), Verdict::Fail);
    assert_eq!(plan.judge(&tape.events).exit_code, 1);
}

#[test]
fn evidence_must_be_what_was_expected() {
    let plan = plan();
    let mut tape = healthy();
    let text =
        message("OPTIONS sip:+33277123456@127.10.1.1 SIP/2.0", "1 OPTIONS", "trunk", "leg-trunk", false, "");
    tape.evidence("2").bytes = Bytes(text.into_bytes());
    assert_eq!(verdict(&plan, &tape, "2"), Verdict::Fail);
    let mut tape = healthy();
    tape.evidence("2").bytes = Bytes(b"no SIP at all".to_vec());
    assert_eq!(verdict(&plan, &tape, "2"), Verdict::Fail);
    let mut tape = healthy();
    tape.evidence("2").point = RoleName::from("sbc.backup");
    assert_eq!(verdict(&plan, &tape, "2"), Verdict::Fail);
}

/// Emitter rule: what the harness or a stranger sent proves nothing about the DUT.
#[test]
fn evidence_must_come_from_the_dut() {
    let plan = plan();
    for emitter in [Emitter::Harness, Emitter::Foreign] {
        let mut tape = healthy();
        tape.evidence("2").emitter = emitter;
        assert_eq!(verdict(&plan, &tape, "2"), Verdict::Error);
    }
}

#[test]
fn one_altered_time_and_one_altered_limit_turn_a_deadline() {
    let mut plan = plan();
    let mut tape = healthy();
    arrive(&mut tape, "2", 1000 + 2001);
    assert_eq!(verdict(&plan, &tape, "2"), Verdict::Fail);
    plan.within("2", 2001);
    assert_eq!(verdict(&plan, &tape, "2"), Verdict::Pass);
    plan.within("2", 49);
    assert_eq!(verdict(&plan, &healthy(), "2"), Verdict::Fail);
}

/// A deadline missed by less than the harness ran late is INCONCLUSIVE; by more, it is the DUT's.
#[test]
fn lag_never_makes_a_fail() {
    let mut plan = plan();
    plan.within("2", 40);
    let tape = |by_ms: u64, at: u64| {
        let mut tape = healthy();
        let index = tape.done("2");
        tape.insert(index, at, What::Lag { by_ns: by_ms * 1_000_000 });
        tape
    };
    assert_eq!(verdict(&plan, &healthy(), "2"), Verdict::Fail);
    assert_eq!(verdict(&plan, &tape(11, 1045), "2"), Verdict::Inconclusive);
    assert_eq!(verdict(&plan, &tape(9, 1045), "2"), Verdict::Fail);
    assert_eq!(verdict(&plan, &tape(11, 900), "2"), Verdict::Fail, "a lag before the step excuses nothing");
}

/// The runner gave up, and the message came after all.
#[test]
fn a_missed_message_is_looked_for_again() {
    let plan = plan();
    let missed = |bye_at: u64| {
        let mut tape = healthy();
        let end = tape.done("7");
        tape.events.truncate(end - 2);
        tape.missed(3620, "7", "BYE did not come within 1 s");
        if bye_at > 0 {
            let bye = message("BYE sip:127.10.3.1 SIP/2.0", "1 BYE", "bye2", "leg-set", true, "");
            tape.push(bye_at, seen(Side::Set, Direction::In, bye));
        }
        tape.push(3630, What::Lag { by_ns: 20_000_000 });
        tape.push(3640, What::CaseEnded { case: "T-01".into(), how: CaseEnd::Stopped { step: "7".into() } });
        tape.push(3650, What::RunEnded);
        // The lag lies inside the step's window: it is recorded before the runner gives up.
        let lag = tape.find(|what| matches!(what, What::Lag { .. }));
        tape.events[lag].at = At::from_millis(3615);
        tape
    };
    let allowed = plan.cases[0].flow[6].within.as_ref().unwrap().value;
    assert_eq!(allowed, Quantity::Time(Duration::from_secs(1)));
    assert_eq!(verdict(&plan, &missed(0), "7"), Verdict::Fail);
    assert_eq!(verdict(&plan, &missed(3610), "7"), Verdict::Inconclusive, "in time, handled late");
    assert_eq!(verdict(&plan, &missed(3632), "7"), Verdict::Inconclusive, "12 ms late, 20 ms lag");
    assert_eq!(verdict(&plan, &missed(3645), "7"), Verdict::Fail, "25 ms late, 20 ms lag");
}

#[test]
fn checks_behind_a_missed_step_are_not_run() {
    let plan = plan();
    let mut tape = healthy();
    let invite = tape.message(&["INVITE sip:+33277123456@"]);
    tape.events.truncate(invite);
    tape.missed(3000, "2", "INVITE did not come within 2 s; the DUT sent nothing");
    tape.push(3010, What::CaseEnded { case: "T-01".into(), how: CaseEnd::Stopped { step: "2".into() } });
    tape.push(3020, What::RunEnded);
    let result = plan.judge(&tape.events);
    assert_eq!(check(&result, "2").verdict, Verdict::Fail);
    for id in ["2.sdp.codecs", "4", "5", "7", "first_speech", "channels"] {
        assert_eq!(check(&result, id).verdict, Verdict::NotRun, "{id}");
    }
    assert_eq!((result.cases[0].verdict, result.exit_code), (Verdict::Fail, 1));
}

/// Who hears whom is decided on tones: SDP may be right all the same.
#[test]
fn a_talk_fails_where_a_voice_is_missing_or_another_is_heard() {
    let plan = plan();
    let heard =
        |tape: &Tape| tape.find(|what| matches!(what, What::Heard(heard) if heard.role.as_str() == "pstn.a"));
    let with = |sound: Sound| {
        let mut tape = healthy();
        let index = heard(&tape);
        if let What::Heard(heard) = &mut tape.events[index].what {
            heard.sound = sound;
        }
        tape
    };
    assert_eq!(verdict(&plan, &with(Sound::Tone { hz: 550 }), "4"), Verdict::Pass);
    assert_eq!(
        verdict(&plan, &with(Sound::Tone { hz: 1050 }), "4"),
        Verdict::Fail,
        "set.hq2 instead of set.hq1"
    );
    assert_eq!(verdict(&plan, &with(Sound::Silence), "4"), Verdict::Fail);
    // Heard, then gone before the end.
    let mut tape = healthy();
    let mut silence = Tape::default();
    silence.heard(1900, "pstn.a", PARTY_RTP, SET_RTP, Emitter::Harness, Sound::Silence);
    let index = tape.done("4");
    tape.insert(index, 1940, silence.events[0].what.clone());
    assert_eq!(verdict(&plan, &tape, "4"), Verdict::Fail);
}

#[test]
fn what_may_not_come() {
    let plan = plan();
    let reinvite = |at: u64| {
        let mut tape = healthy();
        let index = tape.done("5");
        let text = message("INVITE sip:127.10.1.1 SIP/2.0", "2 INVITE", "again", "leg-trunk", true, "");
        tape.insert(index, at, seen(Side::Trunk, Direction::In, text));
        tape
    };
    assert_eq!(verdict(&plan, &reinvite(2300), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &reinvite(2100), "5"), Verdict::Pass, "before the step");
    // Watched too short: nothing is known.
    let mut tape = healthy();
    let index = tape.done("5");
    tape.events[index].at = At::from_millis(2400);
    assert_eq!(verdict(&plan, &tape, "5"), Verdict::Inconclusive);
    // `never` watches the whole flow.
    let mut tape = healthy();
    let index = tape.done("5");
    let refer = message("REFER sip:127.10.1.1 SIP/2.0", "2 REFER", "refer", "leg-trunk", true, "");
    tape.insert(index, 2300, seen(Side::Trunk, Direction::In, refer));
    assert_eq!(verdict(&plan, &tape, "n1"), Verdict::Fail);
}

/// `x + U <= limit` passes, `x - U > limit` fails, between the two is INCONCLUSIVE. The speech began at 100 ms.
#[test]
fn a_measure_is_guarded() {
    let mut plan = plan();
    let mut with = |ms: u64| {
        plan.cases[0].measures[0].max = Some(limit(Quantity::Time(Duration::from_millis(ms))));
        verdict(&plan, &healthy(), "first_speech")
    };
    assert_eq!(with(101), Verdict::Pass);
    assert_eq!(with(100), Verdict::Inconclusive);
    assert_eq!(with(99), Verdict::Inconclusive);
    assert_eq!(with(98), Verdict::Fail);
    plan.bench.limits.insert("uncertainty.media".into(), limit(Quantity::Time(Duration::from_millis(5))));
    plan.cases[0].measures[0].max = Some(limit(Quantity::Time(Duration::from_millis(98))));
    let result = plan.judge(&healthy().events);
    let measured = check(&result, "first_speech").measured.clone().unwrap();
    assert_eq!((measured.value, measured.uncertainty), (100.0, Some(5.0)));
    assert_eq!(check(&result, "first_speech").verdict, Verdict::Inconclusive);
    // Limits of another unit are no limits.
    plan.cases[0].measures[0].max = Some(limit(Quantity::Percent(1.0)));
    assert_eq!(verdict(&plan, &healthy(), "first_speech"), Verdict::Error);
}

/// A first tone that is late by less than the harness ran late says nothing about the DUT.
#[test]
fn lag_never_makes_a_late_tone() {
    let mut plan = plan();
    plan.cases[0].measures[0].max = Some(limit(Quantity::Time(Duration::from_millis(50))));
    let lagging = |by_ms: u64, at: u64| {
        let mut tape = healthy();
        let index = tape.done("4");
        tape.insert(index, at, What::Lag { by_ns: by_ms * 1_000_000 });
        verdict(&plan, &tape, "first_speech")
    };
    assert_eq!(verdict(&plan, &healthy(), "first_speech"), Verdict::Fail);
    assert_eq!(lagging(60, 1150), Verdict::Inconclusive);
    assert_eq!(lagging(20, 1150), Verdict::Fail);
    assert_eq!(lagging(60, 1050), Verdict::Fail, "a lag before the talk excuses nothing");
}

#[test]
fn one_flow_too_many_turns_the_row() {
    let mut plan = plan();
    let result = plan.judge(&healthy().events);
    let row = &result.sizing[0];
    let expected = ChannelCounts { ipbx: 1, wan_hq: 1, wan_rs: 0, btip_hq: 1, btip_rs: 0 };
    assert_eq!((row.measured, row.verdict), (Some(expected), Verdict::Pass), "{:#?}", row.raw);
    let mut tape = healthy();
    let index = tape.done("4");
    let extra = window("pstn.a", PARTY_RTP, "127.10.2.1:32000", Emitter::Dut, 1200, 2200);
    tape.insert(index, 2110, What::Stream(extra));
    let result = plan.judge(&tape.events);
    assert_eq!(result.sizing[0].measured, Some(ChannelCounts { wan_hq: 2, ..expected }));
    assert_eq!((check(&result, "channels").verdict, result.exit_code), (Verdict::Fail, 1));
    // Where a difference is only an observation, it is told and does not block.
    plan.cases[0].channels[0].strict = false;
    let result = plan.judge(&tape.events);
    let channels = check(&result, "channels");
    assert_eq!((channels.verdict, channels.observation), (Verdict::Fail, true));
    assert_eq!(result.cases[0].verdict, Verdict::Fail);
}

#[test]
fn a_stream_that_ended_before_is_not_counted() {
    let plan = plan();
    let mut tape = healthy();
    let index = tape.done("4");
    let old = window("pstn.a", PARTY_RTP, "127.10.2.1:32000", Emitter::Dut, 1200, 1900);
    tape.insert(index, 2110, What::Stream(old));
    assert_eq!(verdict(&plan, &tape, "channels"), Verdict::Pass);
}

/// Music that the DUT plays counts, music that the harness plays does not.
#[test]
fn music_must_come_from_the_dut_and_last() {
    let scenario = CALL.replace(
        r#"{ id = 5, who = "pstn.a", sees = "no re-INVITE", for = "500 ms" }"#,
        r#"{ id = 5, who = "pstn.a", hears = "music", within = "${hold.music.max}", for = "300 ms", proves = ["2.2-hold"] }"#,
    );
    let mut plan = plan_of(&scenario);
    plan.within("5", 100);
    let music = |from: u64, to: u64, emitter: Emitter| {
        let mut tape = healthy();
        let mut heard = Tape::default();
        heard.heard(from, "pstn.a", PARTY_RTP, "127.10.2.1:32000", emitter, Sound::Music);
        heard.heard(to, "pstn.a", PARTY_RTP, "127.10.2.1:32000", emitter, Sound::Silence);
        let index = tape.done("5");
        tape.insert(index, from + 40, heard.events[0].what.clone());
        tape.insert(index + 1, to + 40, heard.events[1].what.clone());
        tape
    };
    assert_eq!(verdict(&plan, &healthy(), "5"), Verdict::Fail, "nothing but a voice");
    assert_eq!(verdict(&plan, &music(2200, 2600, Emitter::Dut), "5"), Verdict::Pass);
    assert_eq!(verdict(&plan, &music(2200, 2600, Emitter::Harness), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &music(2200, 2400, Emitter::Dut), "5"), Verdict::Fail, "too short");
    let mut late = music(2200, 2400, Emitter::Dut);
    let index = late.done("5");
    late.insert(index, 2500, What::Lag { by_ns: 200_000_000 });
    assert_eq!(verdict(&plan, &late, "5"), Verdict::Inconclusive, "the harness ran late by what is missing");
    assert_eq!(verdict(&plan, &music(2260, 2600, Emitter::Dut), "5"), Verdict::Fail, "too late");
}

/// Which alternative matched is recorded; its own message and fields are verified anew.
#[test]
fn an_alternative_is_verified() {
    let scenario = CALL.replace(
        r#"{ id = 5, who = "pstn.a", sees = "no re-INVITE", for = "500 ms" }"#,
        r#"{ id = 5, who = "pstn.a", records = "hold_method", one_of = [
             [{ id = "5.1.1", expects = "re-INVITE", within = "${hold.method.wait}", check = { "sdp.direction" = { any = ["sendonly", "inactive"] } } }],
             [{ id = "5.2.1", sees = "no re-INVITE", for = "500 ms" }] ], proves = ["2.2-hold"] }"#,
    );
    let plan = plan_of(&scenario);
    let taken = |matched: Option<usize>, direction: &str| {
        let mut tape = healthy();
        let index = tape.done("5");
        let body = super::tape::sdp(&["PCMA"], SET_RTP).replace("sendrecv", direction);
        let text = message("INVITE sip:127.10.1.1 SIP/2.0", "2 INVITE", "again", "leg-trunk", true, &body);
        tape.insert(index, 2200, seen(Side::Trunk, Direction::In, text));
        tape.insert(index + 1, 2200, What::Alternative { step: "5".into(), matched });
        if let What::StepDone { evidence, .. } = &mut tape.events[index + 2].what {
            evidence.push(oxocert_record::EventNo(index as u64));
        }
        tape
    };
    let result = plan.judge(&taken(Some(0), "sendonly").events);
    assert_eq!(check(&result, "5").verdict, Verdict::Pass, "{}", check(&result, "5").observed);
    assert!(
        result.cases[0]
            .findings
            .iter()
            .any(|finding| finding.name == "hold_method" && finding.value.contains("re-INVITE"))
    );
    assert_eq!(verdict(&plan, &taken(Some(0), "sendrecv"), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &taken(None, "sendonly"), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &taken(Some(1), "sendonly"), "5"), Verdict::Fail, "a re-INVITE came");
    assert_eq!(verdict(&plan, &taken(Some(7), "sendonly"), "5"), Verdict::Error);
}
