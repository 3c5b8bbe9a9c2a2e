//! The Via header (RFC 3261 §20.42).

use super::{Param, text, uri::split_port};

/// One Via value taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Transport as written, e.g. `UDP`.
    pub transport: String,
    /// Host of sent-by as written.
    pub host: String,
    /// Port of sent-by where one is written.
    pub port: Option<u16>,
    /// Parameters in order.
    pub params: Vec<Param>,
}

impl Via {
    /// Reads one value. White space around the slashes and the colon is legal; `None` where a part is missing.
    pub fn parse(value: &str) -> Option<Via> {
        let end = value.find(';').unwrap_or(value.len());
        let mut parts = value[..end].splitn(3, '/');
        let (_name, _version, rest) = (parts.next()?, parts.next()?, parts.next()?.trim());
        let (transport, sent_by) = rest.split_once(|c: char| c.is_ascii_whitespace())?;
        let (host, port) = split_port(sent_by.trim());
        if host.is_empty() {
            return None;
        }
        Some(Via {
            transport: transport.to_string(),
            host: host.to_string(),
            port: port.and_then(|port| port.parse().ok()),
            params: text::params(&value[end..]),
        })
    }

    /// Value of a parameter, by name without regard to case; one without value is `Some("")`.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param(&self.params, name)
    }

    /// The branch.
    pub fn branch(&self) -> Option<&str> {
        self.param("branch").filter(|branch| !branch.is_empty())
    }

    /// Host in lower case and port (5060 where none is written), for matching (RFC 3261 §17.2.3).
    pub fn sent_by(&self) -> String {
        format!("{}:{}", self.host.to_ascii_lowercase(), self.port.unwrap_or(5060))
    }
}
