//! The path from an end entity to a trusted root.

use crate::Flaw;
use crate::certificate::Certificate;

/// Longest path that is followed, the end entity and the root included.
const LONGEST: usize = 10;

/// Most signatures that are checked for one chain: a hostile chain of many certificates of one name costs no more.
const MOST_SIGNATURES: usize = 40;

/// What was found.
pub struct Found<'a> {
    /// The path, the end entity first, as far as it goes.
    pub path: Vec<&'a Certificate>,
    /// Why it does not end in a trusted root, where it does not.
    pub flaw: Option<Flaw>,
}

/// Looks for a path from `leaf` to a self-signed certificate of `trusted`. Where there is none, what the longest attempt lacked.
pub fn build<'a>(leaf: &'a Certificate, sent: &'a [Certificate], trusted: &'a [Certificate]) -> Found<'a> {
    let mut search = Search { sent, trusted, signatures: MOST_SIGNATURES };
    search.from(vec![leaf])
}

struct Search<'a> {
    sent: &'a [Certificate],
    trusted: &'a [Certificate],
    signatures: usize,
}

impl<'a> Search<'a> {
    fn from(&mut self, path: Vec<&'a Certificate>) -> Found<'a> {
        let Some(last) = path.last().copied() else { return Found { path, flaw: Some(Flaw::Absent) } };
        if self.signatures == 0 {
            return Found { path, flaw: Some(Flaw::UnknownCa) };
        }
        if last.is_self_signed() {
            let flaw = (!self.is_trusted(last)).then_some(Flaw::UnknownCa);
            return Found { path, flaw };
        }
        if path.len() >= LONGEST {
            return Found { path, flaw: Some(Flaw::UnknownCa) };
        }
        let mut best: Option<Found<'a>> = None;
        let mut unsigned = false;
        for issuer in self.issuers(&path, last) {
            if self.signatures == 0 {
                break;
            }
            self.signatures -= 1;
            if !issuer.signed(last) {
                unsigned = true;
                continue;
            }
            let mut longer = path.clone();
            longer.push(issuer);
            let found = self.from(longer);
            if found.flaw.is_none() {
                return found;
            }
            if best.as_ref().is_none_or(|best| found.path.len() > best.path.len()) {
                best = Some(found);
            }
        }
        best.unwrap_or_else(|| Found { flaw: Some(lack(last, path.len(), unsigned)), path })
    }

    /// Who may have issued `last`, trusted ones first.
    fn issuers(&self, path: &[&'a Certificate], last: &Certificate) -> Vec<&'a Certificate> {
        let intermediates = path.iter().skip(1).filter(|c| !c.is_self_issued()).count();
        let fits = |issuer: &&'a Certificate| {
            may_sign(issuer, intermediates)
                && !path.iter().any(|before| before.der() == issuer.der())
                && issuer.may_have_issued(last)
        };
        let mut issuers: Vec<&'a Certificate> = self.trusted.iter().filter(fits).collect();
        for issuer in self.sent.iter().filter(fits) {
            if !issuers.iter().any(|there| there.der() == issuer.der()) {
                issuers.push(issuer);
            }
        }
        issuers
    }

    fn is_trusted(&self, certificate: &Certificate) -> bool {
        self.trusted.iter().any(|trusted| trusted.der() == certificate.der())
    }
}

/// Whether it is a CA that allows this many intermediates below it. A self-signed certificate of version 1 has no way to say so.
fn may_sign(issuer: &Certificate, intermediates: usize) -> bool {
    match issuer.authority {
        Some(authority) => {
            let allowed = authority.path_length.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
            allowed.is_none_or(|allowed| intermediates <= allowed)
        }
        None => issuer.is_v1 && issuer.is_self_signed(),
    }
}

/// What is wrong where no issuer of `last` goes on. A CA that is the last one found lacks its root only, which nobody sends.
fn lack(last: &Certificate, depth: usize, unsigned: bool) -> Flaw {
    if unsigned || last.is_self_issued() {
        Flaw::BadSignature
    } else if depth > 1 {
        Flaw::UnknownCa
    } else {
        Flaw::MissingIntermediate
    }
}
