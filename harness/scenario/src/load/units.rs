//! Values with units: `1 s`, `500 ms`, `80 kb/s`, `5 %`, `-9 dBm0`, plain numbers.

use crate::model::Quantity;
use std::time::Duration;

/// What kind of value a field wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Time,
    Rate,
    Percent,
    Level,
    Number,
}

impl Kind {
    pub(crate) fn of(quantity: Quantity) -> Kind {
        match quantity {
            Quantity::Time(_) => Kind::Time,
            Quantity::KilobitsPerSecond(_) => Kind::Rate,
            Quantity::Percent(_) => Kind::Percent,
            Quantity::Dbm0(_) => Kind::Level,
            Quantity::Number(_) => Kind::Number,
        }
    }

    /// What to write, with an example.
    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Kind::Time => "a duration such as \"2 s\" or \"500 ms\"",
            Kind::Rate => "a bit rate such as \"80 kb/s\"",
            Kind::Percent => "a percentage such as \"5 %\"",
            Kind::Level => "a level such as \"-9 dBm0\"",
            Kind::Number => "a plain number",
        }
    }
}

/// Reads a value with its unit.
///
/// # Errors
/// In words, with the offending text.
pub(crate) fn quantity(text: &str) -> Result<Quantity, String> {
    let text = text.trim();
    let split =
        text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+')).unwrap_or(text.len());
    let (number, unit) = (&text[..split], text[split..].trim());
    let value: f64 = number
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| format!("expected a number with a unit, such as \"2 s\", found \"{text}\""))?;
    let seconds = |factor: f64| {
        Duration::try_from_secs_f64(value * factor)
            .map(Quantity::Time)
            .map_err(|_| format!("\"{text}\" is no possible duration"))
    };
    match unit {
        "us" | "µs" => seconds(1e-6),
        "ms" => seconds(1e-3),
        "s" => seconds(1.0),
        "min" => seconds(60.0),
        "h" => seconds(3600.0),
        "kb/s" => Ok(Quantity::KilobitsPerSecond(value)),
        "%" => Ok(Quantity::Percent(value)),
        "dBm0" => Ok(Quantity::Dbm0(value)),
        "" => Ok(Quantity::Number(value)),
        other => {
            Err(format!("unknown unit \"{other}\" in \"{text}\": known are us, ms, s, min, h, kb/s, %, dBm0"))
        }
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Quantity::Time(value) if value.is_zero() => f.write_str("0 s"),
            Quantity::Time(value) if value.as_nanos() % 1_000_000_000 == 0 => {
                write!(f, "{} s", value.as_secs())
            }
            Quantity::Time(value) if value < Duration::from_millis(1) => {
                write!(f, "{} us", value.as_nanos() as f64 / 1e3)
            }
            Quantity::Time(value) if value < Duration::from_secs(1) => {
                write!(f, "{} ms", value.as_nanos() as f64 / 1e6)
            }
            Quantity::Time(value) => write!(f, "{} s", value.as_nanos() as f64 / 1e9),
            Quantity::KilobitsPerSecond(value) => write!(f, "{value} kb/s"),
            Quantity::Percent(value) => write!(f, "{value} %"),
            Quantity::Dbm0(value) => write!(f, "{value} dBm0"),
            Quantity::Number(value) => write!(f, "{value}"),
        }
    }
}

impl Quantity {
    /// The bare value: seconds, kb/s, percent, dBm0 or the number.
    pub fn bare(self) -> f64 {
        match self {
            Quantity::Time(value) => value.as_secs_f64(),
            Quantity::KilobitsPerSecond(value)
            | Quantity::Percent(value)
            | Quantity::Dbm0(value)
            | Quantity::Number(value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_each_unit() {
        for text in ["2 s", "500 ms", "80 kb/s", "5 %", "-9 dBm0", "3", "1.5 s", "20 us"] {
            assert_eq!(quantity(text).unwrap().to_string(), text);
        }
        assert_eq!(quantity("2 min").unwrap().to_string(), "120 s");
    }

    #[test]
    fn refuses_what_is_no_quantity() {
        for text in ["", "s", "2 parsecs", "-1 s", "1e400 s", "..", "99999999999999999999999 h"] {
            assert!(quantity(text).is_err(), "{text}");
        }
    }
}
