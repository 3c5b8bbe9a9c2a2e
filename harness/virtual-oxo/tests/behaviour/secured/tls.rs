//! Handshakes in both roles, and what follows from those that fail.

use super::lab::{A_PROFILE, Lab, endpoint};
use oxocert_pki::Flaw;
use oxocert_tls::{Backend, Command, Endpoint, Outcome, Side, Version};
use oxocert_virtual_oxo::Defect;
use rstest::rstest;

fn completed(lab: &mut Lab, name: &str, by: Side) -> bool {
    let found = lab.party(name).shaken.iter().rev().find(|handshake| handshake.opened_by == by);
    found.is_some_and(|handshake| handshake.outcome == Outcome::Completed)
}

#[test]
fn both_gateways_are_connected_to_with_mutual_authentication() {
    let mut lab = Lab::new();
    for name in ["nominal", "backup"] {
        let shaken = lab.party(name).shaken.clone();
        assert_eq!(shaken.len(), 1);
        assert_eq!(shaken[0].outcome, Outcome::Completed);
        assert_eq!((shaken[0].version, shaken[0].suite), (Some(Version::Tls12), Some(0xc030)));
        assert_eq!(shaken[0].offered_versions, [Version::Tls12]);
        assert_eq!(shaken[0].presented.as_ref().unwrap().flaws, []);
        assert!(shaken[0].sni.as_ref().unwrap().starts_with("sbc"));
        assert_eq!(lab.party(name).count("OPTIONS"), 1);
    }
    assert!(lab.say("show").contains("primary-gw 0 status up"));
}

#[test]
fn the_box_serves_and_asks_for_a_certificate() {
    let mut lab = Lab::new();
    lab.call_in("nominal", None);
    lab.run(50);
    let own = lab
        .party("nominal")
        .shaken
        .iter()
        .find(|handshake| handshake.opened_by == Side::Own)
        .cloned()
        .unwrap();
    assert_eq!((own.outcome, own.client_asked), (Outcome::Completed, Some(true)));
    assert_eq!(own.presented.unwrap().flaws, []);
    assert_eq!(lab.party("101").count("INVITE"), 1);
}

#[rstest]
#[case("expired", Defect::AcceptsExpiredPeer)]
#[case("not-yet-valid", Defect::AcceptsNotYetValidPeer)]
#[case("unknown-ca", Defect::AcceptsAnyCa)]
#[case("self-signed", Defect::AcceptsAnyCa)]
#[case("wrong-name", Defect::IgnoresPeerName)]
#[case("cn-only", Defect::AcceptsCommonName)]
#[case("wildcard", Defect::AcceptsWildcardPeer)]
#[case("g2-root", Defect::AcceptsAnyCa)]
fn a_bad_certificate_is_refused_both_ways_unless_a_defect_takes_it(
    #[case] certificate: &str,
    #[case] defect: Defect,
) {
    for (defects, taken) in [(vec![], false), (vec![defect], true)] {
        let mut lab = Lab::with_sbc(A_PROFILE, &defects, certificate);
        assert_eq!(completed(&mut lab, "nominal", Side::Peer), taken, "{certificate} {defects:?}");
        let wanted = if taken { "status up" } else { "status down" };
        assert!(lab.say("show").contains(&format!("primary-gw 0 {wanted}")));
        lab.call_in("nominal", None);
        lab.run(50);
        assert_eq!(lab.party("101").count("INVITE"), usize::from(taken), "{certificate} {defects:?}");
        if !taken {
            lab.dial();
            lab.run(50);
            assert_eq!(lab.party("backup").count("INVITE"), 1);
        }
    }
}

#[test]
fn an_a_sbc_without_certificate_is_not_heard() {
    for (defects, heard) in [(&[][..], 0), (&[Defect::NoClientCertificateAsked][..], 1)] {
        let mut lab = Lab::with(A_PROFILE, defects);
        let mut nameless = endpoint("nominal", "good");
        nameless.identity = None;
        let local = lab.at("1.1:0").ip();
        lab.party("nominal").tls(Command::Endpoint { local, endpoint: Box::new(nameless) });
        lab.call_in("nominal", None);
        lab.run(50);
        assert_eq!(lab.party("101").count("INVITE"), heard);
    }
}

#[rstest]
#[case(Defect::PresentsExpiredCertificate, Flaw::Expired)]
#[case(Defect::PresentsNotYetValidCertificate, Flaw::NotYetValid)]
#[case(Defect::PresentsUnknownCa, Flaw::UnknownCa)]
#[case(Defect::PresentsWrongName, Flaw::NameMismatch)]
#[case(Defect::PresentsCommonNameOnly, Flaw::NameInCommonNameOnly)]
#[case(Defect::PresentsWildcard, Flaw::Wildcard)]
#[case(Defect::PresentsServerOnly, Flaw::NoClientAuth)]
#[case(Defect::PresentsWeakKey, Flaw::WeakKey)]
#[case(Defect::OmitsIntermediate, Flaw::MissingIntermediate)]
fn a_box_that_presents_a_bad_certificate_is_seen(#[case] defect: Defect, #[case] flaw: Flaw) {
    let mut lab = Lab::with(A_PROFILE, &[defect]);
    let flaws = lab.party("nominal").shaken[0].presented.as_ref().unwrap().flaws.clone();
    assert!(flaws.contains(&flaw), "{flaws:?}");
}

#[test]
fn a_box_that_presents_nothing_names_nobody_or_offers_too_much_is_seen() {
    let shaken = |defect| {
        let mut lab = Lab::with(A_PROFILE, &[defect]);
        lab.call_in("nominal", None);
        lab.run(50);
        assert_eq!(lab.party("101").count("INVITE"), 1, "{defect:?}");
        lab.party("nominal").shaken[0].clone()
    };
    assert_eq!(shaken(Defect::PresentsNoClientCertificate).presented, None);
    assert_eq!(shaken(Defect::NoSni).sni, None);
    assert!(shaken(Defect::OffersWeakSuites).offered_suites.contains(&0x002f));
    assert_eq!(shaken(Defect::PrefersWeakestSuite).offered_suites.first(), Some(&0xc027));
    assert!(!shaken(Defect::NoCbcSuites).offered_suites.contains(&0xc027));
    assert!(!shaken(Defect::RefusesAes256Gcm).offered_suites.contains(&0xc030));
}

#[test]
fn a_server_that_knows_only_tls_1_0_is_refused() {
    for (defects, outcome) in [(&[][..], false), (&[Defect::OffersTls10][..], true)] {
        let mut lab = Lab::with(A_PROFILE, defects);
        let old = Endpoint {
            lowest: Version::Tls10,
            highest: Version::Tls10,
            backend: Backend::OpenSsl,
            suites: vec![0xc013, 0x002f],
            ..endpoint("nominal", "good")
        };
        let local = lab.at("1.1:0").ip();
        lab.party("nominal").tls(Command::Endpoint { local, endpoint: Box::new(old) });
        lab.party("nominal").close();
        lab.run(2_300);
        assert_eq!(lab.party("nominal").connections.len() == 1, outcome, "{defects:?}");
    }
}

#[test]
fn a_closed_connection_is_made_again_at_the_next_keep_alive() {
    let up = |defects: &[Defect]| {
        let mut lab = Lab::with(A_PROFILE, defects);
        lab.party("nominal").close();
        lab.run(2_100);
        lab.party("nominal").connections.len()
    };
    assert_eq!(up(&[]), 1);
    assert_eq!(up(&[Defect::IgnoresClose]), 0);
    assert_eq!(up(&[Defect::ReconnectsLate]), 0);
}

#[test]
fn a_refused_connection_tries_the_backup_at_once() {
    let mut lab = Lab::new();
    let nominal = lab.at("1.1:5061");
    lab.listening.remove(&nominal);
    lab.party("nominal").close();
    lab.run(5);
    lab.dial();
    lab.run(50);
    assert_eq!(lab.party("backup").count("INVITE"), 1);
}

#[test]
fn a_wrong_clock_refuses_good_certificates() {
    let mut lab = Lab::new();
    assert_eq!(lab.say("set clock.ahead 63072000"), "ok");
    lab.party("nominal").close();
    lab.run(2_300);
    assert!(lab.say("show").contains("primary-gw 0 status down"));
    lab.say("set clock.ahead 0");
    lab.run(4_300);
    assert!(lab.say("show").contains("primary-gw 0 status up"));
}

#[test]
fn another_certificate_comes_into_force_by_the_console() {
    let mut lab = Lab::new();
    assert_eq!(lab.say("set tls.certificate g2-root"), "ok");
    assert!(lab.say("set tls.certificate nothing").starts_with("error: the box was given nothing called"));
    lab.run(2_300);
    let shaken = lab.party("nominal").shaken.clone();
    assert_eq!(shaken.len(), 2);
    assert_ne!(shaken[0].presented, shaken[1].presented);
    assert_eq!(lab.say("set tls.trusted with-g2"), "ok");
}
