//! A certificate signing request (PKCS#10, RFC 2986) as a DUT makes it.

mod judge;

pub use judge::{Remark, judge};

use crate::certificate::{AltName, KeyKind, Plain, alt_name};
use crate::error::forget_openssl_errors;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::sha::sha256;
use openssl::x509::{X509NameRef, X509Req};
use std::fmt::Write as _;
use x509_parser::prelude::{FromDer, ParsedExtension, X509CertificationRequest};

/// A request, taken apart.
#[derive(Debug, Clone)]
pub struct Request {
    subject: Vec<Field>,
    subject_der: Vec<u8>,
    names: Vec<AltName>,
    other_names: bool,
    key: PKey<Public>,
    key_sha256: String,
    signed: bool,
}

/// One field of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    /// `CN`, or the number of one without a name.
    name: String,
    value: String,
}

impl Request {
    /// Reads a request in PEM or DER.
    ///
    /// # Errors
    /// It is none, in words.
    pub fn read(bytes: &[u8]) -> Result<Request, String> {
        let request = X509Req::from_pem(bytes).or_else(|_| X509Req::from_der(bytes));
        let der = request
            .and_then(|request| request.to_der())
            .map_err(|_| "it holds no certificate signing request in PEM or DER".to_owned())?;
        Request::from_der(&der)
    }

    /// Reads a request in DER.
    pub(crate) fn from_der(der: &[u8]) -> Result<Request, String> {
        let unreadable = |what: &str| format!("the request cannot be read: {what}");
        let request = X509Req::from_der(der).map_err(|_| unreadable("it is no DER of PKCS#10"))?;
        let key = request.public_key().map_err(|_| unreadable("its public key"))?;
        let spki = key.public_key_to_der().map_err(|_| unreadable("its public key"))?;
        let signed = request.verify(&key).unwrap_or(false);
        forget_openssl_errors();
        let (names, other_names) = alternative_names(der)?;
        Ok(Request {
            subject: fields(request.subject_name()),
            subject_der: request.subject_name().to_der().map_err(|_| unreadable("its subject"))?,
            names,
            other_names,
            signed,
            key_sha256: hex(&sha256(&spki)),
            key,
        })
    }

    /// The subject, `L=Generic, O=OmniPCX Office, ...`.
    pub fn subject(&self) -> String {
        let fields: Vec<String> =
            self.subject.iter().map(|field| format!("{}={}", field.name, Plain(&field.value))).collect();
        fields.join(", ")
    }

    /// The names it asks for, `DNS:oce.customer.example`.
    pub fn names(&self) -> Vec<String> {
        self.names.iter().map(AltName::to_string).collect()
    }

    /// The kind of its key, `RSA 2048`.
    pub fn key_kind(&self) -> String {
        KeyKind::of(&self.key).to_string()
    }

    /// SHA-256 of its public key (SubjectPublicKeyInfo), hexadecimal.
    pub fn key_sha256(&self) -> &str {
        &self.key_sha256
    }

    /// Whether its own key signed it.
    pub fn is_signed(&self) -> bool {
        self.signed
    }

    pub(crate) fn key(&self) -> &PKey<Public> {
        &self.key
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    pub(crate) fn alternative_names(&self) -> &[AltName] {
        &self.names
    }

    fn values(&self, name: &str) -> Vec<&str> {
        self.subject.iter().filter(|field| field.name == name).map(|field| field.value.as_str()).collect()
    }
}

/// The subjectAltNames that are asked for, and whether there are others of a kind that no certificate of a trunk has.
fn alternative_names(der: &[u8]) -> Result<(Vec<AltName>, bool), String> {
    let (_, parsed) = X509CertificationRequest::from_der(der)
        .map_err(|_| "the request cannot be read: its attributes".to_owned())?;
    let mut names = Vec::new();
    let mut others = false;
    for extension in parsed.requested_extensions().into_iter().flatten() {
        match extension {
            ParsedExtension::SubjectAlternativeName(asked) => {
                for name in &asked.general_names {
                    match alt_name(name) {
                        Some(name) => names.push(name),
                        None => others = true,
                    }
                }
            }
            ParsedExtension::ParseError { .. } => {
                return Err("the request cannot be read: one of the extensions it asks for".into());
            }
            _ => {}
        }
    }
    Ok((names, others))
}

fn fields(name: &X509NameRef) -> Vec<Field> {
    let field = |entry: &openssl::x509::X509NameEntryRef| {
        let nid = entry.object().nid();
        let name = match nid.short_name() {
            Ok(short) if nid != Nid::UNDEF => short.to_owned(),
            _ => entry.object().to_string(),
        };
        let value = match entry.data().to_string() {
            Ok(text) => text,
            Err(_) => hex(entry.data().as_slice()),
        };
        Field { name, value }
    };
    name.entries().map(field).collect()
}

/// The text of a subject or issuer.
pub(crate) fn name_text(name: &X509NameRef) -> String {
    let fields: Vec<String> =
        fields(name).iter().map(|field| format!("{}={}", field.name, Plain(&field.value))).collect();
    if fields.is_empty() { "(empty)".to_owned() } else { fields.join(", ") }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
