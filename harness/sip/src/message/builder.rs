//! Writes messages byte-exactly, headers in the order they are stated.

/// A message under construction. Nothing is checked or reordered: a scenario may want it wrong.
#[derive(Debug, Clone)]
pub struct Builder {
    text: String,
}

impl Builder {
    /// Starts a request.
    pub fn request(method: &str, uri: &str) -> Builder {
        Builder { text: format!("{method} {uri} SIP/2.0\r\n") }
    }

    /// Starts a response.
    pub fn response(status: u16, reason: &str) -> Builder {
        Builder { text: format!("SIP/2.0 {status} {reason}\r\n") }
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Builder {
        self.text.push_str(name);
        self.text.push_str(": ");
        self.text.push_str(value);
        self.text.push_str("\r\n");
        self
    }

    /// Adds one line for each value.
    #[must_use]
    pub fn headers<'a>(self, lines: impl IntoIterator<Item = (&'a str, &'a str)>) -> Builder {
        lines.into_iter().fold(self, |builder, (name, value)| builder.header(name, value))
    }

    /// Ends the headers with Content-Type (where not empty) and Content-Length, then the body.
    pub fn body(self, content_type: &str, body: &[u8]) -> Vec<u8> {
        let typed = if content_type.is_empty() { self } else { self.header("Content-Type", content_type) };
        let mut bytes = typed.header("Content-Length", &body.len().to_string()).finish_bare();
        bytes.extend_from_slice(body);
        bytes
    }

    /// Ends the headers with `Content-Length: 0`.
    pub fn finish(self) -> Vec<u8> {
        self.body("", &[])
    }

    /// Ends the headers without any Content-Length.
    pub fn finish_bare(mut self) -> Vec<u8> {
        self.text.push_str("\r\n");
        self.text.into_bytes()
    }
}
