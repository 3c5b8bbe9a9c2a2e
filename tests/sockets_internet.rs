//! A certification over internet on sockets, in both topologies, and what other people's programs say of it.

use crate::process::{Ended, Project, bench_folder, ended, json, oxocert, peer};
use crate::tls_client::{Certificates, OCE, Oxo, s_client};
use oxocert_cli::args::{SMOKE, SMOKE_INTERNET};
use oxocert_record::{Event, What};
use rstest::rstest;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[rstest]
#[case::topology_a("virtual-oce-internet-a", 50)]
#[case::topology_b("virtual-oce-internet-b", 51)]
fn the_smoke_set_passes_over_internet_on_sockets(#[case] profile: &str, #[case] network: u8) {
    let project = Project::on_network(profile, network);
    let mut command = oxocert();
    command.arg("--root").arg(&project.root);
    command.args(["certify", "--set", "smoke", "--seed", "7", "--profile", profile]);
    command.env("TMPDIR", project.temporary());
    let run = ended(&mut command).expect(0);
    let bench = bench_folder(&run.run_folder());
    let result = json(&bench.join("result.json"));
    let cases = result["cases"].as_array().expect("cases");
    assert!(cases.len() >= SMOKE.len() + SMOKE_INTERNET.len(), "{} cases", cases.len());
    only_the_owner_reads(&bench);
    no_key_is_told(&bench, &run);
    tshark_reads_the_calls(&bench.join("evidence/run.pcapng"));
    let left = fs::read_dir(project.temporary()).expect("a folder").count();
    assert_eq!(left, 0, "the DUT's certificates are still in the folder for temporary files");
}

fn only_the_owner_reads(bench: &Path) {
    let evidence = fs::read_dir(bench.join("evidence")).expect("the evidence").flatten();
    let files = evidence.map(|entry| entry.path()).chain([bench.join("events.jsonl")]);
    for file in files {
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the mode of {}", file.display());
    }
    let readme = fs::read_to_string(bench.join("README.txt")).expect("README.txt");
    assert!(readme.contains("run.pcapng") && readme.contains("0600"), "{readme}");
}

/// Lines of the key log and SRTP master keys stand in the record and nowhere else.
fn no_key_is_told(bench: &Path, run: &Ended) {
    let text = fs::read_to_string(bench.join("events.jsonl")).expect("the record");
    let events = text.lines().map(|line| serde_json::from_str::<Event>(line).expect("an event"));
    let mut keys = Vec::new();
    for event in events {
        match event.what {
            What::TlsSecret { line } => keys.extend(line.split(' ').next_back().map(str::to_owned)),
            What::Sip(sip) => {
                let message = String::from_utf8_lossy(&sip.bytes.0).into_owned();
                let inline = message.split("inline:").skip(1);
                keys.extend(inline.filter_map(|rest| rest.get(..40)).map(str::to_owned));
            }
            _ => {}
        }
    }
    assert!(keys.len() >= 6, "no keys in the record: {}", keys.len());
    let folder = bench.parent().expect("the folder of the run");
    let told = [
        folder.join("index.html"),
        folder.join("junit.xml"),
        bench.join("result.json"),
        bench.join("dut.log"),
    ];
    let told = told
        .map(|file| fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    for text in told.iter().chain([&run.stdout, &run.stderr]) {
        assert!(!text.contains("PRIVATE KEY"), "a private key is told");
        for key in &keys {
            assert!(!text.contains(key.as_str()), "a key is told");
        }
    }
}

fn tshark_reads_the_calls(capture: &Path) {
    let count = |filter: &str| {
        let mut tshark = peer("tshark");
        tshark.arg("-n").arg("-r").arg(capture).args(["-Y", filter]);
        ended(&mut tshark).expect(0).stdout.lines().count()
    };
    for (filter, least) in [
        ("tls && sip.Method == \"INVITE\"", 4),
        ("tls && sip.Method == \"OPTIONS\"", 2),
        ("tls && sip.Status-Code == 200", 8),
        ("tls && sdp.media.proto == \"RTP/SAVP\"", 4),
        ("dns", 2),
    ] {
        let found = count(filter);
        assert!(found >= least, "{found} frames with {filter}, at least {least} expected");
    }
    assert_eq!(count("_ws.malformed"), 0, "malformed frames");
}

#[test]
fn openssl_meets_the_virtual_oxo_on_sockets() {
    let project = Project::on_network("s-client", 52);
    let certificates = Certificates::draw(&project.root);
    let _oxo = Oxo::start(&project, &certificates);
    let to = "127.52.2.1:5061";
    for suite in ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA256"] {
        let seen = s_client(&certificates, "127.52.1.1", to, OCE, Some("sbc.nominal"), &["-cipher", suite]);
        assert!(seen.completed(), "{suite}:\n{}", seen.text);
        assert!(seen.text.contains(suite), "{suite} was not chosen:\n{}", seen.text);
    }
    // Mutual authentication: without a certificate nothing is said.
    let seen = s_client(&certificates, "127.52.1.1", to, OCE, None, &[]);
    assert!(!seen.completed() && seen.text.contains("alert"), "{}", seen.text);
    let mut client = peer("timeout");
    client.args(["20", "openssl", "s_client", "-tls1_1", "-connect", to]);
    assert_ne!(ended(&mut client).code, 0, "TLS 1.1 was taken");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let project = Project::on_network("open-key", 52);
    let certificates = Certificates::draw(&project.root);
    let key = certificates.folder.join("identities/dut/good.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("a mode");
    let mut command = oxocert();
    command.args(["virtual-oxo", "--settings"]);
    command.arg(project.root.join("hw-profiles/virtual-oxo/virtual-oce-internet-a.toml"));
    command.arg("--certificates").arg(&certificates.folder);
    let run = ended(&mut command).expect(4);
    assert!(run.stderr.contains("good.key") && run.stderr.contains("0644"), "{}", run.stderr);
}

#[test]
fn a_name_server_port_that_needs_rights_or_is_taken_is_told_on_sockets() {
    let project = Project::on_network("dns-taken", 52);
    let _taken = std::net::UdpSocket::bind("127.52.5.1:10053").expect("the name server's address is free");
    let run = ended(&mut project.certify("virtual-oce-internet-a", "SEC-01")).expect(3);
    for words in ["dns.a", "127.52.5.1:10053", "in use"] {
        assert!(run.stderr.contains(words), "{words:?} is not told:\n{}", run.stderr);
    }
}
