//! The key log of TLS connections inside a capture: a Decryption Secrets Block before the packets.
//!
//! Secrets come while packets are written already, and a reader takes a block in its order; so the file is written anew
//! with the block in its place when it is closed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Block type (draft-ietf-opsawg-pcapng §4.7).
const DECRYPTION_SECRETS: u32 = 0x0000_000a;

/// Secrets type: NSS key log.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Block type, two lengths, secrets type, length of the secrets.
const AROUND: usize = 20;

/// The block, in the byte order of this machine as the rest of the file.
fn block(lines: &[String]) -> io::Result<Vec<u8>> {
    let secrets: Vec<u8> = lines.iter().flat_map(|line| line.bytes().chain([b'\n'])).collect();
    let padded = secrets.len().next_multiple_of(4);
    let too_long = |_| io::Error::new(io::ErrorKind::InvalidData, "more keys than a block can hold");
    let total = u32::try_from(AROUND + padded).map_err(too_long)?;
    let length = u32::try_from(secrets.len()).map_err(too_long)?;
    let mut block = Vec::with_capacity(AROUND + padded);
    for word in [DECRYPTION_SECRETS, total, TLS_KEY_LOG, length] {
        block.extend(word.to_ne_bytes());
    }
    block.extend(secrets);
    block.resize(AROUND - 4 + padded, 0);
    block.extend(total.to_ne_bytes());
    Ok(block)
}

/// Puts the block behind the first `head` bytes of a closed capture.
pub(super) fn insert(path: &Path, head: u64, lines: &[String]) -> io::Result<()> {
    let unfinished = path.with_extension("pcapng.unfinished");
    let mut old = File::open(path)?;
    let mut new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    io::copy(&mut Read::by_ref(&mut old).take(head), &mut new)?;
    new.write_all(&block(lines)?)?;
    io::copy(&mut old, &mut new)?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_block() {
        for text in ["a", "ab", "abc", "abcd"] {
            let block = block(&[text.to_owned()]).unwrap();
            let total = u32::try_from(block.len()).unwrap();
            assert_eq!(block.len() % 4, 0);
            assert_eq!(block[4..8], total.to_ne_bytes());
            assert_eq!(block[block.len() - 4..], total.to_ne_bytes());
            assert_eq!(block[12..16], u32::try_from(text.len() + 1).unwrap().to_ne_bytes());
            assert_eq!(block[16..16 + text.len()], *text.as_bytes());
        }
    }
}
