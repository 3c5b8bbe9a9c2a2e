//! What a machine and its user do to a run on sockets: taken addresses, a silent DUT, Ctrl-C, a kill.

use crate::process::{Project, bench_folder, checks_with, ended, json, oxocert};
use crate::running::Running;
use oxocert_record::{CaseEnd, Event, What};
use std::collections::BTreeSet;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROFILE: &str = "virtual-powercpu-bvpn";

#[test]
fn an_address_in_use_is_named_with_its_role_and_its_holder() {
    let project = Project::on_network("taken", 45);
    let _taken = UdpSocket::bind("127.45.1.1:5060").expect("the a-SBC's address is free");
    let run = ended(&mut project.certify(PROFILE, "BC-01")).expect(3);
    for words in ["127.45.1.1:5060", "sbc.nominal", "in use", &format!("pid {}", std::process::id())] {
        assert!(run.stderr.contains(words), "{words:?} is not told:\n{}", run.stderr);
    }
}

#[test]
fn an_address_of_the_dut_in_use_is_named() {
    let project = Project::on_network("taken-dut", 45);
    let _taken = UdpSocket::bind("127.45.2.1:5060").expect("the DUT's address is free");
    let run = ended(&mut project.certify(PROFILE, "BC-01")).expect(3);
    for words in ["virtual OXO did not start", "127.45.2.1:5060", "in use"] {
        assert!(run.stderr.contains(words), "{words:?} is not told:\n{}", run.stderr);
    }
}

/// A bench that looks for its DUT at an address where the virtual OXO is not.
fn bench_without_dut(name: &str, network: u8) -> Project {
    let project = Project::on_network(name, network);
    let profile = project.root.join(format!("hw-profiles/{PROFILE}.toml"));
    let text = fs::read_to_string(&profile).expect("the profile");
    let (there, elsewhere) = (format!("127.{network}.2.1"), format!("127.{network}.8.1"));
    fs::write(&profile, text.replace(&there, &elsewhere)).expect("the changed profile");
    project
}

#[test]
fn a_dut_that_never_answers_is_inconclusive_in_bounded_time() {
    let project = bench_without_dut("silent", 46);
    // Somebody is there and says nothing at all.
    let _trunk = UdpSocket::bind("127.46.8.1:5060").expect("a silent trunk");
    let _lan = UdpSocket::bind("127.46.8.1:5059").expect("a silent registrar");
    inconclusive(&project);
}

#[test]
fn a_dut_that_is_not_there_is_inconclusive_in_bounded_time() {
    inconclusive(&bench_without_dut("absent", 47));
}

fn inconclusive(project: &Project) {
    let began = Instant::now();
    let run = ended(&mut project.certify(PROFILE, "BC-01,RC-02")).expect(2);
    assert!(began.elapsed() < Duration::from_secs(60), "it took {:?}", began.elapsed());
    for words in ["the bench was not ready", "set.hq1 is not registered", "the DUT says nothing"] {
        assert!(run.stdout.contains(words), "{words:?} is not told:\n{}", run.stdout);
    }
    let result = json(&bench_folder(&run.run_folder()).join("result.json"));
    assert_eq!(result["verdict"], "INCONCLUSIVE");
    assert_eq!(checks_with(&result, "BC-01", "FAIL"), Vec::<String>::new());
    assert!(!result["reasons"].as_array().expect("reasons").is_empty(), "no reason is given");
}

fn events(bench: &Path) -> Vec<Event> {
    let text = fs::read_to_string(bench.join("events.jsonl")).expect("the record");
    text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

/// Where a BYE was seen.
fn byes(events: &[Event]) -> BTreeSet<&str> {
    let messages = events.iter().filter_map(|event| match &event.what {
        What::Sip(sip) => Some(sip),
        _ => None,
    });
    messages.filter(|sip| sip.bytes.0.starts_with(b"BYE ")).map(|sip| sip.point.as_str()).collect()
}

#[test]
fn ctrl_c_in_a_call_ends_the_call_and_keeps_the_record() {
    let project = Project::on_network("interrupted", 48);
    let running = Running::in_a_call(&project, PROFILE);
    running.signal("INT");
    let (bench, dut) = (running.bench.clone(), running.dut);
    let run = running.ended().expect(2);
    assert!(run.stderr.contains("interrupted"), "{}", run.stderr);
    assert!(run.stdout.contains("the run was interrupted"), "the verdict does not say so:\n{}", run.stdout);
    assert!(!is_alive(dut), "the virtual OXO is still there");

    let events = events(&bench);
    let mark = events.iter().position(|event| event.what == What::Interrupted).expect("the interruption");
    assert_eq!(byes(&events[..mark]), BTreeSet::new());
    assert_eq!(byes(&events[mark..]), BTreeSet::from(["sbc.nominal", "set.rs1"]), "a BYE on each leg");
    let interrupted =
        |event: &Event| matches!(&event.what, What::CaseEnded { how: CaseEnd::Interrupted, .. });
    assert!(events.iter().any(interrupted), "the case is not marked");
    assert_eq!(events.last().expect("events").what, What::RunEnded);

    let result = json(&bench.join("result.json"));
    assert_eq!(result["run"]["interrupted"], true);
    assert_eq!(result["verdict"], "INCONCLUSIVE");
    assert_eq!(result["cases"][0]["verdict"], "PASS", "what was played before keeps its verdict");
    for file in ["index.html", "junit.xml"] {
        assert!(run.run_folder().join(file).is_file(), "{file} is missing");
    }
    let before = fs::read(bench.join("result.json")).expect("the result");
    ended(oxocert().arg("judge").arg(&bench)).expect(2);
    assert!(fs::read(bench.join("result.json")).expect("the result") == before, "judged again, other bytes");
}

#[test]
fn a_killed_program_leaves_a_record_and_no_dut() {
    let project = Project::on_network("killed", 49);
    let running = Running::in_a_call(&project, PROFILE);
    running.signal("KILL");
    let (bench, dut) = (running.bench.clone(), running.dut);
    assert_eq!(running.ended().code, -1);
    // The DUT's stdin closed with its parent.
    wait_for(dut);
    assert!(!is_alive(dut), "the virtual OXO outlived its parent");
    assert!(events(&bench).len() > 20);
    let judged = ended(oxocert().arg("judge").arg(&bench)).expect(3);
    assert!(judged.stdout.contains("the record stops before the end of the run"), "{}", judged.stdout);
}

/// Whether there is such a process; one that is over and waits for its parent is not there.
fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// Returns when this process is gone, or after 20 s.
fn wait_for(pid: u32) {
    let mut tail = Command::new("timeout");
    tail.args(["20", "tail", "--follow", "--sleep-interval=0.05", &format!("--pid={pid}"), "/dev/null"]);
    tail.stdin(Stdio::null()).stderr(Stdio::null()).status().expect("tail runs");
}
