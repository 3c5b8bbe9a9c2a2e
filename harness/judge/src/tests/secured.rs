//! Standing checks of a trunk over internet, each both ways.

use super::internet::{
    DUT_CERTIFICATE, DUT_KEY, SBC_KEY, completed, crypto, end, handshake, internet_plan, secured,
};
use super::tape::{Side, healthy};
use super::tape::{Tape, message, sdp, seen};
use super::{Plan, check, verdict, with};
use oxocert_machine::Transport;
use oxocert_record::{Bytes, Direction, SrtpCounts, StreamWindow, TlsOutcome, TlsSeen, Verdict, What};
use rstest::rstest;

/// The handshake of the tape.
fn tls(tape: &mut Tape) -> &mut TlsSeen {
    let index = tape.find(|what| matches!(what, What::Tls(_)));
    match &mut tape.events[index].what {
        What::Tls(seen) => seen,
        _ => unreachable!(),
    }
}

pub(super) fn stream(tape: &mut Tape) -> &mut StreamWindow {
    let index = tape.find(|what| matches!(what, What::Stream(window) if window.srtp.is_some()));
    match &mut tape.events[index].what {
        What::Stream(window) => window,
        _ => unreachable!(),
    }
}

/// Turns one packet of the stream into one of another kind.
fn one_packet(tape: &mut Tape, turn: impl Fn(&mut SrtpCounts)) {
    let counts = stream(tape).srtp.as_mut().unwrap();
    counts.authenticated -= 1;
    turn(counts);
}

fn invite_of_dut(tape: &Tape) -> usize {
    tape.message(&["INVITE sip:+33277123456@"])
}

fn bye_of_dut(tape: &mut Tape) {
    // A message in clear on the trunk, beside those over TLS.
    let index = tape.message(&["ACK sip:127.10.1.1"]);
    tape.sip_at(index).transport = Transport::Tcp;
}

fn old_version(tape: &mut Tape) {
    tls(tape).version = Some("1.1".to_owned());
}

fn other_suite(tape: &mut Tape) {
    tls(tape).suite = Some(0xc014);
}

fn offers_old_version(tape: &mut Tape) {
    tls(tape).offered_versions.push("1.0".to_owned());
}

fn offers_weak_suite(tape: &mut Tape) {
    tls(tape).offered_suites.push(0x0005);
}

fn expired(tape: &mut Tape) {
    tls(tape).flaws = Some(vec!["expired".to_owned()]);
}

/// A harness that refuses a bad certificate has seen it all the same.
fn expired_and_refused(tape: &mut Tape) {
    expired(tape);
    tls(tape).outcome = TlsOutcome::Refused { by_peer: false, alert: None, why: "expired".to_owned() };
}

fn no_certificate(tape: &mut Tape) {
    tls(tape).flaws = None;
    tls(tape).chain.clear();
}

fn another_sni(tape: &mut Tape) {
    tls(tape).sni = Some("sbc2.example.org".to_owned());
}

fn no_sni(tape: &mut Tape) {
    tls(tape).sni = None;
}

/// The name is read from the bytes, whatever the record says of it.
fn another_name(tape: &mut Tape) {
    tls(tape).chain = vec![Bytes(super::internet::INTERMEDIATE.to_vec())];
}

fn asks_no_client(tape: &mut Tape) {
    tls(tape).opened_by_peer = false;
    tls(tape).client_asked = Some(false);
}

fn leaf_only(tape: &mut Tape) {
    tls(tape).chain.truncate(1);
}

fn chain_out_of_order(tape: &mut Tape) {
    tls(tape).chain[1] = Bytes(DUT_CERTIFICATE.to_vec());
}

fn private_via(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "SIP/2.0/TLS 127.10.2.1:5060", "SIP/2.0/TLS 10.8.0.2:5061");
}

fn private_contact(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "<sip:127.10.2.1:5061;", "<sip:10.8.0.2:5061;");
}

fn contact_port(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "<sip:127.10.2.1:5061;", "<sip:127.10.2.1:49152;");
}

fn private_connection(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "c=IN IP4 127.10.2.1", "c=IN IP4 10.8.0.21");
}

fn private_origin(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "o=- 1 1 IN IP4 127.10.2.1", "o=- 1 1 IN IP4 10.8.0.21");
}

fn avp(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "RTP/SAVP", "RTP/AVP");
}

fn no_key(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, &crypto(DUT_KEY), "a=nothing");
}

fn short_key(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, DUT_KEY, "ZHV0");
}

fn not_the_preferred_suite(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, "SHA1_80", "SHA1_32");
}

fn clear(tape: &mut Tape) {
    one_packet(tape, |counts| counts.clear = 1);
}

fn bad_tag(tape: &mut Tape) {
    one_packet(tape, |counts| counts.unauthenticated = 1);
}

fn other_key(tape: &mut Tape) {
    one_packet(tape, |counts| counts.other_key = 1);
}

fn roll_over(tape: &mut Tape) {
    one_packet(tape, |counts| counts.roll_over = 1);
}

fn replayed(tape: &mut Tape) {
    stream(tape).srtp.as_mut().unwrap().replayed = 1;
}

fn never_secured(tape: &mut Tape) {
    let window = stream(tape);
    window.srtp = None;
    window.payload_sizes = vec![(160, window.packets)];
}

fn clear_rtcp(tape: &mut Tape) {
    stream(tape).srtp.as_mut().unwrap().rtcp_unauthenticated = 1;
}

fn unencrypted_rtcp(tape: &mut Tape) {
    stream(tape).srtp.as_mut().unwrap().rtcp_unencrypted = 1;
}

fn copied_key(tape: &mut Tape) {
    let index = invite_of_dut(tape);
    tape.rewrite(index, DUT_KEY, SBC_KEY);
}

/// A second call of the DUT with the same key.
fn key_again(tape: &mut Tape) {
    let body = sdp(&["PCMA"], super::internet::DUT_RTP).replace("RTP/AVP", "RTP/SAVP");
    let body = |key: &str| body.replace("a=ptime:20\r\n", &format!("a=ptime:20\r\n{}\r\n", crypto(key)));
    let end = tape.find(|what| matches!(what, What::CaseEnded { .. }));
    let invite = message(
        "INVITE sip:+33277123456@127.10.1.1 SIP/2.0",
        "1 INVITE",
        "two",
        "two",
        false,
        &body(DUT_KEY),
    );
    tape.insert(end, 3000, seen(Side::Trunk, Direction::In, invite));
    let answer = message(
        "SIP/2.0 200 OK",
        "1 INVITE",
        "two",
        "two",
        true,
        &body("YW5vdGhlci1hbm90aGVyLWFub3RoZXItYW5vdGhl"),
    );
    tape.insert(end + 1, 3001, seen(Side::Trunk, Direction::Out, answer));
}

#[rstest]
#[case::in_clear("signalling-secured", bye_of_dut)]
#[case::old_version("tls-floor", old_version)]
#[case::other_suite("tls-floor", other_suite)]
#[case::offers_old_version("tls-floor", offers_old_version)]
#[case::offers_weak_suite("tls-floor", offers_weak_suite)]
#[case::expired("tls-identity", expired)]
#[case::expired_and_refused("tls-identity", expired_and_refused)]
#[case::no_certificate("tls-identity", no_certificate)]
#[case::another_sni("tls-identity", another_sni)]
#[case::no_sni("tls-identity", no_sni)]
#[case::another_name("tls-identity", another_name)]
#[case::asks_no_client("tls-identity", asks_no_client)]
#[case::leaf_only("tls-chain", leaf_only)]
#[case::chain_out_of_order("tls-chain", chain_out_of_order)]
#[case::private_via("public-address", private_via)]
#[case::private_contact("public-address", private_contact)]
#[case::contact_port("public-address", contact_port)]
#[case::private_connection("public-address", private_connection)]
#[case::private_origin("public-address", private_origin)]
#[case::avp("savp", avp)]
#[case::no_key("savp", no_key)]
#[case::short_key("savp", short_key)]
#[case::not_the_preferred_suite("savp", not_the_preferred_suite)]
#[case::clear("srtp-only", clear)]
#[case::bad_tag("srtp-only", bad_tag)]
#[case::other_key("srtp-only", other_key)]
#[case::roll_over("srtp-only", roll_over)]
#[case::replayed("srtp-only", replayed)]
#[case::never_secured("srtp-only", never_secured)]
#[case::clear_rtcp("srtcp", clear_rtcp)]
#[case::unencrypted_rtcp("srtcp", unencrypted_rtcp)]
#[case::copied_key("srtp-keys", copied_key)]
#[case::key_again("srtp-keys", key_again)]
fn each_can_fail(#[case] name: &str, #[case] defect: fn(&mut Tape)) {
    let plan = internet_plan();
    let id = format!("standing.{name}");
    let mut tape = with_rtcp();
    assert_eq!(verdict(&plan, &tape, &id), verdict_when_sound(name), "healthy");
    defect(&mut tape);
    assert_eq!(verdict(&plan, &tape, &id), Verdict::Fail);
}

/// One call that the DUT offers has no second use of a key to look for.
fn verdict_when_sound(name: &str) -> Verdict {
    if name == "srtp-keys" { Verdict::NotApplicable } else { Verdict::Pass }
}

/// The healthy call with some SRTCP in it.
fn with_rtcp() -> Tape {
    let mut tape = secured();
    let window = stream(&mut tape);
    window.rtcp_packets = 2;
    window.rtcp_dscp = vec![(46, 2)];
    window.srtp.as_mut().unwrap().rtcp_authenticated = 2;
    tape
}

#[test]
fn a_healthy_secured_call_passes() {
    let plan = internet_plan();
    let result = plan.judge(&with_rtcp().events);
    let fails = with(&result, Verdict::Fail);
    // The sizing row of the plan counts flows of direct media; the media here is anchored.
    assert!(fails.iter().all(|id| *id == "channels"), "{fails:?}");
    for check in result.cases[0].checks.iter().filter(|check| check.id.0.starts_with("standing.")) {
        assert_eq!(
            check.verdict,
            verdict_when_sound(check.id.0.trim_start_matches("standing.")),
            "{check:#?}"
        );
    }
}

/// Each kind of failure is told by its own words.
#[test]
fn failures_of_srtp_are_told_apart() {
    let plan = internet_plan();
    for (defect, words) in [
        (clear as fn(&mut Tape), "1 packets in clear"),
        (bad_tag, "1 packets whose authentication fails"),
        (other_key, "under another key"),
        (roll_over, "roll-over counter"),
        (replayed, "replay"),
    ] {
        let mut tape = secured();
        defect(&mut tape);
        let result = plan.judge(&tape.events);
        let observed = &check(&result, "standing.srtp-only").observed;
        assert!(observed.contains(words), "{observed}");
    }
}

/// Packets with a tag that came before the answer had brought their key are no evidence; a clear one is, whenever it comes.
#[test]
fn media_may_be_faster_than_its_key() {
    let plan = internet_plan();
    let early = |sizes: Vec<(u16, u64)>| {
        let mut tape = secured();
        let mut window = stream(&mut tape).clone();
        window.packets = 3;
        window.srtp = None;
        window.payload_sizes = sizes;
        let index = tape.find(|what| matches!(what, What::Stream(window) if window.srtp.is_some()));
        tape.insert(index, 1200, What::Stream(window));
        verdict(&plan, &tape, "standing.srtp-only")
    };
    assert_eq!(early(vec![(170, 3)]), Verdict::Pass);
    assert_eq!(early(vec![(160, 1), (170, 2)]), Verdict::Fail);
    assert_eq!(early(vec![(160, 3)]), Verdict::Fail);
}

/// What the operator profile forgives is no failure, and what a-SBC and record say of a name is decided from the bytes.
#[test]
fn what_is_forgiven_and_what_an_sbc_was_told_to_want() {
    let plan = internet_plan();
    let mut tape = secured();
    tls(&mut tape).flaws = Some(vec!["name-mismatch".to_owned(), "no-client-auth".to_owned()]);
    assert_eq!(verdict(&plan, &tape, "standing.tls-identity"), Verdict::Pass);
    let mut strict = internet_plan();
    strict.bench.internet.as_mut().unwrap().forgiven.clear();
    assert_eq!(verdict(&strict, &tape, "standing.tls-identity"), Verdict::Fail);
}

/// TLS 1.3 is no failure (C8).
#[test]
fn a_newer_version_is_no_failure() {
    let mut tape = secured();
    tls(&mut tape).version = Some("1.3".to_owned());
    tls(&mut tape).suite = Some(0x1302);
    tls(&mut tape).offered_versions = vec!["1.3".to_owned(), "1.2".to_owned()];
    assert_eq!(verdict(&internet_plan(), &tape, "standing.tls-floor"), Verdict::Pass);
}

/// A chain without its intermediate is told and never blocks: certificates may be exchanged out of band.
#[test]
fn the_chain_is_an_observation() {
    let plan = internet_plan();
    let mut tape = secured();
    leaf_only(&mut tape);
    let result = plan.judge(&tape.events);
    let chain = check(&result, "standing.tls-chain");
    assert_eq!((chain.verdict, chain.observation), (Verdict::Fail, true));
    let clause = result.matrix.iter().find(|clause| clause.id.0 == "2.4.5-chain").unwrap();
    assert_eq!(clause.verdict, Verdict::Pass, "proven by tls-identity");
}

/// The connection of an earlier case is the one that a case runs on, until it ends.
#[test]
fn a_standing_connection_is_judged_in_each_case() {
    let plan = internet_plan();
    let before = |ended: bool| {
        let mut tape = healthy();
        let mut old = handshake();
        old.version = Some("1.0".to_owned());
        tape.insert(1, 5, completed(old));
        if ended {
            tape.insert(2, 6, What::TlsEnded(end(true)));
        }
        verdict(&plan, &tape, "standing.tls-floor")
    };
    assert_eq!(before(false), Verdict::Fail);
    assert_eq!(before(true), Verdict::NotApplicable);
}

/// Without a subject a check is not applicable, never a pass; on a Business VPN a case does not have it.
#[test]
fn without_subject() {
    let plan = internet_plan();
    for name in ["tls-floor", "tls-identity", "tls-chain", "srtp-only", "srtcp", "srtp-keys"] {
        assert_eq!(verdict(&plan, &healthy(), &format!("standing.{name}")), Verdict::NotApplicable, "{name}");
    }
    let elsewhere: Plan = super::plan();
    let result = elsewhere.judge(&healthy().events);
    assert!(result.cases[0].checks.iter().all(|check| check.id.0 != "standing.tls-floor"));
}

/// A key that stands in an offer which was refused, and in the same offer sent again elsewhere, protected nothing twice.
#[test]
fn an_offer_sent_again_is_no_second_use() {
    let plan = internet_plan();
    let mut tape = secured();
    key_again(&mut tape);
    let answer = tape.message(&["SIP/2.0 200", "1 INVITE", "Call-ID: two"]);
    let refusal = message("SIP/2.0 503 Service Unavailable", "1 INVITE", "two", "two", true, "");
    tape.events[answer].what = seen(Side::Trunk, Direction::Out, refusal);
    assert_eq!(verdict(&plan, &tape, "standing.srtp-keys"), Verdict::NotApplicable);
}
