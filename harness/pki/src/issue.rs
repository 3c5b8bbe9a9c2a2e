//! A certificate for the request of a DUT, as a public CA would give it.

use crate::lab::{Dates, Lab, Profile, Subject};
use crate::{PkiError, Request, UtcSeconds};

/// Longest that is issued, days: within the years of the intermediate.
pub const LONGEST_DAYS: u32 = 1825;

/// How a certificate is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The present moment: the certificate begins a day before, as clocks differ.
    pub now: UtcSeconds,
    /// Days from now to its end, 1 to [`LONGEST_DAYS`].
    pub days: u32,
    /// Whether extendedKeyUsage has clientAuth beside serverAuth (C20).
    pub client: bool,
}

/// A certificate for a request, by the first CA's intermediate, and the intermediate: DER, in the order of a handshake. The
/// subject and the names are the request's own; whether they are right is for [`crate::request::judge`] to say before.
///
/// # Errors
/// A number of days that is out of range, or OpenSSL fails.
pub fn issue(lab: &Lab, request: &Request, terms: &Terms) -> Result<Vec<Vec<u8>>, PkiError> {
    if !(1..=LONGEST_DAYS).contains(&terms.days) {
        return Err(PkiError::Name(format!("{} days: it can be 1 to {LONGEST_DAYS}", terms.days)));
    }
    let dates = Dates::days(terms.now, -1, i64::from(terms.days));
    let profile = Profile::EndEntity {
        names: request.alternative_names().to_vec(),
        client: terms.client,
        status: None,
    };
    let (_, intermediate) = lab.issuing();
    let subject = Subject::Copied(request.subject_der().to_vec());
    let leaf = intermediate.issue(&subject, request.key(), &profile, dates)?;
    Ok(vec![leaf, intermediate.certificate.clone()])
}
