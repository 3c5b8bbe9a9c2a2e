//! Benches over internet in virtual time: names, handshakes, keys and probes.

use super::secure_pbx::{Fault, PbxCommand, PbxEvent, SecurePbx};
use super::{ends, sources, steps_done};
use crate::{BenchCommand, BenchEvent, BenchMachine};
use oxocert_machine::virtual_time::{MachineNode, Simulation, Weather};
use oxocert_machine::{At, Seed, Transport};
use oxocert_media::with_media::WithMedia;
use oxocert_pki::UtcSeconds;
use oxocert_pki::lab::{Lab, Names};
use oxocert_record::{
    CaseEnd, Direction, Emitter, Event, ProbeSeen, RunStarted, SipSeen, StreamWindow, TlsOutcome, TlsSeen,
    What,
};
use oxocert_scenario::{Sources, load_bench, load_cases};
use oxocert_sip::message::Message;
use oxocert_sip::sdp;
use oxocert_tls::WithTls;
use rstest::rstest;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::OnceLock;

const PROFILE: &str = "hw-profiles/virtual-oce-internet-a.toml";
/// 2026-01-01T00:00:00Z.
const NOW: UtcSeconds = UtcSeconds(1_767_225_600);

fn lab() -> Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let make = || {
        let bench = load_bench(&sources(), PROFILE).unwrap();
        let name = |(role, sbc): (&oxocert_record::RoleName, &oxocert_scenario::model::bench::Sbc)| {
            (role.to_string(), sbc.fqdn.clone().unwrap())
        };
        let sbcs = bench.sbcs.iter().map(name).collect();
        Lab::new(NOW, &Names { sbcs, dut_fqdn: bench.internet.unwrap().dut_fqdn }).unwrap()
    };
    LAB.get_or_init(make).clone()
}

/// Plays one case whose flow is `steps`, and gives the record.
fn play(needs: &str, steps: &str, fault: Fault) -> Vec<Event> {
    let text = format!(
        "schema = 1\nid = \"SEC-99\"\ntitle = \"t\"\nwhy = \"w\"\nfor = [\"oce-internet-a\"]\nneeds = [{needs}]\n\
         [setup]\nsteps = [{{ who = \"dut\", is = \"idle\" }}]\n[flow]\nsteps = [\n{steps}\n]\n"
    );
    let mut sources: Sources = sources();
    let path = "scenarios/security/SEC-99.toml".to_owned();
    sources.files.insert(path.clone(), text);
    let bench = load_bench(&sources, PROFILE).unwrap();
    let cases = load_cases(&sources, &[path], &bench).unwrap();
    let started = RunStarted {
        tool: "test".into(),
        load: "OXO063/011.001".into(),
        profile: bench.name.clone(),
        started: None,
        simulation: true,
        seed: 1,
        dut_parts: Vec::new(),
    };
    let machine = BenchMachine::new(bench.clone(), cases, started, Default::default(), Some(lab()), Seed(1));
    let listening: BTreeSet<_> = machine.local_addresses().into_iter().map(|(_, address)| address).collect();
    let addresses = listening.iter().map(|address| address.ip()).collect();
    let mut dut: BTreeSet<_> = bench.dut.addresses.clone();
    dut.extend(bench.dut.console.map(|console| console.ip()));
    let taken = [bench.dut.trunk].into();
    let record = Rc::new(RefCell::new(Vec::new()));
    let finished = Rc::new(RefCell::new(false));
    let (into, end) = (record.clone(), finished.clone());
    let on_event = move |_: At, event| {
        match event {
            BenchEvent::Record(event) => into.borrow_mut().push(event),
            BenchEvent::Finished => *end.borrow_mut() = true,
            _ => {}
        }
        Vec::new()
    };
    let mut simulation = Simulation::new(Weather::default(), Seed(1));
    let node = WithMedia::new(WithTls::new(machine, NOW, Seed(2)), Seed(1));
    let node = MachineNode::new(node, addresses, vec![BenchCommand::Start], on_event);
    simulation.add(node.listening_at(listening));
    let pbx = WithMedia::new(WithTls::new(SecurePbx::new(bench, lab(), fault), NOW, Seed(3)), Seed(4));
    let pbx = MachineNode::new(pbx, dut, vec![PbxCommand::Start], |_, _: PbxEvent| Vec::new());
    simulation.add(pbx.listening_at(taken));
    simulation.run(At::from_secs(120), || *finished.borrow()).unwrap();
    assert!(*finished.borrow(), "the run ends by itself: {:#?}", record.borrow().last());
    drop(simulation);
    Rc::try_unwrap(record).unwrap().into_inner()
}

fn completed(record: &[Event]) {
    assert_eq!(ends(record), [CaseEnd::Completed], "{:#?}", steps_done(record));
}

fn handshakes(record: &[Event]) -> Vec<&TlsSeen> {
    let seen = |event: &'_ Event| matches!(&event.what, What::Tls(_));
    record
        .iter()
        .filter(|event| seen(event))
        .filter_map(|event| match &event.what {
            What::Tls(seen) => Some(seen.as_ref()),
            _ => None,
        })
        .collect()
}

fn probes(record: &[Event]) -> Vec<&ProbeSeen> {
    record
        .iter()
        .filter_map(|event| match &event.what {
            What::Probe(seen) => Some(seen),
            _ => None,
        })
        .collect()
}

fn messages(record: &[Event]) -> Vec<&SipSeen> {
    record
        .iter()
        .filter_map(|event| match &event.what {
            What::Sip(seen) => Some(seen),
            _ => None,
        })
        .collect()
}

/// Streams that the DUT sent to a party.
fn from_dut(record: &[Event]) -> Vec<&StreamWindow> {
    record
        .iter()
        .filter_map(|event| match &event.what {
            What::Stream(window) if window.emitter == Emitter::Dut && window.role.as_str() == "pstn.a" => {
                Some(window)
            }
            _ => None,
        })
        .collect()
}

const CALL: &str = r#"
  { id = 1, who = "set.hq1", does = "dial", to = "${dut.outside}${pstn.a.national}" },
  { id = 2, who = "pstn.a", expects = "INVITE", via = "sbc.nominal", within = "${pdd.max}" },
  { id = 3, who = "pstn.a", does = "answer" },
  { id = 4, who = ["set.hq1", "pstn.a"], does = "talk", for = "${talk}" },
  { id = 5, who = "pstn.a", does = "hang-up" },
  { id = 6, who = "set.hq1", expects = "BYE", within = "${release.max}" },
"#;

const ROLES: &str = r#""sbc.nominal", "set.hq1", "pstn.a""#;

#[test]
fn a_call_is_made_over_tls_and_heard_through_srtp() {
    let record = play(ROLES, CALL, Fault::None);
    completed(&record);
    let handshakes = handshakes(&record);
    let of_dut = handshakes.iter().find(|seen| seen.opened_by_peer).unwrap();
    assert_eq!(of_dut.outcome, TlsOutcome::Completed);
    assert_eq!((of_dut.flaws.as_deref(), of_dut.own_certificate.as_deref()), (Some(&[][..]), Some("good")));
    assert_eq!(
        (of_dut.names.as_slice(), of_dut.version.as_deref()),
        (&["oce.customer.example".to_owned()][..], Some("1.2"))
    );
    assert!(of_dut.subject.as_ref().unwrap().contains("OmniPCX Office"), "{:?}", of_dut.subject);
    let trunk = messages(&record).into_iter().filter(|seen| seen.point.as_str().starts_with("sbc"));
    assert!(trunk.clone().count() > 5 && trunk.clone().all(|seen| seen.transport == Transport::Tls));
    let windows = from_dut(&record);
    let srtp = windows.iter().filter_map(|window| window.srtp);
    let authenticated: u64 = srtp.clone().map(|counts| counts.authenticated).sum();
    let total: u64 = windows.iter().map(|window| window.packets).sum();
    assert!(authenticated > 40 && authenticated == total, "{authenticated} of {total}");
    assert!(record.iter().any(
        |event| matches!(&event.what, What::Dns(seen) if seen.kind == "A" && seen.role.as_str() == "dns.a")
    ));
    assert!(record.iter().any(|event| matches!(&event.what, What::TlsSecret { .. })));
}

#[test]
fn every_call_has_keys_of_its_own() {
    let twice = format!("{CALL}{}", CALL.replace("id = ", "id = 1"));
    let record = play(ROLES, &twice, Fault::None);
    completed(&record);
    let keys: Vec<Vec<u8>> = messages(&record)
        .into_iter()
        .filter(|seen| seen.direction == Direction::Out && seen.point.as_str() == "sbc.nominal")
        .filter_map(|seen| sdp::read(Message::parse(&seen.bytes.0).unwrap().body()).ok()?.audio)
        .flat_map(|audio| audio.crypto.into_iter().map(|line| line.key_and_salt))
        .collect();
    assert_eq!(keys.len(), 2, "two answers");
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_call_of_the_dut_in_clear_is_refused_and_told() {
    let steps = r#"
  { id = 1, who = "set.hq1", does = "dial", to = "${dut.outside}${pstn.a.national}" },
  { id = 2, who = "set.hq1", expects = "488 INVITE", within = "${pdd.max}" },
"#;
    let record = play(ROLES, steps, Fault::OffersClear);
    completed(&record);
    let told = |event: &Event| matches!(&event.what, What::Finding { note, .. } if note == "the offer has protocol RTP/AVP on a secured trunk: 488");
    assert!(record.iter().any(told));
}

#[test]
fn a_bad_certificate_is_refused_by_the_dut_until_the_good_one_is_back() {
    let steps = r#"
  { id = 1, who = "sbc.nominal", does = "present", certificate = "expired" },
  { id = 2, who = "sbc.nominal", does = "drop-connection" },
  { id = 3, who = "sbc.nominal", expects = "TLS refused", within = "${ka.recover}", check = { "tls.own_certificate" = "expired", "tls.opened_by" = "dut" } },
  { id = 4, who = "sbc.nominal", does = "restore" },
  { id = 5, who = "sbc.nominal", expects = "TLS completed", within = "${ka.recover}", check = { "tls.own_certificate" = "good" } },
  { id = 6, who = "dut", is = "gateway-up", via = "sbc.nominal", within = "${ka.recover}" },
"#;
    let record = play(r#""sbc.nominal""#, steps, Fault::None);
    completed(&record);
    let refused = handshakes(&record)
        .into_iter()
        .find(|seen| seen.own_certificate.as_deref() == Some("expired"))
        .unwrap();
    assert!(
        matches!(refused.outcome, TlsOutcome::Refused { by_peer: true, alert: Some(_), .. }),
        "{:?}",
        refused.outcome
    );
}

#[test]
fn a_dut_that_takes_anybody_is_not_taken_for_a_refusal() {
    let steps = r#"
  { id = 1, who = "sbc.nominal", does = "present", certificate = "expired" },
  { id = 2, who = "sbc.nominal", does = "drop-connection" },
  { id = 3, who = "sbc.nominal", expects = "TLS refused", within = "${ka.recover}" },
"#;
    let record = play(r#""sbc.nominal""#, steps, Fault::TakesAnybody);
    assert_eq!(ends(&record), [CaseEnd::Stopped { step: "3".into() }], "{:#?}", steps_done(&record));
}

#[rstest]
#[case("[\"0xc030\"]", 0xc030)]
#[case("[\"0xc02f\"]", 0xc02f)]
#[case("[\"0xc028\"]", 0xc028)]
#[case("[\"0xc027\"]", 0xc027)]
fn an_a_sbc_can_be_held_to_one_suite(#[case] suites: &str, #[case] wanted: u16) {
    let steps = format!(
        r#"
  {{ id = 1, who = "sbc.nominal", does = "limit-tls", suites = {suites} }},
  {{ id = 2, who = "sbc.nominal", does = "drop-connection" }},
  {{ id = 3, who = "sbc.nominal", expects = "TLS completed", within = "${{ka.recover}}" }},
"#
    );
    let record = play(r#""sbc.nominal""#, &steps, Fault::None);
    completed(&record);
    assert!(handshakes(&record).iter().any(|seen| seen.opened_by_peer && seen.suite == Some(wanted)));
}

#[rstest]
#[case("tls1.0", Fault::None, "alert")]
#[case("rc4", Fault::None, "alert")]
#[case("tls1.2", Fault::None, "accepted")]
#[case("no-certificate", Fault::None, "alert")]
#[case("no-certificate", Fault::TakesAnybody, "accepted")]
#[case("clear-udp", Fault::None, "silent")]
#[case("clear-udp", Fault::AnswersInClear, "accepted")]
#[case("clear-tcp", Fault::None, "closed")]
fn probes_tell_what_came(#[case] with: &str, #[case] fault: Fault, #[case] outcome: &str) {
    let steps = format!(
        r#"
  {{ id = 1, who = "sbc.nominal", does = "probe", with = "{with}" }},
  {{ id = 2, who = "sbc.nominal", expects = "probe answer", within = "6 s", source = "test" }},
  {{ id = 3, who = "sbc.nominal", does = "send-options" }},
  {{ id = 4, who = "sbc.nominal", expects = "200 OPTIONS", within = "${{ka.recover}}" }},
"#
    );
    let record = play(r#""sbc.nominal""#, &steps, fault);
    completed(&record);
    let [seen] = &probes(&record)[..] else { panic!("one answer to one probe") };
    assert_eq!((seen.probe.as_str(), seen.outcome.as_str()), (with, outcome), "{seen:?}");
}

#[test]
fn names_move_fail_and_come_back() {
    let steps = r#"
  { id = 1, who = "dns.a", does = "fail", how = "nxdomain" },
  { id = 2, who = "dns.a", expects = "DNS A", within = "${ka.recover}", check = { "dns.name" = "${sbc.nominal.fqdn}" } },
  { id = 3, who = "dns.a", does = "restore" },
  { id = 4, who = "dns.a", expects = "DNS A", within = "${ka.recover}" },
  { id = 5, who = "dut", is = "gateway-up", via = "sbc.nominal", within = "${ka.recover}" },
"#;
    let record = play(r#""sbc.nominal", "dns.a""#, steps, Fault::None);
    completed(&record);
    let answers: Vec<&str> = record
        .iter()
        .filter_map(|event| match &event.what {
            What::Dns(seen) => Some(seen.answer.as_str()),
            _ => None,
        })
        .collect();
    assert!(answers.contains(&"NXDOMAIN") && answers.contains(&"A 127.21.1.1 ttl 3 s"), "{answers:?}");
}

#[rstest]
#[case("protocol = \"RTP/AVP\"")]
#[case("protocol = \"UDP/TLS/RTP/SAVP\"")]
#[case("crypto = [\"AES_256_CM_HMAC_SHA1_80\"]")]
fn a_party_offers_what_the_dut_must_refuse(#[case] how: &str) {
    let steps = format!(
        r#"
  {{ id = 1, who = "pstn.a", does = "describe", {how} }},
  {{ id = 2, who = "pstn.a", does = "call", to = "${{set.hq1.ddi}}", via = "sbc.nominal" }},
  {{ id = 3, who = "pstn.a", expects = "488 INVITE", within = "${{pdd.max}}" }},
"#
    );
    completed(&play(ROLES, &steps, Fault::None));
}

#[test]
fn an_incoming_call_with_lifetime_identifier_and_a_late_sequence_is_heard() {
    let steps = r#"
  { id = 1, who = "pstn.a", does = "describe", lifetime-and-mki = true },
  { id = 2, who = "pstn.a", does = "start-media-at", sequence = 65500 },
  { id = 3, who = "pstn.a", does = "call", to = "${set.hq1.ddi}", via = "sbc.nominal" },
  { id = 4, who = "set.hq1", expects = "INVITE", within = "${pdd.max}" },
  { id = 5, who = "set.hq1", does = "answer" },
  { id = 6, who = ["set.hq1", "pstn.a"], does = "talk", for = "${talk}", within = "${audio.max}" },
  { id = 7, who = "pstn.a", does = "hold" },
  { id = 8, who = "pstn.a", does = "resume", after = "500 ms" },
  { id = 9, who = ["set.hq1", "pstn.a"], does = "talk", for = "${talk}" },
  { id = 10, who = "pstn.a", does = "trouble", how = "bad-tag", packets = 100 },
  { id = 11, who = "set.hq1", hears = "silence", within = "${tone.max}", for = "500 ms" },
  { id = 12, who = "pstn.a", does = "hang-up" },
  { id = 13, who = "set.hq1", expects = "BYE", within = "${release.max}" },
"#;
    let record = play(ROLES, steps, Fault::None);
    completed(&record);
    let offer = messages(&record)
        .into_iter()
        .find(|seen| {
            seen.direction == Direction::Out
                && seen.bytes.0.starts_with(b"INVITE")
                && seen.point.as_str() == "sbc.nominal"
        })
        .unwrap();
    let text = String::from_utf8_lossy(&offer.bytes.0);
    assert!(text.contains("|2^31|1:4") && text.contains("RTP/SAVP"), "{text}");
}
