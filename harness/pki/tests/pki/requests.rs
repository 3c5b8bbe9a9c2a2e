//! Requests as `openssl req` makes them, right and wrong, and the certificates issued for them.

use crate::{DUT_FQDN, LAB, NOW, Scratch, openssl};
use oxocert_pki::inspect::{facts, objects};
use oxocert_pki::ledger::{Entry, Known, Ledger, Moment};
use oxocert_pki::request::judge;
use oxocert_pki::{Flaw, LONGEST_DAYS, Request, Terms, Usage, UtcSeconds, examine, issue, write_chain};

const SUBJECT: &str = "/L=Generic/O=OmniPCX Office/OU=OmniPCX Office/CN=oce.customer.example";
const NAME: &str = "subjectAltName=DNS:oce.customer.example";

/// `openssl req -new` with these.
fn request(key: &str, subject: &str, extension: Option<&str>) -> Request {
    let folder = Scratch::new();
    let mut arguments =
        vec!["req", "-new", "-nodes", "-keyout", "key.pem", "-out", "csr.pem", "-subj", subject];
    arguments.extend(["-newkey", key]);
    if key == "ec" {
        arguments.extend(["-pkeyopt", "ec_paramgen_curve:P-256"]);
    }
    if let Some(extension) = extension {
        arguments.extend(["-addext", extension]);
    }
    let (made, told) = openssl(&folder, &arguments);
    assert!(made, "{told}");
    Request::read(&std::fs::read(folder.file("csr.pem")).unwrap()).unwrap()
}

/// What is said about it: refusals, and notes.
fn said(request: &Request) -> (Vec<String>, Vec<String>) {
    let (refusals, notes): (Vec<_>, Vec<_>) =
        judge(request, DUT_FQDN).into_iter().partition(|remark| remark.refuses);
    (refusals.into_iter().map(|r| r.text).collect(), notes.into_iter().map(|r| r.text).collect())
}

fn terms() -> Terms {
    Terms { now: NOW, days: 397, client: true }
}

#[test]
fn a_request_as_the_document_shows_it_has_nothing_against_it() {
    let request = request("rsa:2048", SUBJECT, Some(NAME));
    assert_eq!(judge(&request, DUT_FQDN), []);
    assert_eq!(request.subject(), "L=Generic, O=OmniPCX Office, OU=OmniPCX Office, CN=oce.customer.example");
    assert_eq!((request.names(), request.key_kind().as_str()), (vec![format!("DNS:{DUT_FQDN}")], "RSA 2048"));
}

#[test]
fn each_wrong_field_is_refused_for_itself() {
    let alone = |subject: &str, name: Option<&str>, words: &str| {
        let (refusals, notes) = said(&request("rsa:2048", subject, name));
        assert!(
            refusals.len() == 1 && refusals[0].contains(words) && notes.is_empty(),
            "{refusals:?} {notes:?}"
        );
    };
    alone(&SUBJECT.replace("L=Generic", "L=Paris"), Some(NAME), "L is \"Paris\"");
    alone(&SUBJECT.replace("/L=Generic", ""), Some(NAME), "L is missing");
    alone(&SUBJECT.replace("/O=OmniPCX Office", "/O=Other"), Some(NAME), "O is \"Other\"");
    alone(&SUBJECT.replace("/OU=OmniPCX Office", "/OU=IT"), Some(NAME), "OU is \"IT\"");
    alone(&SUBJECT.replace("oce.", "pbx."), Some(NAME), "CN is \"pbx.customer.example\"");
    alone(SUBJECT, None, "no subjectAltName");
    alone(
        SUBJECT,
        Some("subjectAltName=DNS:pbx.customer.example"),
        "subjectAltName is DNS:pbx.customer.example",
    );
    alone(SUBJECT, Some("subjectAltName=IP:192.0.2.10"), "subjectAltName is IP:192.0.2.10");
    alone(
        SUBJECT,
        Some("subjectAltName=DNS:oce.customer.example,DNS:b.example"),
        "more than DNS:oce.customer.example",
    );
    alone(SUBJECT, Some("subjectAltName=DNS:oce.customer.example,email:a@b.example"), "more than");
}

#[test]
fn keys_are_rsa_of_2048_bits_or_more() {
    let of = |key: &str| said(&request(key, SUBJECT, Some(NAME)));
    assert!(of("rsa:1024").0[0].contains("RSA 1024"));
    assert!(of("ec").0[0].contains("no RSA key"));
    let (refusals, notes) = of("rsa:3072");
    assert!(refusals.is_empty() && notes[0].contains("RSA 3072"), "{refusals:?} {notes:?}");
}

#[test]
fn a_missing_unit_is_an_observation() {
    let (refusals, notes) =
        said(&request("rsa:2048", &SUBJECT.replace("/OU=OmniPCX Office", ""), Some(NAME)));
    assert!(
        refusals.is_empty() && notes.len() == 1 && notes[0].contains("OU is missing"),
        "{refusals:?} {notes:?}"
    );
}

#[test]
fn all_reasons_come_at_once() {
    let (refusals, notes) = said(&request("rsa:1024", "/L=Paris/O=Other/CN=pbx.example", None));
    assert_eq!((refusals.len(), notes.len()), (5, 1), "{refusals:?}");
}

#[test]
fn a_request_that_was_altered_is_refused() {
    let folder = Scratch::new();
    let make = [
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-outform", "DER", "-out", "csr.der",
    ];
    assert!(openssl(&folder, &[&make[..], &["-subj", SUBJECT, "-addext", NAME]].concat()).0);
    let mut der = std::fs::read(folder.file("csr.der")).unwrap();
    assert!(Request::read(&der).unwrap().is_signed());
    *der.last_mut().unwrap() ^= 1;
    let (refusals, _) = said(&Request::read(&der).unwrap());
    assert!(refusals.len() == 1 && refusals[0].contains("signature"), "{refusals:?}");
}

#[test]
fn an_issued_certificate_is_in_order_and_openssl_says_so_too() {
    let request = request("rsa:2048", SUBJECT, Some(NAME));
    let chain = issue(&LAB, &request, &terms()).unwrap();
    for usage in [Usage::Server, Usage::Client] {
        assert_eq!(examine(&chain, &LAB.trusted_of_sbc(), Some(DUT_FQDN), usage, NOW), []);
    }
    let folder = Scratch::new();
    write_chain(&folder.file("roots.pem"), &LAB.trusted_of_sbc()).unwrap();
    write_chain(&folder.file("oce.crt"), &chain).unwrap();
    let moment = NOW.0.to_string();
    let verify =
        ["verify", "-no-CApath", "-CAfile", "roots.pem", "-untrusted", "oce.crt", "-attime", &moment];
    let (content, told) =
        openssl(&folder, &[&verify[..], &["-x509_strict", "-purpose", "sslclient", "oce.crt"]].concat());
    assert!(content, "{told}");
    let (_, text) =
        openssl(&folder, &["x509", "-in", "oce.crt", "-noout", "-subject", "-ext", "subjectAltName"]);
    assert!(
        text.contains("L = Generic, O = OmniPCX Office, OU = OmniPCX Office, CN = oce.customer.example"),
        "{text}"
    );
    assert!(text.contains("DNS:oce.customer.example"), "{text}");
}

#[test]
fn days_and_usage_are_as_ordered() {
    let request = request("rsa:2048", SUBJECT, Some(NAME));
    let chain = issue(&LAB, &request, &Terms { days: 10, client: false, ..terms() }).unwrap();
    let at = |days: i64, usage| {
        examine(&chain, &LAB.trusted(), Some(DUT_FQDN), usage, UtcSeconds(NOW.0 + days * 86_400))
    };
    assert_eq!(at(10, Usage::Server), []);
    assert_eq!(at(11, Usage::Server), [Flaw::Expired]);
    assert_eq!(at(0, Usage::Client), [Flaw::NoClientAuth]);
    for days in [0, LONGEST_DAYS + 1] {
        assert!(issue(&LAB, &request, &Terms { days, ..terms() }).is_err());
    }
}

#[test]
fn an_old_request_is_known_as_such() {
    let folder = Scratch::new();
    let (old, new) = (request("rsa:2048", SUBJECT, Some(NAME)), request("rsa:2048", SUBJECT, Some(NAME)));
    let knows = |request: &Request| Ledger::read(&folder.0).unwrap().knows(request);
    let certify = |request: &Request| {
        let chain = issue(&LAB, request, &terms()).unwrap();
        let facts = facts(&chain[0]).unwrap();
        let entry = Entry {
            serial: facts.serial,
            key_sha256: facts.key_sha256,
            subject: facts.subject,
            at: Moment(NOW),
            not_after: Moment(facts.not_after),
        };
        Ledger::append(&folder.0, &entry).unwrap();
        entry
    };
    assert_eq!(knows(&old), Known::New);
    let first = certify(&old);
    assert_eq!(knows(&old), Known::Newest(first.clone()));
    assert_eq!(knows(&new), Known::New);
    let second = certify(&new);
    assert_eq!(knows(&old), Known::Superseded { own: first, by: second.clone() });
    // Certifying the old key once more does not make it the newer one.
    let again = certify(&old);
    assert_eq!(knows(&old), Known::Superseded { own: again, by: second.clone() });
    assert_eq!(knows(&new), Known::Newest(second));
}

#[test]
fn pem_and_der_are_read_alike() {
    let folder = Scratch::new();
    let make =
        ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "a.pem", "-subj", SUBJECT];
    assert!(openssl(&folder, &make).0);
    assert!(openssl(&folder, &["req", "-in", "a.pem", "-outform", "DER", "-out", "a.der"]).0);
    let read = |name: &str| Request::read(&std::fs::read(folder.file(name)).unwrap()).unwrap();
    assert_eq!(read("a.pem").key_sha256(), read("a.der").key_sha256());
    assert_eq!(objects(&std::fs::read(folder.file("a.der")).unwrap()).unwrap().len(), 1);
    assert!(Request::read(&std::fs::read(folder.file("k")).unwrap()).is_err());
}
