//! Which handshakes and queries a pattern means, and what their fields give.
#![allow(clippy::unwrap_used)]

use oxocert_machine::At;
use oxocert_record::{DnsSeen, Emitter, TlsEnded, TlsOutcome, TlsSeen, What};
use oxocert_scenario::model::{Matcher, MessagePattern};
use oxocert_scenario::satisfies::{event, event_field, judged_field, values_satisfy};
use oxocert_scenario::{disk, load_bench};
use rstest::rstest;
use std::path::Path;

fn handshake(peer: Emitter, outcome: TlsOutcome) -> What {
    What::Tls(Box::new(TlsSeen {
        role: "sbc.nominal".into(),
        peer,
        local: "127.21.1.1:5061".parse().unwrap(),
        remote: "127.21.2.1:40000".parse().unwrap(),
        opened_by_peer: true,
        from: At(0),
        outcome,
        offered_versions: vec!["1.2".to_owned()],
        offered_suites: vec![0xc030, 0xc02f],
        sni: Some("sbc1.example".to_owned()),
        version: Some("1.2".to_owned()),
        suite: Some(0xc030),
        chain: Vec::new(),
        flaws: Some(vec!["no-client-auth".to_owned()]),
        subject: None,
        issuer: None,
        names: Vec::new(),
        client_asked: Some(true),
        own_certificate: Some("good".to_owned()),
        resumed: false,
    }))
}

fn refused(by_peer: bool) -> TlsOutcome {
    TlsOutcome::Refused { by_peer, alert: Some(48), why: "unknown CA".to_owned() }
}

fn ended(by_peer: bool, peer_spoke: bool) -> What {
    What::TlsEnded(TlsEnded {
        role: "sbc.nominal".into(),
        peer: Emitter::Dut,
        local: "127.21.1.1:5061".parse().unwrap(),
        remote: "127.21.2.1:40000".parse().unwrap(),
        by_peer,
        alert: None,
        peer_spoke,
        why: "closed".to_owned(),
    })
}

fn query(emitter: Emitter) -> What {
    What::Dns(DnsSeen {
        role: "dns.a".into(),
        emitter,
        remote: "127.21.2.1:40000".parse().unwrap(),
        local: "127.21.5.1:10053".parse().unwrap(),
        id: 7,
        name: "sbc1.example".to_owned(),
        kind: "A".to_owned(),
        answer: "A 127.21.1.1 ttl 3 s".to_owned(),
    })
}

#[rstest]
#[case("TLS handshake", handshake(Emitter::Dut, TlsOutcome::Completed), true)]
#[case("TLS handshake", handshake(Emitter::Dut, refused(false)), true)]
#[case("TLS completed", handshake(Emitter::Dut, TlsOutcome::Completed), true)]
#[case("TLS completed", handshake(Emitter::Foreign, TlsOutcome::Completed), false)]
#[case("TLS completed", handshake(Emitter::Dut, refused(true)), false)]
#[case("TLS refused", handshake(Emitter::Dut, refused(true)), true)]
#[case::the_harness_refused("TLS refused", handshake(Emitter::Dut, refused(false)), false)]
#[case::taken_back("TLS refused", ended(true, false), true)]
#[case::it_had_spoken("TLS refused", ended(true, true), false)]
#[case::the_harness_closed("TLS refused", ended(false, false), false)]
#[case("TLS closed", ended(true, true), true)]
#[case("TLS closed", ended(false, true), false)]
#[case("TLS closed", handshake(Emitter::Dut, TlsOutcome::Completed), false)]
#[case("DNS A", query(Emitter::Dut), true)]
#[case("DNS query", query(Emitter::Dut), true)]
#[case("DNS SRV", query(Emitter::Dut), false)]
#[case("DNS A sbc1.example.", query(Emitter::Dut), true)]
#[case("DNS A sbc2.example", query(Emitter::Dut), false)]
#[case::a_stranger_asks("DNS A", query(Emitter::Foreign), false)]
fn patterns_mean_what_the_dut_did(#[case] pattern: &str, #[case] what: What, #[case] wanted: bool) {
    assert_eq!(event(&MessagePattern::parse(pattern).unwrap(), &what), wanted);
}

#[rstest]
#[case("tls.outcome", handshake(Emitter::Dut, refused(true)), Some("refused"))]
#[case("tls.refused_by", handshake(Emitter::Dut, refused(true)), Some("dut"))]
#[case("tls.alert", handshake(Emitter::Dut, refused(true)), Some("unknown_ca"))]
#[case::the_alert_is_the_harness_own("tls.alert", handshake(Emitter::Dut, refused(false)), None)]
#[case("tls.opened_by", handshake(Emitter::Dut, TlsOutcome::Completed), Some("dut"))]
#[case("tls.offered_suites", handshake(Emitter::Dut, TlsOutcome::Completed), Some("0xc030,0xc02f"))]
#[case("tls.suite", handshake(Emitter::Dut, TlsOutcome::Completed), Some("0xc030"))]
#[case("tls.client_asked", handshake(Emitter::Dut, TlsOutcome::Completed), Some("yes"))]
#[case("tls.outcome", ended(true, false), Some("refused"))]
#[case("tls.outcome", ended(true, true), Some("closed"))]
#[case("tls.closed_by", ended(false, true), Some("sbc"))]
#[case("dns.name", query(Emitter::Dut), Some("sbc1.example"))]
#[case("tls.version", query(Emitter::Dut), None)]
fn fields_give_what_was_seen(#[case] field: &str, #[case] what: What, #[case] wanted: Option<&str>) {
    assert_eq!(event_field(&what, field).map(|values| values.join(",")).as_deref(), wanted);
}

#[test]
fn what_the_operator_profile_forgives_is_no_flaw() {
    let sources = disk::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let mut bench = load_bench(&sources, "hw-profiles/virtual-oce-internet-a.toml").unwrap();
    let what = handshake(Emitter::Dut, TlsOutcome::Completed);
    assert_eq!(event_field(&what, "tls.flaws").unwrap(), ["no-client-auth"]);
    let wanted = Matcher::Equals("none".to_owned());
    let judged = judged_field(&bench, &what, "tls.flaws");
    assert_eq!(values_satisfy("tls.flaws", &wanted, judged.as_deref(), None), Ok(()));
    bench.internet.as_mut().unwrap().forgiven.clear();
    let judged = judged_field(&bench, &what, "tls.flaws");
    assert_eq!(
        values_satisfy("tls.flaws", &wanted, judged.as_deref(), None),
        Err("tls.flaws is \"no-client-auth\", wanted \"none\"".to_owned())
    );
}
