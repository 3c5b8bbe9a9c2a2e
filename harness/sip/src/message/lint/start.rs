//! The start line (RFC 3261 §7.1, §7.2).

use super::Lint;
use crate::message::start_line::StartLine;
use crate::message::text::is_token;

pub(super) fn check(lint: &mut Lint<'_>) {
    let span = lint.parts.start.clone();
    match lint.start {
        StartLine::Request { method, uri, version } => {
            version_is_2_0(lint, version);
            if !is_token(method) {
                lint.reject("method-token", &span, "RFC 3261 §25.1", format!("`{method}` is no token"));
            }
            // One space on each side and nothing else, so the parts and two spaces make up the line.
            let tight = method.len() + uri.len() + version.len() + 2;
            if span.len() != tight {
                let detail = "more than one space, or space at its end".to_string();
                lint.reject("start-spacing", &span, "RFC 3261 §7.1", detail);
            }
            request_uri(lint, uri);
        }
        StartLine::Response { version, status, code, .. } => {
            version_is_2_0(lint, version);
            if !status.is_some_and(|status| (100..700).contains(&status)) || code.len() != 3 {
                lint.reject("status-range", &span, "RFC 3261 §7.2", format!("status code `{code}`"));
            }
        }
    }
}

fn version_is_2_0(lint: &mut Lint<'_>, version: &str) {
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        let span = lint.parts.start.clone();
        lint.reject("start-version", &span, "RFC 3261 §7.1", format!("version `{version}`"));
    }
}

fn request_uri(lint: &mut Lint<'_>, uri: &str) {
    let span = lint.parts.start.clone();
    if uri.starts_with('<') || uri.ends_with('>') {
        let detail = "the Request-URI stands in angle brackets".to_string();
        lint.reject("start-uri", &span, "RFC 3261 §7.1", detail);
    } else if uri.contains(char::is_whitespace) {
        let detail = "the Request-URI holds white space".to_string();
        lint.reject("start-uri", &span, "RFC 3261 §7.1", detail);
    } else if let Some(parsed) = crate::message::Uri::parse(uri) {
        if parsed.headers.is_some() {
            let detail = "the Request-URI holds header parameters".to_string();
            lint.reject("uri-headers", &span, "RFC 3261 §19.1.1", detail);
        }
    } else {
        lint.reject("start-uri", &span, "RFC 3261 §19.1.1", format!("`{uri}` is no URI"));
    }
}
