//! The names that scenarios and profiles may write are those that the crates behind them know.

use oxocert_media::srtp::Suite;
use oxocert_pki::Flaw;
use oxocert_scenario::lab;
use oxocert_scenario::satisfies::alert_name;
use oxocert_tls::{Alert, Hello, Version};
use std::collections::BTreeSet;

#[test]
fn certificates_are_those_of_the_lab() {
    let known: BTreeSet<&str> = oxocert_pki::lab::CERTIFICATES.into_iter().collect();
    let written: BTreeSet<&str> = lab::CERTIFICATES.into_iter().filter(|name| *name != "none").collect();
    assert_eq!(written, known);
}

#[test]
fn flaws_are_those_of_certificates() {
    let known: BTreeSet<&str> = Flaw::ALL.into_iter().map(Flaw::name).collect();
    assert_eq!(lab::FLAWS.into_iter().collect::<BTreeSet<_>>(), known);
}

#[test]
fn suites_of_srtp_are_those_of_the_media_engine() {
    let known: BTreeSet<&str> = Suite::ALL.into_iter().map(Suite::name).collect();
    assert_eq!(lab::SRTP_SUITES.into_iter().collect::<BTreeSet<_>>(), known);
}

#[test]
fn versions_are_those_of_the_tls_layer() {
    let known = [Version::Tls10, Version::Tls11, Version::Tls12, Version::Tls13].map(Version::name);
    assert_eq!(lab::TLS_VERSIONS, known);
}

/// What is no ClientHello of the TLS layer is made by the bench itself.
#[test]
fn probes_are_those_of_the_tls_layer_and_of_the_bench() {
    let of_bench = ["anonymous", "no-certificate", "clear-udp", "clear-tcp"];
    for probe in lab::PROBES {
        let only = probe.strip_prefix("0x").map(|number| format!("only-0x{number}"));
        let known = Hello::named(only.as_deref().unwrap_or(probe)).is_some();
        assert_ne!(known, of_bench.contains(&probe), "{probe}");
    }
}

/// A record holds numbers; scenarios and reports write the names that the TLS layer has for them.
#[test]
fn alerts_are_those_of_the_tls_layer() {
    for number in 0..=u8::MAX {
        let named = Alert(number).name().map(str::to_owned);
        assert_eq!(alert_name(number), named.unwrap_or_else(|| number.to_string()), "{number}");
    }
}
