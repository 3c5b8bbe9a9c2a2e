//! Keys that the record holds and that no result may show: SRTP master keys, TLS secrets, private keys.
//!
//! A result is drawn on pages, in terminals and in files for CI. Whatever text of the wire gets into it passes through here.

use crate::result::RunResult;
use oxocert_record::{Event, What};
use std::collections::BTreeSet;

/// What stands in place of a key.
const REDACTED: &str = "\u{2026}(redacted)";
/// A run of characters shorter than this is no key: an SRTP key and salt of 30 bytes are 40 characters.
const SHORTEST: usize = 24;

/// The keys of one record, as they may be written.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    known: BTreeSet<String>,
}

impl Secrets {
    /// Collects them from all messages and key log lines.
    pub fn of(events: &[Event]) -> Secrets {
        let mut known = BTreeSet::new();
        for event in events {
            match &event.what {
                What::Sip(seen) => {
                    let text = String::from_utf8_lossy(&seen.bytes.0);
                    known.extend(inline_keys(&text).map(str::to_owned));
                }
                // Label, client random, secret (NSS key log format): the random is public.
                What::TlsSecret { line } => {
                    known.extend(line.split_whitespace().nth(2).map(str::to_ascii_lowercase));
                }
                _ => {}
            }
        }
        known.retain(|key| key.len() >= SHORTEST);
        Secrets { known }
    }

    /// Takes every key out of every text of a result that the wire, the runner or a file may have written.
    pub fn redact(&self, result: &mut RunResult) {
        let mut texts: Vec<&mut String> = Vec::new();
        texts.extend(&mut result.reasons);
        texts.extend(&mut result.damage);
        texts.extend(&mut result.run.loads_seen);
        for case in &mut result.cases {
            texts.extend(&mut case.reason);
            texts.extend(case.steps.iter_mut().map(|step| &mut step.text));
            for check in &mut case.checks {
                texts.extend([&mut check.required, &mut check.observed]);
            }
            texts.extend(case.findings.iter_mut().map(|finding| &mut finding.value));
            texts.extend(case.ladder.iter_mut().map(|line| &mut line.text));
        }
        for row in &mut result.sizing {
            texts.extend(row.raw.iter_mut().map(|cell| &mut cell.what));
        }
        for clause in &mut result.matrix {
            texts.extend(&mut clause.reason);
        }
        if let Some(trunk) = &mut result.encrypted {
            texts.extend(trunk.texts());
        }
        for text in texts {
            if let Some(clean) = self.clean(text) {
                *text = clean;
            }
        }
    }

    /// Whether a run of characters holds a key, on its own or grown together with what stands beside it.
    fn is_in(&self, run: &str) -> bool {
        let lower = run.to_ascii_lowercase();
        self.known.contains(run) || self.known.iter().any(|key| run.contains(key) || lower.contains(key))
    }

    /// The text without keys; `None` where it holds none.
    fn clean(&self, text: &str) -> Option<String> {
        let mut clean = String::with_capacity(text.len());
        let mut changed = false;
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !is_of_key(c)).unwrap_or(rest.len());
            let (run, tail) = rest.split_at(end);
            let is_inline = clean.len() >= INLINE.len() && ends_with_inline(&clean);
            let is_known = run.len() >= SHORTEST && self.is_in(run);
            if !run.is_empty() && (is_inline || is_known) {
                clean.push_str(REDACTED);
                changed = true;
            } else {
                clean.push_str(run);
            }
            let step = tail.chars().next().map_or(0, char::len_utf8);
            clean.push_str(tail.get(..step).unwrap_or_default());
            rest = tail.get(step..).unwrap_or_default();
        }
        if let Some(at) = clean.find("PRIVATE KEY-----") {
            clean.truncate(at);
            clean.push_str(REDACTED);
            changed = true;
        }
        changed.then_some(clean)
    }
}

/// What stands before an SRTP key in SDP (RFC 4568 §6.1).
const INLINE: &str = "inline:";

fn ends_with_inline(text: &str) -> bool {
    let tail = text.len().checked_sub(INLINE.len()).and_then(|from| text.get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(INLINE))
}

/// Characters of base64 and of hexadecimal; padding is none of the key.
fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/')
}

/// What follows each `inline:`, and each further key of the same line (`inline:..|1:4;inline:..`).
fn inline_keys(text: &str) -> impl Iterator<Item = &str> {
    let lower = text.to_ascii_lowercase();
    let places: Vec<usize> = lower.match_indices(INLINE).map(|(at, _)| at + INLINE.len()).collect();
    places.into_iter().filter_map(move |from| {
        let rest = text.get(from..)?;
        let end = rest.find(|c: char| !is_of_key(c)).unwrap_or(rest.len());
        rest.get(..end).filter(|key| !key.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ZHV0LWtleS1kdXQta2V5LWR1dC1rZXktZHV0LWtl";

    fn clean(text: &str) -> String {
        let secrets = Secrets { known: BTreeSet::from([KEY.to_owned(), "ab".repeat(24)]) };
        secrets.clean(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn keys_are_taken_out_and_nothing_else() {
        for (text, wanted) in [
            ("a=crypto:1 X inline:AAAA|2^31|1:4", "a=crypto:1 X inline:\u{2026}(redacted)|2^31|1:4"),
            ("INLINE:AAAA;inline:BBBB", "INLINE:\u{2026}(redacted);inline:\u{2026}(redacted)"),
            ("INVITE sip:+33277123456@127.10.2.1", "INVITE sip:+33277123456@127.10.2.1"),
            ("inline: nothing", "inline: nothing"),
            ("", ""),
            ("\u{e9}inline:\u{e9}", "\u{e9}inline:\u{e9}"),
        ] {
            assert_eq!(clean(text), wanted);
        }
        for (text, wanted) in [
            (format!("`{KEY}==` came"), "`\u{2026}(redacted)==` came"),
            (format!("x={KEY};y"), "x=\u{2026}(redacted);y"),
            (format!("at/{KEY} it"), "\u{2026}(redacted) it"),
        ] {
            assert_eq!(clean(&text), wanted);
        }
        assert_eq!(clean(&"AB".repeat(24)), REDACTED);
        assert!(!clean("-----BEGIN PRIVATE KEY-----\nMIIE").contains("MIIE"));
    }
}
