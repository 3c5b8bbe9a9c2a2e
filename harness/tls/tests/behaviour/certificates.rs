//! Certificates that are not in order: refused with the right alert, forgiven where that is told, recorded by an instrument.

use crate::lab::{dut, forgiving, of_dut, of_sbc, sbc};
use crate::pair::{Pair, handshake, ponged};
use oxocert_pki::Flaw;
use oxocert_tls::{Backend, Endpoint, Event, Outcome, PeerPolicy, Side, Version};
use rstest::rstest;
use std::collections::BTreeSet;

/// Who refused, with which alert.
fn refused(outcome: &Outcome) -> (Side, Option<&'static str>) {
    match outcome {
        Outcome::Refused { by, alert, .. } => (*by, alert.and_then(|alert| alert.name())),
        Outcome::Completed => panic!("completed"),
    }
}

/// A DUT as client meets a certificate of the a-SBC: refused with `alert`, taken where `flaw` is forgiven. rustls has
/// certificate_expired also for what is not valid yet; OpenSSL tells its own objections and handshake_failure for the others.
#[rstest]
#[case("expired", Flaw::Expired, "certificate_expired", "certificate_expired")]
#[case("not-yet-valid", Flaw::NotYetValid, "certificate_expired", "bad_certificate")]
#[case("unknown-ca", Flaw::UnknownCa, "unknown_ca", "unknown_ca")]
#[case("self-signed", Flaw::UnknownCa, "unknown_ca", "unknown_ca")]
#[case("wrong-name", Flaw::NameMismatch, "bad_certificate", "bad_certificate")]
#[case("cn-only", Flaw::NameInCommonNameOnly, "bad_certificate", "bad_certificate")]
#[case("wildcard", Flaw::Wildcard, "bad_certificate", "bad_certificate")]
#[case("weak-key", Flaw::WeakKey, "bad_certificate", "handshake_failure")]
#[case("g2-root", Flaw::UnknownCa, "unknown_ca", "unknown_ca")]
fn a_client_refuses(
    #[case] certificate: &str,
    #[case] flaw: Flaw,
    #[case] by_rustls: &str,
    #[case] by_openssl: &str,
    #[values(Version::Tls12, Version::Tls13)] version: Version,
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let only = |endpoint| Endpoint { lowest: version, highest: version, suites: vec![0xc030], ..endpoint };
    let server = Endpoint { identity: of_sbc(certificate), ..only(sbc(Backend::Rustls)) };
    let client = only(dut(backend));
    let pair = Pair::ping(client.clone(), server.clone());
    let (a, b) = (handshake(&pair.seen_by_a()), handshake(&pair.seen_by_b()));
    let alert = if backend == Backend::Rustls { by_rustls } else { by_openssl };
    assert_eq!(refused(&a.outcome), (Side::Own, Some(alert)), "{a:?}");
    assert_eq!(refused(&b.outcome), (Side::Peer, Some(alert)), "{b:?}");
    assert_eq!(a.presented.unwrap().flaws, [flaw]);
    assert!(!ponged(&pair.seen_by_a()));

    let pair = Pair::ping(forgiving(client, flaw), server);
    let a = handshake(&pair.seen_by_a());
    assert_eq!((a.outcome, a.presented.unwrap().flaws.as_slice()), (Outcome::Completed, &[flaw][..]));
    assert!(ponged(&pair.seen_by_a()));
}

/// A chain without its intermediate is refused by one who has only the root, taken by one who imported it.
#[rstest]
fn a_missing_intermediate(#[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend) {
    let suites = vec![0xc030];
    let server = Endpoint { identity: of_sbc("no-intermediate"), ..sbc(Backend::Rustls) };
    let roots = Endpoint { trusted: crate::lab::lab().trusted_of_sbc(), suites, ..dut(backend) };
    let a = handshake(&Pair::ping(roots, server.clone()).seen_by_a());
    assert_eq!(refused(&a.outcome), (Side::Own, Some("unknown_ca")));
    assert_eq!(a.presented.unwrap().flaws, [Flaw::MissingIntermediate]);
    let a = handshake(&Pair::ping(dut(backend), server).seen_by_a());
    assert_eq!((a.outcome, a.presented.unwrap().flaws), (Outcome::Completed, vec![]));
}

/// The a-SBC's client certificate at the DUT's server.
#[rstest]
#[case("expired", Flaw::Expired, "certificate_expired")]
#[case("unknown-ca", Flaw::UnknownCa, "unknown_ca")]
#[case("server-only", Flaw::NoClientAuth, "unsupported_certificate")]
#[case("wrong-name", Flaw::NameMismatch, "bad_certificate")]
fn a_server_refuses(
    #[case] certificate: &str,
    #[case] flaw: Flaw,
    #[case] alert: &str,
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let client = Endpoint { identity: of_sbc(certificate), ..sbc(Backend::OpenSsl) };
    let pair = Pair::ping(client.clone(), dut(backend));
    let (a, b) = (handshake(&pair.seen_by_a()), handshake(&pair.seen_by_b()));
    assert_eq!(refused(&b.outcome), (Side::Own, Some(alert)), "{b:?}");
    assert_eq!(refused(&a.outcome), (Side::Peer, Some(alert)), "{a:?}");
    assert_eq!(b.presented.unwrap().flaws, [flaw]);
    let pair = Pair::ping(client, forgiving(dut(backend), flaw));
    assert_eq!(handshake(&pair.seen_by_b()).outcome, Outcome::Completed);
}

/// No client certificate: handshake_failure of OpenSSL in TLS 1.2; rustls says certificate_required in both versions.
#[rstest]
#[case(Version::Tls12, Backend::OpenSsl, "handshake_failure")]
#[case(Version::Tls13, Backend::OpenSsl, "certificate_required")]
#[case(Version::Tls12, Backend::Rustls, "certificate_required")]
#[case(Version::Tls13, Backend::Rustls, "certificate_required")]
fn no_client_certificate(#[case] version: Version, #[case] backend: Backend, #[case] alert: &str) {
    let only = |endpoint| Endpoint { lowest: version, highest: version, ..endpoint };
    let client = Endpoint { identity: None, ..only(sbc(Backend::OpenSsl)) };
    let pair = Pair::ping(client.clone(), only(dut(backend)));
    let b = handshake(&pair.seen_by_b());
    assert_eq!((refused(&b.outcome), b.presented), ((Side::Own, Some(alert)), None));
    let seen = pair.seen_by_a();
    if version == Version::Tls12 {
        assert_eq!(refused(&handshake(&seen).outcome), (Side::Peer, Some(alert)));
    } else {
        // In TLS 1.3 a client is done before the server has seen its certificate.
        assert_eq!(handshake(&seen).outcome, Outcome::Completed);
        let ended = seen.iter().find_map(|saw| match saw {
            crate::pair::Saw::Tls(Event::Ended(ended)) => Some(ended.clone()),
            _ => None,
        });
        let ended = ended.unwrap();
        assert_eq!((ended.by, ended.alert.and_then(|alert| alert.name())), (Side::Peer, Some(alert)));
        assert!(!ended.peer_spoke);
    }
    let pair = Pair::ping(client, forgiving(only(dut(backend)), Flaw::Absent));
    assert!(ponged(&pair.seen_by_a()));
}

/// An instrument takes all of them, and tells.
#[rstest]
fn an_instrument_records(
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
    #[values(Version::Tls12, Version::Tls13)] version: Version,
    #[values(
        "good",
        "expired",
        "not-yet-valid",
        "unknown-ca",
        "self-signed",
        "wrong-name",
        "cn-only",
        "wildcard"
    )]
    name: &str,
) {
    let only = |endpoint| Endpoint { lowest: version, highest: version, ..endpoint };
    let client = Endpoint { identity: of_dut(name), ..only(dut(Backend::OpenSsl)) };
    let pair = Pair::ping(client, only(sbc(backend)));
    assert!(ponged(&pair.seen_by_a()));
    let presented = handshake(&pair.seen_by_b()).presented.unwrap();
    assert_eq!(presented.flaws.is_empty(), name == "good", "{:?}", presented.flaws);
    assert_eq!(presented.chain, of_dut(name).unwrap().chain);
}

/// RSA 1024 is below what ring signs with or verifies: OpenSSL signs, and the signature is verified all the same.
#[rstest]
fn a_weak_key_of_either_side(#[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend) {
    let client = Endpoint { identity: of_dut("weak-key"), ..dut(backend) };
    let server = Endpoint { identity: of_sbc("weak-key"), ..sbc(backend) };
    let pair = Pair::ping(Endpoint { peer: PeerPolicy::Record, ..client }, server);
    assert!(ponged(&pair.seen_by_a()), "{:?}", pair.seen_by_a());
    for seen in [pair.seen_by_a(), pair.seen_by_b()] {
        assert_eq!(handshake(&seen).presented.unwrap().flaws, [Flaw::WeakKey]);
    }
}

/// A DUT whose clock is two years ahead takes nothing; one whose clock is right does (SEC-16).
#[rstest]
fn a_clock_that_is_wrong(#[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend) {
    let ahead = Endpoint { clock_ahead: 2 * 365 * 86_400, suites: vec![0xc030], ..dut(backend) };
    let a = handshake(&Pair::ping(ahead, sbc(Backend::Rustls)).seen_by_a());
    assert_eq!(refused(&a.outcome), (Side::Own, Some("certificate_expired")));
}

/// Several flaws, of which one is forgiven: the other still refuses.
#[test]
fn one_forgiven_flaw_is_not_all() {
    let server = Endpoint { identity: of_sbc("expired"), ..sbc(Backend::Rustls) };
    let peer = PeerPolicy::Refuse { forgiven: BTreeSet::from([Flaw::Expired]) };
    let client = Endpoint { peer, peer_name: Some("somebody.else".into()), ..dut(Backend::OpenSsl) };
    let a = handshake(&Pair::ping(client, server).seen_by_a());
    assert_eq!(refused(&a.outcome), (Side::Own, Some("bad_certificate")));
    assert_eq!(a.presented.unwrap().flaws, [Flaw::Expired, Flaw::NameMismatch]);
}
