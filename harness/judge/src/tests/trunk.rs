//! The encrypted trunk in the result, and that no key gets there.

use super::check;
use super::internet::{DUT_KEY, SBC_KEY, completed, crypto, handshake, internet_plan, probe, query, secured};
use super::tape::{Tape, healthy};
use crate::result::RunResult;
use oxocert_record::{Emitter, StepId, TlsOutcome, TlsSeen, What};
use oxocert_scenario::model::Matcher;

/// The call, with handshakes in both roles, queries and a probe.
fn tape() -> Tape {
    let mut tape = secured();
    let index = tape.done("5");
    let port = |port: u16| format!("127.10.2.1:{port}").parse().unwrap();
    let refused = TlsOutcome::Refused { by_peer: true, alert: Some(48), why: "unknown ca".to_owned() };
    let events = [
        completed(TlsSeen { remote: port(40001), ..handshake() }),
        completed(TlsSeen { remote: port(5061), opened_by_peer: false, suite: Some(0xc02f), ..handshake() }),
        completed(TlsSeen {
            remote: port(40002),
            outcome: refused,
            version: None,
            suite: None,
            ..handshake()
        }),
        completed(TlsSeen { remote: port(40003), peer: Emitter::Foreign, ..handshake() }),
        What::Dns(query("A")),
        What::Dns(query("A")),
        What::Probe(oxocert_record::ProbeSeen { probe: "0xc027".to_owned(), ..probe("alert") }),
    ];
    for (offset, what) in events.into_iter().enumerate() {
        tape.insert(index + offset, 2200 + 10 * offset as u64, what);
    }
    tape
}

fn judged() -> RunResult {
    internet_plan().judge(&tape().events)
}

#[test]
fn handshakes_that_are_alike_stand_in_one_row() {
    let trunk = judged().encrypted.unwrap();
    let rows: Vec<(String, &str, u64)> =
        trunk.handshakes.iter().map(|row| (row.opened_by.clone(), row.outcome.as_str(), row.count)).collect();
    let wanted = [
        ("dut".to_owned(), "completed", 2),
        ("sbc.nominal".to_owned(), "completed", 1),
        ("dut".to_owned(), "refused by the DUT with unknown_ca", 1),
    ];
    assert_eq!(rows, wanted, "a stranger's handshake is none of the DUT");
}

#[test]
fn suites_in_both_roles() {
    let trunk = judged().encrypted.unwrap();
    let row = |number: &str| trunk.suites.iter().find(|row| row.number == number).unwrap();
    let preferred = row("0xc030");
    assert_eq!((preferred.as_client.offered, preferred.as_client.accepted), (Some(true), Some(true)));
    assert_eq!((preferred.as_client.handshakes, preferred.as_client.calls), (2, 1));
    assert_eq!((preferred.as_server.offered, preferred.as_server.accepted), (None, None), "not tried");
    assert_eq!(row("0xc02f").as_server.accepted, Some(true));
    let refused = row("0xc027");
    assert_eq!((refused.as_server.accepted, refused.as_server.handshakes), (Some(false), 0));
    assert_eq!(refused.as_client.accepted, None, "offered and never chosen");
}

#[test]
fn certificates_names_media_and_flows() {
    let trunk = judged().encrypted.unwrap();
    let own = &trunk.certificates[0];
    assert_eq!((own.place, own.key.as_str(), own.count), (0, "RSA 2048", 4));
    assert_eq!(own.names, ["oce.example.org"]);
    assert_eq!(own.uses.as_deref(), Some(&["serverAuth".to_owned()][..]));
    assert!(trunk.warnings.iter().any(|warning| warning.starts_with("C20")), "{:?}", trunk.warnings);
    assert!(trunk.warnings.iter().any(|warning| warning.starts_with("C21")), "{:?}", trunk.warnings);
    let name = &trunk.names[0];
    assert_eq!((name.count, name.interval_ms), (2, Some((10, 10))));
    let srtp = &trunk.srtp[0];
    assert_eq!((srtp.suite.as_str(), srtp.calls, srtp.authenticated), ("AES_CM_128_HMAC_SHA1_80", 1, 71));
    assert_eq!(srtp.first_fault, None);
    let used = |line: &str| trunk.firewall.iter().find(|row| row.line.contains(line)).unwrap().seen.clone();
    assert!(used("DUT to sbc.nominal, TCP").is_some());
    assert_eq!(used("DUT to sbc.backup, TCP"), None);
    assert_eq!(used("DUT to sbc.nominal, UDP").unwrap(), "71 packets to ports 20000");
    assert_eq!(used("DNS").unwrap(), "2 queries");
    assert_eq!(used("in clear"), None);
}

#[test]
fn a_business_vpn_has_none() {
    assert_eq!(super::plan().judge(&healthy().events).encrypted, None);
}

/// Keys of the wire, of key logs and of the scenario itself reach no result, however they get into its texts.
#[test]
fn no_key_reaches_a_result() {
    let mut plan = internet_plan();
    let field = |field: &str, matcher: Matcher| oxocert_scenario::model::step::FieldCheck {
        field: field.to_owned(),
        matcher,
        position: oxocert_scenario::model::Position::default(),
    };
    plan.step("2").checks.push(field("header.X-Odd", Matcher::Absent(true)));
    let of_file = "inline:c2NlbmFyaW8tc2NlbmFyaW8tc2NlbmFyaW8tc2NlbmFy".to_owned();
    plan.step("2").checks.push(field("header.X-Other", Matcher::Equals(of_file)));
    let secret = "0123456789abcdef".repeat(6);
    let mut tape = tape();
    let invite = tape.message(&["INVITE sip:+33277123456@"]);
    tape.rewrite(
        invite,
        "Max-Forwards: 70\r\n",
        &format!("Max-Forwards: 70\r\nX-Odd: {} {DUT_KEY}==\r\n", crypto(DUT_KEY)),
    );
    let index = tape.done("5");
    let random = "f".repeat(64);
    tape.insert(index, 2190, What::TlsSecret { line: format!("CLIENT_RANDOM {random} {secret}") });
    let note = format!("said {SBC_KEY} and {} and -----BEGIN PRIVATE KEY-----MIIEvQ", secret.to_uppercase());
    tape.insert(
        index,
        2191,
        What::Finding { role: "pstn.a".into(), emitter: Emitter::Dut, note: note.clone() },
    );
    tape.insert(index, 2192, What::Network { role: "pstn.a".into(), note: note.clone() });
    tape.insert(index, 2193, What::Operator { note: note.clone() });
    let done = tape.done("7");
    tape.events[done].what =
        What::StepMissed { phase: oxocert_record::Phase::Flow, step: StepId::from("7"), why: note };
    let result = plan.judge(&tape.events);
    assert!(check(&result, "2.header.X-Odd").observed.contains("inline:\u{2026}(redacted)"));
    let text = serde_json::to_string(&result).unwrap();
    for key in [DUT_KEY, SBC_KEY, secret.as_str(), secret.to_uppercase().as_str(), "MIIEvQ", "c2NlbmFyaW8"] {
        assert!(!text.contains(key), "{key} is in the result");
    }
    assert!(!text.contains("CLIENT_RANDOM"));
}
