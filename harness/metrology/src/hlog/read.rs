//! Reading a log.

use super::{PayloadError, Tag, Window, payload};
use base64::prelude::{BASE64_STANDARD, Engine};

/// What is wrong with a log, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {trouble}")]
pub struct ReadError {
    /// From 1 on.
    pub line: usize,
    /// What.
    pub trouble: Trouble,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Not `Tag=..,start,length,max,counts`.
    #[error("not a tag, a start, a length, a greatest value and counts, with commas between them")]
    Fields,
    /// A number is none.
    #[error("`{0}` is no number of seconds or milliseconds with at most {1} decimals")]
    Number(String, usize),
    /// The counts are not base64.
    #[error("the counts are not base64")]
    Base64,
    /// The counts cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// Reads all windows of a log in their order. Comments and the line of column names are passed over.
///
/// # Errors
/// The first line that cannot be read.
pub fn read(text: &str) -> Result<Vec<Window>, ReadError> {
    let mut windows = Vec::new();
    let mut beyond = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(comment) = line.strip_prefix('#') {
            beyond = comment
                .strip_prefix("[Beyond: ")
                .and_then(|rest| rest.strip_suffix(']'))
                .and_then(|count| count.parse().ok())
                .unwrap_or(beyond);
        } else if !line.is_empty() && !line.starts_with('"') {
            let window = window(line, std::mem::take(&mut beyond));
            windows.push(window.map_err(|trouble| ReadError { line: number, trouble })?);
        }
    }
    Ok(windows)
}

fn window(line: &str, beyond: u64) -> Result<Window, Trouble> {
    let mut fields = line.split(',');
    let mut next = || fields.next().ok_or(Trouble::Fields);
    let tag = next()?.strip_prefix("Tag=").and_then(Tag::new).ok_or(Trouble::Fields)?;
    let start_ns = fixed(next()?, 9)?;
    let length_ns = fixed(next()?, 9)?;
    let greatest = fixed(next()?, 6)?;
    let bytes = BASE64_STANDARD.decode(next()?).map_err(|_| Trouble::Base64)?;
    if fields.next().is_some() {
        return Err(Trouble::Fields);
    }
    Ok(Window { tag, start_ns, length_ns, histogram: payload::decode(&bytes, greatest, beyond)? })
}

/// A number with at most `decimals` decimals, times 10 to the power of `decimals`.
fn fixed(text: &str, decimals: usize) -> Result<u64, Trouble> {
    let trouble = || Trouble::Number(text.to_owned(), decimals);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > decimals || !digits(whole) || !digits(part) {
        return Err(trouble());
    }
    format!("{whole}{part:0<decimals$}").parse().map_err(|_| trouble())
}
