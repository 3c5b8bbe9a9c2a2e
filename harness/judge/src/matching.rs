//! Whether the values of a field are what a matcher asks.

use oxocert_scenario::model::Matcher;
use oxocert_scenario::oxo_load::OxoLoad;
use regex_lite::Regex;

/// `values` of a field, `None` where the message has none. A matcher that compares with another message is no matter
/// of one field alone and is never satisfied here.
pub(crate) fn satisfies(matcher: &Matcher, values: Option<&[String]>) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Matcher::Equals("PCMA".into()), Some(&["PCMA"][..]), true)]
    #[case(Matcher::Equals("PCMA".into()), Some(&["PCMA", "PCMU"][..]), false)]
    #[case(Matcher::Equals("PCMA,PCMU".into()), Some(&["PCMA", "PCMU"][..]), true)]
    #[case(Matcher::Equals("PCMA".into()), None, false)]
    #[case(Matcher::Regex("\\+33.*".into()), Some(&["+33277123456"][..]), true)]
    #[case(Matcher::Regex("33".into()), Some(&["+33277123456"][..]), false)]
    #[case(Matcher::Any(vec!["sendonly".into(), "inactive".into()]), Some(&["inactive"][..]), true)]
    #[case(Matcher::Any(vec!["sendonly".into(), "inactive".into()]), Some(&["sendrecv"][..]), false)]
    #[case(Matcher::First("PCMA".into()), Some(&["PCMA", "PCMU"][..]), true)]
    #[case(Matcher::First("PCMU".into()), Some(&["PCMA", "PCMU"][..]), false)]
    #[case(Matcher::Contains("PCMU".into()), Some(&["PCMA", "PCMU"][..]), true)]
    #[case(Matcher::Absent(true), None, true)]
    #[case(Matcher::Absent(false), None, false)]
    #[case(Matcher::Absent(false), Some(&["id"][..]), true)]
    #[case(Matcher::Between { min: Some(1.0), max: Some(70.0) }, Some(&["70"][..]), true)]
    #[case(Matcher::Between { min: Some(1.0), max: Some(70.0) }, Some(&["71"][..]), false)]
    #[case(Matcher::Between { min: Some(1.0), max: None }, Some(&["many"][..]), false)]
    #[case(Matcher::LoadFloor(vec![("063".into(), "OXO063/011.001".into())]), Some(&["OXO063/011.002"][..]), true)]
    #[case(Matcher::LoadFloor(vec![("063".into(), "OXO063/011.001".into())]), Some(&["OXO063/010.009"][..]), false)]
    #[case(Matcher::LoadFloor(vec![("063".into(), "OXO063/011.001".into())]), Some(&["OXO062/040.001"][..]), false)]
    fn both_ways(#[case] matcher: Matcher, #[case] values: Option<&[&str]>, #[case] expected: bool) {
        let values = values.map(|values| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        assert_eq!(satisfies(&matcher, values.as_deref()), expected);
    }
}
