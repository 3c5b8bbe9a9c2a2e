//! Moments as text (RFC 3339).

use crate::UtcSeconds;
use std::fmt;
use std::str::FromStr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

impl fmt::Display for UtcSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            OffsetDateTime::from_unix_timestamp(self.0).ok().and_then(|moment| moment.format(&Rfc3339).ok());
        match text {
            Some(text) => f.write_str(&text),
            // Beyond the years that RFC 3339 can write.
            None => write!(f, "{} s after 1970", self.0),
        }
    }
}

impl FromStr for UtcSeconds {
    type Err = String;

    /// Reads `2026-11-22T15:04:05Z`, or a day, which begins at midnight UTC: `2026-11-22`.
    fn from_str(text: &str) -> Result<UtcSeconds, String> {
        let moment = OffsetDateTime::parse(text, &Rfc3339)
            .or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339));
        match moment {
            Ok(moment) => Ok(UtcSeconds(moment.unix_timestamp())),
            Err(_) => Err(format!("{text:?} is no moment: write 2026-11-22 or 2026-11-22T15:04:05Z")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        let moment: UtcSeconds = "2026-11-22T15:04:05Z".parse().unwrap();
        assert_eq!(
            (moment, moment.to_string().as_str()),
            (UtcSeconds(1_795_359_845), "2026-11-22T15:04:05Z")
        );
        assert_eq!("1970-01-02".parse(), Ok(UtcSeconds(86_400)));
        assert_eq!("2026-11-22T16:04:05+01:00".parse(), Ok(moment));
        assert!("tomorrow".parse::<UtcSeconds>().is_err());
        assert_eq!(UtcSeconds(i64::MAX).to_string(), "9223372036854775807 s after 1970");
    }
}
