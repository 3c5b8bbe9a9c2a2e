//! Writes messages byte-exactly, headers in the order they are stated.

/// A message under construction.
#[derive(Debug, Clone)]
pub struct Builder {
    bytes: Vec<u8>,
}

#[allow(unused_variables, missing_docs)]
impl Builder {
    pub fn request(method: &str, uri: &str) -> Builder {
        Builder { bytes: Vec::new() }
    }
    pub fn response(status: u16, reason: &str) -> Builder {
        Builder { bytes: Vec::new() }
    }
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Builder {
        self
    }
    /// Ends the headers with Content-Type (where not empty) and Content-Length, then the body.
    pub fn body(self, content_type: &str, body: &[u8]) -> Vec<u8> {
        self.bytes
    }
    /// Ends the headers with `Content-Length: 0`.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
    /// Ends the headers without any Content-Length.
    pub fn finish_bare(self) -> Vec<u8> {
        self.bytes
    }
}
