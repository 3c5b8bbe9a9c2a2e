//! How patterns are written: `INVITE`, `re-INVITE`, `BYE`, `180`, `18x`, `4xx`, `400-699 INVITE`, `200 OPTIONS`; of the secured
//! trunk `TLS handshake`, `TLS completed`, `TLS refused`, `TLS closed`, `DNS A`, `DNS query`, `probe answer`.

use crate::model::{MessagePattern, Probed};
use std::fmt;

/// Methods that a pattern may name (RFC 3261 and its extensions that a trunk sees).
pub const METHODS: [&str; 14] = [
    "ACK",
    "BYE",
    "CANCEL",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
    "UPDATE",
];

/// Types of records that a pattern `DNS <type>` may name.
pub const DNS_TYPES: [&str; 4] = ["A", "AAAA", "NAPTR", "SRV"];

/// Patterns that mean no SIP message, as they are written; beside them `DNS <type>`.
pub const EVENTS: [&str; 11] = [
    "TLS handshake",
    "TLS completed",
    "TLS refused",
    "own TLS handshake",
    "own TLS completed",
    "own TLS refused",
    "TLS closed",
    "DNS query",
    "probe answer",
    "probe refused",
    "probe ignored",
];

/// What a pattern means: it decides who can see it and which fields it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// A SIP message.
    Message,
    /// A handshake, or the end of a connection.
    Tls,
    /// A query to a name server.
    Dns,
    /// What came to a probe.
    Probe,
}

impl Family {
    /// What its fields begin with; `None`: the fields of a SIP message.
    pub fn prefix(self) -> Option<&'static str> {
        match self {
            Family::Message => None,
            Family::Tls => Some("tls."),
            Family::Dns => Some("dns."),
            Family::Probe => Some("probe."),
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Family::Message => "a message",
            Family::Tls => "a TLS handshake",
            Family::Dns => "a DNS query",
            Family::Probe => "the answer to a probe",
        }
    }
}

impl MessagePattern {
    /// What it means.
    pub fn family(&self) -> Family {
        match self {
            MessagePattern::Invite
            | MessagePattern::ReInvite
            | MessagePattern::Request(_)
            | MessagePattern::Response { .. } => Family::Message,
            MessagePattern::Tls { .. } | MessagePattern::TlsClosed => Family::Tls,
            MessagePattern::Dns { .. } => Family::Dns,
            MessagePattern::ProbeAnswer(_) => Family::Probe,
        }
    }

    /// Whether it means a SIP message; else a handshake, a query, or what came to a probe.
    pub fn is_message(&self) -> bool {
        self.family() == Family::Message
    }

    /// Reads a pattern; `None` where it is none.
    pub fn parse(text: &str) -> Option<MessagePattern> {
        match text {
            "INVITE" => return Some(MessagePattern::Invite),
            "re-INVITE" => return Some(MessagePattern::ReInvite),
            "TLS closed" => return Some(MessagePattern::TlsClosed),
            "probe answer" => return Some(MessagePattern::ProbeAnswer(Probed::Any)),
            "probe refused" => return Some(MessagePattern::ProbeAnswer(Probed::Refused)),
            "probe ignored" => return Some(MessagePattern::ProbeAnswer(Probed::Ignored)),
            method if METHODS.contains(&method) => return Some(MessagePattern::Request(method.to_owned())),
            _ => {}
        }
        let own = text.strip_prefix("own ");
        if let Some(how) = own.unwrap_or(text).strip_prefix("TLS ") {
            let completed = match how {
                "handshake" => None,
                "completed" => Some(true),
                "refused" => Some(false),
                _ => return None,
            };
            return Some(MessagePattern::Tls { completed, own: own.is_some() });
        }
        if let Some(rest) = text.strip_prefix("DNS ") {
            return query(rest);
        }
        let (codes, method) = match text.split_once(' ') {
            Some((codes, method)) if METHODS.contains(&method) => (codes, Some(method.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        let (low, high) = match codes.split_once('-') {
            Some((low, high)) => (code(low)?, code(high)?),
            None => (code(&codes.replace('x', "0"))?, code(&codes.replace('x', "9"))?),
        };
        let placed = codes.trim_end_matches('x').bytes().all(|b| b.is_ascii_digit() || b == b'-');
        (placed && low <= high).then_some(MessagePattern::Response { low, high, method })
    }
}

/// `A`, `query`, `A sbc1.example`: the type, and the name where only one is meant.
fn query(text: &str) -> Option<MessagePattern> {
    let (kind, name) = text.split_once(' ').map_or((text, None), |(kind, name)| (kind, Some(name)));
    let kind = match kind {
        "query" => None,
        kind if DNS_TYPES.contains(&kind) => Some(kind.to_owned()),
        _ => return None,
    };
    let legal = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    let name = name.map(|name| name.trim_end_matches('.').to_lowercase());
    name.as_deref().is_none_or(legal).then_some(MessagePattern::Dns { kind, name })
}

fn code(text: &str) -> Option<u16> {
    (text.len() == 3).then(|| text.parse().ok()).flatten().filter(|code| (100..=699).contains(code))
}

impl fmt::Display for MessagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessagePattern::Invite => f.write_str("INVITE"),
            MessagePattern::ReInvite => f.write_str("re-INVITE"),
            MessagePattern::Request(method) => f.write_str(method),
            MessagePattern::Tls { completed, own } => {
                let how = match completed {
                    None => "handshake",
                    Some(true) => "completed",
                    Some(false) => "refused",
                };
                write!(f, "{}TLS {how}", if *own { "own " } else { "" })
            }
            MessagePattern::TlsClosed => f.write_str("TLS closed"),
            MessagePattern::Dns { kind, name } => {
                write!(f, "DNS {}", kind.as_deref().unwrap_or("query"))?;
                name.as_ref().map_or(Ok(()), |name| write!(f, " {name}"))
            }
            MessagePattern::ProbeAnswer(Probed::Any) => f.write_str("probe answer"),
            MessagePattern::ProbeAnswer(Probed::Refused) => f.write_str("probe refused"),
            MessagePattern::ProbeAnswer(Probed::Ignored) => f.write_str("probe ignored"),
            MessagePattern::Response { low, high, method } => {
                match (low, high) {
                    _ if low == high => write!(f, "{low}")?,
                    _ if low % 100 == 0 && *high == low + 99 => write!(f, "{}xx", low / 100)?,
                    _ if low % 10 == 0 && *high == low + 9 => write!(f, "{}x", low / 10)?,
                    _ => write!(f, "{low}-{high}")?,
                }
                method.as_ref().map_or(Ok(()), |method| write!(f, " {method}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in ["INVITE", "re-INVITE", "BYE", "180", "18x", "4xx", "400-503 INVITE", "200 OPTIONS"] {
            assert_eq!(MessagePattern::parse(text).unwrap().to_string(), text);
        }
        for text in EVENTS.into_iter().chain(["DNS A", "DNS SRV", "DNS A a.example", "DNS query a.example"]) {
            let read = MessagePattern::parse(text).unwrap();
            assert_eq!(read.to_string(), text);
            assert!(!read.is_message());
        }
        assert_eq!(MessagePattern::parse("699-400"), None);
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "invite",
            "7xx",
            "1x0",
            "200 FOO",
            "18",
            "x",
            "4xxx",
            "é00",
            "4x-5x",
            "TLS",
            "DNS MX",
            "DNS A ",
            "DNS A b c",
            "tls refused",
        ] {
            assert_eq!(MessagePattern::parse(text), None, "{text}");
        }
    }
}
