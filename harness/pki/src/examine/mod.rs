//! What is wrong with a certificate chain, for one name, one use and one moment.
//!
//! Judged as RFC 5280 §6 and RFC 5922 §7 want it, with these limits: no revocation, no name constraints, no policies, and the
//! algorithm of a signature is not judged. A trusted certificate ends a path only where it is self-signed; an imported
//! intermediate helps to build the path to its root, as with OpenSSL's defaults.

mod naming;
mod path;

use crate::certificate::{Certificate, KeyKind, Purposes};
use crate::{Flaw, UtcSeconds};
use std::collections::BTreeSet;

/// Shortest RSA key that is not weak, bits (Orange §5.2.3; CA/Browser Forum baseline requirements §6.1.5).
pub const SHORTEST_RSA: u32 = 2048;

/// What the certificate was presented for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Usage {
    /// By a TLS server: serverAuth.
    Server,
    /// By a TLS client: clientAuth.
    Client,
}

/// All flaws of a chain, sorted, each once; empty where it is in order.
///
/// `chain`: DER, as sent in the handshake, the end entity first; the order of the others does not matter. `trusted`: DER, roots
/// and imported intermediates; what cannot be parsed of it is left out. `name`: what a subjectAltName must hold (a DNS name or
/// an IP address in text); `None`: any name is right. Bytes of any kind are welcome: this never panics, and the work is bounded.
pub fn examine(
    chain: &[Vec<u8>],
    trusted: &[Vec<u8>],
    name: Option<&str>,
    usage: Usage,
    at: UtcSeconds,
) -> Vec<Flaw> {
    let Some(first) = chain.first() else { return vec![Flaw::Absent] };
    let mut flaws = BTreeSet::new();
    let sent: Vec<Certificate> = chain.iter().filter_map(|der| Certificate::read(der)).collect();
    if sent.len() < chain.len() {
        flaws.insert(Flaw::Unreadable);
    }
    let Some(leaf) = sent.first().filter(|leaf| leaf.der() == first) else { return vec![Flaw::Unreadable] };
    let anchors: Vec<Certificate> = trusted.iter().filter_map(|der| Certificate::read(der)).collect();
    let found = path::build(leaf, &sent, &anchors);
    flaws.extend(found.flaw);
    for (depth, certificate) in found.path.iter().enumerate() {
        if at.0 > certificate.not_after {
            flaws.insert(Flaw::Expired);
        }
        if at.0 < certificate.not_before {
            flaws.insert(Flaw::NotYetValid);
        }
        if matches!(certificate.key, KeyKind::Rsa { bits } if bits < SHORTEST_RSA) {
            flaws.insert(Flaw::WeakKey);
        }
        // The purposes of a root are what its owner trusts it for; of all others, what the issuer allows.
        if depth == 0 || !certificate.is_self_signed() {
            flaws.extend(certificate.purposes.and_then(|purposes| against(purposes, usage)));
        }
    }
    if let Some(name) = name {
        flaws.extend(naming::flaws(leaf, name));
    }
    flaws.into_iter().collect()
}

fn against(purposes: Purposes, usage: Usage) -> Option<Flaw> {
    match usage {
        Usage::Server => (!purposes.server).then_some(Flaw::NoServerAuth),
        Usage::Client => (!purposes.client).then_some(Flaw::NoClientAuth),
    }
}
