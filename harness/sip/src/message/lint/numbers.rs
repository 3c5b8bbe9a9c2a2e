//! Numbers and dates: CSeq, Max-Forwards, Expires, Date.

use super::Lint;
use crate::message::CSEQ_LIMIT;
use crate::message::scan::HeaderLine;
use crate::message::start_line::StartLine;
use crate::message::{NameAddr, text};

pub(super) fn check(lint: &mut Lint<'_>) {
    if let Some(line) = lint.first("CSeq") {
        cseq(lint, line);
    }
    if let Some(line) = lint.first("Max-Forwards") {
        let fits = number(&line.value).is_some_and(|value| value <= 255);
        if !fits {
            let detail = format!("`{}` is not 0 to 255", line.value);
            lint.reject("max-forwards-range", &line.span, "RFC 3261 §20.22", detail);
        }
    }
    for name in ["Expires", "Min-Expires", "Min-SE", "Session-Expires", "RSeq", "Retry-After"] {
        for line in lint.lines(name) {
            let end = line.value.find([';', '(', ' ']).unwrap_or(line.value.len());
            seconds(lint, line, &line.value[..end]);
        }
    }
    for line in lint.lines("Contact") {
        for contact in text::split(&line.value, ',').into_iter().filter_map(NameAddr::parse) {
            if let Some(expires) = contact.param("expires") {
                seconds(lint, line, expires);
            }
        }
    }
    for line in lint.lines("Date") {
        if !is_rfc1123_date(&line.value) {
            let detail = format!("`{}` is no date in GMT", line.value);
            lint.reject("date-syntax", &line.span, "RFC 3261 §20.17", detail);
        }
    }
    for line in lint.lines("Warning") {
        for value in text::split(&line.value, ',') {
            let code = value.split(' ').next().unwrap_or("");
            if code.len() != 3 || number(code).is_none() {
                let detail = format!("warn-code `{code}`");
                lint.reject("warning-code", &line.span, "RFC 3261 §20.43", detail);
            }
        }
    }
}

fn cseq(lint: &mut Lint<'_>, line: &HeaderLine) {
    let mut words = line.value.split_whitespace();
    let (count, method, more) = (words.next().unwrap_or(""), words.next(), words.next());
    let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
    let (Some(method), None, true) = (method, more, digits) else {
        lint.reject("cseq-syntax", &line.span, "RFC 3261 §20.16", format!("`{}`", line.value));
        return;
    };
    if number(count).is_none_or(|value| value >= u64::from(CSEQ_LIMIT)) {
        let detail = format!("{count} is not below 2^31");
        lint.reject("cseq-range", &line.span, "RFC 3261 §8.1.1.5", detail);
    }
    if let StartLine::Request { method: wanted, .. } = lint.start
        && wanted != method
    {
        let detail = format!("{wanted} in the start line, {method} in CSeq");
        lint.reject("cseq-method", &line.span, "RFC 3261 §8.1.1.5", detail);
    }
}

/// delta-seconds: beyond 2^32 - 1 an element takes 2^32 - 1 or its default (RFC 3261 §20.19).
fn seconds(lint: &mut Lint<'_>, line: &HeaderLine, text: &str) {
    if number(text.trim()).is_none_or(|value| value > u64::from(u32::MAX)) {
        let detail = format!("{}: `{text}` is no number of seconds below 2^32", line.name);
        lint.warn("seconds-range", &line.span, "RFC 3261 §20.19", detail);
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// `Sat, 13 Nov 2010 23:29:00 GMT`.
fn is_rfc1123_date(value: &str) -> bool {
    let shape: String = value
        .chars()
        .map(|c| match c {
            '0'..='9' => '0',
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            other => other,
        })
        .collect();
    shape == "Aaa, 00 Aaa 0000 00:00:00 AAA" && value.ends_with("GMT")
}
