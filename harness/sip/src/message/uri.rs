//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966).

use super::Param;

/// A URI taken apart. `tel:` has its number in `user`. Other schemes keep what follows the colon in `host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// Lower case.
    pub scheme: String,
    /// As written (escapes kept).
    pub user: Option<String>,
    /// As written.
    pub password: Option<String>,
    /// Without brackets? No: as written, `[2001:db8::1]` keeps them.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
    /// URI parameters in order.
    pub params: Vec<Param>,
    /// What follows `?`, as written.
    pub headers: Option<String>,
}

#[allow(unused_variables, missing_docs)]
impl Uri {
    pub fn parse(text: &str) -> Option<Uri> {
        None
    }
    /// Value of a parameter; one without value is `Some("")`.
    pub fn param(&self, name: &str) -> Option<&str> {
        None
    }
    /// The user part with %-escapes resolved.
    pub fn user_decoded(&self) -> Option<String> {
        None
    }
    /// Host and port (5060 where none) as an address, where the host is an IP literal.
    pub fn socket_addr(&self) -> Option<std::net::SocketAddr> {
        None
    }
}
