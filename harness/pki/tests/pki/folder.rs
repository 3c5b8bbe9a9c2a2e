//! A lab as a folder: what is written is read, and keys are nobody else's business.

use crate::{DUT_FQDN, LAB, SBC, Scratch, openssl};
use oxocert_pki::lab::{DUT, Lab};
use oxocert_pki::{Identity, read_identity, write_chain};
use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_lab_is_read_as_it_was_written() {
    let folder = Scratch::new();
    let whole = folder.file("lab");
    LAB.write(&whole).unwrap();
    assert!(Lab::read(&whole).unwrap() == *LAB);
    let real = folder.file("real");
    LAB.clone().without_dut().write(&real).unwrap();
    let read = Lab::read(&real).unwrap();
    assert_eq!(read.identity(DUT, "good"), None);
    assert_eq!((read.names().dut_fqdn.as_str(), read.made()), (DUT_FQDN, LAB.made()));
    assert!(read.identity("sbc.nominal", "good").is_some());
}

#[test]
fn folder_and_keys_are_for_their_owner_only() {
    let folder = Scratch::new();
    let lab = folder.file("lab");
    LAB.write(&lab).unwrap();
    assert_eq!(mode(&lab), 0o700);
    for key in [
        "ca/g1-root.key",
        "ca/unknown-root.key",
        "identities/sbc.nominal/good.key",
        "identities/dut/expired.key",
    ] {
        assert_eq!(mode(&lab.join(key)), 0o600, "{key}");
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = Scratch::new();
    let lab = folder.file("lab");
    LAB.write(&lab).unwrap();
    let refused = LAB.write(&lab).unwrap_err().to_string();
    assert!(refused.contains("lab.toml"), "{refused}");
    assert!(write_chain(&lab.join("lab.toml"), &[]).is_err());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = Scratch::new();
    let lab = folder.file("lab");
    LAB.write(&lab).unwrap();
    let of_sbc = lab.join("identities/sbc.nominal");
    let key = of_sbc.join("good.key");
    let read = || read_identity(&of_sbc.join("good.pem"), &key);
    assert_eq!(&read().unwrap(), LAB.identity("sbc.nominal", "good").unwrap());
    for open in [0o640, 0o604, 0o644, 0o610] {
        set_permissions(&key, Permissions::from_mode(open)).unwrap();
        let refused = read().unwrap_err().to_string();
        let wanted =
            [key.display().to_string(), format!("{open:04o}"), format!("chmod 600 {}", key.display())];
        assert!(wanted.iter().all(|words| refused.contains(words)), "{refused}");
        assert!(Lab::read(&lab).unwrap_err().to_string().contains("good.key"));
    }
    set_permissions(&key, Permissions::from_mode(0o400)).unwrap();
    assert!(read().is_ok());
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let folder = Scratch::new();
    let lab = folder.file("lab");
    LAB.write(&lab).unwrap();
    let of = |who: &str, file: &str| lab.join("identities").join(who).join(file);
    let refused =
        read_identity(&of("sbc.nominal", "good.pem"), &of(DUT, "good.key")).unwrap_err().to_string();
    assert!(refused.contains("is not the key of the certificate"), "{refused}");
    let refused = read_identity(&of(DUT, "good.pem"), &of(DUT, "good.pem")).unwrap_err().to_string();
    assert!(refused.contains("mode 0644") || refused.contains("no private key"), "{refused}");
    let refused = read_identity(&of(DUT, "good.key"), &of(DUT, "good.key")).unwrap_err().to_string();
    assert!(refused.contains("no certificate"), "{refused}");
    assert!(
        read_identity(&of(DUT, "none.pem"), &of(DUT, "good.key"))
            .unwrap_err()
            .to_string()
            .contains("none.pem")
    );
}

#[test]
fn a_key_with_a_passphrase_is_refused_without_asking() {
    let folder = Scratch::new();
    let make =
        ["req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:secret", "-keyout", "k", "-out", "c"];
    assert!(openssl(&folder, &[&make[..], &["-subj", "/CN=a.example"]].concat()).0);
    set_permissions(folder.file("k"), Permissions::from_mode(0o600)).unwrap();
    let refused = read_identity(&folder.file("c"), &folder.file("k")).unwrap_err().to_string();
    assert!(refused.contains("passphrase"), "{refused}");
}

#[test]
fn a_damaged_folder_says_which_file() {
    let folder = Scratch::new();
    let lab = folder.file("lab");
    LAB.write(&lab).unwrap();
    for file in ["identities/sbc.nominal/expired.pem", "ca/g2-root.pem", "lab.toml"] {
        let content = std::fs::read(lab.join(file)).unwrap();
        std::fs::write(lab.join(file), b"rubbish").unwrap();
        let refused = Lab::read(&lab).unwrap_err().to_string();
        assert!(refused.contains(file), "{refused}");
        std::fs::write(lab.join(file), content).unwrap();
    }
    assert!(Lab::read(&lab).is_ok());
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?} {:?} {:?}", *LAB, LAB.issuing(), LAB.identity("sbc.nominal", "good"));
    let Identity { key, .. } = LAB.identity("sbc.nominal", "good").unwrap();
    let bytes = format!("{key:?}");
    assert!(shown.contains(SBC) && !shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
    assert!(shown.len() < 1000, "{shown}");
}
