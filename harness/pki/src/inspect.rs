//! What stands in a file of certificates and requests.

use crate::certificate::{AltName, Certificate};
use crate::request::{hex, name_text};
use crate::{PkiError, Request, UtcSeconds, files};
use openssl::sha::sha256;
use std::path::Path;
use x509_parser::pem::Pem;

/// Common name of the root that Mozilla's list of 2026 no longer holds, and of the intermediate below it (C19; Orange §5.2.3).
const LEAVING: [&str; 2] = ["DigiCert Global Root CA", "DigiCert TLS RSA SHA256 2020 CA1"];

/// One object of a file.
#[derive(Debug, Clone)]
pub enum Object {
    /// A certificate, DER.
    Certificate(Vec<u8>),
    /// A request.
    Request(Box<Request>),
    /// A private key, which is not looked at.
    PrivateKey,
    /// A PEM block of another kind, or one that cannot be read.
    Unknown(String),
}

/// The objects of a file (PEM blocks, or one object in DER).
///
/// # Errors
/// It cannot be read, or holds none.
pub fn read_objects(path: &Path) -> Result<Vec<Object>, PkiError> {
    let bytes = files::read(path)?;
    objects(&bytes).map_err(|why| PkiError::Content { path: path.to_owned(), why })
}

/// The objects of these bytes (PEM blocks, or one object in DER).
///
/// # Errors
/// It holds none, in words.
pub fn objects(bytes: &[u8]) -> Result<Vec<Object>, String> {
    let mut found = Vec::new();
    if bytes.windows(11).any(|window| window == b"-----BEGIN ") {
        for block in Pem::iter_from_buffer(bytes) {
            match block {
                Ok(block) => found.push(object(&block)),
                Err(error) => {
                    found.push(Object::Unknown(format!("a PEM block that cannot be read: {error}")));
                    break;
                }
            }
        }
    } else if Certificate::read(bytes).is_some() {
        found.push(Object::Certificate(bytes.to_vec()));
    } else if let Ok(request) = Request::from_der(bytes) {
        found.push(Object::Request(Box::new(request)));
    }
    if found.is_empty() {
        return Err("it holds neither a certificate nor a request, in PEM or DER".into());
    }
    Ok(found)
}

fn object(block: &Pem) -> Object {
    match block.label.as_str() {
        "CERTIFICATE" | "X509 CERTIFICATE" => Object::Certificate(block.contents.clone()),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => match Request::from_der(&block.contents) {
            Ok(request) => Object::Request(Box::new(request)),
            Err(why) => Object::Unknown(why),
        },
        label if label.ends_with("PRIVATE KEY") => Object::PrivateKey,
        label => Object::Unknown(format!("a PEM block {label:?}, which is neither certificate nor request")),
    }
}

/// What stands in a certificate, for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// subjectAltNames that SIP looks at, `DNS:oce.customer.example`.
    pub names: Vec<String>,
    /// `notBefore`.
    pub not_before: UtcSeconds,
    /// `notAfter`.
    pub not_after: UtcSeconds,
    /// `RSA 2048`.
    pub key: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), hexadecimal.
    pub key_sha256: String,
    /// Whether it may be used by a server and by a client, where it has an extendedKeyUsage.
    pub purposes: Option<(bool, bool)>,
    /// Whether it is a CA.
    pub is_authority: bool,
    /// Whether it signed itself.
    pub is_self_signed: bool,
    /// SHA-256 of all of it, hexadecimal.
    pub sha256: String,
}

/// What stands in a certificate; `None` where it cannot be read.
pub fn facts(der: &[u8]) -> Option<Facts> {
    let certificate = Certificate::read(der)?;
    let openssl = certificate.openssl();
    let spki = openssl.public_key().and_then(|key| key.public_key_to_der()).ok()?;
    let serial = openssl.serial_number().to_bn().and_then(|number| number.to_hex_str()).ok()?;
    Some(Facts {
        subject: name_text(openssl.subject_name()),
        issuer: name_text(openssl.issuer_name()),
        serial: serial.to_ascii_lowercase(),
        names: certificate.names.iter().map(AltName::to_string).collect(),
        not_before: UtcSeconds(certificate.not_before),
        not_after: UtcSeconds(certificate.not_after),
        key: certificate.key.to_string(),
        key_sha256: hex(&sha256(&spki)),
        purposes: certificate.purposes.map(|purposes| (purposes.server, purposes.client)),
        is_authority: certificate.authority.is_some(),
        is_self_signed: certificate.is_self_signed(),
        sha256: hex(&sha256(der)),
    })
}

/// What is no flaw today and will trouble a trunk: each in words, for a chain with the end entity first.
pub fn warnings(chain: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    let read: Vec<Facts> = chain.iter().filter_map(|der| facts(der)).collect();
    let names = |facts: &Facts, wanted: &str| {
        [&facts.subject, &facts.issuer].iter().any(|text| text.split(", ").any(|field| field == wanted))
    };
    let leaves = |name: &str| read.iter().any(|facts| names(facts, &format!("CN={name}")));
    if let Some(name) = LEAVING.into_iter().find(|name| leaves(name)) {
        found.push(format!(
            "the chain ends in DigiCert Global Root CA (it names {name:?}), as §5.2.3 has it; that root left Mozilla's list in \
             2026: plan for Global Root G2 (C19)"
        ));
    }
    if let Some((_, false)) =
        read.first().filter(|facts| !facts.is_authority).and_then(|facts| facts.purposes)
    {
        found.push(
            "its extendedKeyUsage lacks clientAuth, as public CAs issue it since 2026: a peer that wants it of a TLS client refuses \
             mutual authentication (C20)"
                .to_owned(),
        );
    }
    found
}
