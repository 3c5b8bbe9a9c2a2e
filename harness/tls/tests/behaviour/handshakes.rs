//! Handshakes that complete: suites, versions, libraries, roles, names.

use crate::lab::{DUT_NAME, SBC_NAME, dut, sbc};
use crate::pair::{A, B, Pair, Saw, address, findings, handshake, handshakes, ponged};
use oxocert_tls::{Backend, Endpoint, Event, ORANGE_TLS12, Outcome, Side, Version};
use rstest::rstest;

const BOTH: [Backend; 2] = [Backend::Rustls, Backend::OpenSsl];

#[rstest]
fn every_suite_in_both_roles_with_both_libraries(
    #[values(0xc030, 0xc02f, 0xc028, 0xc027)] suite: u16,
    #[values(true, false)] dut_is_client: bool,
) {
    for theirs in BOTH {
        for ours in BOTH {
            let sbc = Endpoint { suites: vec![suite], ..sbc(theirs) };
            let pair = if dut_is_client { Pair::ping(dut(ours), sbc) } else { Pair::ping(sbc, dut(ours)) };
            assert!(ponged(&pair.seen_by_a()), "{:#?}", pair.seen_by_a());
            let (a, b) = (handshake(&pair.seen_by_a()), handshake(&pair.seen_by_b()));
            for (one, opened_by) in [(&a, Side::Own), (&b, Side::Peer)] {
                assert_eq!(one.outcome, Outcome::Completed);
                assert_eq!((one.version, one.suite), (Some(Version::Tls12), Some(suite)));
                assert_eq!((one.opened_by, one.client_asked, one.resumed), (opened_by, Some(true), false));
                let presented = one.presented.as_ref().unwrap();
                assert_eq!((presented.chain.len(), presented.flaws.as_slice()), (2, &[][..]));
            }
            assert_eq!(a.flow.reversed(), b.flow);
            assert_eq!(b.offered_versions, [Version::Tls12]);
            assert!(b.offered_suites.contains(&suite));
            assert!(a.offered_suites.is_empty(), "the peer's offer, not one's own");
            let name = if dut_is_client { SBC_NAME } else { DUT_NAME };
            assert_eq!((a.sni.as_deref(), b.sni.as_deref()), (Some(name), Some(name)));
        }
    }
}

#[rstest]
fn tls_1_3_with_each_pair_of_libraries(
    #[values(Backend::Rustls, Backend::OpenSsl)] theirs: Backend,
    #[values(Backend::Rustls, Backend::OpenSsl)] ours: Backend,
) {
    let new = |endpoint| Endpoint { lowest: Version::Tls13, highest: Version::Tls13, ..endpoint };
    let pair = Pair::ping(new(dut(ours)), new(sbc(theirs)));
    assert!(ponged(&pair.seen_by_a()));
    let (a, b) = (handshake(&pair.seen_by_a()), handshake(&pair.seen_by_b()));
    assert_eq!((a.version, a.suite), (Some(Version::Tls13), Some(0x1302)));
    assert_eq!((b.version, b.suite), (Some(Version::Tls13), Some(0x1302)));
    assert_eq!(b.offered_versions, [Version::Tls13]);
    assert_eq!(b.presented.map(|presented| (presented.chain.len(), presented.flaws)), Some((2, vec![])));
    let knows = if ours == Backend::Rustls { Some(true) } else { None };
    assert_eq!((a.client_asked, b.client_asked), (knows, Some(true)));
}

#[rstest]
fn versions_of_old_by_openssl(#[values(Version::Tls10, Version::Tls11)] version: Version) {
    let old =
        |endpoint| Endpoint { lowest: version, highest: version, suites: vec![0xc014, 0x002f], ..endpoint };
    let pair = Pair::ping(old(dut(Backend::OpenSsl)), old(sbc(Backend::Rustls)));
    assert!(ponged(&pair.seen_by_a()), "{:?}", pair.seen_by_a());
    assert_eq!(handshake(&pair.seen_by_b()).version, Some(version));
}

#[test]
fn the_server_prefers_the_first_of_its_list() {
    let backwards: Vec<u16> = ORANGE_TLS12.iter().rev().copied().collect();
    for backend in BOTH {
        let client = Endpoint { suites: backwards.clone(), ..dut(Backend::OpenSsl) };
        let pair = Pair::ping(client, sbc(backend));
        let seen = handshake(&pair.seen_by_b());
        assert_eq!(seen.suite, Some(0xc030));
        assert_eq!(seen.offered_suites[..4], backwards);
    }
}

#[test]
fn no_suite_in_common_and_no_version_in_common() {
    for backend in BOTH {
        let one = Endpoint { suites: vec![0xc02f], ..dut(backend) };
        let other = Endpoint { suites: vec![0xc030], ..sbc(Backend::OpenSsl) };
        let pair = Pair::ping(one, other);
        let (a, b) = (handshake(&pair.seen_by_a()), handshake(&pair.seen_by_b()));
        let alert = |by: Side, one: &oxocert_tls::Handshake| match &one.outcome {
            Outcome::Refused { by: who, alert, .. } => {
                assert_eq!((*who, alert.unwrap().0), (by, 40), "{one:?}")
            }
            Outcome::Completed => panic!("{one:?}"),
        };
        alert(Side::Own, &b);
        alert(Side::Peer, &a);
        assert_eq!(b.offered_suites.first(), Some(&0xc02f));
        let new = Endpoint { lowest: Version::Tls13, highest: Version::Tls13, ..sbc(backend) };
        let pair = Pair::ping(dut(Backend::OpenSsl), new);
        let seen = handshake(&pair.seen_by_a());
        let Outcome::Refused { by: Side::Peer, alert: Some(alert), .. } = seen.outcome else {
            panic!("{seen:?}")
        };
        assert_eq!(alert.name(), Some("protocol_version"));
    }
}

#[test]
fn a_server_that_does_not_ask_and_a_client_that_has_nothing() {
    for backend in BOTH {
        let pair = Pair::ping(dut(backend), Endpoint { asks_client: false, ..sbc(Backend::OpenSsl) });
        assert_eq!(handshake(&pair.seen_by_a()).client_asked, Some(false));
        assert_eq!(handshake(&pair.seen_by_b()).presented, None);
        let pair = Pair::ping(Endpoint { identity: None, ..dut(Backend::OpenSsl) }, sbc(backend));
        let seen = handshake(&pair.seen_by_b());
        assert_eq!((seen.client_asked, seen.presented, seen.outcome), (Some(true), None, Outcome::Completed));
    }
}

#[test]
fn no_name_no_sni() {
    for backend in BOTH {
        let client = Endpoint { peer_name: None, suites: vec![0xc030], ..dut(backend) };
        let pair = Pair::ping(client, sbc(Backend::OpenSsl));
        assert_eq!(handshake(&pair.seen_by_b()).sni, None);
        assert_eq!(handshake(&pair.seen_by_b()).outcome, Outcome::Completed);
    }
}

#[rstest]
fn a_client_that_resumes(#[values(Version::Tls12, Version::Tls13)] version: Version) {
    use crate::pair::{Do, a_to_b};
    for backend in BOTH {
        let client = Endpoint {
            resumes: true,
            highest: version,
            peer: oxocert_tls::PeerPolicy::Record,
            ..sbc(Backend::Rustls)
        };
        let server = Endpoint { highest: version, ..dut(backend) };
        let client = Endpoint { peer_name: Some(DUT_NAME.into()), ..client };
        // After the first pong the connection is left, and another ping needs a new one.
        let mut left = 1;
        let on_a = Box::new(move |saw: &Saw| match saw {
            Saw::Received(flow, bytes) if bytes == b"pong" && left > 0 => {
                left -= 1;
                vec![Do::Close(*flow), Do::Send(a_to_b(), b"ping".to_vec())]
            }
            _ => vec![],
        });
        let first = vec![Do::Send(a_to_b(), b"ping".to_vec())];
        let mut pair = Pair::answering(client, server, first, on_a, Box::new(|_| vec![]));
        pair.run(600);
        for seen in [pair.seen_by_a(), pair.seen_by_b()] {
            let all = handshakes(&seen);
            assert_eq!(
                all.iter().map(|one| one.resumed).collect::<Vec<_>>(),
                [false, true],
                "{version:?} {backend:?}"
            );
            assert_eq!(all[1].client_asked, None);
            assert!(
                all[1].presented.as_ref().is_some_and(|presented| presented.flaws.is_empty()),
                "{:?}",
                all[1]
            );
        }
    }
}

#[test]
fn secrets_are_lines_of_the_nss_key_log() {
    for backend in BOTH {
        let endpoint = Endpoint { suites: vec![0xc030], ..sbc(backend) };
        let seen = Pair::ping(dut(Backend::OpenSsl), endpoint).seen_by_b();
        let [line] = seen
            .iter()
            .filter_map(|saw| match saw {
                Saw::Tls(Event::Secret { line }) => Some(line.as_str()),
                _ => None,
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let parts: Vec<&str> = line.split(' ').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("CLIENT_RANDOM", 64, 96));
    }
}

#[test]
fn the_handshake_is_told_before_the_connection_and_the_flow_is_the_real_one() {
    let pair = Pair::ping(dut(Backend::OpenSsl), sbc(Backend::Rustls));
    let seen = pair.seen_by_a();
    let order: Vec<&str> = seen
        .iter()
        .filter_map(|saw| match saw {
            Saw::Tls(Event::Handshake(_)) => Some("handshake"),
            Saw::Connected(flow) => {
                assert_eq!((flow.local.ip(), flow.remote), (address(A).ip(), address(B)));
                Some("connected")
            }
            Saw::Received(..) => Some("received"),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["handshake", "connected", "received"]);
    assert!(findings(&seen).is_empty());
}

#[test]
fn suites_that_one_library_lacks_or_both() {
    // Asked of rustls, resuming or not: OpenSSL has the CBC suites.
    for resumes in [false, true] {
        let cbc = |endpoint| Endpoint { suites: vec![0xc027], resumes, ..endpoint };
        let pair = Pair::ping(cbc(dut(Backend::Rustls)), cbc(sbc(Backend::Rustls)));
        assert_eq!(handshake(&pair.seen_by_a()).suite, Some(0xc027));
    }
    // RC4 with 40 bits: nobody has it, which is told and never replaced by something better.
    let nobody = Endpoint { suites: vec![0x0003], ..dut(Backend::OpenSsl) };
    let seen = Pair::ping(nobody, sbc(Backend::OpenSsl)).seen_by_a();
    assert!(handshakes(&seen).is_empty() && findings(&seen).len() == 1);
    assert!(matches!(seen.last(), Some(Saw::Closed(flow, _)) if flow.local.port() == 0));
}
