//! Certificates that the DUT presented, and what a reader must know of them.

use super::Whole;
use crate::certificate::{self, Certificate};
use crate::result::CertificateRow;
use std::collections::BTreeSet;

/// The root that browsers' stores dropped in 2026 (C19); the names of its successors do not hold this. The lab's root that stands
/// for it names it.
const OLD_ROOT: &str = "DigiCert Global Root CA";

pub(super) fn rows(whole: &Whole<'_, '_>) -> (Vec<CertificateRow>, Vec<String>) {
    let mut rows: Vec<CertificateRow> = Vec::new();
    let mut warnings: BTreeSet<String> = BTreeSet::new();
    for handshake in &whole.timeline.handshakes {
        for (place, der) in (0u32..).zip(&handshake.seen.chain) {
            let Some(read) = certificate::read(&der.0) else {
                warnings.insert(format!("event {}: a certificate of the DUT cannot be read", handshake.n.0));
                continue;
            };
            warnings.extend(warnings_of(place, &read));
            let flaws =
                if place == 0 { handshake.seen.flaws.clone().unwrap_or_default() } else { Vec::new() };
            let known = rows
                .iter_mut()
                .find(|row| row.sha256 == read.sha256 && row.place == place && row.flaws == flaws);
            match known {
                Some(row) => row.count += 1,
                None => rows.push(CertificateRow {
                    place,
                    subject: read.subject,
                    issuer: read.issuer,
                    names: read.names,
                    valid: read.valid,
                    key: read.key,
                    uses: read.uses.map(|uses| uses.into_iter().map(str::to_owned).collect()),
                    sha256: read.sha256,
                    flaws,
                    count: 1,
                    first: handshake.n,
                }),
            }
        }
    }
    rows.sort_by_key(|row| (row.place, row.first));
    (rows, warnings.into_iter().collect())
}

fn warnings_of(place: u32, read: &Certificate) -> Vec<String> {
    let mut warnings = Vec::new();
    if read.issuer.contains(OLD_ROOT) || read.subject.contains(OLD_ROOT) {
        warnings.push(
            "C19: the DUT's chain ends in DigiCert Global Root CA (or in the lab's root that stands for it), which browsers' root stores removed in 2026; plan its migration to Global Root G2."
                .to_owned(),
        );
    }
    if place != 0 {
        return warnings;
    }
    if let Some(uses) = &read.uses {
        let missing = ["serverAuth", "clientAuth"]
            .into_iter()
            .filter(|use_| !uses.contains(use_) && !uses.contains(&"any"));
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            warnings.push(format!(
                "C20: the DUT's certificate lacks the extended key usage {}; public CAs stopped issuing clientAuth by 2026, and mutual TLS needs a policy for it.",
                missing.join(" and ")
            ));
        }
    }
    if !read.has_unit {
        warnings.push(
            "C21: the subject of the DUT's certificate has no OU, which the document prints for the CSR; public CAs leave it out since 2022, so this is no failure."
                .to_owned(),
        );
    }
    if read.key != "RSA 2048" {
        warnings.push(format!("C21: the DUT's key is {}, where the document prints RSA 2048.", read.key));
    }
    warnings
}
