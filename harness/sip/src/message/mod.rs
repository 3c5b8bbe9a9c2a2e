//! SIP messages: a lossless lint parser, typed looks at headers, and a byte-exact writer.

mod builder;
mod field;
mod finding;
mod lint;
mod name_addr;
mod names;
mod scan;
mod start_line;
pub(crate) mod text;
mod uri;
mod via;

pub use builder::Builder;
pub use field::{FIELDS, UnknownField, field, fingerprint};
pub use finding::{Code, Finding, Severity};
pub use name_addr::{NameAddr, Param};
pub use uri::Uri;
pub use via::Via;

pub(crate) use names::same as same_header;

use scan::HeaderLine;
use start_line::StartLine;
use std::ops::Range;
use std::sync::Arc;

/// The first CSeq number that is not legal any more: 2^31 (RFC 3261 §8.1.1.5).
pub const CSEQ_LIMIT: u32 = 1 << 31;

/// The start of every branch that RFC 3261 knows to be unique.
pub(crate) const MAGIC_COOKIE: &str = "z9hG4bK";

/// The bytes have no SIP start line, so there is no message to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a SIP message: {0}")]
pub struct NotSip(pub String);

/// One SIP message: its exact bytes, what they mean, and what is wrong with them. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    inner: Arc<Inner>,
}

#[derive(PartialEq, Eq)]
struct Inner {
    raw: Vec<u8>,
    start: StartLine,
    headers: Vec<HeaderLine>,
    body: Range<usize>,
    findings: Vec<Finding>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({:?})", String::from_utf8_lossy(&self.inner.raw))
    }
}

impl Message {
    /// Reads one whole message: a datagram, or what the stream framing cut out.
    ///
    /// Never fails once there is a start line; what is wrong is in [`Message::findings`].
    pub fn parse(bytes: &[u8]) -> Result<Message, NotSip> {
        let parts = scan::cut(bytes);
        let start = StartLine::parse(&String::from_utf8_lossy(&bytes[parts.start.clone()]))?;
        let available = parts.rest.unwrap_or(bytes.len())..bytes.len();
        let length = declared_length(&parts.headers).map_or(available.len(), |n| n.min(available.len()));
        let body = available.start..available.start + length;
        let findings = lint::lint(bytes, &start, &parts, &available);
        let inner = Inner { raw: bytes.to_vec(), start, headers: parts.headers, body, findings };
        Ok(Message { inner: Arc::new(inner) })
    }

    /// The exact bytes.
    pub fn raw(&self) -> &[u8] {
        &self.inner.raw
    }

    /// What is wrong, in the order of the bytes.
    pub fn findings(&self) -> &[Finding] {
        &self.inner.findings
    }

    /// Whether an element that keeps to the RFC rejects it.
    pub fn is_rejectable(&self) -> bool {
        self.inner.findings.iter().any(|finding| finding.severity == Severity::Reject)
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        matches!(self.inner.start, StartLine::Request { .. })
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        match &self.inner.start {
            StartLine::Request { method, .. } => Some(method),
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI as written.
    pub fn uri(&self) -> Option<&str> {
        match &self.inner.start {
            StartLine::Request { uri, .. } => Some(uri),
            StartLine::Response { .. } => None,
        }
    }

    /// The status code of a response; `None` also where it is no number that fits.
    pub fn status(&self) -> Option<u16> {
        match &self.inner.start {
            StartLine::Response { status, .. } => *status,
            StartLine::Request { .. } => None,
        }
    }

    /// The reason phrase of a response, maybe empty.
    pub fn reason(&self) -> Option<&str> {
        match &self.inner.start {
            StartLine::Response { reason, .. } => Some(reason),
            StartLine::Request { .. } => None,
        }
    }

    /// First header of that name in full or compact form, unfolded.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.lines(name).next()
    }

    /// All headers of that name, in order, not split.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.lines(name).collect()
    }

    fn lines<'m, 'n>(&'m self, name: &'n str) -> impl Iterator<Item = &'m str> + use<'m, 'n> {
        let same = move |line: &&HeaderLine| names::same(&line.name, name);
        self.inner.headers.iter().filter(same).map(|line| line.value.as_str())
    }

    /// All values of that name, comma lists split where the header is a list; empty list elements are left out.
    pub fn values(&self, name: &str) -> Vec<&str> {
        if !names::is_list(name) {
            return self.headers(name);
        }
        self.lines(name).flat_map(|line| text::split(line, ',')).filter(|value| !value.is_empty()).collect()
    }

    /// Every header in order: name as written, value unfolded.
    pub fn header_lines(&self) -> Vec<(&str, &str)> {
        self.inner.headers.iter().map(|line| (line.name.as_str(), line.value.as_str())).collect()
    }

    /// Whether a list header such as Supported or Require holds `token`, without regard to case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.values(name).iter().any(|value| value.eq_ignore_ascii_case(token))
    }

    /// Call-ID.
    pub fn call_id(&self) -> Option<&str> {
        self.header("Call-ID")
    }

    /// CSeq number and method; `None` where the number does not fit 32 bits.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("CSeq")?.split_once(|c: char| c.is_ascii_whitespace())?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// From.
    pub fn from(&self) -> Option<NameAddr> {
        self.header("From").and_then(NameAddr::parse)
    }

    /// To.
    pub fn to(&self) -> Option<NameAddr> {
        self.header("To").and_then(NameAddr::parse)
    }

    /// The first Contact.
    pub fn contact(&self) -> Option<NameAddr> {
        self.values("Contact").first().and_then(|value| NameAddr::parse(value))
    }

    /// The first P-Asserted-Identity.
    pub fn pai(&self) -> Option<NameAddr> {
        self.values("P-Asserted-Identity").first().and_then(|value| NameAddr::parse(value))
    }

    /// Tag of From.
    pub fn from_tag(&self) -> Option<String> {
        self.from()?.tag().map(str::to_string)
    }

    /// Tag of To.
    pub fn to_tag(&self) -> Option<String> {
        self.to()?.tag().map(str::to_string)
    }

    /// The top Via.
    pub fn via(&self) -> Option<Via> {
        self.values("Via").first().and_then(|value| Via::parse(value))
    }

    /// Branch of the top Via.
    pub fn branch(&self) -> Option<String> {
        self.via()?.branch().map(str::to_string)
    }

    /// Host (lower case) and port of the top Via's sent-by.
    pub fn sent_by(&self) -> Option<String> {
        self.via().map(|via| via.sent_by())
    }

    /// Content-Length as declared.
    pub fn content_length(&self) -> Option<usize> {
        declared_length(&self.inner.headers)
    }

    /// Content-Type.
    pub fn content_type(&self) -> Option<&str> {
        self.header("Content-Type")
    }

    /// The body: as long as Content-Length says, else all that is there.
    pub fn body(&self) -> &[u8] {
        &self.inner.raw[self.inner.body.clone()]
    }
}

fn declared_length(headers: &[HeaderLine]) -> Option<usize> {
    headers.iter().find(|line| names::same(&line.name, "Content-Length"))?.value.parse().ok()
}
