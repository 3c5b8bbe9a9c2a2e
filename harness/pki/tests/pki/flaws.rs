//! Every flaw, with a chain that has just that one.

use crate::{DUT_FQDN, LAB, NOW, SBC};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use oxocert_pki::{Flaw, Identity, Usage, UtcSeconds, examine};

/// A certificate that no lab has, issued by the first CA's intermediate.
struct Odd {
    names: Vec<&'static str>,
    uris: Vec<&'static str>,
    purpose: Option<fn(&mut ExtendedKeyUsage)>,
}

impl Odd {
    fn new() -> Odd {
        Odd { names: vec![SBC], uris: vec![], purpose: None }
    }

    fn issue(&self) -> Vec<Vec<u8>> {
        let (_, authority) = LAB.issuing();
        let issuer = X509::from_der(&authority.certificate).unwrap();
        let issuer_key = PKey::private_key_from_der(&authority.key).unwrap();
        self.issue_by(&issuer, &issuer_key)
    }

    fn issue_by(&self, issuer: &X509, issuer_key: &PKey<Private>) -> Vec<Vec<u8>> {
        let key = PKey::private_key_from_der(&good().key).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, "odd").unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name.build()).unwrap();
        builder.set_issuer_name(issuer.subject_name()).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(NOW.0 - 60).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(NOW.0 + 60).unwrap()).unwrap();
        let mut alternative = SubjectAlternativeName::new();
        for name in &self.names {
            alternative.dns(name);
        }
        for uri in &self.uris {
            alternative.uri(uri);
        }
        if !self.names.is_empty() || !self.uris.is_empty() {
            let extension = alternative.build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(extension).unwrap();
        }
        if let Some(purpose) = self.purpose {
            let mut usage = ExtendedKeyUsage::new();
            purpose(&mut usage);
            builder.append_extension(usage.build().unwrap()).unwrap();
        }
        builder.append_extension(BasicConstraints::new().build().unwrap()).unwrap();
        builder.sign(issuer_key, MessageDigest::sha256()).unwrap();
        vec![builder.build().to_der().unwrap(), issuer.to_der().unwrap()]
    }
}

fn good() -> &'static Identity {
    LAB.identity("sbc.nominal", "good").unwrap()
}

fn chain(name: &str) -> Vec<Vec<u8>> {
    LAB.identity("sbc.nominal", name).unwrap().chain.clone()
}

fn flaws(chain: &[Vec<u8>], usage: Usage) -> Vec<Flaw> {
    examine(chain, &LAB.trusted_of_sbc(), Some(SBC), usage, NOW)
}

/// A chain for each flaw, and what it is presented for.
fn case(flaw: Flaw) -> (Vec<Vec<u8>>, Usage) {
    match flaw {
        Flaw::Absent => (vec![], Usage::Server),
        Flaw::Unreadable => (vec![b"no certificate".to_vec()], Usage::Server),
        Flaw::Expired => (chain("expired"), Usage::Server),
        Flaw::NotYetValid => (chain("not-yet-valid"), Usage::Server),
        Flaw::UnknownCa => (chain("unknown-ca"), Usage::Server),
        Flaw::MissingIntermediate => (chain("no-intermediate"), Usage::Server),
        Flaw::BadSignature => {
            let mut altered = chain("good");
            *altered[0].last_mut().unwrap() ^= 1;
            (altered, Usage::Server)
        }
        Flaw::NameMismatch => (chain("wrong-name"), Usage::Server),
        Flaw::NameInCommonNameOnly => (chain("cn-only"), Usage::Server),
        Flaw::Wildcard => (chain("wildcard"), Usage::Server),
        Flaw::NoServerAuth => {
            let purpose: fn(&mut ExtendedKeyUsage) = |usage| {
                usage.client_auth();
            };
            (Odd { purpose: Some(purpose), ..Odd::new() }.issue(), Usage::Server)
        }
        Flaw::NoClientAuth => (chain("server-only"), Usage::Client),
        Flaw::WeakKey => (chain("weak-key"), Usage::Server),
    }
}

const ALL: [Flaw; 13] = [
    Flaw::Absent,
    Flaw::Unreadable,
    Flaw::Expired,
    Flaw::NotYetValid,
    Flaw::UnknownCa,
    Flaw::MissingIntermediate,
    Flaw::BadSignature,
    Flaw::NameMismatch,
    Flaw::NameInCommonNameOnly,
    Flaw::Wildcard,
    Flaw::NoServerAuth,
    Flaw::NoClientAuth,
    Flaw::WeakKey,
];

#[test]
fn each_flaw_is_found_where_it_is_alone() {
    for flaw in ALL {
        let (chain, usage) = case(flaw);
        assert_eq!(flaws(&chain, usage), [flaw]);
    }
}

#[test]
fn a_judgement_leaves_no_error_behind_for_the_next_tls_connection() {
    for flaw in ALL {
        let (chain, usage) = case(flaw);
        flaws(&chain, usage);
        assert!(openssl::error::ErrorStack::get().errors().is_empty(), "{flaw}");
    }
}

#[test]
fn several_flaws_come_sorted_and_once() {
    let chain = chain("expired");
    let later = UtcSeconds(NOW.0 + 20 * 365 * 86_400);
    let found = examine(&chain, &LAB.trusted_of_sbc(), Some(DUT_FQDN), Usage::Client, later);
    assert_eq!(found, [Flaw::Expired, Flaw::NameMismatch]);
}

#[test]
fn without_extended_key_usage_a_certificate_is_for_everything() {
    for usage in [Usage::Server, Usage::Client] {
        assert_eq!(flaws(&Odd::new().issue(), usage), []);
    }
}

#[test]
fn the_order_of_the_chain_and_strangers_in_it_do_not_matter() {
    let mut mixed = chain("good");
    mixed.insert(1, LAB.identity("dut", "unknown-ca").unwrap().chain[1].clone());
    mixed.insert(1, LAB.identity("dut", "good").unwrap().chain[0].clone());
    assert_eq!(flaws(&mixed, Usage::Server), []);
    mixed.push(b"rubbish".to_vec());
    assert_eq!(flaws(&mixed, Usage::Server), [Flaw::Unreadable]);
}

#[test]
fn an_end_entity_issues_nothing() {
    let leaf = X509::from_der(&good().chain[0]).unwrap();
    let key = PKey::private_key_from_der(&good().key).unwrap();
    let mut forged = Odd::new().issue_by(&leaf, &key);
    forged.push(good().chain[1].clone());
    assert_eq!(flaws(&forged, Usage::Server), [Flaw::MissingIntermediate]);
}

#[test]
fn an_impostor_with_the_name_of_a_ca_is_found_by_its_signature() {
    let (_, authority) = LAB.issuing();
    let issuer = X509::from_der(&authority.certificate).unwrap();
    let another_key = PKey::private_key_from_der(&good().key).unwrap();
    let forged = Odd::new().issue_by(&issuer, &another_key);
    assert_eq!(flaws(&forged, Usage::Server), [Flaw::BadSignature]);
}

#[test]
fn names_are_compared_without_case_and_without_the_last_dot() {
    let named = |wanted: &str| examine(&chain("good"), &LAB.trusted(), Some(wanted), Usage::Server, NOW);
    assert_eq!(named(&SBC.to_uppercase()), []);
    assert_eq!(named(&format!("{SBC}.")), []);
    assert_eq!(named(&SBC.replace("sbc1", "sbc")), [Flaw::NameMismatch]);
}

#[test]
fn a_sip_uri_names_a_domain_and_a_user_does_not() {
    let of = |uri: &'static str| {
        flaws(&Odd { names: vec![], uris: vec![uri], purpose: None }.issue(), Usage::Server)
    };
    assert_eq!(of("sip:sbc1.business-talk-ip.orange-business.com"), []);
    assert_eq!(of("sip:a@sbc1.business-talk-ip.orange-business.com"), [Flaw::NameMismatch]);
    assert_eq!(of("https://sbc1.business-talk-ip.orange-business.com"), [Flaw::NameMismatch]);
}

#[test]
fn a_wildcard_beside_the_name_itself_does_no_harm() {
    let both = Odd { names: vec!["*.business-talk-ip.orange-business.com", SBC], ..Odd::new() };
    assert_eq!(flaws(&both.issue(), Usage::Server), []);
    let two_labels = Odd { names: vec!["*.orange-business.com"], ..Odd::new() };
    assert_eq!(flaws(&two_labels.issue(), Usage::Server), [Flaw::NameMismatch]);
}

#[test]
fn a_chain_of_many_namesakes_is_judged_in_bounded_time() {
    let mut crowd = chain("no-intermediate");
    let impostors = (0..2000).map(|_| chain("good")[1].clone());
    crowd.extend(impostors);
    assert_eq!(flaws(&crowd, Usage::Server), []);
}
