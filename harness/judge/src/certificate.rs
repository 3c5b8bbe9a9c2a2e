//! What a certificate says of itself, read from its bytes.

use sha2::{Digest, Sha256};
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, ParsedExtension, X509Certificate};
use x509_parser::public_key::PublicKey;

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Subject, one line.
    pub subject: String,
    /// Common name of the subject.
    pub common_name: Option<String>,
    /// Whether the subject has an organisational unit.
    pub has_unit: bool,
    /// Issuer, one line.
    pub issuer: String,
    /// DNS names of its subjectAltName.
    pub names: Vec<String>,
    /// First and last day of its validity, UTC.
    pub valid: (String, String),
    /// `RSA 2048`, `EC 256`.
    pub key: String,
    /// Its extended key usage, by name; `None` where it has none, which allows every use.
    pub uses: Option<Vec<&'static str>>,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// Reads a certificate; `None` where the bytes are none.
pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut names = Vec::new();
    let mut uses = None;
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(list) => {
                for name in &list.general_names {
                    if let GeneralName::DNSName(name) = name {
                        names.push((*name).to_owned());
                    }
                }
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let known = [
                    (usage.any, "any"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                ];
                uses = Some(known.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect());
            }
            _ => {}
        }
    }
    let subject = certificate.subject();
    let common_name = subject.iter_common_name().next().and_then(|name| name.as_str().ok());
    Some(Certificate {
        subject: subject.to_string(),
        common_name: common_name.map(str::to_owned),
        has_unit: subject.iter_organizational_unit().next().is_some(),
        issuer: certificate.issuer().to_string(),
        names,
        valid: (day(&certificate.validity().not_before), day(&certificate.validity().not_after)),
        key: key(&certificate),
        uses,
        sha256: Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// `2026-11-22`.
fn day(time: &ASN1Time) -> String {
    time.to_datetime().date().to_string()
}

fn key(certificate: &X509Certificate<'_>) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
        Ok(_) => "another algorithm than RSA and EC".to_owned(),
        Err(_) => "a key that cannot be read".to_owned(),
    }
}
