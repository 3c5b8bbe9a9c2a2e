//! How a certificate of the lab is put together (RFC 5280).

use super::status;
use crate::certificate::AltName;
use crate::{PkiError, UtcSeconds, error::openssl};
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder, X509Ref};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Longest common name (RFC 5280 appendix A.1, ub-common-name).
pub const LONGEST_COMMON_NAME: usize = 64;

/// First and last second of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// `notBefore`.
    pub from: UtcSeconds,
    /// `notAfter`.
    pub to: UtcSeconds,
}

impl Dates {
    /// From so many days after `now` (before, where negative) to so many.
    pub fn days(now: UtcSeconds, from: i64, to: i64) -> Dates {
        Dates { from: UtcSeconds(now.0 + from * DAY), to: UtcSeconds(now.0 + to * DAY) }
    }
}

/// The years of a root.
pub fn root_years(now: UtcSeconds) -> Dates {
    Dates::days(now, -5 * 365, 15 * 365)
}

/// The years of an intermediate: the expired certificates of the lab lie within them.
pub fn intermediate_years(now: UtcSeconds) -> Dates {
    Dates::days(now, -3 * 365, 7 * 365)
}

/// The subject of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Fields, in order.
    Fields(Vec<(Nid, String)>),
    /// The DER of a request's subject, taken over as it is.
    Copied(Vec<u8>),
}

impl Subject {
    /// The subject of a CA of the lab.
    pub fn authority(common_name: &str) -> Subject {
        let fields = [(Nid::ORGANIZATIONNAME, "oxocert lab"), (Nid::COMMONNAME, common_name)];
        Subject::Fields(fields.map(|(nid, text)| (nid, text.to_owned())).to_vec())
    }

    /// The subject of an a-SBC. A name that is too long for a common name stands in the subjectAltName only.
    pub fn sbc(fqdn: &str) -> Subject {
        let mut fields = vec![(Nid::ORGANIZATIONNAME, "oxocert lab (for Orange)".to_owned())];
        if fqdn.len() <= LONGEST_COMMON_NAME {
            fields.push((Nid::COMMONNAME, fqdn.to_owned()));
        }
        Subject::Fields(fields)
    }

    /// The subject of an OCE: fixed values of Orange §5.2.3, and its name.
    pub fn oce(fqdn: &str) -> Subject {
        let fixed = [
            (Nid::LOCALITYNAME, "Generic"),
            (Nid::ORGANIZATIONNAME, "OmniPCX Office"),
            (Nid::ORGANIZATIONALUNITNAME, "OmniPCX Office"),
            (Nid::COMMONNAME, fqdn),
        ];
        Subject::Fields(fixed.map(|(nid, text)| (nid, text.to_owned())).to_vec())
    }

    fn name(&self) -> Result<X509Name, ErrorStack> {
        let fields = match self {
            Subject::Fields(fields) => fields,
            Subject::Copied(der) => return X509Name::from_der(der),
        };
        let mut name = X509NameBuilder::new()?;
        for (nid, text) in fields {
            name.append_entry_by_nid(*nid, text)?;
        }
        Ok(name.build())
    }
}

/// What a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// A root.
    Root,
    /// A CA below a root that issues end entities only.
    Intermediate,
    /// An end entity.
    EndEntity {
        /// subjectAltName; empty: no such extension.
        names: Vec<AltName>,
        /// Whether extendedKeyUsage has clientAuth beside serverAuth.
        client: bool,
        /// Where a revocation list (below `/crl`) and an OCSP responder are said to be; `None`: neither is named.
        status: Option<&'static str>,
    },
}

/// Who signs.
pub struct Signer<'a> {
    /// Its certificate; `None`: the new certificate signs itself.
    pub certificate: Option<&'a X509Ref>,
    /// Its key.
    pub key: &'a PKeyRef<Private>,
}

/// Draws an RSA key.
pub fn rsa(bits: u32) -> Result<PKey<Private>, PkiError> {
    Rsa::generate(bits).and_then(PKey::from_rsa).map_err(openssl("draw an RSA key"))
}

/// The public half of a key.
pub fn public(key: &PKeyRef<Private>) -> Result<PKey<Public>, PkiError> {
    key.public_key_to_der()
        .and_then(|der| PKey::public_key_from_der(&der))
        .map_err(openssl("read a public key"))
}

/// A private key in PKCS#8 DER.
pub fn pkcs8(key: &PKeyRef<Private>) -> Result<Vec<u8>, PkiError> {
    key.private_key_to_pkcs8().map_err(openssl("write a private key"))
}

/// Makes a certificate, DER.
pub fn certificate(
    subject: &Subject,
    key: &PKeyRef<Public>,
    signer: &Signer<'_>,
    profile: &Profile,
    dates: Dates,
) -> Result<Vec<u8>, PkiError> {
    put_together(subject, key, signer, profile, dates)
        .and_then(|certificate| certificate.to_der())
        .map_err(openssl("make a certificate"))
}

fn put_together(
    subject: &Subject,
    key: &PKeyRef<Public>,
    signer: &Signer<'_>,
    profile: &Profile,
    dates: Dates,
) -> Result<X509, ErrorStack> {
    let subject = subject.name()?;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    builder.set_serial_number(serial()?.as_ref())?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(signer.certificate.map_or(&subject, X509Ref::subject_name))?;
    builder.set_pubkey(key)?;
    let from = Asn1Time::from_unix(dates.from.0)?;
    let to = Asn1Time::from_unix(dates.to.0)?;
    builder.set_not_before(&from)?;
    builder.set_not_after(&to)?;
    for extension in extensions(&builder, signer.certificate, profile)? {
        builder.append_extension(extension)?;
    }
    // The authority's identifier is copied from the signer, or from the subject's own where it signs itself: it comes last.
    let context = builder.x509v3_context(signer.certificate, None);
    let authority = AuthorityKeyIdentifier::new().keyid(false).build(&context)?;
    builder.append_extension(authority)?;
    builder.sign(signer.key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn extensions(
    builder: &X509Builder,
    issuer: Option<&X509Ref>,
    profile: &Profile,
) -> Result<Vec<X509Extension>, ErrorStack> {
    let context = builder.x509v3_context(issuer, None);
    let identifier = SubjectKeyIdentifier::new().build(&context)?;
    let mut made = match profile {
        Profile::Root => vec![BasicConstraints::new().critical().ca().build()?],
        Profile::Intermediate => vec![BasicConstraints::new().critical().ca().pathlen(0).build()?],
        Profile::EndEntity { .. } => vec![BasicConstraints::new().critical().build()?],
    };
    made.push(match profile {
        Profile::Root | Profile::Intermediate => {
            KeyUsage::new().critical().key_cert_sign().crl_sign().build()?
        }
        Profile::EndEntity { .. } => {
            KeyUsage::new().critical().digital_signature().key_encipherment().build()?
        }
    });
    if let Profile::EndEntity { names, client, status } = profile {
        let mut purposes = ExtendedKeyUsage::new();
        purposes.server_auth();
        if *client {
            purposes.client_auth();
        }
        made.push(purposes.build()?);
        let mut alternative = SubjectAlternativeName::new();
        for name in names {
            match name {
                AltName::Dns(name) => alternative.dns(name),
                AltName::Uri(uri) => alternative.uri(uri),
                AltName::Ip(address) => alternative.ip(&address.to_string()),
            };
        }
        if !names.is_empty() {
            made.push(alternative.build(&context)?);
        }
        if let Some(base) = status {
            made.extend(status::extensions(base)?);
        }
    }
    made.push(identifier);
    Ok(made)
}

/// 127 random bits: positive, as RFC 5280 §4.1.2.2 wants it, and never twice.
fn serial() -> Result<Asn1Integer, ErrorStack> {
    let mut number = BigNum::new()?;
    number.rand(127, MsbOption::MAYBE_ZERO, false)?;
    number.to_asn1_integer()
}
