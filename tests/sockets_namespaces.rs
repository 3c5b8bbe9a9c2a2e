//! The trunk over internet behind a real firewall: routes, address translation and the table of Orange §2.4.4, in network
//! namespaces that `scripts/internet-lab` makes. It needs root: without it the tests fail and say so.

use crate::process::{Ended, Project, bench_folder, checks_with, ended, json, peer};
use oxocert_record::{Event, What};
use rstest::rstest;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

const LINES: [&str; 5] = ["tls-out", "tls-in", "media-out", "media-in", "dns"];

/// The bench, the firewall and the place of the DUT. They are removed with this.
struct Lab {
    topology: &'static str,
    project: Project,
}

impl Lab {
    fn up(topology: &'static str, name: &str) -> Lab {
        let lab = Lab { topology, project: Project::on_network(name, 55) };
        lab.script(&["up", topology]);
        lab
    }

    /// Has the script do this; shows what it says where it cannot, such as that root or `nft` is missing.
    #[track_caller]
    fn script(&self, arguments: &[&str]) -> Ended {
        ended(internet_lab().args(arguments)).expect(0)
    }

    /// How many packets a line of the table let through since the lab is up.
    fn packets(&self, line: &str) -> u64 {
        let table = self.script(&["table"]).stdout;
        let comment = format!("comment \"{line}\"");
        let rule = table.lines().find(|rule| rule.contains(&comment));
        let rule = rule.unwrap_or_else(|| panic!("no line {line} in the table:\n{table}"));
        let count = rule.split("counter packets ").nth(1).and_then(|rest| rest.split(' ').next());
        count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no counter in {rule}"))
    }

    /// Certifies from the bench's namespace.
    fn certify(&self, only: &str) -> Run {
        let mut command = peer("ip");
        command.args(["netns", "exec", "oxocert-bench", env!("CARGO_BIN_EXE_oxocert"), "--root"]);
        command.arg(&self.project.root).args(["certify", "--seed", "7", "--only", only, "--profile"]);
        command.arg(format!("netns-oce-internet-{}", self.topology));
        command.env("NO_COLOR", "1").env("TMPDIR", self.project.temporary());
        let ended = ended(&mut command);
        assert!(matches!(ended.code, 0 | 1), "exit code {}:\n{}{}", ended.code, ended.stdout, ended.stderr);
        let bench = bench_folder(&ended.run_folder());
        let record = fs::read_to_string(bench.join("events.jsonl")).expect("the record");
        let events = record.lines().map(|line| serde_json::from_str::<Event>(line).expect("an event"));
        let questions = events.filter(|event| matches!(event.what, What::Dns(_))).count();
        Run { code: ended.code, result: json(&bench.join("result.json")), questions }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = internet_lab().arg("down").status();
    }
}

fn internet_lab() -> Command {
    let mut script = Command::new(crate::root().join("scripts/internet-lab"));
    script.stdin(Stdio::null());
    script
}

struct Run {
    code: i32,
    result: Value,
    /// How many questions the name servers got.
    questions: usize,
}

impl Run {
    #[track_caller]
    fn verdict(&self, case: &str, verdict: &str) {
        let cases = self.result["cases"].as_array().expect("cases");
        let found = cases.iter().find(|found| found["id"] == case);
        let found = found.unwrap_or_else(|| panic!("no case {case} in the result"));
        let failed = checks_with(&self.result, case, "FAIL");
        assert_eq!(found["verdict"], verdict, "{case}; its failed checks: {failed:?}");
    }

    /// Asserts that a case failed, and first at this step; returns what was seen there.
    #[track_caller]
    fn fails_at(&self, case: &str, step: &str) -> String {
        self.verdict(case, "FAIL");
        let cases = self.result["cases"].as_array().expect("cases");
        let checks =
            cases.iter().find(|found| found["id"] == case).and_then(|found| found["checks"].as_array());
        let first = checks.and_then(|checks| checks.iter().find(|check| check["verdict"] == "FAIL"));
        let first = first.unwrap_or_else(|| panic!("{case} has no failed check"));
        let id = first["id"].as_str().expect("the id of a check");
        let observed = first["observed"].as_str().unwrap_or_default();
        let at_step = id.strip_prefix(step).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        assert!(at_step, "{case} fails at {id}, not at {step}: {observed}");
        observed.to_owned()
    }
}

#[rstest]
#[case::topology_a("a", "NT-01")]
#[case::topology_b("b", "NT-02")]
fn a_certification_passes_behind_the_firewall_on_sockets(#[case] topology: &'static str, #[case] nat: &str) {
    let lab = Lab::up(topology, &format!("namespaces-{topology}"));
    let cases = ["BC-01", "BC-03", "SEC-01", "SEC-02", "DN-01", nat];
    let run = lab.certify(&cases.join(","));
    for case in cases {
        run.verdict(case, "PASS");
    }
    assert_eq!(run.code, 0, "exit code");
    for line in LINES {
        assert!(lab.packets(line) > 0, "nothing came through the line {line}");
    }
}

/// A handshake does not fit one packet of 1400 bytes: the DUT has to hear what the firewall says of it (RFC 1191).
#[test]
fn a_narrow_path_is_found_by_the_dut_on_sockets() {
    let lab = Lab::up("b", "namespaces-mtu");
    lab.script(&["mtu", "1400"]);
    let cases = ["SEC-01", "SEC-02", "BC-01", "BC-03"];
    let run = lab.certify(&cases.join(","));
    for case in cases {
        run.verdict(case, "PASS");
    }
    let mut counters = peer("ip");
    counters.args(["netns", "exec", "oxocert-firewall", "cat", "/proc/net/snmp"]);
    let counters = ended(&mut counters).expect(0).stdout;
    let mut icmp =
        counters.lines().filter_map(|line| line.strip_prefix("Icmp: ")).map(|line| line.split(' '));
    let (names, values) = (icmp.next().expect("the names"), icmp.next().expect("the counters"));
    let told = names.zip(values).find(|(name, _)| *name == "OutDestUnreachs").expect("what it told");
    assert_ne!(told.1, "0", "the firewall told nobody that a packet was too long");
}

/// What of the trunk one closed line of the table takes away.
struct Closed {
    line: &'static str,
    /// The cases that fail, and the first step at which they do.
    breaks: &'static [(&'static str, &'static str)],
    /// The cases that pass nevertheless.
    leaves: &'static [&'static str],
    /// What is seen at the failed step of the first case.
    seen: &'static [&'static str],
    /// Whether the name servers are asked.
    asked: bool,
}

#[rstest]
#[case::tls_out(Closed {
    line: "tls-out",
    breaks: &[("BC-01", "2"), ("SEC-01", "2")],
    leaves: &["BC-03", "SEC-02"],
    seen: &["INVITE to pstn.a via sbc.nominal did not come", "183 INVITE at set.hq1"],
    asked: true,
})]
#[case::tls_in(Closed {
    line: "tls-in",
    breaks: &[("BC-03", "2"), ("SEC-02", "3")],
    leaves: &["BC-01", "SEC-01"],
    seen: &["100 to pstn.a did not come"],
    asked: true,
})]
#[case::media_out(Closed {
    line: "media-out",
    breaks: &[("BC-01", "6"), ("BC-03", "7")],
    leaves: &["SEC-01"],
    seen: &["set.hq1 hears pstn.a", "pstn.a does not hear set.hq1"],
    asked: true,
})]
#[case::media_in(Closed {
    line: "media-in",
    breaks: &[("BC-01", "6"), ("BC-03", "7")],
    leaves: &["SEC-01"],
    seen: &["set.hq1 does not hear pstn.a", "pstn.a hears set.hq1"],
    asked: true,
})]
#[case::dns(Closed {
    line: "dns",
    breaks: &[("DN-01", "3"), ("BC-01", "2"), ("SEC-01", "2")],
    leaves: &["BC-03", "SEC-02"],
    seen: &["DNS A sbc1.business-talk-ip.orange-business.com to dns.a did not come"],
    asked: false,
})]
fn a_closed_line_of_the_table_takes_its_function_away_on_sockets(#[case] closed: Closed) {
    let lab = Lab::up("b", &format!("namespaces-{}", closed.line));
    lab.script(&["close", closed.line]);
    let broken = closed.breaks.iter().map(|(case, _)| *case);
    let cases: Vec<_> = broken.chain(closed.leaves.iter().copied()).collect();
    let run = lab.certify(&cases.join(","));
    assert_eq!(run.code, 1, "exit code");
    for (case, step) in closed.breaks {
        let observed = run.fails_at(case, step);
        if *case == closed.breaks[0].0 {
            for words in closed.seen {
                assert!(observed.contains(words), "{case} does not tell {words:?}: {observed}");
            }
        }
    }
    for case in closed.leaves {
        run.verdict(case, "PASS");
    }
    assert_eq!(run.questions > 0, closed.asked, "{} questions at the name servers", run.questions);
    assert!(lab.packets("refused") > 0, "the firewall refused nothing");
    // It was the line and nothing else: with it the first of them passes.
    lab.script(&["open", closed.line]);
    let (case, _) = closed.breaks[0];
    lab.certify(case).verdict(case, "PASS");
    assert!(lab.packets(closed.line) > 0, "nothing came through the line {}", closed.line);
}
