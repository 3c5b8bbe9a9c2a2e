//! Headers that must be there, and those that must not be there twice (RFC 3261 §8.1.1, §7.3.1).

use super::Lint;
use crate::message::names;
use crate::message::start_line::StartLine;
use std::collections::BTreeSet;

/// Headers of every message (RFC 3261 §8.1.1; responses copy them, §8.2.6.2).
const MANDATORY: &[&str] = &["Via", "From", "To", "Call-ID", "CSeq"];

/// Headers with one value. Content-Length is checked with the framing.
const SINGLE: &[&str] = &[
    "Call-ID",
    "Content-Disposition",
    "Content-Type",
    "CSeq",
    "Date",
    "Event",
    "Expires",
    "From",
    "Max-Forwards",
    "Min-Expires",
    "Min-SE",
    "MIME-Version",
    "Organization",
    "Priority",
    "RAck",
    "Refer-To",
    "Referred-By",
    "Replaces",
    "Reply-To",
    "Retry-After",
    "RSeq",
    "Server",
    "Session-Expires",
    "Subject",
    "Subscription-State",
    "Timestamp",
    "To",
    "User-Agent",
];

pub(super) fn check(lint: &mut Lint<'_>) {
    let span = lint.parts.start.clone();
    for name in MANDATORY {
        if lint.first(name).is_none() {
            lint.reject("header-missing", &span, "RFC 3261 §8.1.1", format!("no {name}"));
        }
    }
    if let StartLine::Request { method, .. } = lint.start {
        // RFC 2543 had no Max-Forwards, so an element lives without (RFC 3261 §16.3).
        if lint.first("Max-Forwards").is_none() {
            let detail = "no Max-Forwards".to_string();
            lint.warn("max-forwards-missing", &span, "RFC 3261 §8.1.1.6", detail);
        }
        if method == "INVITE" && lint.first("Contact").is_none() {
            let detail = "an INVITE without Contact".to_string();
            lint.warn("contact-missing", &span, "RFC 3261 §8.1.1.8", detail);
        }
    }
    let mut told = BTreeSet::new();
    for line in &lint.parts.headers {
        let full = names::full(&line.name).to_ascii_lowercase();
        let single = SINGLE.iter().any(|name| name.eq_ignore_ascii_case(&full));
        if single && lint.lines(&line.name).len() > 1 && told.insert(full) {
            let detail = format!("{} comes more than once", names::full(&line.name));
            lint.reject("header-repeated", &line.span, "RFC 3261 §7.3.1", detail);
        }
    }
}
