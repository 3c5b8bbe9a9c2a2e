//! The certificates of a lab: two public CAs as Orange names them (a root that is going, G1, and its successor, G2: C19), a CA
//! that nobody trusts, and for every a-SBC and the DUT a good certificate and every bad one that a scenario presents.

mod authority;
mod build;
mod folder;
mod named;
mod status;

pub use authority::Authority;
pub(crate) use build::{Dates, Profile, Subject};
pub use folder::{AUTHORITY_FOLDER, IDENTITY_FOLDER, NAMES_FILE};
pub use named::{CERTIFICATES, DUT};

use crate::{Identity, PkiError, UtcSeconds};
use std::collections::BTreeMap;
use std::fmt;

/// Who gets certificates.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Role and FQDN of each a-SBC, such as `("sbc.nominal", "sbc1.business-talk-ip.orange-business.com")`.
    pub sbcs: Vec<(String, String)>,
    /// FQDN of the DUT: CN and SAN of its certificate (Orange §5.2.1-2).
    pub dut_fqdn: String,
}

/// The certificates and keys of a lab. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Lab {
    names: Names,
    made: UtcSeconds,
    g1_root: Authority,
    g1_intermediate: Authority,
    g2_root: Authority,
    g2_intermediate: Authority,
    unknown_root: Authority,
    identities: BTreeMap<String, BTreeMap<String, Identity>>,
}

impl Lab {
    /// Makes everything, with dates relative to `now`: good ones are valid from a day before for 397 days. Nine RSA keys are
    /// drawn, which takes about a second: make one and keep it.
    ///
    /// # Errors
    /// A name is no FQDN or there twice, a role is no plain word, or OpenSSL fails.
    pub fn new(now: UtcSeconds, names: &Names) -> Result<Lab, PkiError> {
        named::make(now, names)
    }

    /// The names it was made for.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The moment its dates are relative to.
    pub fn made(&self) -> UtcSeconds {
        self.made
    }

    /// A certificate with its chain and key by its owner (a role of an a-SBC, or [`DUT`]) and its name ([`CERTIFICATES`]).
    pub fn identity(&self, who: &str, certificate: &str) -> Option<&Identity> {
        self.identities.get(who)?.get(certificate)
    }

    /// Everyone who has certificates, sorted.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.identities.keys().map(String::as_str)
    }

    /// Both roots and both intermediates, DER.
    pub fn trusted(&self) -> Vec<Vec<u8>> {
        let all = [&self.g1_root, &self.g1_intermediate, &self.g2_root, &self.g2_intermediate];
        all.map(|authority| authority.certificate.clone()).to_vec()
    }

    /// What the document has an OCE import: root and intermediate of the first CA (Orange §5.2.3).
    pub fn trusted_of_dut(&self) -> Vec<Vec<u8>> {
        [&self.g1_root, &self.g1_intermediate].map(|authority| authority.certificate.clone()).to_vec()
    }

    /// As [`Lab::trusted_of_dut`], and root and intermediate of the successor: an OCE that is ready for the migration (C19).
    pub fn trusted_of_dut_with_g2(&self) -> Vec<Vec<u8>> {
        self.trusted()
    }

    /// What an a-SBC trusts: the roots only, so that a DUT which leaves out its intermediate is seen (§2.4.5, C29).
    pub fn trusted_of_sbc(&self) -> Vec<Vec<u8>> {
        [&self.g1_root, &self.g2_root].map(|authority| authority.certificate.clone()).to_vec()
    }

    /// Root and intermediate of the first CA: they issue what a real DUT asks for.
    pub fn issuing(&self) -> (&Authority, &Authority) {
        (&self.g1_root, &self.g1_intermediate)
    }

    /// Without the DUT's certificates: a real DUT has a key of its own, which nobody else may have.
    pub fn without_dut(mut self) -> Lab {
        self.identities.remove(DUT);
        self
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owners: Vec<&str> = self.owners().collect();
        f.debug_struct("Lab").field("names", &self.names).field("owners", &owners).finish_non_exhaustive()
    }
}
