//! The good certificate and the bad ones by name, each wrong in one way.

use super::authority::Authority;
use super::build::{self, Dates, Profile, Signer, Subject};
use super::{Lab, Names};
use crate::certificate::AltName;
use crate::{Identity, PkiError, UtcSeconds};
use openssl::pkey::{PKey, Private};
use std::collections::BTreeMap;

/// The DUT among the owners of certificates.
pub const DUT: &str = "dut";

/// Every name that [`Lab::identity`] knows.
///
/// Chains are end entity and intermediate of the first CA, where nothing else is said. `expired` ended 35 days before the lab
/// was made, `not-yet-valid` begins 30 days after. `unknown-ca`: issued by a root that nobody trusts, which is sent too.
/// `wrong-name`: SAN and CN of somebody else. `cn-only`: no SAN. `wildcard`: SAN `*.<parent domain>`. `no-intermediate`: the end
/// entity alone. `server-only`: extendedKeyUsage without clientAuth (C20). `g2-root`: issued by the second CA (C19).
/// `weak-key`: RSA 1024. `revocation-unknown`: names a revocation list and an OCSP responder that nobody can reach, as port 80
/// is closed (§2.4.4). `renewed`: another key, and dates of its own (§5.2.4).
pub const CERTIFICATES: [&str; 14] = [
    "good",
    "expired",
    "not-yet-valid",
    "unknown-ca",
    "self-signed",
    "wrong-name",
    "cn-only",
    "wildcard",
    "no-intermediate",
    "server-only",
    "g2-root",
    "weak-key",
    "revocation-unknown",
    "renewed",
];

/// Whom the certificate `wrong-name` names.
const SOMEBODY_ELSE: &str = "somebody-else.lab.example";

/// Where the status of a certificate cannot be had.
const NO_STATUS: &str = "http://status.lab.example";

/// Days that a good certificate is valid: the longest that browsers took when the document was written.
const GOOD_DAYS: i64 = 397;

/// The CAs while identities are made.
struct Authorities {
    g1: Authority,
    g2: Authority,
    unknown: Authority,
    now: UtcSeconds,
}

/// A key in both forms.
struct Key {
    pair: PKey<Private>,
    pkcs8: Vec<u8>,
}

/// Keys of certificates that have one of their own.
struct Others<'a> {
    weak: &'a Key,
    renewed: &'a Key,
}

impl Key {
    fn draw(bits: u32) -> Result<Key, PkiError> {
        let pair = build::rsa(bits)?;
        let pkcs8 = build::pkcs8(&pair)?;
        Ok(Key { pair, pkcs8 })
    }
}

/// Makes a lab.
pub fn make(now: UtcSeconds, names: &Names) -> Result<Lab, PkiError> {
    check(names)?;
    let g1_root = Authority::root("LAB Global Root CA (stands for DigiCert Global Root CA, G1)", now)?;
    let g1 = g1_root.intermediate("LAB TLS RSA SHA256 2020 CA1 (stands for DigiCert's)", now)?;
    let g2_root = Authority::root("LAB Global Root G2 (stands for DigiCert Global Root G2)", now)?;
    let g2 = g2_root.intermediate("LAB Global G2 TLS RSA SHA256 2020 CA1", now)?;
    let unknown = Authority::root("LAB Unknown Root (nobody trusts it)", now)?;
    let authorities = Authorities { g1, g2, unknown, now };
    let of_sbcs = Key::draw(2048)?;
    let of_dut = Key::draw(2048)?;
    let weak = Key::draw(1024)?;
    let renewed = Key::draw(2048)?;
    let others = Others { weak: &weak, renewed: &renewed };
    let mut identities = BTreeMap::new();
    for (role, fqdn) in &names.sbcs {
        identities.insert(role.clone(), authorities.all(fqdn, Subject::sbc, &of_sbcs, &others)?);
    }
    identities.insert(DUT.to_owned(), authorities.all(&names.dut_fqdn, Subject::oce, &of_dut, &others)?);
    let Authorities { g1, g2, unknown, .. } = authorities;
    let mut names = names.clone();
    // By role, as a folder keeps them.
    names.sbcs.sort();
    Ok(Lab {
        names,
        made: now,
        g1_root,
        g1_intermediate: g1,
        g2_root,
        g2_intermediate: g2,
        unknown_root: unknown,
        identities,
    })
}

impl Authorities {
    /// Every certificate of one owner.
    fn all(
        &self,
        fqdn: &str,
        subject: fn(&str) -> Subject,
        key: &Key,
        others: &Others<'_>,
    ) -> Result<BTreeMap<String, Identity>, PkiError> {
        let mut made = BTreeMap::new();
        for name in CERTIFICATES {
            let key = match name {
                "weak-key" => others.weak,
                "renewed" => others.renewed,
                _ => key,
            };
            let chain = self.chain(name, fqdn, subject, key)?;
            made.insert(name.to_owned(), Identity { chain, key: key.pkcs8.clone() });
        }
        Ok(made)
    }

    fn chain(
        &self,
        name: &str,
        fqdn: &str,
        subject: fn(&str) -> Subject,
        key: &Key,
    ) -> Result<Vec<Vec<u8>>, PkiError> {
        let issuer = match name {
            "g2-root" => &self.g2,
            "unknown-ca" => &self.unknown,
            _ => &self.g1,
        };
        let dates = match name {
            "expired" => Dates::days(self.now, -400, -35),
            "not-yet-valid" => Dates::days(self.now, 30, 30 + GOOD_DAYS),
            "renewed" => Dates::days(self.now, -1, GOOD_DAYS),
            _ => good_dates(self.now),
        };
        let whom = if name == "wrong-name" { SOMEBODY_ELSE } else { fqdn };
        let names = match name {
            "cn-only" => Vec::new(),
            "wildcard" => {
                let parent = fqdn.split_once('.').map_or(fqdn, |(_, parent)| parent);
                vec![AltName::Dns(format!("*.{parent}"))]
            }
            _ => vec![AltName::Dns(whom.to_owned())],
        };
        let profile = Profile::EndEntity {
            names,
            client: name != "server-only",
            status: (name == "revocation-unknown").then_some(NO_STATUS),
        };
        let public = build::public(&key.pair)?;
        if name == "self-signed" {
            let signer = Signer { certificate: None, key: &key.pair };
            return Ok(vec![build::certificate(&subject(whom), &public, &signer, &profile, dates)?]);
        }
        let leaf = issuer.issue(&subject(whom), &public, &profile, dates)?;
        Ok(match name {
            "no-intermediate" => vec![leaf],
            _ => vec![leaf, issuer.certificate.clone()],
        })
    }
}

/// The dates of a certificate that is in order.
pub fn good_dates(now: UtcSeconds) -> Dates {
    Dates::days(now, -1, GOOD_DAYS - 1)
}

fn check(names: &Names) -> Result<(), PkiError> {
    let mut roles = std::collections::BTreeSet::new();
    for (role, fqdn) in &names.sbcs {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if role.is_empty() || role == DUT || role.starts_with('.') || !role.chars().all(plain) {
            return Err(PkiError::Name(format!(
                "{role:?} cannot be the name of an a-SBC: letters, digits, '.', '_' and '-' only, and not {DUT:?}"
            )));
        }
        if !roles.insert(role) {
            return Err(PkiError::Name(format!("the a-SBC {role} is there twice")));
        }
        check_fqdn(fqdn)?;
    }
    check_fqdn(&names.dut_fqdn)?;
    // The name of a DUT stands in its CN too, which holds 64 characters (RFC 5280 appendix A.1, ub-common-name).
    if names.dut_fqdn.len() > build::LONGEST_COMMON_NAME {
        return Err(PkiError::Name(format!(
            "{}: the name of a DUT stands in its common name, which holds {} characters",
            names.dut_fqdn,
            build::LONGEST_COMMON_NAME
        )));
    }
    Ok(())
}

/// Refuses what is no fully qualified domain name (RFC 1123 §2.1) of two labels or more.
fn check_fqdn(name: &str) -> Result<(), PkiError> {
    let label = |label: &str| {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (1..=63).contains(&label.len())
            && label.chars().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = name.parse::<std::net::IpAddr>().is_ok();
    if !is_address && name.len() <= 253 && name.split('.').count() >= 2 && name.split('.').all(label) {
        return Ok(());
    }
    Err(PkiError::Name(format!("{name:?} is no fully qualified domain name such as oce.customer.example")))
}
