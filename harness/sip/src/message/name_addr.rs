//! `name-addr` and `addr-spec` with parameters (RFC 3261 §25.1).

use super::{Uri, text};

/// One parameter: name as written, and its value with quotes taken off.
pub type Param = (String, Option<String>);

/// The value of From, To, Contact, Route, P-Asserted-Identity, Diversion...
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// Display name without quotes and escapes; `None` where there is none or it is empty.
    pub display: Option<String>,
    /// The URI exactly as written.
    pub uri_text: String,
    /// The URI taken apart.
    pub uri: Uri,
    /// Header parameters in order.
    pub params: Vec<Param>,
}

impl NameAddr {
    /// Reads one value; `None` where it holds no URI (a Contact of `*`, too).
    ///
    /// Without angle brackets everything after the first `;` is a header parameter (RFC 3261 §20.10).
    pub fn parse(value: &str) -> Option<NameAddr> {
        let value = value.trim();
        let (display, uri_text, params) = match text::find_unquoted(value, '<') {
            Some(open) => {
                let inner = &value[open + 1..];
                let close = inner.find('>').unwrap_or(inner.len());
                let display = text::unquote(&value[..open]);
                (display, &inner[..close], inner.get(close + 1..).unwrap_or(""))
            }
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (String::new(), &value[..end], &value[end..])
            }
        };
        let uri_text = uri_text.trim();
        Some(NameAddr {
            display: Some(display).filter(|name| !name.is_empty()),
            uri: Uri::parse(uri_text)?,
            uri_text: uri_text.to_string(),
            params: text::params(params),
        })
    }

    /// Value of a parameter, by name without regard to case; one without value is `Some("")`.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param(&self.params, name)
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&str> {
        self.param("tag").filter(|tag| !tag.is_empty())
    }
}
