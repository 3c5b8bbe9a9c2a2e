//! Whole benches in virtual time, against a DUT of a few lines.

mod internet;
mod secure_pbx;
mod tiny_pbx;

use crate::{BenchCommand, BenchEvent, BenchMachine};
use oxocert_machine::virtual_time::{MachineNode, Simulation, Weather};
use oxocert_machine::{At, Seed, Transport};
use oxocert_media::with_media::WithMedia;
use oxocert_record::{CaseEnd, Emitter, Event, RunStarted, Sound, What};
use oxocert_scenario::model::{Case, bench::Bench};
use oxocert_scenario::{Sources, disk, load_bench, load_cases};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use tiny_pbx::{Fault, TinyPbx};

const PROFILE: &str = "hw-profiles/virtual-powercpu-bvpn.toml";

fn sources() -> Sources {
    disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

fn load(names: &[&str]) -> (Bench, Vec<Case>) {
    let sources = sources();
    let bench = load_bench(&sources, PROFILE).unwrap();
    let paths: Vec<String> = names.iter().map(|name| format!("scenarios/{name}.toml")).collect();
    let cases = load_cases(&sources, &paths, &bench).unwrap();
    (bench, cases)
}

fn run(names: &[&str], fault: Fault, interrupt: Option<At>) -> Vec<Event> {
    let (bench, cases) = load(names);
    run_cases(bench, cases, fault, interrupt)
}

fn run_cases(bench: Bench, cases: Vec<Case>, fault: Fault, interrupt: Option<At>) -> Vec<Event> {
    let started = RunStarted {
        tool: "test".into(),
        load: "OXO063/011.001".into(),
        profile: bench.name.clone(),
        started: None,
        simulation: true,
        seed: 1,
        dut_parts: Vec::new(),
    };
    let machine = BenchMachine::new(bench.clone(), cases, started, Default::default(), None, Seed(1));
    let addresses = machine.local_addresses().into_iter().map(|(_, address)| address.ip()).collect();
    let mut dut: BTreeSet<_> = bench.dut.addresses.clone();
    dut.extend(bench.dut.console.map(|console| console.ip()));
    let record = Rc::new(RefCell::new(Vec::new()));
    let finished = Rc::new(RefCell::new(false));
    let (into, end) = (record.clone(), finished.clone());
    let mut interrupt = interrupt;
    let on_event = move |at: At, event| {
        match event {
            BenchEvent::Record(event) => into.borrow_mut().push(event),
            BenchEvent::Finished => *end.borrow_mut() = true,
            BenchEvent::Operator { .. }
            | BenchEvent::Progress(_)
            | BenchEvent::Media(_)
            | BenchEvent::Tls(_) => {}
        }
        match interrupt {
            Some(due) if at >= due => {
                interrupt = None;
                vec![BenchCommand::Interrupt]
            }
            _ => Vec::new(),
        }
    };
    let mut simulation = Simulation::new(Weather::default(), Seed(1));
    let node = WithMedia::new(machine, Seed(1));
    simulation.add(MachineNode::new(node, addresses, vec![BenchCommand::Start], on_event));
    simulation.add(MachineNode::new(TinyPbx::new(bench, fault), dut, Vec::new(), |_, ()| Vec::new()));
    simulation.run(At::from_secs(120), || *finished.borrow()).unwrap();
    assert!(*finished.borrow(), "the run ends by itself: {:#?}", record.borrow().last());
    drop(simulation);
    Rc::try_unwrap(record).unwrap().into_inner()
}

fn ends(record: &[Event]) -> Vec<CaseEnd> {
    record
        .iter()
        .filter_map(|event| match &event.what {
            What::CaseEnded { how, .. } => Some(how.clone()),
            _ => None,
        })
        .collect()
}

fn steps_done(record: &[Event]) -> Vec<String> {
    record
        .iter()
        .filter_map(|event| match &event.what {
            What::StepDone { step, .. } => Some(step.to_string()),
            What::StepMissed { step, why, .. } => Some(format!("{step} missed: {why}")),
            _ => None,
        })
        .collect()
}

#[test]
fn bc_01_is_walked_to_its_end_and_the_tones_are_heard() {
    let record = run(&["basic-calls/BC-01"], Fault::None, None);
    assert_eq!(ends(&record), [CaseEnd::Completed], "{:#?}", steps_done(&record));
    for (n, event) in (0..).zip(&record) {
        assert_eq!(event.n.0, n, "numbered without gap");
    }
    assert!(matches!(record.first().map(|event| &event.what), Some(What::RunStarted(_))));
    assert!(matches!(record.last().map(|event| &event.what), Some(What::RunEnded)));
    let (bench, _) = load(&["basic-calls/BC-01"]);
    for (role, hz) in [
        ("pstn.a", bench.sets[&"set.hq1".into()].tone_hz),
        ("set.hq1", bench.parties[&"pstn.a".into()].tone_hz),
    ] {
        let heard = |event: &&Event| matches!(&event.what, What::Heard(heard) if heard.role.as_str() == role && heard.sound == Sound::Tone { hz });
        assert!(record.iter().any(|event| heard(&event)), "{role} hears {hz} Hz");
    }
    let bye = record.iter().find(|event| {
        matches!(&event.what, What::Sip(sip) if sip.point.as_str() == "set.hq1" && sip.bytes.0.starts_with(b"BYE"))
    });
    let Some(What::Sip(bye)) = bye.map(|event| &event.what) else { panic!("the set got BYE") };
    assert_eq!(bye.emitter, Emitter::Dut);
}

#[test]
fn incoming_calls_holds_cancels_and_on_net_calls_are_walked() {
    let names = [
        "basic-calls/BC-02",
        "basic-calls/BC-03",
        "basic-calls/BC-09",
        "basic-calls/BC-10",
        "hold/HR-05",
        "forced-onnet/FO-01",
    ];
    let record = run(&names, Fault::None, None);
    assert!(ends(&record).iter().all(|end| *end == CaseEnd::Completed), "{:#?}", steps_done(&record));
}

#[test]
fn a_call_that_never_comes_stops_the_case_with_words_and_the_next_one_runs() {
    let record = run(&["basic-calls/BC-01", "basic-calls/BC-03"], Fault::NoTrunk, None);
    let ends = ends(&record);
    assert_eq!(ends.first(), Some(&CaseEnd::Stopped { step: "2".into() }));
    assert_eq!(ends.get(1), Some(&CaseEnd::Completed), "{:#?}", steps_done(&record));
    let why = steps_done(&record).into_iter().find(|step| step.starts_with("2 missed")).unwrap();
    assert!(why.contains("INVITE to pstn.a via sbc.nominal did not come within 2.000 s"), "{why}");
}

#[test]
fn a_call_the_dut_forgets_is_ended_by_the_bench_and_told() {
    let record = run(&["basic-calls/BC-01"], Fault::ForgetsSet, None);
    assert_eq!(ends(&record), [CaseEnd::Stopped { step: "8".into() }]);
    let told = |event: &Event| {
        matches!(&event.what, What::RoleState { role, state }
            if role.as_str() == "set.hq1" && state == "call left open, ended by the bench")
    };
    assert!(record.iter().any(told));
}

#[test]
fn a_console_that_refuses_is_the_fault_of_the_bench() {
    let record = run(&["failover/FV-02"], Fault::ConsoleRefuses, None);
    let [CaseEnd::HarnessError { why }] = &ends(&record)[..] else { panic!("an error of the bench") };
    assert_eq!(why, "step 1: `gateway.primary.address` was not set to `127.10.9.9:5060`: no");
}

#[test]
fn a_dut_that_switches_to_tcp_is_answered_on_its_connection() {
    let record = run(&["basic-calls/BC-01"], Fault::SwitchesToTcp, None);
    assert_eq!(ends(&record), [CaseEnd::Completed], "{:#?}", steps_done(&record));
    let starts = |event: &Event, emitter: Emitter, start: &[u8]| {
        matches!(&event.what, What::Sip(sip) if sip.point.as_str() == "sbc.nominal" && sip.transport == Transport::Tcp
            && sip.emitter == emitter && sip.bytes.0.starts_with(start))
    };
    assert!(record.iter().any(|event| starts(event, Emitter::Dut, b"INVITE")));
    assert!(record.iter().any(|event| starts(event, Emitter::Harness, b"SIP/2.0 200 OK")));
}

#[test]
fn a_call_for_nobody_is_refused_and_its_number_told() {
    let record = run(&["basic-calls/BC-01"], Fault::CallsNobody, None);
    assert_eq!(ends(&record), [CaseEnd::Stopped { step: "2".into() }]);
    let told =
        |event: &Event| matches!(&event.what, What::Finding { note, .. } if note.contains("`+33999999999`"));
    assert!(record.iter().any(told));
}

#[test]
fn a_bench_without_media_ports_is_at_fault_itself() {
    let (mut bench, cases) = load(&["basic-calls/BC-01"]);
    for sbc in bench.sbcs.values_mut() {
        sbc.rtp_range = (20_000, 20_000);
    }
    let record = run_cases(bench, cases, Fault::None, None);
    let [CaseEnd::HarnessError { why }] = &ends(&record)[..] else { panic!("an error of the bench") };
    assert_eq!(why, "the bench cannot take the call: sbc.nominal has no free media port in 20000-20000");
}

#[test]
fn an_interrupt_tears_the_call_down_and_closes_the_record() {
    let record = run(&["basic-calls/BC-01", "basic-calls/BC-03"], Fault::None, Some(At::from_millis(600)));
    assert_eq!(ends(&record), [CaseEnd::Interrupted]);
    assert!(record.iter().any(|event| event.what == What::Interrupted));
    assert!(matches!(record.last().map(|event| &event.what), Some(What::RunEnded)));
    let byes = record.iter().filter(|event| {
        matches!(&event.what, What::Sip(sip) if sip.emitter == Emitter::Harness && sip.bytes.0.starts_with(b"BYE"))
    });
    assert!(byes.count() > 0, "the call was up and is ended");
}

#[test]
fn the_same_inputs_give_the_same_record() {
    let names = ["basic-calls/BC-01", "hold/HR-05"];
    assert_eq!(run(&names, Fault::None, None), run(&names, Fault::None, None));
}
