//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966).

use super::{Param, text};
use std::net::{IpAddr, SocketAddr};

/// A URI taken apart. `tel:` has its number in `user`; other schemes keep what follows the colon in `host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// Lower case.
    pub scheme: String,
    /// As written (escapes kept).
    pub user: Option<String>,
    /// As written.
    pub password: Option<String>,
    /// As written; an IPv6 reference keeps its brackets.
    pub host: String,
    /// The port, `None` where none or no number below 65536 is written.
    pub port: Option<u16>,
    /// URI parameters in order.
    pub params: Vec<Param>,
    /// What follows `?`, as written.
    pub headers: Option<String>,
}

impl Uri {
    /// Reads a URI; `None` where there is no scheme, or a SIP URI has no host.
    pub fn parse(text: &str) -> Option<Uri> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':')?;
        let mut letters = scheme.bytes();
        if !letters.next()?.is_ascii_alphabetic()
            || !letters.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "sip" | "sips" => Uri::parse_sip(scheme, rest),
            "tel" => {
                let (number, params) = rest.split_once(';').unwrap_or((rest, ""));
                let user = Some(number.to_string());
                Some(Uri { user, params: text::params(params), ..Uri::bare(scheme, "") })
            }
            _ => Some(Uri::bare(scheme, rest)),
        }
    }

    fn bare(scheme: String, host: &str) -> Uri {
        Uri {
            scheme,
            user: None,
            password: None,
            host: host.to_string(),
            port: None,
            params: Vec::new(),
            headers: None,
        }
    }

    fn parse_sip(scheme: String, rest: &str) -> Option<Uri> {
        // The user part may hold `;` and `?`, so `@` is looked for first.
        let (userinfo, rest) = match rest.split_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, rest),
        };
        let (user, password) = match userinfo {
            None => (None, None),
            Some(info) => match info.split_once(':') {
                Some((user, password)) => (Some(user.to_string()), Some(password.to_string())),
                None => (Some(info.to_string()), None),
            },
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers.to_string())),
            None => (rest, None),
        };
        let (hostport, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = split_port(hostport.trim());
        if host.is_empty() {
            return None;
        }
        Some(Uri {
            scheme,
            user,
            password,
            host: host.to_string(),
            port: port.and_then(|port| port.parse().ok()),
            params: text::params(params),
            headers,
        })
    }

    /// Value of a parameter, by name without regard to case; one without value is `Some("")`.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param(&self.params, name)
    }

    /// The user part with `%` escapes resolved; bytes that are no UTF-8 come as replacement characters.
    pub fn user_decoded(&self) -> Option<String> {
        let user = self.user.as_ref()?;
        let bytes = user.as_bytes();
        let mut out = Vec::with_capacity(bytes.len());
        let mut index = 0;
        while index < bytes.len() {
            let escape = user.get(index + 1..index + 3).filter(|_| bytes[index] == b'%');
            match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => {
                    out.push(byte);
                    index += 3;
                }
                None => {
                    out.push(bytes[index]);
                    index += 1;
                }
            }
        }
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    /// Host and port (5060 where none) as an address, where the host is an IP literal.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, self.port.unwrap_or(5060)))
    }
}

/// Splits `host:port`, leaving the colons of an IPv6 reference alone.
pub(crate) fn split_port(text: &str) -> (&str, Option<&str>) {
    let from = text.rfind(']').unwrap_or(0);
    match text[from..].find(':') {
        Some(colon) => (text[..from + colon].trim_end(), Some(text[from + colon + 1..].trim())),
        None => (text, None),
    }
}
