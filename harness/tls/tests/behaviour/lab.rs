//! Certificates and endpoints of the tests: one lab a process.

use oxocert_pki::lab::{DUT, Lab, Names};
use oxocert_pki::{Flaw, Identity, UtcSeconds};
use oxocert_tls::{Backend, Endpoint, PeerPolicy, Version};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// 2026-06-01T00:00:00Z.
pub const NOW: UtcSeconds = UtcSeconds(1_780_272_000);
/// Name of the a-SBC.
pub const SBC_NAME: &str = "sbc1.business-talk-ip.orange-business.com";
/// Name of the DUT.
pub const DUT_NAME: &str = "oce.customer.example";

static LAB: LazyLock<Lab> = LazyLock::new(|| {
    let sbcs = vec![("sbc".to_owned(), SBC_NAME.to_owned())];
    Lab::new(NOW, &Names { sbcs, dut_fqdn: DUT_NAME.to_owned() }).unwrap()
});

/// The lab.
pub fn lab() -> &'static Lab {
    &LAB
}

/// A certificate of the a-SBC.
pub fn of_sbc(certificate: &str) -> Option<Identity> {
    Some(lab().identity("sbc", certificate).unwrap().clone())
}

/// A certificate of the DUT.
pub fn of_dut(certificate: &str) -> Option<Identity> {
    Some(lab().identity(DUT, certificate).unwrap().clone())
}

/// An a-SBC that takes everything and asks for a certificate.
pub fn sbc(backend: Backend) -> Endpoint {
    Endpoint {
        identity: of_sbc("good"),
        trusted: lab().trusted_of_sbc(),
        lowest: Version::Tls12,
        highest: Version::Tls12,
        suites: Vec::new(),
        backend,
        peer: PeerPolicy::Record,
        asks_client: true,
        peer_name: Some(DUT_NAME.to_owned()),
        clock_ahead: 0,
        resumes: false,
    }
}

/// A DUT that takes good certificates only.
pub fn dut(backend: Backend) -> Endpoint {
    Endpoint {
        identity: of_dut("good"),
        trusted: lab().trusted_of_dut(),
        peer: PeerPolicy::Refuse { forgiven: BTreeSet::new() },
        peer_name: Some(SBC_NAME.to_owned()),
        ..sbc(backend)
    }
}

/// The same, which forgives a flaw.
pub fn forgiving(endpoint: Endpoint, flaw: Flaw) -> Endpoint {
    Endpoint { peer: PeerPolicy::Refuse { forgiven: BTreeSet::from([flaw]) }, ..endpoint }
}
