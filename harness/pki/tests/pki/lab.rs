//! The certificates of a lab are wrong in exactly the way their name says.

use crate::{DUT_FQDN, LAB, NOW, SBC};
use oxocert_pki::lab::{CERTIFICATES, DUT, Lab, Names};
use oxocert_pki::{Flaw, Usage, UtcSeconds, examine};

/// What the DUT, which imported root and intermediate of the first CA, finds wrong with each.
fn expected(name: &str, usage: Usage) -> Vec<Flaw> {
    match name {
        "good" | "no-intermediate" | "revocation-unknown" | "renewed" => vec![],
        "expired" => vec![Flaw::Expired],
        "not-yet-valid" => vec![Flaw::NotYetValid],
        "unknown-ca" | "self-signed" | "g2-root" => vec![Flaw::UnknownCa],
        "wrong-name" => vec![Flaw::NameMismatch],
        "cn-only" => vec![Flaw::NameInCommonNameOnly],
        "wildcard" => vec![Flaw::Wildcard],
        "server-only" => match usage {
            Usage::Server => vec![],
            Usage::Client => vec![Flaw::NoClientAuth],
        },
        "weak-key" => vec![Flaw::WeakKey],
        other => panic!("no expectation for {other}"),
    }
}

#[test]
fn each_certificate_has_just_the_flaw_of_its_name() {
    for (who, fqdn) in [("sbc.nominal", SBC), (DUT, DUT_FQDN)] {
        for name in CERTIFICATES {
            let identity = LAB.identity(who, name).unwrap();
            for usage in [Usage::Server, Usage::Client] {
                let flaws = examine(&identity.chain, &LAB.trusted_of_dut(), Some(fqdn), usage, NOW);
                assert_eq!(flaws, expected(name, usage), "{who} {name} {usage:?}");
            }
        }
    }
}

#[test]
fn an_sbc_trusts_roots_only_so_a_missing_intermediate_shows() {
    let flaws = |name| {
        let identity = LAB.identity(DUT, name).unwrap();
        examine(&identity.chain, &LAB.trusted_of_sbc(), Some(DUT_FQDN), Usage::Client, NOW)
    };
    assert_eq!(flaws("no-intermediate"), [Flaw::MissingIntermediate]);
    assert_eq!(flaws("good"), []);
    assert_eq!(flaws("g2-root"), []);
}

#[test]
fn the_second_ca_is_unknown_until_it_is_imported() {
    let chain = &LAB.identity("sbc.nominal", "g2-root").unwrap().chain;
    let flaws = |trusted: &[Vec<u8>]| examine(chain, trusted, Some(SBC), Usage::Server, NOW);
    assert_eq!(flaws(&LAB.trusted_of_dut()), [Flaw::UnknownCa]);
    assert_eq!(flaws(&LAB.trusted_of_dut_with_g2()), []);
}

#[test]
fn a_clock_two_years_ahead_finds_everything_expired() {
    let chain = &LAB.identity("sbc.nominal", "good").unwrap().chain;
    let later = UtcSeconds(NOW.0 + 2 * 365 * 86_400);
    assert_eq!(examine(chain, &LAB.trusted_of_dut(), Some(SBC), Usage::Server, later), [Flaw::Expired]);
}

#[test]
fn names_that_cannot_stand_in_a_certificate_are_refused() {
    let refused = |role: &str, fqdn: &str, dut: &str| {
        let names = Names { sbcs: vec![(role.into(), fqdn.into())], dut_fqdn: dut.into() };
        Lab::new(NOW, &names).unwrap_err().to_string()
    };
    assert!(refused("sbc.nominal", SBC, "192.0.2.10").contains("192.0.2.10"));
    assert!(refused("sbc.nominal", "no dots", DUT_FQDN).contains("no dots"));
    assert!(refused("../x", SBC, DUT_FQDN).contains("../x"));
    assert!(refused(DUT, SBC, DUT_FQDN).contains(DUT));
    let long = format!("{}.customer.example", "x".repeat(60));
    assert!(refused("sbc.nominal", SBC, &long).contains("64 characters"));
    let twice = vec![("sbc.a".to_owned(), SBC.to_owned()), ("sbc.a".to_owned(), SBC.to_owned())];
    let names = Names { sbcs: twice, dut_fqdn: DUT_FQDN.into() };
    assert!(Lab::new(NOW, &names).unwrap_err().to_string().contains("twice"));
}
