//! Certificates that were parsed before.
//!
//! OpenSSL 3 takes a third of a millisecond to parse a certificate, most of it for finding out of what kind its key is. The same few
//! certificates come in each handshake of a run, so each thread keeps those it has seen last.

use openssl::error::ErrorStack;
use openssl::x509::X509;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// More than any lab has; a peer that sends another one each time makes it start again.
const KEPT: usize = 128;

thread_local! {
    static SEEN: RefCell<BTreeMap<Vec<u8>, X509>> = const { RefCell::new(BTreeMap::new()) };
}

/// The certificate of these DER bytes.
///
/// # Errors
/// OpenSSL cannot read it.
pub fn parsed(der: &[u8]) -> Result<X509, ErrorStack> {
    if let Some(known) = SEEN.with_borrow(|seen| seen.get(der).cloned()) {
        return Ok(known);
    }
    let certificate = X509::from_der(der)?;
    SEEN.with_borrow_mut(|seen| {
        if seen.len() >= KEPT {
            seen.clear();
        }
        seen.insert(der.to_vec(), certificate.clone());
    });
    Ok(certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_an_error_each_time() {
        assert!(parsed(b"no certificate").is_err());
        assert!(parsed(b"no certificate").is_err());
    }
}
