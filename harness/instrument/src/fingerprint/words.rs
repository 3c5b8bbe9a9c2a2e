//! The eight-byte words of a payload: first the claim, then what follows from it.

use super::Mark;

/// The bits of a code word that are chosen: all but one of the three segment bits, which keeps the noise quiet.
const CHOSEN: u64 = 0xbfbf_bfbf_bfbf_bfbf;

/// G.711 §3.1: even bits are inverted on the line.
const INVERTED: u64 = 0x5555_5555_5555_5555;

/// Seven chosen bits in each of eight bytes.
const CLAIM_BITS: u32 = 56;
const CLAIM: u64 = (1 << CLAIM_BITS) - 1;

/// Odd numbers: to multiply by them modulo 2^56 loses nothing.
const FACTORS: [u64; 2] = [0x9e_3779_b97f_4a7d, 0x58_476d_1ce4_e5b9];
const INVERSES: [u64; 2] = [inverse(FACTORS[0]), inverse(FACTORS[1])];

/// The step of SplitMix64 (Steele, Lea and Flood 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

const fn inverse(odd: u64) -> u64 {
    // Newton: each round doubles the bits that are right, from three on.
    let mut inverse = odd;
    let mut round = 0;
    while round < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        round += 1;
    }
    inverse & CLAIM
}

/// The words of one packet after the first one.
pub(super) struct Words {
    state: u64,
}

/// The first word of `mark`, and those that follow.
pub(super) fn of(key: u64, mark: Mark) -> ([u8; 8], Words) {
    let number = (u64::from(mark.stream) << 32) | u64::from(mark.packet);
    let claim = spread(permuted(key, number)) ^ INVERTED;
    (claim.to_le_bytes(), Words { state: mixed(key ^ number.wrapping_mul(STEP)) })
}

/// The packet that the first word claims to be; `None` where it claims none.
pub(super) fn claimed(key: u64, word: [u8; 8]) -> Option<Mark> {
    let chosen = u64::from_le_bytes(word) ^ INVERTED;
    if chosen & !CHOSEN != 0 {
        return None;
    }
    let number = restored(key, gathered(chosen));
    // 48 of the 56 bits are the number: the others have to be zero.
    let stream = u16::try_from(number >> 32).ok()?;
    Some(Mark { stream, packet: number as u32 })
}

impl Words {
    #[inline]
    pub(super) fn next_word(&mut self) -> [u8; 8] {
        self.state = self.state.wrapping_add(STEP);
        ((mixed(self.state) & CHOSEN) ^ INVERTED).to_le_bytes()
    }
}

/// The finisher of SplitMix64.
#[inline]
fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A permutation of 56 bits.
fn permuted(key: u64, number: u64) -> u64 {
    FACTORS.iter().fold((number ^ key) & CLAIM, |word, factor| {
        let product = word.wrapping_mul(*factor) & CLAIM;
        product ^ (product >> (CLAIM_BITS / 2))
    })
}

/// Its inverse.
fn restored(key: u64, word: u64) -> u64 {
    let number = INVERSES.iter().rev().fold(word, |word, inverse| {
        // Shifted by half of the bits, the same step undoes itself.
        (word ^ (word >> (CLAIM_BITS / 2))).wrapping_mul(*inverse) & CLAIM
    });
    (number ^ key) & CLAIM
}

/// Seven bits to a byte: six below, one on top.
fn spread(claim: u64) -> u64 {
    (0..8).fold(0, |word, byte| {
        let seven = (claim >> (7 * byte)) & 0x7f;
        word | ((seven & 0x3f) | ((seven & 0x40) << 1)) << (8 * byte)
    })
}

fn gathered(chosen: u64) -> u64 {
    (0..8).fold(0, |claim, byte| {
        let code = (chosen >> (8 * byte)) & 0xbf;
        claim | ((code & 0x3f) | ((code & 0x80) >> 1)) << (7 * byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_permutation_can_be_undone(key in proptest::num::u64::ANY, number in 0u64..1 << 56) {
            proptest::prop_assert_eq!(restored(key, permuted(key, number)), number);
            proptest::prop_assert_eq!(gathered(spread(number)), number);
            proptest::prop_assert_eq!(spread(number) & !CHOSEN, 0);
        }
    }
}
