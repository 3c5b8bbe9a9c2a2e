//! Lexical pieces shared by header grammars: lists, quoted strings, parameters (RFC 3261 §25.1).

use super::Param;

/// Splits at `separator` outside quoted strings and angle brackets. Pieces are trimmed; empty ones are kept, for the
/// linter to see.
pub(crate) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut scan = Scan::default();
    let mut start = 0;
    for (index, c) in text.char_indices() {
        if scan.outside(c) && c == separator {
            pieces.push(text[start..index].trim());
            start = index + c.len_utf8();
        }
    }
    pieces.push(text[start..].trim());
    pieces
}

/// Where `wanted` first stands outside quoted strings.
pub(crate) fn find_unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut scan = Scan { ignore_brackets: true, ..Scan::default() };
    text.char_indices().find(|&(_, c)| scan.outside(c) && c == wanted).map(|(index, _)| index)
}

/// Whether every quote opened is closed again.
pub(crate) fn quotes_are_balanced(text: &str) -> bool {
    let mut scan = Scan::default();
    for c in text.chars() {
        scan.outside(c);
    }
    !scan.in_quotes
}

/// Walks a header value and knows what is quoted.
#[derive(Default)]
struct Scan {
    in_quotes: bool,
    escaped: bool,
    in_angle: bool,
    ignore_brackets: bool,
}

impl Scan {
    /// Takes the next character; true when it stands outside quotes and angle brackets.
    fn outside(&mut self, c: char) -> bool {
        if self.in_quotes {
            if self.escaped {
                self.escaped = false;
            } else if c == '\\' {
                self.escaped = true;
            } else if c == '"' {
                self.in_quotes = false;
            }
            return false;
        }
        match c {
            '"' => {
                self.in_quotes = true;
                false
            }
            '<' if !self.ignore_brackets => {
                self.in_angle = true;
                false
            }
            '>' if self.in_angle => {
                self.in_angle = false;
                false
            }
            _ => !self.in_angle,
        }
    }
}

/// Takes quotes and escapes off; a token comes back as it is.
pub(crate) fn unquote(text: &str) -> String {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('"') else { return text.to_string() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if escaped || c != '\\' {
            out.push(c);
            escaped = false;
        } else {
            escaped = true;
        }
    }
    out
}

/// Parameters behind a value: `;name=value;flag`. The text may start with `;` or with the first name.
pub(crate) fn params(text: &str) -> Vec<Param> {
    split(text, ';')
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .map(|piece| match find_unquoted(piece, '=') {
            Some(at) => (piece[..at].trim().to_string(), Some(unquote(&piece[at + 1..]))),
            None => (piece.to_string(), None),
        })
        .collect()
}

/// A parameter by name without regard to case; one without value is `Some("")`.
pub(crate) fn param<'a>(params: &'a [Param], name: &str) -> Option<&'a str> {
    params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref().unwrap_or(""))
}

/// Whether all of `text` is a `token`, and there is some.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b))
}
