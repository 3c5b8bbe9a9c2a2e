//! No key of a record reaches a page, a terminal or a file for CI: a record with keys is judged and drawn whole.

use crate::{html, junit, summary_text};
use oxocert_judge::judge;
use oxocert_machine::{At, Transport};
use oxocert_record::{
    Bytes, CaseEnd, Direction, Emitter, Event, EventNo, Phase, RunStarted, SipSeen, StepId, What,
};
use oxocert_scenario::{disk, load_bench, load_cases, load_register, load_standing};
use std::path::Path;

/// Key and salt as they stand in `inline:`.
const KEY: &str = "c3VwZXItc2VjcmV0LXN1cGVyLXNlY3JldC1zdXBl";
const TLS_SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677";

/// An INVITE of the DUT that carries its key where it belongs, and where it does not.
fn invite() -> What {
    let crypto = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31|1:4");
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 127.21.2.1\r\ns=-\r\nc=IN IP4 127.21.2.1\r\nt=0 0\r\nm=audio 32000 RTP/SAVP 8\r\n{crypto}\r\n"
    );
    let text = format!(
        "INVITE sip:+33277123456@127.21.1.1;x={KEY} SIP/2.0\r\nVia: SIP/2.0/TLS 127.21.2.1:5061;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
         From: <sip:a@127.21.2.1>;tag=1\r\nTo: <sip:b@127.21.1.1>\r\nCall-ID: {KEY}\r\nCSeq: 1 INVITE\r\nUser-Agent: {KEY}\r\n\
         Contact: <sip:127.21.2.1:5061;transport=tls>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    What::Sip(SipSeen {
        point: "sbc.nominal".into(),
        party: Some("pstn.a".into()),
        direction: Direction::In,
        emitter: Emitter::Dut,
        transport: Transport::Tls,
        local: "127.21.1.1:5061".parse().unwrap(),
        remote: "127.21.2.1:40000".parse().unwrap(),
        retransmission: false,
        bytes: Bytes(text.into_bytes()),
    })
}

fn record(case: &str) -> Vec<Event> {
    let said = format!("the peer said a=crypto:1 X inline:{KEY} and {TLS_SECRET} and {KEY}==");
    let run = RunStarted {
        tool: "oxocert test".into(),
        load: "OXO063/011.001".into(),
        profile: "virtual-oce-internet-a".into(),
        started: None,
        simulation: true,
        seed: 1,
        dut_parts: Vec::new(),
    };
    let step = || StepId::from("1");
    let all = [
        What::RunStarted(run),
        What::CaseStarted { case: case.into() },
        What::TlsSecret { line: format!("CLIENT_RANDOM {} {TLS_SECRET}", "ab".repeat(32)) },
        What::StepStarted { phase: Phase::Flow, step: step() },
        invite(),
        What::Finding { role: "pstn.a".into(), emitter: Emitter::Dut, note: said.clone() },
        What::Network { role: "sbc.nominal".into(), note: said.clone() },
        What::StepMissed { phase: Phase::Flow, step: step(), why: said },
        What::CaseEnded { case: case.into(), how: CaseEnd::Stopped { step: step() } },
        What::RunEnded,
    ];
    let numbered = all.into_iter().zip(0u64..);
    numbered.map(|(what, n)| Event { n: EventNo(n), at: At::from_millis(10 * n), what }).collect()
}

#[test]
fn no_key_is_drawn() {
    let sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let bench = load_bench(&sources, "hw-profiles/virtual-oce-internet-a.toml").unwrap();
    let register = load_register(&sources).unwrap();
    let standing = load_standing(&sources, &register, &bench).unwrap();
    let path = "scenarios/security/SEC-01.toml".to_owned();
    let cases = load_cases(&sources, &[path], &bench).unwrap_or_else(|problems| panic!("{problems}"));
    let result = judge(&record(cases[0].id.as_str()), &cases, &bench, &register, &standing);
    let json = serde_json::to_string(&result).unwrap();
    let all = [result];
    let page = html(&all).unwrap();
    assert!(page.contains("inline:\u{2026}(redacted)"), "the message was drawn, without its key");
    for text in [page, junit(&all).unwrap(), summary_text(&all), json] {
        for secret in [KEY, TLS_SECRET, "CLIENT_RANDOM"] {
            assert!(!text.contains(secret), "{secret} was drawn");
        }
    }
}
