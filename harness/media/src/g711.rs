//! G.711 A-law: code words, linear samples and levels.
//!
//! Linear samples are 16 bit, left-justified (the 13-bit scale of ITU-T G.711 times 8), so that the overload point of
//! the A-law (4096 on the 13-bit scale) is 32768 and a sine wave that reaches it has +3.14 dBm0 (G.711 Table 5).

/// The code word of the smallest positive value: what an idle channel sends.
pub const SILENCE: u8 = 0xd5;

/// Samples in a second.
pub const SAMPLE_RATE: u32 = 8000;

/// Nanoseconds of one sample.
pub const SAMPLE_NS: u64 = 125_000;

/// The level of a sine wave that just reaches the overload point, in dBm0.
#[expect(clippy::approx_constant, reason = "a level, not a number of circles")]
const OVERLOAD_DBM0: f64 = 3.14;

/// The overload point.
const OVERLOAD: f64 = 32768.0;

/// Greatest magnitude (13-bit scale) of each segment.
const SEGMENT_END: [i32; 8] = [0x1f, 0x3f, 0x7f, 0xff, 0x1ff, 0x3ff, 0x7ff, 0xfff];

static DECODED: [i16; 256] = decode_table();

const fn decode_table() -> [i16; 256] {
    let mut table = [0i16; 256];
    let mut code = 0usize;
    while code < 256 {
        // Even bits are inverted on the line (G.711 §3.1).
        let bits = code as u8 ^ 0x55;
        let mantissa = ((bits & 0x0f) as i16) << 4;
        let segment = (bits & 0x70) >> 4;
        let magnitude = match segment {
            0 => mantissa + 0x008,
            1 => mantissa + 0x108,
            _ => (mantissa + 0x108) << (segment - 1),
        };
        table[code] = if bits & 0x80 != 0 { magnitude } else { -magnitude };
        code += 1;
    }
    table
}

/// The linear sample of a code word.
pub fn decode(code: u8) -> i16 {
    DECODED[usize::from(code)]
}

/// The code word of a linear sample.
pub fn encode(sample: i16) -> u8 {
    let scaled = i32::from(sample) >> 3;
    let (magnitude, mask) = if scaled >= 0 { (scaled, 0xd5) } else { (-scaled - 1, 0x55) };
    let segment = SEGMENT_END.iter().position(|end| magnitude <= *end).unwrap_or(7);
    let shift = segment.max(1);
    // Both operands are below 0x80: segment is at most 7, the mantissa has four bits.
    let bits = ((segment as u8) << 4) | ((magnitude >> shift) & 0x0f) as u8;
    bits ^ mask
}

/// The peak of a sine wave of `dbm0`, in linear units; not above the overload point.
pub fn peak_of(dbm0: f64) -> f64 {
    (OVERLOAD * 10f64.powf((dbm0 - OVERLOAD_DBM0) / 20.0)).min(OVERLOAD - 1.0)
}

/// The level in dBm0 of a signal whose mean square (linear units squared) is given; -127 for none at all.
pub fn level_of(mean_square: f64) -> f64 {
    if mean_square <= 0.0 {
        return -127.0;
    }
    OVERLOAD_DBM0 + 10.0 * (2.0 * mean_square / (OVERLOAD * OVERLOAD)).log10()
}

/// The mean square of A-law code words, in linear units squared; 0 for none.
pub fn mean_square(codes: &[u8]) -> f64 {
    if codes.is_empty() {
        return 0.0;
    }
    let sum: i64 = codes.iter().map(|code| i64::from(decode(*code)) * i64::from(decode(*code))).sum();
    sum as f64 / codes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G.711 Table 5: the sequence that is 1000 Hz at 0 dBm0.
    #[test]
    fn the_digital_milliwatt_has_0_dbm0() {
        let milliwatt = [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4];
        let level = level_of(mean_square(&milliwatt));
        assert!(level.abs() < 0.05, "{level}");
    }

    #[test]
    fn every_code_word_survives_a_round_trip() {
        for code in 0..=255u8 {
            assert_eq!(encode(decode(code)), code);
        }
    }

    #[test]
    fn the_error_of_each_sample_is_at_most_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let error = (i32::from(decode(encode(sample))) - i32::from(sample)).abs();
            let step = (i32::from(sample).abs() / 16).max(16);
            assert!(error <= step, "{sample}: {error}");
        }
    }

    #[test]
    fn the_extremes_are_the_outermost_code_words() {
        assert_eq!((encode(i16::MAX), encode(i16::MIN), encode(0), encode(-1)), (0xaa, 0x2a, 0xd5, 0x55));
    }
}
