//! `name-addr` and `addr-spec` with parameters (RFC 3261 §25.1).

use super::Uri;

/// One parameter: name and value, quotes taken off.
pub type Param = (String, Option<String>);

/// The value of From, To, Contact, Route, P-Asserted-Identity, Diversion...
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// Display name without quotes and escapes.
    pub display: Option<String>,
    /// The URI exactly as written.
    pub uri_text: String,
    /// The URI taken apart.
    pub uri: Uri,
    /// Header parameters in order.
    pub params: Vec<Param>,
}

#[allow(unused_variables, missing_docs)]
impl NameAddr {
    pub fn parse(text: &str) -> Option<NameAddr> {
        None
    }
    /// Value of a parameter, by name without regard to case; a parameter without value is `Some("")`.
    pub fn param(&self, name: &str) -> Option<&str> {
        None
    }
    pub fn tag(&self) -> Option<&str> {
        self.param("tag")
    }
}
