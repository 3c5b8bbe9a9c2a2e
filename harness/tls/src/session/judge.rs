//! What an endpoint thinks of a peer's certificates, and which alert tells it.

use super::UtcClock;
use super::desk::Judged;
use crate::{Alert, Endpoint, PeerPolicy};
use oxocert_pki::{Flaw, Usage, UtcSeconds, examine};
use std::sync::Arc;

/// Judges chains for one endpoint.
#[derive(Debug)]
pub(crate) struct Judge {
    trusted: Vec<Vec<u8>>,
    name: Option<String>,
    policy: PeerPolicy,
    clock: Arc<UtcClock>,
    ahead: i64,
}

impl Judge {
    pub(crate) fn new(endpoint: &Endpoint, clock: Arc<UtcClock>) -> Judge {
        Judge {
            trusted: endpoint.trusted.clone(),
            name: endpoint.peer_name.clone(),
            policy: endpoint.peer.clone(),
            clock,
            ahead: endpoint.clock_ahead,
        }
    }

    /// What this endpoint takes for the time.
    pub(crate) fn now(&self) -> UtcSeconds {
        UtcSeconds(self.clock.get().saturating_add(self.ahead))
    }

    /// Judges a chain that was presented for `usage`.
    pub(crate) fn judge(&self, chain: Vec<Vec<u8>>, usage: Usage) -> Judged {
        let flaws = examine(&chain, &self.trusted, self.name.as_deref(), usage, self.now());
        let refused = match &self.policy {
            PeerPolicy::Record => None,
            PeerPolicy::Refuse { forgiven } => flaws
                .iter()
                .copied()
                .filter(|flaw| !forgiven.contains(flaw))
                .min_by_key(|flaw| gravity(*flaw)),
        };
        Judged { chain, flaws, refused }
    }

    /// Whether a server that asks goes on without a client certificate.
    pub(crate) fn takes_none(&self) -> bool {
        match &self.policy {
            PeerPolicy::Record => true,
            PeerPolicy::Refuse { forgiven } => forgiven.contains(&Flaw::Absent),
        }
    }
}

/// Which of several flaws is told: the chain before the dates before the name.
fn gravity(flaw: Flaw) -> u8 {
    match flaw {
        Flaw::Absent => 0,
        Flaw::Unreadable => 1,
        Flaw::UnknownCa | Flaw::MissingIntermediate => 2,
        Flaw::BadSignature => 3,
        Flaw::Expired => 4,
        Flaw::NotYetValid => 5,
        Flaw::NoServerAuth | Flaw::NoClientAuth => 6,
        Flaw::NameMismatch | Flaw::NameInCommonNameOnly | Flaw::Wildcard => 7,
        Flaw::WeakKey => 8,
    }
}

/// The alert that OpenSSL 3.0 sends for a flaw (`ssl_x509err2alert`); what OpenSSL itself does not object to comes from the
/// application, which it tells as handshake_failure.
pub(crate) fn alert_of_openssl(flaw: Flaw) -> Alert {
    match flaw {
        Flaw::Expired => Alert::CERTIFICATE_EXPIRED,
        Flaw::UnknownCa | Flaw::MissingIntermediate => Alert::UNKNOWN_CA,
        Flaw::BadSignature => Alert::DECRYPT_ERROR,
        Flaw::NoServerAuth | Flaw::NoClientAuth => Alert::UNSUPPORTED_CERTIFICATE,
        Flaw::NotYetValid
        | Flaw::Unreadable
        | Flaw::NameMismatch
        | Flaw::NameInCommonNameOnly
        | Flaw::Wildcard => Alert::BAD_CERTIFICATE,
        Flaw::Absent | Flaw::WeakKey => Alert::HANDSHAKE_FAILURE,
    }
}

/// The codes of X509_V_ERR_* (OpenSSL, x509_vfy.h) that stand for a flaw.
pub(crate) fn codes_of_openssl(flaw: Flaw) -> &'static [i32] {
    match flaw {
        Flaw::NotYetValid => &[9],
        Flaw::Expired => &[10],
        Flaw::UnknownCa | Flaw::MissingIntermediate => &[2, 18, 19, 20, 21],
        Flaw::BadSignature => &[7],
        Flaw::NoServerAuth | Flaw::NoClientAuth => &[26],
        Flaw::NameMismatch | Flaw::NameInCommonNameOnly | Flaw::Wildcard => &[62],
        Flaw::Absent | Flaw::Unreadable | Flaw::WeakKey => &[],
    }
}
