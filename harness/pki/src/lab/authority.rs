//! A certificate authority of the lab.

use super::build::{self, Dates, Profile, Signer, Subject};
use crate::{PkiError, UtcSeconds, error::openssl};
use openssl::pkey::{PKey, PKeyRef, Public};
use openssl::x509::X509;
use std::fmt;

/// Length of the keys of the CAs, bits.
const BITS: u32 = 2048;

/// A certificate authority: its certificate and its private key. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Authority {
    /// DER.
    pub certificate: Vec<u8>,
    /// PKCS#8 DER.
    pub key: Vec<u8>,
}

impl Authority {
    /// A root, valid from five years before `now` to fifteen after.
    pub(super) fn root(common_name: &str, now: UtcSeconds) -> Result<Authority, PkiError> {
        let key = build::rsa(BITS)?;
        let signer = Signer { certificate: None, key: &key };
        let subject = Subject::authority(common_name);
        let public = build::public(&key)?;
        let certificate =
            build::certificate(&subject, &public, &signer, &Profile::Root, build::root_years(now))?;
        Ok(Authority { certificate, key: build::pkcs8(&key)? })
    }

    /// An intermediate below this one, valid from three years before `now` to seven after.
    pub(super) fn intermediate(&self, common_name: &str, now: UtcSeconds) -> Result<Authority, PkiError> {
        let key = build::rsa(BITS)?;
        let subject = Subject::authority(common_name);
        let dates = build::intermediate_years(now);
        let public = build::public(&key)?;
        let certificate = self.issue(&subject, &public, &Profile::Intermediate, dates)?;
        Ok(Authority { certificate, key: build::pkcs8(&key)? })
    }

    /// Issues a certificate, DER.
    pub(crate) fn issue(
        &self,
        subject: &Subject,
        key: &PKeyRef<Public>,
        profile: &Profile,
        dates: Dates,
    ) -> Result<Vec<u8>, PkiError> {
        let certificate =
            X509::from_der(&self.certificate).map_err(openssl("read the certificate of a CA"))?;
        let own_key = PKey::private_key_from_der(&self.key).map_err(openssl("read the key of a CA"))?;
        let signer = Signer { certificate: Some(&certificate), key: &own_key };
        build::certificate(subject, key, &signer, profile, dates)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("certificate_bytes", &self.certificate.len())
            .finish_non_exhaustive()
    }
}
