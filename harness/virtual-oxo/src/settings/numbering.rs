//! Sets and the numbering plan.

use serde::Deserialize;
use std::fmt;

/// One set.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// Directory number; also the user of its registration.
    pub number: String,
    /// Public number in E.164, `+33155501001`.
    pub ddi: String,
    /// Registration password; absent: none is set and it cannot register.
    #[serde(default)]
    pub password: Option<String>,
    /// Where it stands: `hq` or `rs`.
    #[serde(default = "hq")]
    pub site: String,
}

/// Sets whose numbers follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UserRange {
    /// How many; at most 1000.
    pub count: u32,
    /// Directory number of the first.
    pub number: String,
    /// Public number of the first, in E.164.
    pub ddi: String,
    /// Where they stand: `hq` or `rs`.
    #[serde(default = "hq")]
    pub site: String,
}

impl UserRange {
    /// Each of them.
    ///
    /// # Errors
    /// In words, where the numbers run out of digits.
    pub(super) fn users(&self) -> Result<Vec<User>, String> {
        let nth = |first: &str, index: u32| {
            let digits = first.trim_start_matches('+');
            let number = digits.parse::<u64>().ok().and_then(|number| number.checked_add(u64::from(index)));
            let text = number.map(|number| format!("{number:0width$}", width = digits.len()));
            let text = text.filter(|text| text.len() == digits.len());
            let plus = &first[..first.len() - digits.len()];
            text.map(|text| format!("{plus}{text}"))
                .ok_or_else(|| format!("user-range: the numbers from {first} on run out of digits"))
        };
        (0..self.count.min(1000))
            .map(|index| {
                let (number, ddi) = (nth(&self.number, index)?, nth(&self.ddi, index)?);
                Ok(User { number, ddi, password: None, site: self.site.clone() })
            })
            .collect()
    }
}

impl fmt::Debug for User {
    /// Without the password, which never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("number", &self.number).field("ddi", &self.ddi).finish_non_exhaustive()
    }
}

/// Prefixes, codes and emergency numbers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Numbering {
    /// Dialled before a number outside.
    pub outside_prefix: String,
    /// Country code without `+`.
    pub country: String,
    /// Numbers that are dialled bare (ARS attribute `emerg`), with or without the outside prefix.
    pub emergency: Vec<String>,
    /// Short numbers other than emergency: these first digits, 4 to 6 digits long, sent bare.
    pub short_prefixes: Vec<String>,
    /// Dialled before a number to hide the caller for this call.
    pub clir_prefix: String,
    /// Activates unconditional forwarding; the number follows as it would be dialled.
    pub forward_code: String,
    /// Ends it.
    pub forward_cancel: String,
}

impl Default for Numbering {
    fn default() -> Self {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Numbering {
            outside_prefix: "0".into(),
            country: "33".into(),
            emergency: words("15 17 18 112 114 115 119 191 196 197 116000"),
            short_prefixes: words("3 1"),
            clir_prefix: "*31*".into(),
            forward_code: "*21*".into(),
            forward_cancel: "#21".into(),
        }
    }
}

fn hq() -> String {
    "hq".into()
}
