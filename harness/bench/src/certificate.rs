//! Who a certificate says it is.

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What the record tells of a certificate in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The subject, one line.
    pub(crate) subject: String,
    /// The issuer, one line.
    pub(crate) issuer: String,
    /// DNS names of its subjectAltName.
    pub(crate) names: Vec<String>,
}

/// Reads a certificate, DER; `None` where it cannot be parsed.
pub(crate) fn read(der: &[u8]) -> Option<Named> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let names = alternatives.iter().flat_map(|names| &names.value.general_names);
    Some(Named {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names: names
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                _ => None,
            })
            .collect(),
    })
}
