//! The certificates of a lab are wrong in exactly the way their name says.
#![allow(clippy::unwrap_used, missing_docs)]

use oxocert_pki::lab::{CERTIFICATES, DUT, Lab, Names};
use oxocert_pki::{Flaw, Usage, UtcSeconds, examine};
use std::sync::LazyLock;

const NOW: UtcSeconds = UtcSeconds(1_800_000_000);
const SBC: &str = "sbc1.business-talk-ip.orange-business.com";
const DUT_FQDN: &str = "oce.customer.example";

static LAB: LazyLock<Lab> = LazyLock::new(|| {
    let sbcs = vec![("sbc.nominal".into(), SBC.into()), ("sbc.backup".into(), SBC.replace("sbc1", "sbc2"))];
    Lab::new(NOW, &Names { sbcs, dut_fqdn: DUT_FQDN.into() }).unwrap()
});

/// What the DUT, which imported root and intermediate of the first CA, finds wrong with each.
fn expected(name: &str, usage: Usage) -> Vec<Flaw> {
    match name {
        "good" | "no-intermediate" => vec![],
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
