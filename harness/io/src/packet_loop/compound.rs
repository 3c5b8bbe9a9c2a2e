//! Whether a datagram is a compound RTCP packet, told without reading what it says.

use super::Kind;

/// Header of an RTCP packet (RFC 3550 §6.4.1).
const HEADER: usize = 4;

/// A compound packet begins with a report (RFC 3550 §6.1).
const REPORTS: std::ops::RangeInclusive<u8> = 200..=201;

/// Extended report (RFC 3611 §2).
const XR: u8 = 207;

/// What is wrong with it; `None` = nothing.
pub(super) fn fault(datagram: &[u8]) -> Option<Kind> {
    let mut rest = datagram;
    let mut first = true;
    let mut bad_xr = false;
    while first || !rest.is_empty() {
        let Some(header) = rest.first_chunk::<HEADER>() else { return Some(Kind::NotRtcp) };
        if header[0] >> 6 != 2 || (first && !REPORTS.contains(&header[1])) {
            return Some(Kind::NotRtcp);
        }
        let length = HEADER + 4 * usize::from(u16::from_be_bytes([header[2], header[3]]));
        let Some((packet, after)) = rest.split_at_checked(length) else { return Some(Kind::NotRtcp) };
        // A report names its sender, and has a block of 24 bytes for each that it reports on.
        let least = match header[1] {
            200 => 28 + 24 * usize::from(header[0] & 31),
            201 => 8 + 24 * usize::from(header[0] & 31),
            XR => 8,
            _ => HEADER,
        };
        if length < least {
            return Some(if header[1] == XR { Kind::BadXr } else { Kind::NotRtcp });
        }
        bad_xr |= header[1] == XR && !blocks_fit(&packet[8..]);
        (rest, first) = (after, false);
    }
    bad_xr.then_some(Kind::BadXr)
}

/// Blocks of an extended report: type, type-specific, length in words without its header (RFC 3611 §3).
fn blocks_fit(mut blocks: &[u8]) -> bool {
    while !blocks.is_empty() {
        let Some(header) = blocks.first_chunk::<HEADER>() else { return false };
        let length = HEADER + 4 * usize::from(u16::from_be_bytes([header[2], header[3]]));
        let Some((_, after)) = blocks.split_at_checked(length) else { return false };
        blocks = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, count: u8, words: &[u32]) -> Vec<u8> {
        let mut packet = vec![0x80 | count, kind];
        packet.extend((words.len() as u16).to_be_bytes());
        packet.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        packet
    }

    #[test]
    fn a_report_with_an_extended_report_is_one() {
        let mut compound = packet(201, 1, &[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(fault(&compound), None);
        compound.extend(packet(XR, 0, &[1, 0x0400_0002, 0, 0]));
        assert_eq!(fault(&compound), None);
    }

    #[test]
    fn what_is_none_is_told_apart() {
        assert_eq!(fault(&[]), Some(Kind::NotRtcp));
        assert_eq!(fault(&packet(202, 1, &[1, 2])), Some(Kind::NotRtcp), "no report first");
        assert_eq!(fault(&packet(201, 2, &[1, 2, 3, 4, 5, 6, 7])), Some(Kind::NotRtcp), "two blocks claimed");
        let whole = packet(200, 0, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(fault(&whole), None);
        for length in 0..whole.len() {
            assert_eq!(fault(&whole[..length]), Some(Kind::NotRtcp), "{length}");
        }
        let mut compound = packet(201, 0, &[1]);
        compound.extend(packet(XR, 0, &[1, 0x0400_0003, 0, 0]));
        assert_eq!(fault(&compound), Some(Kind::BadXr));
    }
}
