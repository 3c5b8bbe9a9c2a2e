//! Addresses: From, To, Contact, Route and the like (RFC 3261 §20.10, §25.1).

use super::Lint;
use crate::message::text::{find_unquoted, is_token, quotes_are_balanced, split};
use crate::message::{NameAddr, Uri};

/// Headers whose values are addresses, and whether angle brackets are mandatory.
const ADDRESSES: &[(&str, bool)] = &[
    ("From", false),
    ("To", false),
    ("Contact", false),
    ("Reply-To", false),
    ("Refer-To", false),
    ("P-Asserted-Identity", false),
    ("P-Preferred-Identity", false),
    ("Route", true),
    ("Record-Route", true),
    ("Diversion", true),
    ("History-Info", true),
];

pub(super) fn check(lint: &mut Lint<'_>) {
    for (name, needs_brackets) in ADDRESSES {
        let is_list = crate::message::names::is_list(name);
        for line in lint.lines(name) {
            let values = if is_list { split(&line.value, ',') } else { vec![line.value.as_str()] };
            for value in values {
                if *name == "Contact" && value == "*" {
                    continue;
                }
                if let Some(what) = fault(value, *needs_brackets) {
                    let detail = format!("{name}: {what}");
                    lint.reject("address-syntax", &line.span, "RFC 3261 §25.1", detail);
                }
            }
        }
    }
    if let Some(line) = lint.first("From")
        && NameAddr::parse(&line.value).is_some_and(|from| from.tag().is_none())
    {
        lint.warn("tag-missing", &line.span, "RFC 3261 §8.1.1.3", "From has no tag".to_string());
    }
}

/// What is wrong with one value; `None` where nothing is.
fn fault(value: &str, needs_brackets: bool) -> Option<&'static str> {
    if value.is_empty() {
        return Some("an empty value");
    }
    if !quotes_are_balanced(value) {
        return Some("a quoted string has no end");
    }
    let Some(open) = find_unquoted(value, '<') else {
        return if needs_brackets { Some("no angle brackets") } else { bare_fault(value) };
    };
    if let Some(what) = display_fault(value[..open].trim()) {
        return Some(what);
    }
    let inner = &value[open + 1..];
    let Some(close) = inner.find('>') else { return Some("an angle bracket has no end") };
    let (uri, rest) = (&inner[..close], inner[close + 1..].trim());
    if uri.contains(char::is_whitespace) {
        return Some("white space inside the angle brackets");
    }
    if Uri::parse(uri).is_none() {
        return Some("no URI inside the angle brackets");
    }
    if !rest.is_empty() && !rest.starts_with(';') {
        return Some("something other than parameters follows the address");
    }
    has_empty_param(value).then_some("an empty parameter")
}

/// A value without angle brackets: what ends the URI may not be part of it (RFC 3261 §20.10).
fn bare_fault(value: &str) -> Option<&'static str> {
    let uri = value.split(';').next().unwrap_or("").trim();
    if uri.contains(['?', ',']) {
        return Some("a URI with a comma or a question mark needs angle brackets");
    }
    if uri.contains(char::is_whitespace) {
        return Some("white space in the URI");
    }
    if Uri::parse(uri).is_none() {
        return Some("no URI");
    }
    has_empty_param(value).then_some("an empty parameter")
}

/// A display name is one quoted string, or tokens.
fn display_fault(display: &str) -> Option<&'static str> {
    if let Some(quoted) = display.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.find(|c| match (escaped, c) {
            (false, '"') => true,
            (false, '\\') => {
                escaped = true;
                false
            }
            _ => {
                escaped = false;
                false
            }
        })?;
        return (end + 1 != quoted.len()).then_some("something follows the quoted display name");
    }
    let all_tokens = display.split_whitespace().all(is_token);
    (!all_tokens).then_some("the display name is neither quoted nor made of tokens")
}

/// Whether two semicolons follow each other, or one ends the value.
pub(super) fn has_empty_param(value: &str) -> bool {
    split(value, ';').iter().skip(1).any(|piece| piece.is_empty())
}
