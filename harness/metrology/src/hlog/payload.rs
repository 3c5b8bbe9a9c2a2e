//! The counts of one histogram: HdrHistogram's V2 encoding (a header, then the counts as zig-zag LEB128; a negative number is so
//! many zeros).

use super::stored;
use crate::bucket::{index_of, least_of};
use crate::{Histogram, RANGE_END_NS};

const COOKIE: u32 = 0x1c84_9313;
const COOKIE_IN_ZLIB: u32 = 0x1c84_9314;

/// Why counts cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Another format or version.
    #[error("the counts are in no format that is read here (cookie {0:#010x})")]
    Cookie(u32),
    /// Really compressed, or damaged.
    #[error("the counts are compressed or damaged: only what was written by oxocert is read")]
    Compressed,
    /// It ends too early, or too late.
    #[error("the counts are cut off, or something follows them")]
    Length,
    /// Other digits or another range than ours.
    #[error("the counts are of a histogram with other digits or another range")]
    Shape,
    /// A count or a run of zeros goes beyond the range.
    #[error("the counts go beyond the range")]
    Range,
    /// The greatest value that the line gives is not where the counts end.
    #[error("the greatest value of the line is not that of the counts")]
    Greatest,
}

/// A histogram as bytes.
pub(super) fn encode(histogram: &Histogram) -> Vec<u8> {
    let mut counts = Vec::new();
    let mut next = 0;
    for (value, count) in histogram.steps() {
        let index = index_of(value);
        if index > next {
            write_number(-i64::try_from(index - next).unwrap_or(0), &mut counts);
        }
        write_number(i64::try_from(count).unwrap_or(i64::MAX), &mut counts);
        next = index + 1;
    }
    let mut bytes = Vec::with_capacity(counts.len() + 40);
    bytes.extend(COOKIE.to_be_bytes());
    bytes.extend((counts.len() as u32).to_be_bytes());
    bytes.extend(0u32.to_be_bytes());
    bytes.extend(3u32.to_be_bytes());
    bytes.extend(1u64.to_be_bytes());
    bytes.extend(RANGE_END_NS.to_be_bytes());
    bytes.extend(1f64.to_be_bytes());
    bytes.extend(counts);
    let wrapped = stored::wrap(&bytes);
    let mut out = Vec::with_capacity(wrapped.len() + 8);
    out.extend(COOKIE_IN_ZLIB.to_be_bytes());
    out.extend((wrapped.len() as u32).to_be_bytes());
    out.extend(wrapped);
    out
}

/// The histogram that [`encode`] wrote; `greatest` and `beyond` are not in its bytes.
pub(super) fn decode(bytes: &[u8], greatest: u64, beyond: u64) -> Result<Histogram, PayloadError> {
    let (cookie, length, rest) = head(bytes)?;
    if cookie != COOKIE_IN_ZLIB {
        return decode_plain(bytes, greatest, beyond);
    }
    if rest.len() != length {
        return Err(PayloadError::Length);
    }
    decode_plain(&stored::unwrap(rest).ok_or(PayloadError::Compressed)?, greatest, beyond)
}

fn decode_plain(bytes: &[u8], greatest: u64, beyond: u64) -> Result<Histogram, PayloadError> {
    let (cookie, length, rest) = head(bytes)?;
    if cookie != COOKIE {
        return Err(PayloadError::Cookie(cookie));
    }
    let (shape, counts) = rest.split_first_chunk::<32>().ok_or(PayloadError::Length)?;
    let ours: Vec<u8> = [0u32.to_be_bytes(), 3u32.to_be_bytes()]
        .concat()
        .into_iter()
        .chain([1u64.to_be_bytes(), RANGE_END_NS.to_be_bytes(), 1f64.to_be_bytes()].concat())
        .collect();
    if shape[..] != ours {
        return Err(PayloadError::Shape);
    }
    if counts.len() != length {
        return Err(PayloadError::Length);
    }
    let mut steps = Vec::new();
    let (mut rest, mut index, mut total) = (counts, 0u64, 0u64);
    while !rest.is_empty() {
        let number;
        (number, rest) = read_number(rest).ok_or(PayloadError::Length)?;
        if let Ok(count) = u64::try_from(number) {
            if index > index_of(RANGE_END_NS) {
                return Err(PayloadError::Range);
            }
            total = total.checked_add(count).ok_or(PayloadError::Range)?;
            if count > 0 {
                steps.push((least_of(index), count));
            }
            index += 1;
        } else {
            index = index.checked_add(number.unsigned_abs()).ok_or(PayloadError::Range)?;
        }
    }
    if beyond > steps.last().map_or(0, |(_, count)| *count) {
        return Err(PayloadError::Range);
    }
    if steps.last().map_or(0, |(least, _)| index_of(*least)) != index_of(greatest.min(RANGE_END_NS)) {
        return Err(PayloadError::Greatest);
    }
    Ok(Histogram::of_steps(&steps, greatest, beyond))
}

/// Cookie, length, what follows.
fn head(bytes: &[u8]) -> Result<(u32, usize, &[u8]), PayloadError> {
    let (cookie, rest) = bytes.split_first_chunk::<4>().ok_or(PayloadError::Length)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(PayloadError::Length)?;
    Ok((u32::from_be_bytes(*cookie), u32::from_be_bytes(*length) as usize, rest))
}

/// LEB128 of 64 bits in at most nine bytes: the ninth has eight bits.
fn write_number(number: i64, out: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    for _ in 0..8 {
        if rest < 0x80 {
            break;
        }
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn read_number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        let last = place == 8 || byte & 0x80 == 0;
        let bits = if place == 8 { *byte } else { byte & 0x7f };
        value |= u64::from(bits) << (7 * place);
        if last {
            return Some(((value >> 1) as i64 ^ -((value & 1) as i64), &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_come_back() {
        for number in
            (0..64).flat_map(|bit| [1i64 << bit, (1i64 << bit).wrapping_neg(), (1i64 << bit).wrapping_sub(1)])
        {
            let mut bytes = Vec::new();
            write_number(number, &mut bytes);
            assert!(bytes.len() <= 9);
            assert_eq!(read_number(&bytes), Some((number, &[][..])), "{number}");
            assert_eq!(read_number(&bytes[..bytes.len() - 1]), None);
        }
    }
}
