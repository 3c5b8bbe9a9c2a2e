//! Session keys (RFC 3711 §4.3) and authentication tags (§4.2), to tell which key a packet was protected with.

use super::key::RTCP_TAG_LEN;
use super::{CannotSecure, Key};
use openssl::memcmp;
use openssl::sha::Sha1;
use openssl::symm::{Cipher, Crypter, Mode};
use std::fmt;

/// Label of the key that authenticates RTP.
const RTP_AUTHENTICATION: u8 = 1;

/// Label of the key that authenticates RTCP.
const RTCP_AUTHENTICATION: u8 = 4;

/// Bytes of an HMAC-SHA1 key.
const AUTHENTICATION_KEY_LEN: usize = 20;

/// The session key of `label` with `length` bytes, at a key derivation rate of 0 (RFC 3711 §4.3.1, RFC 6188 §3.1).
pub fn session_key(key: &Key, label: u8, length: usize) -> Result<Vec<u8>, CannotSecure> {
    key.check()?;
    let (master, salt) = key.key_and_salt.split_at(key.suite.key_len());
    let mut counter = [0u8; 16];
    counter[..salt.len()].copy_from_slice(salt);
    counter[7] ^= label;
    let cipher = if master.len() == 32 { Cipher::aes_256_ctr() } else { Cipher::aes_128_ctr() };
    let mut crypter = Crypter::new(cipher, Mode::Encrypt, master, Some(&counter))?;
    let mut out = vec![0; length + cipher.block_size()];
    crypter.update(&vec![0; length], &mut out)?;
    out.truncate(length);
    Ok(out)
}

/// HMAC-SHA1 with its key taken in once (RFC 2104): OpenSSL 3 looks its own up anew for each message, which costs some fifty times the
/// hash of a packet.
#[derive(Clone)]
struct Hmac {
    inner: Sha1,
    outer: Sha1,
}

impl Hmac {
    /// Bytes of a block of SHA-1.
    const BLOCK: usize = 64;

    /// With a key that is no longer than a block.
    fn new(key: &[u8]) -> Hmac {
        let begun = |pad: u8| {
            let mut block = [pad; Hmac::BLOCK];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            let mut hash = Sha1::new();
            hash.update(&block);
            hash
        };
        Hmac { inner: begun(0x36), outer: begun(0x5c) }
    }

    fn of(&self, body: &[u8], after: &[u8]) -> [u8; 20] {
        let (mut inner, mut outer) = (self.inner.clone(), self.outer.clone());
        inner.update(body);
        inner.update(after);
        outer.update(&inner.finish());
        outer.finish()
    }
}

/// The authentication keys of one master key.
#[derive(Clone)]
pub struct Tags {
    rtp: Hmac,
    rtcp: Hmac,
    rtp_tag_len: usize,
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tags").finish_non_exhaustive()
    }
}

impl Tags {
    /// Those of `key`.
    pub fn new(key: &Key) -> Result<Tags, CannotSecure> {
        let hmac =
            |label| Ok::<_, CannotSecure>(Hmac::new(&session_key(key, label, AUTHENTICATION_KEY_LEN)?));
        Ok(Tags {
            rtp: hmac(RTP_AUTHENTICATION)?,
            rtcp: hmac(RTCP_AUTHENTICATION)?,
            rtp_tag_len: key.suite.tag_len(),
        })
    }

    /// Whether the tag at the end of `packet`, an SRTP packet without MKI, is right under this roll-over counter.
    pub fn fit_rtp(&self, packet: &[u8], roll_over: u32) -> bool {
        fits(&self.rtp, packet, self.rtp_tag_len, &roll_over.to_be_bytes())
    }

    /// Whether the tag at the end of `packet`, an SRTCP packet without MKI, is right.
    pub fn fit_rtcp(&self, packet: &[u8]) -> bool {
        fits(&self.rtcp, packet, RTCP_TAG_LEN, &[])
    }
}

fn fits(hmac: &Hmac, packet: &[u8], tag_len: usize, after: &[u8]) -> bool {
    let Some((body, tag)) = packet.len().checked_sub(tag_len).map(|at| packet.split_at(at)) else {
        return false;
    };
    memcmp::eq(&hmac.of(body, after)[..tag.len()], tag)
}
