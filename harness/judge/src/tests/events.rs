//! Handshakes, queries and answers to probes as evidence of steps.

use super::internet::{completed, end, handshake, internet_plan, probe, query, secured};
use super::tape::Tape;
use super::{Plan, check, limit, verdict};
use oxocert_machine::At;
use oxocert_record::{CaseEnd, Emitter, EventNo, RoleName, TlsOutcome, TlsSeen, Verdict, What};
use oxocert_scenario::model::step::FieldCheck;
use oxocert_scenario::model::{
    CheckId, Matcher, Measurand, Measure, MessagePattern, Never, Position, Quantity, Verb,
};
use std::time::Duration;

const COMPLETED: MessagePattern = MessagePattern::Tls { completed: Some(true), own: false };
const REFUSED: MessagePattern = MessagePattern::Tls { completed: Some(false), own: false };
const ANY: MessagePattern = MessagePattern::Tls { completed: None, own: false };

/// Step 5 expects a pattern at a role, with these field checks.
fn expecting(who: &str, pattern: MessagePattern, fields: &[(&str, Matcher)]) -> Plan {
    let mut plan = internet_plan();
    let step = plan.step("5");
    step.who = vec![RoleName::from(who)];
    step.verb = Verb::Expects(pattern);
    step.within = Some(limit(Quantity::Time(Duration::from_millis(400))));
    step.checks = fields
        .iter()
        .map(|(field, matcher)| FieldCheck {
            field: (*field).to_owned(),
            matcher: matcher.clone(),
            position: Position::default(),
        })
        .collect();
    plan
}

fn equals(text: &str) -> Matcher {
    Matcher::Equals(text.to_owned())
}

/// The events come while step 5 runs, at 2200 ms and every 10 ms after; the first of them is its evidence.
fn with_evidence(events: &[What], evidence: usize) -> Tape {
    let mut tape = secured();
    let index = tape.done("5");
    for (offset, what) in events.iter().enumerate() {
        tape.insert(index + offset, 2200 + 10 * offset as u64, what.clone());
    }
    let done = tape.done("5");
    let What::StepDone { evidence: list, .. } = &mut tape.events[done].what else { unreachable!() };
    *list = vec![EventNo((index + evidence) as u64)];
    tape
}

/// The same events, and the runner gave step 5 up.
fn missed(events: &[What], at: u64) -> Tape {
    let mut tape = secured();
    let index = tape.done("5");
    tape.events.truncate(index);
    for (offset, what) in events.iter().enumerate() {
        tape.push(at + 10 * offset as u64, what.clone());
    }
    tape.missed(2620, "5", "nothing came");
    tape.push(2630, What::CaseEnded { case: "T-01".into(), how: CaseEnd::Stopped { step: "5".into() } });
    tape.push(2640, What::RunEnded);
    tape
}

fn refused(by_peer: bool) -> TlsSeen {
    let outcome = TlsOutcome::Refused { by_peer, alert: Some(48), why: "unknown ca".to_owned() };
    TlsSeen { outcome, version: None, suite: None, opened_by_peer: true, ..handshake() }
}

/// A handshake of another connection than the one that the tape begins with.
fn another(seen: TlsSeen) -> What {
    completed(TlsSeen { remote: "127.10.2.1:40001".parse().unwrap(), ..seen })
}

/// The end of that connection.
fn another_end(peer_spoke: bool) -> What {
    What::TlsEnded(oxocert_record::TlsEnded {
        remote: "127.10.2.1:40001".parse().unwrap(),
        ..end(peer_spoke)
    })
}

#[test]
fn a_handshake_is_evidence() {
    let fields =
        [("tls.version", equals("1.2")), ("tls.suite", equals("0xc030")), ("tls.flaws", equals("none"))];
    let plan = expecting("sbc.nominal", COMPLETED, &fields);
    let tape = with_evidence(&[another(handshake())], 0);
    let result = plan.judge(&tape.events);
    for id in ["5", "5.tls.version", "5.tls.suite", "5.tls.flaws"] {
        assert_eq!(check(&result, id).verdict, Verdict::Pass, "{id}: {}", check(&result, id).observed);
    }
    assert_eq!(check(&result, "5").measured.as_ref().unwrap().value, 80.0);
    let late = with_evidence(&[another(handshake())], 0);
    let strict = {
        let mut plan = expecting("sbc.nominal", COMPLETED, &fields);
        plan.within("5", 79);
        plan
    };
    assert_eq!(verdict(&strict, &late, "5"), Verdict::Fail);
    let other = TlsSeen { suite: Some(0xc02f), ..handshake() };
    assert_eq!(verdict(&plan, &with_evidence(&[another(other)], 0), "5.tls.suite"), Verdict::Fail);
    let flawed = TlsSeen { flaws: Some(vec!["expired".to_owned()]), ..handshake() };
    assert_eq!(verdict(&plan, &with_evidence(&[another(flawed)], 0), "5.tls.flaws"), Verdict::Fail);
}

/// Emitter rule: a stranger's handshake, and one that the harness itself refused, prove nothing about the DUT.
#[test]
fn a_handshake_must_be_the_duts_doing() {
    let stranger = TlsSeen { peer: Emitter::Foreign, ..handshake() };
    for pattern in [ANY, COMPLETED] {
        let plan = expecting("sbc.nominal", pattern, &[]);
        assert_eq!(verdict(&plan, &with_evidence(&[another(stranger.clone())], 0), "5"), Verdict::Error);
    }
    let plan = expecting("sbc.nominal", REFUSED, &[]);
    assert_eq!(verdict(&plan, &with_evidence(&[another(refused(true))], 0), "5"), Verdict::Pass);
    assert_eq!(verdict(&plan, &with_evidence(&[another(refused(false))], 0), "5"), Verdict::Error);
    assert_eq!(verdict(&plan, &with_evidence(&[another(handshake())], 0), "5"), Verdict::Fail);
    let plan = expecting("sbc.nominal", COMPLETED, &[]);
    assert_eq!(verdict(&plan, &with_evidence(&[another(refused(true))], 0), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &with_evidence(&[another(refused(false))], 0), "5"), Verdict::Error);
    // A message is no handshake.
    let tape = secured();
    let ack = tape.message(&["ACK sip:127.10.1.1"]);
    let mut tape = with_evidence(&[], 0);
    let done = tape.done("5");
    if let What::StepDone { evidence, .. } = &mut tape.events[done].what {
        *evidence = vec![EventNo(ack as u64)];
    }
    assert_eq!(verdict(&plan, &tape, "5"), Verdict::Error);
    // At the other a-SBC.
    let plan = expecting("sbc.backup", COMPLETED, &[]);
    assert_eq!(verdict(&plan, &with_evidence(&[another(handshake())], 0), "5"), Verdict::Fail);
}

/// A DUT that completes and closes at once without a word has refused; one that closes later, or after it spoke, has not.
#[test]
fn a_handshake_that_is_taken_back_is_a_refusal() {
    let events = |spoke: bool| [another(handshake()), another_end(spoke)];
    let refused = expecting(
        "sbc.nominal",
        REFUSED,
        &[("tls.refused_by", equals("dut")), ("tls.version", equals("1.2"))],
    );
    let tape = with_evidence(&events(false), 1);
    let result = refused.judge(&tape.events);
    for id in ["5", "5.tls.refused_by", "5.tls.version"] {
        assert_eq!(check(&result, id).verdict, Verdict::Pass, "{id}: {}", check(&result, id).observed);
    }
    assert_eq!(verdict(&refused, &with_evidence(&events(true), 1), "5"), Verdict::Fail, "it had spoken");
    let mut late = with_evidence(&events(false), 1);
    let index = late.find(|what| matches!(what, What::Tls(seen) if seen.remote.port() == 40001));
    late.events[index].at = At::from_millis(1200);
    assert_eq!(verdict(&refused, &late, "5"), Verdict::Fail, "1010 ms after the handshake");
    // The other way round: what was taken back was not completed.
    let plan = expecting("sbc.nominal", COMPLETED, &[]);
    assert_eq!(verdict(&plan, &with_evidence(&events(false), 0), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &with_evidence(&events(true), 0), "5"), Verdict::Pass);
    let plan = expecting("sbc.nominal", MessagePattern::TlsClosed, &[("tls.closed_by", equals("dut"))]);
    assert_eq!(verdict(&plan, &with_evidence(&events(true), 1), "5"), Verdict::Pass);
}

#[test]
fn queries_and_probes_are_evidence() {
    let pattern = MessagePattern::Dns { kind: Some("A".to_owned()), name: None };
    let plan = expecting("dns.a", pattern, &[("dns.name", equals("sbc1.example.org"))]);
    let tape = with_evidence(&[What::Dns(query("A"))], 0);
    assert_eq!(
        (verdict(&plan, &tape, "5"), verdict(&plan, &tape, "5.dns.name")),
        (Verdict::Pass, Verdict::Pass)
    );
    assert_eq!(verdict(&plan, &with_evidence(&[What::Dns(query("AAAA"))], 0), "5"), Verdict::Fail);
    let stranger = oxocert_record::DnsSeen { emitter: Emitter::Foreign, ..query("A") };
    assert_eq!(verdict(&plan, &with_evidence(&[What::Dns(stranger)], 0), "5"), Verdict::Error);
    let fields = [("probe.outcome", equals("alert")), ("probe.alert", equals("protocol_version"))];
    let plan =
        expecting("sbc.nominal", MessagePattern::ProbeAnswer(oxocert_scenario::model::Probed::Any), &fields);
    let tape = with_evidence(&[What::Probe(probe("alert"))], 0);
    for id in ["5", "5.probe.outcome", "5.probe.alert"] {
        assert_eq!(verdict(&plan, &tape, id), Verdict::Pass, "{id}");
    }
    let tape = with_evidence(&[What::Probe(probe("accepted"))], 0);
    assert_eq!(
        (verdict(&plan, &tape, "5"), verdict(&plan, &tape, "5.probe.outcome")),
        (Verdict::Pass, Verdict::Fail)
    );
    let elsewhere =
        oxocert_record::ProbeSeen { remote: "127.10.9.9:5061".parse().unwrap(), ..probe("alert") };
    assert_eq!(verdict(&plan, &with_evidence(&[What::Probe(elsewhere)], 0), "5"), Verdict::Error);
}

/// The runner gave up, and the handshake came after all: in time it is INCONCLUSIVE, too late it is the DUT's.
#[test]
fn a_missed_handshake_is_looked_for_again() {
    let plan = expecting("sbc.nominal", COMPLETED, &[]);
    assert_eq!(verdict(&plan, &missed(&[], 2200), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &missed(&[another(handshake())], 2200), "5"), Verdict::Inconclusive);
    assert_eq!(verdict(&plan, &missed(&[another(handshake())], 2600), "5"), Verdict::Fail);
    assert_eq!(verdict(&plan, &missed(&[another(refused(false))], 2200), "5"), Verdict::Fail);
    // Two are wanted, one came.
    let mut plan = expecting("sbc.nominal", COMPLETED, &[]);
    plan.step("5").times = 2;
    assert_eq!(verdict(&plan, &with_evidence(&[another(handshake())], 0), "5"), Verdict::Fail);
}

#[test]
fn what_may_not_come() {
    let mut plan = expecting("sbc.nominal", COMPLETED, &[]);
    plan.step("5").verb = Verb::SeesNo { pattern: COMPLETED, lasting: Duration::from_millis(500) };
    let sees = |events: &[What]| verdict(&plan, &with_evidence(events, 0), "5");
    assert_eq!(sees(&[]), Verdict::Pass);
    assert_eq!(sees(&[another(handshake())]), Verdict::Fail);
    assert_eq!(sees(&[another(refused(true))]), Verdict::Pass);
    assert_eq!(sees(&[another(handshake()), another_end(false)]), Verdict::Pass, "taken back");
    let mut plan = internet_plan();
    plan.cases[0].never.push(Never {
        id: CheckId("n2".to_owned()),
        who: vec!["dns.a".into()],
        sees: MessagePattern::Dns { kind: None, name: None },
        proves: Vec::new(),
        position: Position::default(),
    });
    assert_eq!(verdict(&plan, &secured(), "n2"), Verdict::Pass);
    assert_eq!(verdict(&plan, &with_evidence(&[What::Dns(query("SRV"))], 0), "n2"), Verdict::Fail);
}

/// Fields of two handshakes are compared; times between them are measured.
#[test]
fn handshakes_are_compared_and_timed() {
    let differs = Matcher::DiffersFrom { step: "3".into(), field: "tls.suite".to_owned() };
    let mut plan = expecting("sbc.nominal", COMPLETED, &[("tls.suite", differs)]);
    plan.step("3").verb = Verb::Expects(COMPLETED);
    plan.step("3").who = vec!["sbc.nominal".into()];
    plan.cases[0].measures.push(Measure {
        name: "between".to_owned(),
        of: Measurand::Delay { from: "3".into(), to: "5".into() },
        max: Some(limit(Quantity::Time(Duration::from_millis(1102)))),
        min: None,
        proves: Vec::new(),
        position: Position::default(),
    });
    let tape = |suite: u16| {
        let seen = TlsSeen { suite: Some(suite), ..handshake() };
        let mut tape = with_evidence(&[another(seen)], 0);
        let index = tape.done("3");
        tape.insert(index, 1099, another(handshake()));
        let done = tape.done("3");
        if let What::StepDone { evidence, .. } = &mut tape.events[done].what {
            *evidence = vec![EventNo(index as u64)];
        }
        tape
    };
    assert_eq!(verdict(&plan, &tape(0xc02f), "5.tls.suite"), Verdict::Pass);
    assert_eq!(verdict(&plan, &tape(0xc030), "5.tls.suite"), Verdict::Fail);
    let result = plan.judge(&tape(0xc02f).events);
    let between = check(&result, "between");
    assert_eq!((between.verdict, between.measured.as_ref().unwrap().value), (Verdict::Pass, 1101.0));
}

#[test]
fn the_ladder_tells_what_happened() {
    let plan = expecting("sbc.nominal", COMPLETED, &[]);
    let events =
        [another(handshake()), another(refused(true)), What::Dns(query("A")), What::Probe(probe("alert"))];
    let result = plan.judge(&with_evidence(&events, 0).events);
    let ladder: Vec<String> = result.cases[0]
        .ladder
        .iter()
        .map(|line| format!("{} -> {}: {}", line.from, line.to, line.text))
        .collect();
    for wanted in [
        "dut -> sbc.nominal: TLS 1.2 ECDHE-RSA-AES256-GCM-SHA384, SNI sbc1.example.org, certificate of the peer: no-client-auth <- step 5",
        "REFUSED by dut with alert unknown_ca: unknown ca",
        "dut -> dns.a: DNS A sbc1.example.org -> A 127.10.1.1 ttl 2 s",
        "sbc.nominal -> dut: probe tls1.0: alert protocol_version",
        "(SDP AES_CM_128_HMAC_SHA1_80, PCMA",
    ] {
        assert!(ladder.iter().any(|line| line.contains(wanted)), "{wanted} is not in {ladder:#?}");
    }
}
