//! `openssl verify` judges the certificates of the lab, and agrees.

use crate::{DUT_FQDN, LAB, NOW, SBC, Scratch, openssl};
use oxocert_pki::lab::{CERTIFICATES, DUT};
use oxocert_pki::{Flaw, Usage, examine, write_chain};

/// What `openssl verify` says to each, as a server's certificate. It takes a name from CN where there is no SAN, and wildcards.
fn complaint(name: &str) -> Option<&'static str> {
    match name {
        "expired" => Some("certificate has expired"),
        "not-yet-valid" => Some("certificate is not yet valid"),
        "unknown-ca" => Some("self-signed certificate in certificate chain"),
        "self-signed" => Some("self-signed certificate"),
        "wrong-name" => Some("hostname mismatch"),
        "no-intermediate" => Some("unable to get local issuer certificate"),
        "weak-key" => Some("EE certificate key too weak"),
        _ => None,
    }
}

#[test]
fn openssl_verify_agrees_about_each_certificate() {
    let folder = Scratch::new();
    write_chain(&folder.file("roots.pem"), &LAB.trusted_of_sbc()).unwrap();
    let moment = NOW.0.to_string();
    for (who, fqdn) in [("sbc.nominal", SBC), (DUT, DUT_FQDN)] {
        for name in CERTIFICATES {
            let identity = LAB.identity(who, name).unwrap();
            let file = format!("{who}-{name}.pem");
            write_chain(&folder.file(&file), &identity.chain).unwrap();
            let judge = |purpose: &str| {
                let trust = ["verify", "-no-CApath", "-CAfile", "roots.pem", "-untrusted", file.as_str()];
                let how = ["-attime", moment.as_str(), "-auth_level", "2", "-purpose", purpose];
                openssl(&folder, &[&trust[..], &how[..], &["-verify_hostname", fqdn, file.as_str()]].concat())
            };
            let (content, told) = judge("sslserver");
            match complaint(name) {
                None => assert!(content, "{file}: {told}"),
                Some(words) => assert!(!content && told.contains(words), "{file}: {told}"),
            }
            let (content, told) = judge("sslclient");
            let ours = examine(&identity.chain, &LAB.trusted_of_sbc(), Some(fqdn), Usage::Client, NOW);
            let tolerated = |flaw: &Flaw| matches!(flaw, Flaw::Wildcard | Flaw::NameInCommonNameOnly);
            assert_eq!(content, ours.iter().all(tolerated), "{file}: {ours:?}, {told}");
        }
    }
}

#[test]
fn openssl_x509_reads_the_subject_of_an_oce() {
    let folder = Scratch::new();
    write_chain(&folder.file("dut.pem"), &LAB.identity(DUT, "good").unwrap().chain).unwrap();
    let (_, text) = openssl(&folder, &["x509", "-in", "dut.pem", "-noout", "-text"]);
    assert!(
        text.contains(&format!("L = Generic, O = OmniPCX Office, OU = OmniPCX Office, CN = {DUT_FQDN}")),
        "{text}"
    );
    assert!(text.contains(&format!("DNS:{DUT_FQDN}")) && text.contains("Public-Key: (2048 bit)"), "{text}");
    assert!(text.contains("TLS Web Server Authentication, TLS Web Client Authentication"), "{text}");
}

#[test]
fn openssl_reads_where_the_status_of_a_certificate_can_be_asked_for() {
    let folder = Scratch::new();
    let identity = LAB.identity("sbc.nominal", "revocation-unknown").unwrap();
    std::fs::write(folder.file("end.der"), &identity.chain[0]).unwrap();
    let shown = "crlDistributionPoints,authorityInfoAccess";
    let (content, text) =
        openssl(&folder, &["x509", "-inform", "DER", "-in", "end.der", "-noout", "-ext", shown]);
    assert!(content, "{text}");
    assert!(text.contains("URI:http://status.lab.example/crl"), "{text}");
    assert!(text.contains("OCSP - URI:http://status.lab.example\n"), "{text}");
}
