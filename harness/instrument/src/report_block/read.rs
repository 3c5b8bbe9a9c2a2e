//! The report blocks of a compound packet (RFC 3550 §6.4).

use oxocert_media::control::ReportBlock;

/// Bytes of one block.
const BLOCK: usize = 24;

/// Reads the blocks of all sender and receiver reports in `compound`, one after the other, without allocation. It ends where the lengths
/// do not add up: what is wrong with such a datagram is told elsewhere ([`oxocert_media::control::read`]).
pub fn blocks(compound: &[u8]) -> Blocks<'_> {
    Blocks { packets: compound, blocks: &[] }
}

/// The blocks of a compound packet.
#[derive(Debug, Clone)]
pub struct Blocks<'a> {
    packets: &'a [u8],
    blocks: &'a [u8],
}

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        loop {
            if let Some((block, rest)) = self.blocks.split_first_chunk::<BLOCK>() {
                self.blocks = rest;
                return Some(block_of(block));
            }
            self.blocks = self.next_report()?;
        }
    }
}

impl<'a> Blocks<'a> {
    /// The blocks of the next packet; none for what is no report.
    fn next_report(&mut self) -> Option<&'a [u8]> {
        let [first, packet_type, high, low, ..] = *self.packets else { return None };
        let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
        let (packet, rest) = self.packets.split_at_checked(length)?;
        self.packets = rest;
        // Header and SSRC; a sender report has 20 bytes about the sender between them and the blocks.
        let begin = match packet_type {
            200 => 28,
            201 => 8,
            _ => return Some(&[]),
        };
        let end = begin + BLOCK * usize::from(first & 0x1f);
        Some(packet.get(begin..end).unwrap_or_default())
    }
}

fn block_of(block: &[u8; BLOCK]) -> ReportBlock {
    let word = |place: usize| {
        u32::from_be_bytes([block[place], block[place + 1], block[place + 2], block[place + 3]])
    };
    ReportBlock {
        ssrc: word(0),
        fraction_lost: block[4],
        // 24 bits with a sign.
        cumulative_lost: (word(4) << 8) as i32 >> 8,
        extended_highest: word(8),
        jitter: word(12),
        last_sr: word(16),
        delay_since_last_sr: word(20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxocert_media::control::{Report, SenderInfo, compound};
    use proptest::prelude::*;

    fn written(sender: bool, lost: i32) -> Vec<u8> {
        let block = |ssrc| ReportBlock {
            ssrc,
            fraction_lost: 12,
            cumulative_lost: lost,
            extended_highest: 0x1_0005,
            jitter: 77,
            last_sr: 0xaabb_ccdd,
            delay_since_last_sr: 4321,
        };
        let sender = sender.then(SenderInfo::default);
        compound(&Report { ssrc: 9, sender, blocks: vec![block(5), block(6)] }, "a@b", true)
    }

    #[test]
    fn what_a_report_says_is_read() {
        for (sender, lost) in [(false, 3), (true, -2)] {
            let read: Vec<ReportBlock> = blocks(&written(sender, lost)).collect();
            assert_eq!(read.iter().map(|block| block.ssrc).collect::<Vec<_>>(), [5, 6]);
            let expected = ReportBlock {
                ssrc: 6,
                fraction_lost: 12,
                cumulative_lost: lost,
                extended_highest: 0x1_0005,
                jitter: 77,
                last_sr: 0xaabb_ccdd,
                delay_since_last_sr: 4321,
            };
            assert_eq!(read[1], expected);
        }
    }

    #[test]
    fn what_is_cut_off_has_no_blocks() {
        let whole = written(false, 0);
        assert_eq!(blocks(&whole[..55]).count(), 0);
        let mut more = whole;
        more[0] |= 0x1f;
        assert_eq!(blocks(&more).count(), 0, "31 blocks do not fit");
        assert_eq!(blocks(&[]).count(), 0);
    }

    proptest! {
        #[test]
        fn no_datagram_is_too_odd(mut bytes in prop::collection::vec(any::<u8>(), 0..300), words in 0u8..40) {
            if let [_, packet_type, high, low, ..] = bytes.as_mut_slice() {
                (*packet_type, *high, *low) = (200 + (*packet_type & 1), 0, words);
            }
            prop_assert!(blocks(&bytes).count() <= bytes.len() / BLOCK);
        }
    }
}
