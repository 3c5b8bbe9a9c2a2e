//! Lines, the empty line and Content-Length (RFC 3261 §7.3, §7.5, §18.3).

use super::Lint;
use std::ops::Range;

pub(super) fn check(lint: &mut Lint<'_>, bytes: &[u8], available: &Range<usize>) {
    if let Some(&first) = lint.parts.bare_lf.first() {
        let detail = format!("{} lines end with LF alone", lint.parts.bare_lf.len());
        lint.warn("line-end", &(first..first + 1), "RFC 3261 §7", detail);
    }
    for span in lint.parts.broken.clone() {
        let detail = format!("`{}` is no header", String::from_utf8_lossy(&bytes[span.clone()]));
        lint.reject("header-syntax", &span, "RFC 3261 §7.3.1", detail);
    }
    if lint.parts.rest.is_none() {
        let detail = "no empty line ends the headers".to_string();
        lint.reject("headers-end", &(bytes.len()..bytes.len()), "RFC 3261 §7", detail);
    }
    content_length(lint, available);
}

fn content_length(lint: &mut Lint<'_>, available: &Range<usize>) {
    let lines = lint.lines("Content-Length");
    let Some(first) = lines.first() else { return };
    if let Some(other) = lines.iter().skip(1).find(|line| line.value != first.value) {
        let detail = format!("`{}` and `{}`", first.value, other.value);
        lint.reject("content-length-repeated", &other.span, "RFC 3261 §7.3.1", detail);
    }
    let digits = !first.value.is_empty() && first.value.bytes().all(|b| b.is_ascii_digit());
    match first.value.parse::<usize>() {
        Ok(declared) if digits && declared > available.len() => {
            let detail = format!("{declared} bytes are declared, {} came", available.len());
            lint.reject("content-length-short", &first.span, "RFC 3261 §18.3", detail);
        }
        Ok(declared) if digits && declared < available.len() => {
            let extra = available.start + declared..available.end;
            let detail = format!("{} bytes behind the body are to be ignored", extra.len());
            lint.warn("trailing-octets", &extra, "RFC 3261 §18.3", detail);
        }
        Ok(_) if digits => {}
        _ => {
            let detail = format!("`{}` is no length", first.value);
            lint.reject("content-length-syntax", &first.span, "RFC 3261 §20.14", detail);
        }
    }
}
