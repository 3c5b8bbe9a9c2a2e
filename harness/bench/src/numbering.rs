//! Whom a dialled number belongs to: the address book of the network behind the a-SBCs.

use oxocert_record::RoleName;
use oxocert_scenario::model::bench::Bench;

/// Below this length a number is a short or emergency number and is compared as dialled.
const SHORTEST_NATIONAL: usize = 9;

/// The party that answers emergency numbers, where the bench has one of this name.
const EMERGENCY: &str = "pstn.emergency";

/// Whom a number reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Called {
    /// A PSTN party.
    Party(RoleName),
    /// A set of the same customer: forced on-net, returned by the application server.
    OnNet {
        /// The number in E.164.
        ddi: String,
    },
    /// Nobody.
    Unknown,
}

/// The numbers of a bench in canonical form.
#[derive(Debug, Clone)]
pub(crate) struct Numbering {
    country: String,
    parties: Vec<(String, RoleName)>,
    ddis: Vec<(String, String)>,
}

impl Numbering {
    /// The numbers of `bench`; the country code is the text `numbering.country`, France (33) where there is none.
    pub(crate) fn new(bench: &Bench) -> Numbering {
        let country = bench.texts.get("numbering.country").cloned().unwrap_or_else(|| "33".into());
        let mut parties: Vec<_> = bench
            .parties
            .iter()
            .map(|(role, party)| (canonical(&party.number, &country), role.clone()))
            .collect();
        // Emergency numbers reach the party that plays the emergency service, or the first one.
        let service =
            bench.parties.keys().find(|role| role.as_str() == EMERGENCY).or(bench.parties.keys().next());
        if let Some(service) = service {
            parties.extend(bench.operator.emergency.iter().map(|number| (number.clone(), service.clone())));
        }
        let ddis = bench.sets.values().map(|set| (canonical(&set.ddi, &country), set.ddi.clone())).collect();
        Numbering { country, parties, ddis }
    }

    /// Whom the user part of a Request-URI reaches.
    pub(crate) fn called(&self, user: &str) -> Called {
        let number = canonical(user, &self.country);
        if let Some((_, role)) = self.parties.iter().find(|(known, _)| *known == number) {
            return Called::Party(role.clone());
        }
        match self.ddis.iter().find(|(known, _)| *known == number) {
            Some((_, ddi)) => Called::OnNet { ddi: ddi.clone() },
            None => Called::Unknown,
        }
    }
}

/// E.164 with `+` where the form is known (`+33..`, `0033..`, `0..`, `33..`); short numbers as dialled. Parameters of the
/// user part and visual separators (RFC 3966 §5.1.1) are taken off.
fn canonical(user: &str, country: &str) -> String {
    let bare = user.split(';').next().unwrap_or_default().replace("%2B", "+").replace("%2b", "+");
    let digits: String = bare.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' ')).collect();
    if digits.starts_with('+') || digits.len() < SHORTEST_NATIONAL {
        return digits;
    }
    if let Some(international) = digits.strip_prefix("00") {
        return format!("+{international}");
    }
    if let Some(national) = digits.strip_prefix('0') {
        return format!("+{country}{national}");
    }
    if digits.starts_with(country) && digits.len() >= SHORTEST_NATIONAL + country.len() {
        return format!("+{digits}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use rstest::rstest;

    #[rstest]
    #[case("+33277123456", "+33277123456")]
    #[case("%2B33277123456", "+33277123456")]
    #[case("0277123456", "+33277123456")]
    #[case("0033277123456", "+33277123456")]
    #[case("33277123456", "+33277123456")]
    #[case("+33-2.77(12)3456;phone-context=+33", "+33277123456")]
    #[case("004420794604", "+4420794604")]
    #[case("112", "112")]
    #[case("3900", "3900")]
    fn every_written_form_meets_in_one(#[case] written: &str, #[case] wanted: &str) {
        assert_eq!(canonical(written, "33"), wanted);
    }
}
