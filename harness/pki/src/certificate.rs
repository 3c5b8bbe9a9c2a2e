//! One certificate, taken apart.

use crate::error::forget_openssl_errors;
use openssl::pkey::{PKeyRef, Public};
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use std::cell::OnceCell;
use std::fmt;
use std::net::IpAddr;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

/// A certificate that both parsers took.
pub struct Certificate {
    der: Vec<u8>,
    openssl: X509,
    self_signed: OnceCell<bool>,
    /// `notBefore`, seconds since 1970.
    pub not_before: i64,
    /// `notAfter`, seconds since 1970; that second is still valid.
    pub not_after: i64,
    /// Its key.
    pub key: KeyKind,
    /// Common names of the subject.
    pub common_names: Vec<String>,
    /// subjectAltName.
    pub names: Vec<AltName>,
    /// extendedKeyUsage, where there is one.
    pub purposes: Option<Purposes>,
    /// basicConstraints.
    pub authority: Option<Authority>,
    /// Whether it is X.509 version 1, which knows no extension.
    pub is_v1: bool,
}

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// Length of the modulus.
        bits: u32,
    },
    /// Another.
    Other,
}

impl KeyKind {
    /// The kind of this key.
    pub fn of(key: &PKeyRef<Public>) -> KeyKind {
        match key.rsa() {
            Ok(_) => KeyKind::Rsa { bits: key.bits() },
            Err(_) => KeyKind::Other,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyKind::Rsa { bits } => write!(f, "RSA {bits}"),
            KeyKind::Other => f.write_str("no RSA"),
        }
    }
}

/// One name of the subjectAltName that SIP looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AltName {
    /// dNSName.
    Dns(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// iPAddress.
    Ip(IpAddr),
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AltName::Dns(name) => write!(f, "DNS:{}", Plain(name)),
            AltName::Uri(uri) => write!(f, "URI:{}", Plain(uri)),
            AltName::Ip(address) => write!(f, "IP:{address}"),
        }
    }
}

/// A text of unknown origin, with control characters escaped: it goes to a terminal.
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

/// What an extendedKeyUsage allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purposes {
    /// serverAuth, or any.
    pub server: bool,
    /// clientAuth, or any.
    pub client: bool,
}

/// basicConstraints with cA true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// How many intermediates may stand between it and the end entity.
    pub path_length: Option<u32>,
}

impl Certificate {
    /// Reads DER; `None` where it is no certificate, has a malformed or doubled extension that matters here, or bytes after its end.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let openssl = crate::parsed(der).ok()?;
        // The openssl crate takes a certificate apart lazily: a key that cannot be read shows only here.
        let key = openssl.public_key().ok()?;
        let key = KeyKind::of(&key);
        let basic = parsed.basic_constraints().ok()?;
        let purposes = parsed.extended_key_usage().ok()?.map(|usage| Purposes {
            server: usage.value.server_auth || usage.value.any,
            client: usage.value.client_auth || usage.value.any,
        });
        let names = match parsed.subject_alternative_name().ok()? {
            Some(extension) => extension.value.general_names.iter().filter_map(alt_name).collect(),
            None => Vec::new(),
        };
        if parsed
            .extensions()
            .iter()
            .any(|e| matches!(e.parsed_extension(), ParsedExtension::ParseError { .. }))
        {
            return None;
        }
        Some(Certificate {
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            key,
            common_names: common_names(parsed.subject()),
            names,
            purposes,
            authority: basic
                .filter(|e| e.value.ca)
                .map(|e| Authority { path_length: e.value.path_len_constraint }),
            is_v1: parsed.version().0 == 0,
            der: der.to_vec(),
            openssl,
            self_signed: OnceCell::new(),
        })
    }

    /// As OpenSSL sees it.
    pub fn openssl(&self) -> &X509Ref {
        &self.openssl
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether names, key identifiers and key usage allow that it issued `other` (RFC 5280 §6.1.3-4); the signature is not looked at.
    pub fn may_have_issued(&self, other: &Certificate) -> bool {
        let may = self.openssl.issued(&other.openssl) == X509VerifyResult::OK;
        forget_openssl_errors();
        may
    }

    /// Whether its key made the signature of `other`.
    pub fn signed(&self, other: &Certificate) -> bool {
        // An error (a foreign algorithm, a signature that is no number) is a signature that does not verify.
        let verifies = self.openssl.public_key().and_then(|key| other.openssl.verify(&key)).unwrap_or(false);
        forget_openssl_errors();
        verifies
    }

    /// Whether subject and issuer are one.
    pub fn is_self_issued(&self) -> bool {
        self.openssl.subject_name().try_cmp(self.openssl.issuer_name()).is_ok_and(|order| order.is_eq())
    }

    /// Whether it is self-issued and its own key made its signature.
    pub fn is_self_signed(&self) -> bool {
        *self.self_signed.get_or_init(|| self.is_self_issued() && self.signed(self))
    }
}

/// The common names of a subject.
pub fn common_names(subject: &x509_parser::x509::X509Name<'_>) -> Vec<String> {
    subject.iter_common_name().filter_map(|cn| cn.as_str().ok()).map(str::to_owned).collect()
}

/// A name of a subjectAltName, where SIP looks at its kind.
pub fn alt_name(name: &GeneralName<'_>) -> Option<AltName> {
    match name {
        GeneralName::DNSName(name) => Some(AltName::Dns((*name).to_owned())),
        GeneralName::URI(uri) => Some(AltName::Uri((*uri).to_owned())),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(AltName::Ip)
        }
        _ => None,
    }
}
