//! A whole certification on sockets, and what other people's programs say of the files it leaves.

use crate::process::{Project, bench_folder, ended, json, oxocert, peer, scratch};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn the_smoke_set_passes_and_leaves_a_whole_run_folder() {
    let project = Project::on_network("smoke", 40);
    let mut command = oxocert();
    command.arg("--root").arg(&project.root);
    command.args(["certify", "--set", "smoke", "--seed", "7", "--profile", "virtual-powercpu-bvpn"]);
    let run = ended(&mut command).expect(0);
    let cases = oxocert_cli::args::SMOKE;
    for case in cases {
        assert!(
            run.stderr.lines().any(|line| line.contains(&format!("] {case} ... PASS"))),
            "no progress of {case}:\n{}",
            run.stderr
        );
        assert!(
            run.stdout.lines().any(|line| line.contains(case) && line.contains("PASS")),
            "no verdict of {case}:\n{}",
            run.stdout
        );
    }

    let folder = run.run_folder();
    let bench = bench_folder(&folder);
    assert_eq!(bench.file_name().expect("a name"), "virtual-powercpu-bvpn");
    for file in ["index.html", "junit.xml"] {
        assert!(folder.join(file).is_file(), "{file} is missing");
    }
    for file in ["inputs/SHA256SUMS", "inputs/plan.json", "inputs/scenarios/requirements.toml", "result.json"]
    {
        assert!(bench.join(file).is_file(), "{file} is missing");
    }
    let captures = cases.iter().map(|case| bench.join(format!("evidence/{case}.pcapng")));
    for secret in [bench.join("events.jsonl"), bench.join("dut.log")].into_iter().chain(captures) {
        let mode = fs::metadata(&secret).expect("a file of the run").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the mode of {}", secret.display());
    }

    let sums =
        ended(peer("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(bench.join("inputs")));
    assert_eq!((sums.code, sums.stdout.as_str()), (0, ""), "{}", sums.stderr);

    let result = json(&bench.join("result.json"));
    assert_eq!(result["verdict"], "PASS");
    assert_eq!(result["run"]["loads_seen"], serde_json::json!(["OXO063/011.001 GW_063/011.001"]));
    assert_eq!(result["cases"].as_array().expect("cases").len(), cases.len());
    no_secret_is_told(
        &bench,
        &[
            run.stdout.clone(),
            run.stderr.clone(),
            fs::read_to_string(folder.join("index.html")).expect("the page"),
            fs::read_to_string(folder.join("junit.xml")).expect("JUnit"),
            fs::read_to_string(bench.join("result.json")).expect("the result"),
            fs::read_to_string(bench.join("dut.log")).expect("the DUT's log"),
        ],
    );
}

/// The values of digest answers that the record holds; they are the nearest thing to a password that is ever sent.
fn no_secret_is_told(bench: &Path, told: &[String]) {
    let events = fs::read_to_string(bench.join("events.jsonl")).expect("the record");
    let answers: Vec<&str> = events
        .split("response=\\\"")
        .skip(1)
        .filter_map(|rest| rest.split("\\\"").next())
        .filter(|answer| answer.len() == 32)
        .collect();
    assert!(answers.len() >= 5, "each set registers with a digest: {answers:?}");
    // As the harness draws them from the seed of the run.
    let seed = oxocert_machine::Seed(7).child("password");
    let passwords = ["set.hq1", "set.hq2", "set.hq3", "set.rs1", "set.rs2"]
        .map(|set| format!("{:016x}", seed.child(set).0));
    for secret in answers.into_iter().chain(passwords.iter().map(String::as_str)) {
        assert!(!told.iter().any(|text| text.contains(secret)), "{secret} is told");
    }
    for password in &passwords {
        assert!(!events.contains(password), "a password stands in the record");
    }
}

#[test]
fn chromium_shows_the_report_without_asking_the_network() {
    let project = Project::on_network("chromium", 41);
    let run = ended(&mut project.certify("virtual-powercpu-bvpn", "BC-01,RC-02")).expect(0);
    let folder = run.run_folder();
    let dom = dump_dom(&folder.join("index.html"), "chromium-html");
    for expected in ["OXO063/011.001", "BC-01", "RC-02", "PASS", "no certificate"] {
        assert!(dom.contains(expected), "{expected} is not on the page");
    }
    for asks in [
        "src=\"http",
        "src=\"//",
        "href=\"http",
        "href=\"//",
        "<link",
        "@import",
        "url(",
        "<script",
        "<iframe",
    ] {
        assert!(!dom.contains(asks), "the page asks for something else: {asks}");
    }
    let tree = dump_dom(&folder.join("junit.xml"), "chromium-xml");
    assert!(!tree.contains("parsererror"), "junit.xml is not well-formed:\n{tree}");
    assert!(tree.contains("testsuites") && tree.contains("BC-01"), "{tree}");
}

/// The document as Chromium has it after loading; every name resolves to nothing.
fn dump_dom(file: &Path, scratch_name: &str) -> String {
    let mut chromium = peer("chromium");
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]);
    chromium.arg("--host-resolver-rules=MAP * ~NOTFOUND");
    chromium.arg(format!("--user-data-dir={}", scratch(scratch_name).display()));
    chromium.arg("--dump-dom").arg(format!("file://{}", file.display()));
    ended(&mut chromium).expect(0).stdout
}

#[test]
fn wireshark_reads_the_captures_without_a_warning() {
    let project = Project::on_network("wireshark", 42);
    // SIP over UDP with direct media, SIP over TCP with relayed media.
    for profile in ["virtual-powercpu-bvpn", "virtual-oce-anchored"] {
        let run = ended(&mut project.certify(profile, "BC-01,HR-01")).expect(0);
        let bench = bench_folder(&run.run_folder());
        for case in ["BC-01", "HR-01"] {
            let capture = bench.join(format!("evidence/{case}.pcapng"));
            let read = tshark(&capture, &["-q"]);
            assert_eq!(
                (read.stdout.as_str(), complaints(&read.stderr).as_str()),
                ("", ""),
                "{profile} {case}"
            );
            let warned = tshark(&capture, &["-Y", "_ws.malformed || _ws.expert.severity >= \"Warning\""]);
            assert_eq!(warned.stdout, "", "{profile} {case}: what Wireshark warns of");
            for (filter, least) in [
                ("sip.Method == \"INVITE\"", 2),
                ("sip.Status-Code == 200", 4),
                ("rtp.p_type == 8", 50),
                ("frame.comment contains \"step 2\"", 1),
            ] {
                let found = tshark(&capture, &["-Y", filter]).stdout.lines().count();
                assert!(
                    found >= least,
                    "{profile} {case}: {found} frames with {filter}, at least {least} expected"
                );
            }
        }
    }
}

fn tshark(capture: &Path, arguments: &[&str]) -> crate::process::Ended {
    ended(peer("tshark").arg("-r").arg(capture).args(arguments)).expect(0)
}

/// What it said of the file: the remark about its user is none.
fn complaints(stderr: &str) -> String {
    stderr.lines().filter(|line| !line.starts_with("Running as user")).collect::<Vec<_>>().join("\n")
}
