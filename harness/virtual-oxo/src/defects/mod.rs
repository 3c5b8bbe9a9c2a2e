//! Named defects: each changes one behaviour of the virtual OXO, so that each check of the bench can be seen to fail.

mod list;

pub use list::Defect;

use std::collections::BTreeSet;

/// One defect for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefectInfo {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What the box then does, in one line.
    pub behaviour: &'static str,
}

/// Every defect there is, in the order of the list.
pub fn all() -> Vec<DefectInfo> {
    Defect::ALL
        .iter()
        .map(|defect| DefectInfo { name: defect.name(), behaviour: defect.behaviour() })
        .collect()
}

/// A name that no defect has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no defect is called `{0}`")]
pub struct UnknownDefect(pub String);

/// The defects of one virtual OXO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defects(BTreeSet<Defect>);

impl Defects {
    /// A healthy box.
    pub fn none() -> Defects {
        Defects::default()
    }

    /// By name.
    ///
    /// # Errors
    /// [`UnknownDefect`] on the first name that no defect has.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Defects, UnknownDefect> {
        names
            .into_iter()
            .map(|name| Defect::named(name).ok_or_else(|| UnknownDefect(name.to_owned())))
            .collect::<Result<BTreeSet<_>, _>>()
            .map(Defects)
    }

    /// Whether the box has this one.
    pub fn has(&self, defect: Defect) -> bool {
        self.0.contains(&defect)
    }
}

impl FromIterator<Defect> for Defects {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Defects {
        Defects(defects.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_found_again() {
        let names: BTreeSet<&str> = all().iter().map(|info| info.name).collect();
        assert_eq!(names.len(), Defect::ALL.len());
        for name in names {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(Defects::named([name]).is_ok());
        }
        assert_eq!(Defects::named(["no-such"]), Err(UnknownDefect("no-such".into())));
    }

    #[test]
    fn a_behaviour_is_one_line_and_names_no_scenario() {
        for info in all() {
            assert!(!info.behaviour.contains('\n') && info.behaviour.len() > 10, "{}", info.name);
            let scenario = info.behaviour.as_bytes().windows(5).any(|w| {
                w[0].is_ascii_uppercase()
                    && w[1].is_ascii_uppercase()
                    && w[2] == b'-'
                    && w[3].is_ascii_digit()
                    && w[4].is_ascii_digit()
            });
            assert!(!scenario, "{}", info.name);
        }
    }
}
