//! Extensions that say where the status of a certificate can be asked for (RFC 5280 §4.2.1.13, §4.2.2.1).

use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::error::ErrorStack;
use openssl::x509::X509Extension;

/// DER tags.
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// Context tag 0, constructed: `distributionPoint`, and within it `fullName`.
const TAG_0: u8 = 0xa0;
/// Context tag 6 of GeneralName: `uniformResourceIdentifier`.
const URI: u8 = 0x86;

/// id-ad-ocsp, 1.3.6.1.5.5.7.48.1.
const ID_AD_OCSP: [u8; 8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];

/// `cRLDistributionPoints` with `<base>/crl`, and `authorityInfoAccess` with the OCSP responder `<base>`.
pub fn extensions(base: &str) -> Result<[X509Extension; 2], ErrorStack> {
    let list = der(URI, format!("{base}/crl").as_bytes());
    let point = der(SEQUENCE, &der(TAG_0, &der(TAG_0, &list)));
    let responder = [der(OBJECT_IDENTIFIER, &ID_AD_OCSP), der(URI, base.as_bytes())].concat();
    let access = der(SEQUENCE, &responder);
    Ok([
        extension("2.5.29.31", &der(SEQUENCE, &point))?,
        extension("1.3.6.1.5.5.7.1.1", &der(SEQUENCE, &access))?,
    ])
}

fn extension(oid: &str, value: &[u8]) -> Result<X509Extension, ErrorStack> {
    let value = Asn1OctetString::new_from_bytes(value)?;
    let oid = Asn1Object::from_str(oid)?;
    X509Extension::new_from_der(&oid, false, &value)
}

/// Tag, length and value; values here are shorter than 128 bytes, so that one byte holds the length (X.690 §8.1.3.4).
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    debug_assert!(value.len() < 128, "the short form of a length ends at 127");
    let mut made = vec![tag, value.len() as u8];
    made.extend_from_slice(value);
    made
}
