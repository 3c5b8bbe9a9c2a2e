//! Probes: the ClientHello of the prober at servers of both libraries.

use crate::lab::{dut, sbc};
use crate::pair::{A, B, Do, Pair, Saw, address, handshakes};
use oxocert_tls::{Backend, Command, Endpoint, Event, Hello, ProbeAnswer, ProbeId, Version, suite_name};
use rstest::rstest;

fn answer(seen: &[Saw]) -> ProbeAnswer {
    let [one] = seen
        .iter()
        .filter_map(|saw| match saw {
            Saw::Tls(Event::Probed { id: ProbeId(7), answer }) => Some(answer.clone()),
            _ => None,
        })
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    one
}

fn probe(hello: Hello, remote: &str) -> Vec<Do> {
    let (local, remote) = (address(A).ip(), address(remote));
    vec![Do::Tls(Command::Probe { id: ProbeId(7), local, remote, hello })]
}

fn probed(name: &str, server: Endpoint) -> (ProbeAnswer, Vec<Saw>) {
    let hello = Hello { sni: Some("oce.customer.example".into()), ..Hello::named(name).unwrap() };
    let mut pair = Pair::new(sbc(Backend::Rustls), server, probe(hello, B));
    pair.run(600);
    (answer(&pair.seen_by_a()), pair.seen_by_b())
}

/// A healthy DUT refuses all that is old or weak with an alert (SEC-05, SEC-06).
#[rstest]
#[case("ssl3", "handshake_failure", Version::Ssl3)] // SSL 3.0 knows no protocol_version (RFC 6101 §5.4.2).
#[case("tls1.0", "protocol_version", Version::Tls10)]
#[case("tls1.1", "protocol_version", Version::Tls11)]
#[case("rc4", "handshake_failure", Version::Tls12)]
#[case("3des", "handshake_failure", Version::Tls12)]
#[case("null", "handshake_failure", Version::Tls12)]
#[case("export", "handshake_failure", Version::Tls12)]
#[case("static-rsa", "handshake_failure", Version::Tls12)]
fn old_and_weak_are_refused(
    #[case] name: &str,
    #[case] alert: &str,
    #[case] version: Version,
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let (answer, seen) = probed(name, dut(backend));
    let ProbeAnswer::Alert(got) = answer else { panic!("{answer:?}") };
    // rustls knows no version below 1.2 and says so with handshake_failure or protocol_version alike.
    assert!(got.name() == Some(alert) || backend == Backend::Rustls, "{got}");
    let [handshake] = handshakes(&seen).try_into().unwrap();
    assert_eq!(handshake.offered_versions, [version]);
    assert_eq!(handshake.offered_suites[0], Hello::named(name).unwrap().suites[0]);
    let sni = if version == Version::Ssl3 { None } else { Some("oce.customer.example") };
    assert_eq!(handshake.sni.as_deref(), sni);
}

/// A DUT that is too old, or too weak, accepts: the check can fail.
#[rstest]
#[case("tls1.0", Version::Tls10, 0xc014)]
#[case("tls1.1", Version::Tls11, 0xc014)]
#[case("static-rsa", Version::Tls12, 0x009d)]
#[case("null", Version::Tls12, 0x003b)]
fn a_weak_dut_accepts(#[case] name: &str, #[case] version: Version, #[case] suite: u16) {
    let weak = Endpoint {
        lowest: Version::Tls10,
        suites: vec![0xc030, 0xc014, 0x009d, 0x003b],
        ..dut(Backend::OpenSsl)
    };
    let (answer, _) = probed(name, weak);
    assert_eq!(answer, ProbeAnswer::Accepted { version: Some(version), suite }, "{:?}", suite_name(suite));
}

#[rstest]
fn each_suite_alone(
    #[values(0xc030, 0xc02f, 0xc028, 0xc027)] suite: u16,
    #[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend,
) {
    let (answer, _) = probed(&format!("only-{suite:#06x}"), dut(backend));
    assert_eq!(answer, ProbeAnswer::Accepted { version: Some(Version::Tls12), suite });
}

#[rstest]
fn tls_1_3(#[values(Backend::Rustls, Backend::OpenSsl)] backend: Backend) {
    let (answer, seen) = probed("tls1.3", dut(backend));
    assert!(
        matches!(answer, ProbeAnswer::Alert(alert) if alert.name() == Some("protocol_version")),
        "{answer:?}"
    );
    assert_eq!(handshakes(&seen)[0].offered_versions, [Version::Tls13]);
    let (answer, _) = probed("tls1.3", Endpoint { highest: Version::Tls13, ..dut(backend) });
    assert_eq!(answer, ProbeAnswer::Accepted { version: Some(Version::Tls13), suite: 0x1302 });
}

#[test]
fn nobody_there() {
    let hello = Hello::named("tls1.2").unwrap();
    let mut pair = Pair::new(sbc(Backend::Rustls), dut(Backend::OpenSsl), probe(hello, "127.0.0.9:5061"));
    pair.run(600);
    assert!(matches!(answer(&pair.seen_by_a()), ProbeAnswer::Closed { .. }));
}

#[test]
fn names_of_probes() {
    assert_eq!(Hello::named("only-0xc030").unwrap().suites, [0xc030]);
    assert_eq!(Hello::named("only-0x1301").unwrap().version, Version::Tls13);
    for name in ["", "only-", "only-0x", "only-0xffffff", "only-c030", "ssl2"] {
        assert_eq!(Hello::named(name), None, "{name}");
    }
}
