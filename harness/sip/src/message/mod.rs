//! SIP messages: a lossless lint parser, typed looks at headers, and a byte-exact writer.

mod builder;
mod field;
mod finding;
mod name_addr;
mod uri;

pub use builder::Builder;
pub use field::{FIELDS, UnknownField, field};
pub use finding::{Code, Finding, Severity};
pub use name_addr::{NameAddr, Param};
pub use uri::Uri;

/// The bytes have no SIP start line, so there is no message to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a SIP message: {0}")]
pub struct NotSip(pub String);

/// One SIP message: its exact bytes, what they mean, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    raw: Vec<u8>,
}

#[allow(unused_variables, missing_docs)]
impl Message {
    pub fn parse(bytes: &[u8]) -> Result<Message, NotSip> {
        Ok(Message { raw: bytes.to_vec() })
    }
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
    pub fn findings(&self) -> &[Finding] {
        &[]
    }
    pub fn is_request(&self) -> bool {
        false
    }
    pub fn method(&self) -> Option<&str> {
        None
    }
    /// Request-URI as written.
    pub fn uri(&self) -> Option<&str> {
        None
    }
    pub fn status(&self) -> Option<u16> {
        None
    }
    pub fn reason(&self) -> Option<&str> {
        None
    }
    /// First header of that name (either form), unfolded.
    pub fn header(&self, name: &str) -> Option<&str> {
        None
    }
    /// All headers of that name, in order, not split.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        Vec::new()
    }
    /// All values of that name, comma lists split where the header is a list.
    pub fn values(&self, name: &str) -> Vec<&str> {
        Vec::new()
    }
    /// Every header in order: name as written, value unfolded.
    pub fn header_lines(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }
    pub fn call_id(&self) -> Option<&str> {
        None
    }
    pub fn cseq(&self) -> Option<(u32, &str)> {
        None
    }
    pub fn from(&self) -> Option<NameAddr> {
        None
    }
    pub fn to(&self) -> Option<NameAddr> {
        None
    }
    pub fn contact(&self) -> Option<NameAddr> {
        None
    }
    /// First P-Asserted-Identity.
    pub fn pai(&self) -> Option<NameAddr> {
        None
    }
    pub fn from_tag(&self) -> Option<String> {
        None
    }
    pub fn to_tag(&self) -> Option<String> {
        None
    }
    /// Branch of the top Via.
    pub fn branch(&self) -> Option<String> {
        None
    }
    /// sent-by of the top Via.
    pub fn sent_by(&self) -> Option<String> {
        None
    }
    pub fn content_length(&self) -> Option<usize> {
        None
    }
    pub fn content_type(&self) -> Option<&str> {
        None
    }
    pub fn body(&self) -> &[u8] {
        &[]
    }
}
