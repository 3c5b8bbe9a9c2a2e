//! Cuts the bytes of a message into start line, header lines and body, keeping every span.

use std::ops::Range;

/// One header, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderLine {
    /// As written, without the space before the colon.
    pub(crate) name: String,
    /// Unfolded and trimmed; bytes that are no UTF-8 became replacement characters.
    pub(crate) value: String,
    /// All of its lines in the raw bytes, without the last line end.
    pub(crate) span: Range<usize>,
}

/// The parts of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    /// The first line, without its line end.
    pub(crate) start: Range<usize>,
    /// The headers in order.
    pub(crate) headers: Vec<HeaderLine>,
    /// Lines before the empty line that are no header.
    pub(crate) broken: Vec<Range<usize>>,
    /// Line ends that are LF alone.
    pub(crate) bare_lf: Vec<usize>,
    /// Everything behind the empty line; `None`: there is no empty line.
    pub(crate) rest: Option<usize>,
}

/// Cuts `bytes`. Empty lines before the start line are skipped (RFC 3261 §7.5).
pub(crate) fn cut(bytes: &[u8]) -> Parts {
    let mut parts = Parts::default();
    let mut at = 0;
    while bytes.get(at).is_some_and(|b| matches!(b, b'\r' | b'\n')) {
        at += 1;
    }
    let mut lines = Vec::new();
    while at < bytes.len() {
        let line = next_line(bytes, at);
        if line.bare_lf {
            parts.bare_lf.push(line.text.end);
        }
        at = line.next;
        if line.text.is_empty() && !lines.is_empty() {
            parts.rest = Some(at);
            break;
        }
        lines.push(line.text);
    }
    let mut lines = lines.into_iter();
    parts.start = lines.next().unwrap_or(0..0);
    let mut folded: Vec<Range<usize>> = Vec::new();
    for line in lines {
        let is_continuation = matches!(bytes.get(line.start), Some(b' ' | b'\t'));
        match folded.last_mut() {
            Some(header) if is_continuation => header.end = line.end,
            _ => folded.push(line),
        }
    }
    for span in folded {
        match header(bytes, span.clone()) {
            Some(header) => parts.headers.push(header),
            None => parts.broken.push(span),
        }
    }
    parts
}

struct Line {
    text: Range<usize>,
    next: usize,
    bare_lf: bool,
}

fn next_line(bytes: &[u8], at: usize) -> Line {
    match bytes[at..].iter().position(|&b| b == b'\n') {
        None => Line { text: at..bytes.len(), next: bytes.len(), bare_lf: false },
        Some(length) => {
            let end = at + length;
            let has_cr = end > at && bytes[end - 1] == b'\r';
            let text_end = if has_cr { end - 1 } else { end };
            Line { text: at..text_end, next: end + 1, bare_lf: !has_cr }
        }
    }
}

fn header(bytes: &[u8], span: Range<usize>) -> Option<HeaderLine> {
    let text = String::from_utf8_lossy(&bytes[span.clone()]);
    let (name, value) = text.split_once(':')?;
    let name = name.trim_end_matches([' ', '\t']);
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return None;
    }
    Some(HeaderLine { name: name.to_string(), value: unfold(value), span })
}

/// Each line end with the white space around it becomes one space (RFC 3261 §7.3.1).
fn unfold(value: &str) -> String {
    if !value.contains('\n') {
        return value.trim().to_string();
    }
    let lines: Vec<&str> = value.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}
