//! What stands in a file is told, whatever it is.

use crate::{DUT_FQDN, LAB, SBC, Scratch, openssl};
use oxocert_pki::inspect::{Object, facts, objects, read_objects, warnings};
use oxocert_pki::lab::DUT;
use oxocert_pki::write_chain;

#[test]
fn the_facts_of_a_certificate_are_those_that_openssl_prints() {
    let folder = Scratch::new();
    let chain = &LAB.identity(DUT, "good").unwrap().chain;
    write_chain(&folder.file("dut.pem"), chain).unwrap();
    let facts = facts(&chain[0]).unwrap();
    let (_, text) =
        openssl(&folder, &["x509", "-in", "dut.pem", "-noout", "-serial", "-fingerprint", "-sha256"]);
    let text = text.to_ascii_lowercase().replace(':', "");
    let serial = text.lines().find_map(|line| line.strip_prefix("serial=")).unwrap();
    assert_eq!(serial.trim_start_matches('0'), facts.serial.trim_start_matches('0'));
    assert!(text.contains(&format!("fingerprint={}", facts.sha256)), "{text}");
    assert_eq!(facts.names, [format!("DNS:{DUT_FQDN}")]);
    assert_eq!((facts.key.as_str(), facts.purposes), ("RSA 2048", Some((true, true))));
    assert!(!facts.is_authority && !facts.is_self_signed);
}

#[test]
fn a_file_may_hold_several_objects_and_a_key_is_not_looked_at() {
    let folder = Scratch::new();
    let lab = folder.file("lab");
    LAB.write(&lab).unwrap();
    let mut all = std::fs::read(lab.join("identities/dut/good.pem")).unwrap();
    all.extend(std::fs::read(lab.join("identities/dut/good.key")).unwrap());
    let found = objects(&all).unwrap();
    assert!(
        matches!(found[..], [Object::Certificate(_), Object::Certificate(_), Object::PrivateKey]),
        "{found:?}"
    );
    let der = &LAB.identity(DUT, "good").unwrap().chain[0];
    assert!(matches!(&objects(der).unwrap()[..], [Object::Certificate(same)] if same == der));
}

#[test]
fn a_file_that_holds_neither_is_an_error() {
    let folder = Scratch::new();
    std::fs::write(folder.file("a"), "hello").unwrap();
    assert!(
        read_objects(&folder.file("a"))
            .unwrap_err()
            .to_string()
            .contains("neither a certificate nor a request")
    );
    assert!(read_objects(&folder.file("b")).unwrap_err().to_string().contains("failed to read"));
    std::fs::write(folder.file("c"), vec![b'x'; (1 << 20) + 1]).unwrap();
    assert!(read_objects(&folder.file("c")).unwrap_err().to_string().contains("larger than"));
    assert!(matches!(&objects(b"-----BEGIN CERTIFICATE-----\nnonsense").unwrap()[..], [Object::Unknown(_)]));
}

#[test]
fn a_name_from_outside_cannot_steer_the_terminal() {
    let folder = Scratch::new();
    let make = [
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "k",
        "-out",
        "c",
        "-subj",
        "/CN=\u{1b}[2Ja",
    ];
    assert!(openssl(&folder, &make).0);
    let Object::Request(request) = &read_objects(&folder.file("c")).unwrap()[0] else { panic!("a request") };
    assert_eq!(request.subject(), "CN=\\u{1b}[2Ja");
}

#[test]
fn the_root_that_leaves_and_the_missing_client_usage_are_warned_of() {
    assert_eq!(warnings(&LAB.identity("sbc.nominal", "good").unwrap().chain), Vec::<String>::new());
    let found = warnings(&LAB.identity("sbc.nominal", "server-only").unwrap().chain);
    assert!(found.len() == 1 && found[0].contains("C20"), "{found:?}");
    // Only its name counts here: the real root is not ours to copy.
    let folder = Scratch::new();
    let subject = "/C=US/O=DigiCert Inc/OU=www.digicert.com/CN=DigiCert Global Root CA";
    let make =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-outform", "DER", "-out", "c"];
    assert!(openssl(&folder, &[&make[..], &["-subj", subject]].concat()).0);
    let root = std::fs::read(folder.file("c")).unwrap();
    let found = warnings(&[LAB.identity("sbc.nominal", "no-intermediate").unwrap().chain[0].clone(), root]);
    assert!(found.len() == 1 && found[0].contains("C19"), "{SBC}: {found:?}");
}
