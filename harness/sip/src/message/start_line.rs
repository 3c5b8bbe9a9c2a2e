//! The first line of a message (RFC 3261 §7.1, §7.2).

use super::NotSip;

/// What the first line says, read as tolerantly as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StartLine {
    /// `METHOD URI SIP/2.0`.
    Request {
        /// First word.
        method: String,
        /// Everything between the first word and the version.
        uri: String,
        /// Last word.
        version: String,
    },
    /// `SIP/2.0 CODE REASON`.
    Response {
        /// First word.
        version: String,
        /// `None`: not a number that fits.
        status: Option<u16>,
        /// The code as written.
        code: String,
        /// The rest; may be empty.
        reason: String,
    },
}

impl StartLine {
    /// Reads the line (without its line end).
    pub(crate) fn parse(line: &str) -> Result<StartLine, NotSip> {
        if starts_with_sip(line) {
            let mut words = line.splitn(3, ' ');
            let version = words.next().unwrap_or("").to_string();
            let code = words.next().unwrap_or("").to_string();
            let reason = words.next().unwrap_or("").to_string();
            let status = code.parse().ok().filter(|_| code.bytes().all(|b| b.is_ascii_digit()));
            return Ok(StartLine::Response { version, status, code, reason });
        }
        let trimmed = line.trim();
        let no_version = || NotSip("the first line names no SIP version".to_string());
        let (rest, version) = trimmed.rsplit_once(char::is_whitespace).ok_or_else(no_version)?;
        if !starts_with_sip(version) {
            return Err(no_version());
        }
        let (method, uri) = rest
            .split_once(char::is_whitespace)
            .ok_or_else(|| NotSip("the first line holds no Request-URI".to_string()))?;
        Ok(StartLine::Request {
            method: method.to_string(),
            uri: uri.trim().to_string(),
            version: version.to_string(),
        })
    }
}

fn starts_with_sip(text: &str) -> bool {
    text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("SIP/"))
}
