//! From digits to where they lead, and from public numbers to sets.

use crate::settings::{Numbering, Settings};

/// Where dialled digits lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A set, by directory number.
    Set(String),
    /// The attendant.
    Attendant,
    /// A number outside: the user part of the Request-URI.
    Outside {
        /// `+33...`, or a short number as dialled.
        number: String,
        /// Hide the caller.
        clir: bool,
    },
    /// An emergency number, bare.
    Emergency {
        /// As dialled.
        number: String,
        /// Dialled after the prefix that hides the caller.
        clir: bool,
    },
    /// Forward all calls to these digits.
    ForwardTo(String),
    /// Forward no more.
    ForwardCancel,
    /// Nowhere.
    Unknown,
}

/// Follows the numbering plan.
pub(crate) fn route(settings: &Settings, dialled: &str) -> Route {
    let plan = &settings.numbering;
    let digits = dialled.trim_end_matches('#');
    if digits == plan.forward_cancel.trim_end_matches('#') {
        return Route::ForwardCancel;
    }
    if let Some(target) = digits.strip_prefix(&plan.forward_code) {
        return Route::ForwardTo(target.to_owned());
    }
    let (clir, digits) = match digits.strip_prefix(&plan.clir_prefix) {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    if settings.users.iter().any(|user| user.number == digits) {
        return Route::Set(digits.to_owned());
    }
    if settings.attendant.as_ref().is_some_and(|attendant| attendant.number == digits) {
        return Route::Attendant;
    }
    let outside = digits.strip_prefix(&plan.outside_prefix);
    for number in [Some(digits), outside].into_iter().flatten() {
        if plan.emergency.iter().any(|emergency| emergency == number) {
            return Route::Emergency { number: number.to_owned(), clir };
        }
    }
    let number = outside
        .and_then(|rest| public(plan, rest))
        .or_else(|| digits.starts_with('+').then(|| public(plan, digits)).flatten());
    match number {
        Some(number) => Route::Outside { number, clir },
        None => Route::Unknown,
    }
}

/// The same for the target of a forward, which people also give without the outside prefix.
pub(crate) fn route_forward(settings: &Settings, target: &str) -> Route {
    match route(settings, target) {
        Route::Unknown => match public(&settings.numbering, target) {
            Some(number) => Route::Outside { number, clir: false },
            None => Route::Unknown,
        },
        known => known,
    }
}

/// What goes out for digits after the outside prefix: E.164, or a short number as it is.
fn public(plan: &Numbering, digits: &str) -> Option<String> {
    let plain = digits.strip_prefix('+').unwrap_or(digits);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if digits.starts_with('+') {
        return Some(digits.to_owned());
    }
    if let Some(international) = plain.strip_prefix("00") {
        return (!international.is_empty()).then(|| format!("+{international}"));
    }
    if plain.len() == 10 && plain.starts_with('0') {
        return Some(format!("+{}{}", plan.country, &plain[1..]));
    }
    let short =
        (4..=6).contains(&plain.len()) && plan.short_prefixes.iter().any(|p| plain.starts_with(p.as_str()));
    short.then(|| plain.to_owned())
}

/// A number as it arrives (E.164 with or without `+`, national) in E.164.
pub(crate) fn to_e164(plan: &Numbering, number: &str) -> String {
    let bare = number.split(';').next().unwrap_or(number);
    if bare.starts_with('+') {
        return bare.to_owned();
    }
    if let Some(international) = bare.strip_prefix("00") {
        return format!("+{international}");
    }
    match bare.strip_prefix('0') {
        Some(national) => format!("+{}{national}", plan.country),
        None if bare.starts_with(&plan.country) => format!("+{bare}"),
        None => bare.to_owned(),
    }
}

/// E.164 in the national format, where the number is of this country.
pub(crate) fn to_national(plan: &Numbering, number: &str) -> String {
    match number.strip_prefix('+').and_then(|n| n.strip_prefix(plan.country.as_str())) {
        Some(national) => format!("0{national}"),
        None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn settings() -> Settings {
        Settings::from_toml(include_str!("../tests/settings/powercpu.toml")).unwrap()
    }

    fn outside(number: &str) -> Route {
        Route::Outside { number: number.to_owned(), clir: false }
    }

    #[rstest]
    #[case("102", Route::Set("102".into()))]
    #[case("300", Route::Attendant)]
    #[case("00277123456", outside("+33277123456"))]
    #[case("000442079460000", outside("+442079460000"))]
    #[case("03900", outside("3900"))]
    #[case("112", Route::Emergency { number: "112".into(), clir: false })]
    #[case("018", Route::Emergency { number: "18".into(), clir: false })]
    #[case("*31*112", Route::Emergency { number: "112".into(), clir: true })]
    #[case("*31*00277123456", Route::Outside { number: "+33277123456".into(), clir: true })]
    #[case("*21*00277123456", Route::ForwardTo("00277123456".into()))]
    #[case("*21*00277123456#", Route::ForwardTo("00277123456".into()))]
    #[case("#21", Route::ForwardCancel)]
    #[case("#21#", Route::ForwardCancel)]
    #[case("999", Route::Unknown)]
    #[case("0", Route::Unknown)]
    #[case("", Route::Unknown)]
    fn digits_lead_somewhere(#[case] dialled: &str, #[case] wanted: Route) {
        assert_eq!(route(&settings(), dialled), wanted);
    }

    #[rstest]
    #[case("+33155501001")]
    #[case("0155501001")]
    #[case("33155501001")]
    #[case("0033155501001")]
    #[case("+33155501001;phone-context=x")]
    fn a_public_number_has_one_form(#[case] number: &str) {
        assert_eq!(to_e164(&settings().numbering, number), "+33155501001");
    }

    #[test]
    fn a_forward_needs_no_outside_prefix() {
        assert_eq!(route_forward(&settings(), "0277123456"), outside("+33277123456"));
        assert_eq!(route_forward(&settings(), "00277123456"), outside("+33277123456"));
    }
}
