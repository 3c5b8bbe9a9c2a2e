//! Whether the values of a field are what a matcher asks.

use crate::model::Matcher;
use crate::oxo_load::OxoLoad;
use oxocert_sip::message::{Message, field};
use regex_lite::Regex;

/// `values` of a field, `None` where the message has none. [`Matcher::SameAs`] and [`Matcher::DiffersFrom`] look at a
/// second message and are never satisfied here; [`field_satisfies`] decides them.
pub fn satisfies(matcher: &Matcher, values: Option<&[String]>) -> bool {
    if let Matcher::Absent(absent) = matcher {
        return *absent == values.is_none();
    }
    let Some(values) = values else { return false };
    let joined = values.join(",");
    match matcher {
        Matcher::Equals(wanted) => joined == *wanted,
        Matcher::Regex(regex) => {
            Regex::new(&format!("^(?:{regex})$")).is_ok_and(|regex| regex.is_match(&joined))
        }
        Matcher::Any(wanted) => wanted.contains(&joined),
        Matcher::First(wanted) => values.first() == Some(wanted),
        Matcher::Contains(wanted) => values.contains(wanted),
        Matcher::Lacks(unwanted) => !values.contains(unwanted),
        Matcher::Between { min, max } => joined
            .trim()
            .parse::<f64>()
            .is_ok_and(|value| min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)),
        Matcher::LoadFloor(floors) => OxoLoad::find(&joined).is_some_and(|load| {
            let floor = floors.iter().find(|(release, _)| *release == load.release);
            floor.and_then(|(_, floor)| OxoLoad::find(floor)).is_some_and(|floor| load >= floor)
        }),
        Matcher::Absent(_) | Matcher::SameAs { .. } | Matcher::DiffersFrom { .. } => false,
    }
}

/// Whether a field of a message is as asked; `other` is the message that the step of a `same_as` or `differs_from`
/// matched.
///
/// # Errors
/// Why not, in words: what was wanted and what stands there.
pub fn field_satisfies(
    name: &str,
    matcher: &Matcher,
    message: &Message,
    other: Option<&Message>,
) -> Result<(), String> {
    let values = field(message, name).map_err(|unknown| unknown.to_string())?;
    let there = match (matcher, other) {
        (Matcher::SameAs { field: wanted, .. } | Matcher::DiffersFrom { field: wanted, .. }, Some(other)) => {
            Some(field(other, wanted).map_err(|unknown| unknown.to_string())?)
        }
        _ => None,
    };
    values_satisfy(name, matcher, values.as_deref(), there.as_ref().map(Option::as_deref))
}

/// Whether the values of a field, of a message or of an event, are as asked; `None` where it is absent. `other`: the field that a
/// `same_as` or `differs_from` names; its outer `None` says that its step matched nothing.
///
/// # Errors
/// Why not, in words: what was wanted and what stands there.
pub fn values_satisfy(
    name: &str,
    matcher: &Matcher,
    values: Option<&[String]>,
    other: Option<Option<&[String]>>,
) -> Result<(), String> {
    match matcher {
        Matcher::SameAs { step, field: wanted } | Matcher::DiffersFrom { step, field: wanted } => {
            let Some(there) = other else {
                return Err(format!("step {step} matched nothing to compare with"));
            };
            let wants_same = matches!(matcher, Matcher::SameAs { .. });
            // Two absent fields are no evidence for anything.
            if (values == there) == wants_same && values.is_some() {
                return Ok(());
            }
            Err(format!("{name} is {}, {wanted} of step {step} is {}", written(values), written(there)))
        }
        _ if satisfies(matcher, values) => Ok(()),
        _ => Err(format!("{name} is {}, wanted {matcher}", written(values))),
    }
}

fn written(values: Option<&[String]>) -> String {
    values.map_or_else(|| "absent".to_owned(), |values| format!("\"{}\"", values.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_values() {
        let values = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let text = |text: &str| text.to_owned();
        let floors = vec![(text("063"), text("OXO063/011.001"))];
        for (matcher, found, wanted) in [
            (Matcher::Equals(text("PCMA")), &["PCMA"][..], true),
            (Matcher::Equals(text("PCMA")), &["PCMA", "PCMU"], false),
            (Matcher::Equals(text("PCMA,PCMU")), &["PCMA", "PCMU"], true),
            (Matcher::Regex(text("\\+33\\d+")), &["+33277123456"], true),
            (Matcher::Regex(text("33")), &["+33277123456"], false),
            (Matcher::Any(vec![text("sendonly"), text("inactive")]), &["inactive"], true),
            (Matcher::First(text("PCMA")), &["PCMA", "PCMU"], true),
            (Matcher::First(text("PCMU")), &["PCMA", "PCMU"], false),
            (Matcher::Contains(text("PCMU")), &["PCMA", "PCMU"], true),
            (Matcher::Lacks(text("PCMU")), &["PCMA", "PCMU"], false),
            (Matcher::Lacks(text("PCMU")), &["PCMA"], true),
            (Matcher::Between { min: Some(1.0), max: Some(70.0) }, &["70"], true),
            (Matcher::Between { min: Some(1.0), max: Some(70.0) }, &["71"], false),
            (Matcher::Between { min: None, max: Some(70.0) }, &["x"], false),
            (Matcher::Absent(false), &[""], true),
            (Matcher::Absent(true), &[""], false),
            (Matcher::LoadFloor(floors.clone()), &["OXO063/011.001 GW_063/011.001"], true),
            (Matcher::LoadFloor(floors.clone()), &["OXO063/010.999"], false),
            (Matcher::LoadFloor(floors), &["OXO062/099.001"], false),
        ] {
            assert_eq!(satisfies(&matcher, Some(&values(found))), wanted, "{matcher:?} on {found:?}");
        }
        assert!(satisfies(&Matcher::Absent(true), None));
        assert!(!satisfies(&Matcher::Equals(String::new()), None));
    }
}
