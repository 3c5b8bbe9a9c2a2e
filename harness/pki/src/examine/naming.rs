//! Whether a certificate names its peer: RFC 5922 §7 and RFC 6125 §6.4.

use crate::Flaw;
use crate::certificate::{AltName, Certificate};
use std::net::IpAddr;

/// What is wrong with the names of a certificate whose owner should be `wanted`.
pub fn flaws(certificate: &Certificate, wanted: &str) -> Vec<Flaw> {
    let wanted = normal(wanted);
    let mut by_wildcard = false;
    for name in &certificate.names {
        match name {
            AltName::Dns(name) if normal(name) == wanted => return Vec::new(),
            AltName::Uri(uri) if sip_domain(uri).is_some_and(|domain| normal(domain) == wanted) => {
                return Vec::new();
            }
            AltName::Ip(address) if wanted.parse::<IpAddr>() == Ok(*address) => return Vec::new(),
            AltName::Dns(name) => by_wildcard |= wildcard_covers(&normal(name), &wanted),
            _ => {}
        }
    }
    if by_wildcard {
        return vec![Flaw::Wildcard];
    }
    // The common name is looked at only where no subjectAltName of type DNS stands (RFC 6125 §6.4.4).
    if !certificate.names.iter().any(|name| matches!(name, AltName::Dns(_))) {
        if certificate.common_names.iter().any(|cn| normal(cn) == wanted) {
            return vec![Flaw::NameInCommonNameOnly];
        }
        if certificate.common_names.iter().any(|cn| wildcard_covers(&normal(cn), &wanted)) {
            return vec![Flaw::NameInCommonNameOnly, Flaw::Wildcard];
        }
    }
    vec![Flaw::NameMismatch]
}

/// Lower case, without the dot of the root.
fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The domain of a SIP URI without user part (RFC 5922 §7.1): one with a user part names a person, not a domain.
fn sip_domain(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("sip:").or_else(|| uri.strip_prefix("sips:"))?;
    (!rest.contains('@') && !rest.is_empty()).then_some(rest)
}

/// Whether `*.example.org` covers `a.example.org`: one whole label on the left (RFC 6125 §6.4.3).
fn wildcard_covers(pattern: &str, name: &str) -> bool {
    let Some(parent) = pattern.strip_prefix("*.") else { return false };
    name.split_once('.')
        .is_some_and(|(label, rest)| !label.is_empty() && !parent.is_empty() && rest == parent)
}
