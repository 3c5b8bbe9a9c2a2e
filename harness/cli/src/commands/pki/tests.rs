//! The commands as a user gives them: exit codes, files, and what is told.

use super::args::{Pki, PkiCommand};
use super::run;
use crate::failure::Failure;
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const SUBJECT: &str = "/L=Generic/O=OmniPCX Office/OU=OmniPCX Office/CN=oce.customer.example";
const NAME: &str = "subjectAltName=DNS:oce.customer.example";

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: PkiCommand,
}

/// `oxocert pki` with these words, where FOLDER stands for this folder.
fn pki(folder: &Scratch, words: &str) -> Result<u8, Failure> {
    let place = |word: &str| word.replace("FOLDER", &folder.0.display().to_string());
    let line =
        Line::try_parse_from(std::iter::once("pki".to_owned()).chain(words.split(' ').map(place))).unwrap();
    run(&Pki { command: line.command })
}

fn refused(outcome: Result<u8, Failure>) -> String {
    match outcome {
        Err(Failure::Usage(text)) => text,
        other => panic!("{other:?}"),
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("oxocert-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let told = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}

fn request(folder: &Scratch, file: &str, subject: &str) {
    let make =
        ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", file, "-subj", subject];
    openssl(&folder.0, &[&make[..], &["-addext", NAME]].concat());
}

#[test]
fn from_the_first_folder_to_a_renewal() {
    let folder = Scratch::new();
    assert_eq!(pki(&folder, "init FOLDER/lab --dut OCE.customer.example").unwrap(), 0);
    assert!(
        refused(pki(&folder, "init FOLDER/lab --dut oce.customer.example")).contains("never overwritten")
    );
    assert!(!folder.0.join("lab/identities/dut").exists(), "the key of a real DUT is its own");

    request(&folder, "first.csr", SUBJECT);
    assert_eq!(pki(&folder, "issue FOLDER/lab FOLDER/first.csr").unwrap(), 0);
    assert!(
        refused(pki(&folder, "issue FOLDER/lab FOLDER/first.csr")).contains("first.crt is there already")
    );
    let trusted = "--trusted FOLDER/lab/ca/g1-root.pem --name oce.customer.example";
    assert_eq!(pki(&folder, &format!("inspect FOLDER/first.crt FOLDER/first.csr {trusted}")).unwrap(), 0);
    assert_eq!(pki(&folder, &format!("inspect FOLDER/first.alone.crt {trusted}")).unwrap(), 1);
    assert_eq!(pki(&folder, &format!("inspect FOLDER/first.crt {trusted} --at 2200-01-01")).unwrap(), 1);

    request(&folder, "second.csr", SUBJECT);
    assert_eq!(pki(&folder, "issue FOLDER/lab FOLDER/second.csr --server-only --days 30").unwrap(), 0);
    assert_eq!(pki(&folder, &format!("inspect FOLDER/second.crt {trusted} --as server")).unwrap(), 0);
    assert_eq!(pki(&folder, &format!("inspect FOLDER/second.crt {trusted} --as client")).unwrap(), 1);
    assert_eq!(pki(&folder, "issue FOLDER/lab FOLDER/first.csr --out FOLDER/again.crt").unwrap(), 1);
    assert!(!folder.0.join("again.crt").exists());
}

#[test]
fn an_illegal_request_is_refused_unless_it_is_wanted_anyway() {
    let folder = Scratch::new();
    assert_eq!(
        pki(&folder, "init FOLDER/lab --dut oce.customer.example --sbc sbc.nominal=sbc.example.org").unwrap(),
        0
    );
    request(&folder, "wrong.csr", "/CN=pbx.customer.example");
    assert_eq!(pki(&folder, "inspect FOLDER/wrong.csr --name oce.customer.example").unwrap(), 1);
    assert_eq!(pki(&folder, "issue FOLDER/lab FOLDER/wrong.csr").unwrap(), 1);
    assert!(!folder.0.join("wrong.crt").exists() && !folder.0.join("lab/issued.toml").exists());
    assert_eq!(pki(&folder, "issue FOLDER/lab FOLDER/wrong.csr --anyway").unwrap(), 0);
    assert!(folder.0.join("wrong.crt").exists());
}

#[test]
fn files_that_are_something_else_are_named() {
    let folder = Scratch::new();
    assert!(refused(pki(&folder, "issue FOLDER/none FOLDER/a.csr")).contains("none/lab.toml"));
    assert!(refused(pki(&folder, "inspect FOLDER/none")).contains("none"));
    std::fs::write(folder.0.join("text"), "hello").unwrap();
    assert!(refused(pki(&folder, "inspect FOLDER/text")).contains("neither a certificate nor a request"));
    assert!(refused(pki(&folder, "inspect FOLDER/text --trusted FOLDER/text")).contains("text"));
    assert!(refused(pki(&folder, "init FOLDER/lab --dut 192.0.2.10")).contains("192.0.2.10"));
    assert!(!folder.0.join("lab").exists());
}
