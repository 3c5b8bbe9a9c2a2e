//! A message being composed: automatic headers, which the owner's headers replace, then the owner's own.

use super::{Body, Header};
use crate::message::{Builder, same_header};

/// Start line and headers so far.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    start: Start,
    lines: Vec<Header>,
}

#[derive(Debug, Clone)]
enum Start {
    Request(String, String),
    Response(u16, &'static str),
}

impl Draft {
    pub(super) fn request(method: &str, uri: &str) -> Draft {
        Draft { start: Start::Request(method.to_string(), uri.to_string()), lines: Vec::new() }
    }

    pub(super) fn response(status: u16) -> Draft {
        Draft { start: Start::Response(status, super::reason::phrase(status)), lines: Vec::new() }
    }

    /// Adds an automatic header.
    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.lines.push((name.to_string(), value.into()));
    }

    /// Adds an automatic list header, where there is something to list.
    pub(super) fn add_list(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.add(name, values.join(", "));
        }
    }

    /// Adds the owner's headers: one that names an automatic header takes its place, and an empty value removes it.
    pub(super) fn merge(&mut self, headers: &[Header]) {
        for (at, (name, value)) in headers.iter().enumerate() {
            let is_first = !headers[..at].iter().any(|(earlier, _)| same_header(earlier, name));
            let automatic = self.lines.iter().position(|(known, _)| same_header(known, name));
            match automatic.filter(|_| is_first) {
                Some(index) if value.is_empty() => {
                    self.lines.remove(index);
                }
                Some(index) => self.lines[index] = (name.clone(), value.clone()),
                None if value.is_empty() => {}
                None => self.lines.push((name.clone(), value.clone())),
            }
        }
    }

    /// The bytes, with Content-Type and Content-Length last.
    pub(super) fn write(self, body: Option<&Body>) -> Vec<u8> {
        let builder = match &self.start {
            Start::Request(method, uri) => Builder::request(method, uri),
            Start::Response(status, phrase) => Builder::response(*status, phrase),
        };
        let builder = builder.headers(self.lines.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        match body {
            Some(body) => builder.body(&body.content_type, &body.bytes),
            None => builder.finish(),
        }
    }
}
