//! A zlib stream that is not compressed (RFC 1950, RFC 1951 §3.2.4): what HdrHistogram's tools expect, without a library.

/// Greatest length of a stored block.
const BLOCK: usize = 0xffff;

/// Wraps `bytes`.
pub(super) fn wrap(bytes: &[u8]) -> Vec<u8> {
    // 32 KiB window, no dictionary, fastest: the pair is a multiple of 31.
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(BLOCK).peekable();
    if blocks.peek().is_none() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(bytes).to_be_bytes());
    out
}

/// The bytes of a stream as [`wrap`] makes it; `None` where it is compressed or damaged.
pub(super) fn unwrap(stream: &[u8]) -> Option<Vec<u8>> {
    let mut rest = stream.strip_prefix(&[0x78, 0x01])?;
    let mut bytes = Vec::new();
    loop {
        let (head, after) = rest.split_first_chunk::<5>()?;
        let length = u16::from_le_bytes([head[1], head[2]]);
        // Bit 0: the last block; bits 1 and 2: its type, 0 = stored.
        if head[0] > 1 || u16::from_le_bytes([head[3], head[4]]) != !length {
            return None;
        }
        let (block, after) = after.split_at_checked(usize::from(length))?;
        bytes.extend(block);
        rest = after;
        if head[0] == 1 {
            break;
        }
    }
    (rest == adler32(&bytes).to_be_bytes()).then_some(bytes)
}

/// RFC 1950 §8.2.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    (b << 16) | a
}
