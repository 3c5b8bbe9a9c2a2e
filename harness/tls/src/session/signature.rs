//! The signature a peer makes in the handshake with the key of its certificate.
//!
//! rustls leaves the check to its verifier. It is made with OpenSSL, which reads certificates that webpki will not (X.509 v1,
//! RSA below 2048 bits): an instrument takes any certificate, but not a signature that does not verify.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use rustls::{CertificateError, Error, SignatureScheme};

/// The schemes that can be checked, best first.
pub(crate) const SCHEMES: [SignatureScheme; 10] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ECDSA_NISTP521_SHA512,
];

/// Checks a signature over `message`.
///
/// # Errors
/// As rustls wants it told to the peer: a certificate that cannot be read, a scheme that was not offered, a wrong signature.
pub(crate) fn check(
    message: &[u8],
    certificate: &[u8],
    scheme: SignatureScheme,
    signature: &[u8],
) -> Result<(), Error> {
    let unreadable = |_: ErrorStack| Error::from(CertificateError::BadEncoding);
    let key = oxocert_pki::parsed(certificate)
        .and_then(|certificate| certificate.public_key())
        .map_err(unreadable)?;
    match verifies(message, &key, scheme, signature) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(CertificateError::BadSignature.into()),
    }
}

fn verifies(
    message: &[u8],
    key: &openssl::pkey::PKeyRef<openssl::pkey::Public>,
    scheme: SignatureScheme,
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    if scheme == SignatureScheme::ED25519 {
        return Verifier::new_without_digest(key)?.verify_oneshot(signature, message);
    }
    let digest = match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
        | SignatureScheme::RSA_PSS_SHA256
        | SignatureScheme::RSA_PKCS1_SHA256 => MessageDigest::sha256(),
        SignatureScheme::ECDSA_NISTP384_SHA384
        | SignatureScheme::RSA_PSS_SHA384
        | SignatureScheme::RSA_PKCS1_SHA384 => MessageDigest::sha384(),
        SignatureScheme::ECDSA_NISTP521_SHA512
        | SignatureScheme::RSA_PSS_SHA512
        | SignatureScheme::RSA_PKCS1_SHA512 => MessageDigest::sha512(),
        _ => return Ok(false),
    };
    let mut verifier = Verifier::new(digest, key)?;
    if matches!(
        scheme,
        SignatureScheme::RSA_PSS_SHA256 | SignatureScheme::RSA_PSS_SHA384 | SignatureScheme::RSA_PSS_SHA512
    ) {
        verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    verifier.verify_oneshot(signature, message)
}
