//! The house is as `docs/ARCHITECTURE.md` draws it: arrows go one way, every path it names exists.

use crate::root;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// From each crate to the crates of this project that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("machine", &[]),
    ("record", &["machine"]),
    ("sip", &["machine"]),
    ("media", &["machine"]),
    ("metrology", &[]),
    ("instrument", &["machine", "media", "metrology"]),
    ("pki", &[]),
    ("tls", &["machine", "media", "pki"]),
    ("scenario", &["machine", "record", "sip"]),
    ("judge", &["machine", "metrology", "record", "scenario", "sip"]),
    ("bench", &["machine", "media", "pki", "record", "scenario", "sip", "tls"]),
    ("virtual-oxo", &["machine", "media", "pki", "sip", "tls"]),
    ("io", &["instrument", "machine", "media", "record"]),
    ("report", &["judge", "record"]),
    (
        "cli",
        &[
            "bench",
            "io",
            "judge",
            "machine",
            "media",
            "pki",
            "record",
            "report",
            "scenario",
            "tls",
            "virtual-oxo",
        ],
    ),
];

/// Crate -> crates of this project among its ordinary dependencies, as cargo sees them.
fn arrows_of_the_build() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let short = |name: &str| name.strip_prefix("oxocert-").map(str::to_owned);
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let uses = package["dependencies"].as_array().expect("dependencies").iter();
            let ordinary = uses.filter(|dependency| dependency["kind"].is_null());
            let ours =
                ordinary.filter_map(|dependency| short(dependency["name"].as_str().unwrap_or_default()));
            (short(package["name"].as_str().unwrap_or_default()).unwrap_or_default(), ours.collect())
        })
        .collect()
}

#[test]
fn arrows_between_crates_are_those_of_the_picture() {
    let drawn: BTreeMap<String, BTreeSet<String>> = ARROWS
        .iter()
        .map(|(from, to)| ((*from).to_owned(), to.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(arrows_of_the_build(), drawn);
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let missing: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains([' ', '*', '<', ':', '$', '{']))
        .filter(|word| !word.starts_with("./") && !root().join(word).exists())
        .collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md names paths that do not exist: {missing:?}");
}

#[test]
fn unsafe_code_lives_in_io_only() {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                if text.contains("allow(unsafe_code)") {
                    found.push(path);
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("harness"), &mut found);
    let outside: Vec<_> =
        found.iter().filter(|path| !path.to_string_lossy().contains("harness/io/")).collect();
    assert!(outside.is_empty(), "unsafe code outside harness/io: {outside:?}");
}
