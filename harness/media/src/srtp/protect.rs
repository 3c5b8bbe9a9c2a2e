//! Protects what leaves.

use super::key::RTCP_TAG_LEN;
use super::{CannotSecure, Key, Suite};
use srtp::{CryptoPolicy, Session, StreamPolicy};

/// Replay window, packets. RFC 3711 §3.3.2 asks for 64 at least.
const WINDOW: u64 = 128;

/// The policy of a key for libsrtp. RTCP has the long tag in every suite (RFC 4568 §6.2).
pub(super) fn policy(key: &Key) -> StreamPolicy<'_> {
    let rtp = match key.suite {
        Suite::AesCm128Sha1_80 => CryptoPolicy::aes_cm_128_hmac_sha1_80(),
        Suite::AesCm128Sha1_32 => CryptoPolicy::aes_cm_128_hmac_sha1_32(),
        Suite::AesCm256Sha1_80 => CryptoPolicy::aes_cm_256_hmac_sha1_80(),
        Suite::AesCm256Sha1_32 => CryptoPolicy::aes_cm_256_hmac_sha1_32(),
    };
    let rtcp = match key.suite {
        Suite::AesCm128Sha1_80 | Suite::AesCm128Sha1_32 => CryptoPolicy::aes_cm_128_hmac_sha1_80(),
        Suite::AesCm256Sha1_80 | Suite::AesCm256Sha1_32 => CryptoPolicy::aes_cm_256_hmac_sha1_80(),
    };
    StreamPolicy { rtp, rtcp, key: &key.key_and_salt, window_size: WINDOW, ..StreamPolicy::default() }
}

/// Protects the packets of any number of streams with one key. A stream begins with its first packet, at roll-over counter 0.
#[derive(Debug)]
pub struct Protector {
    key: Key,
    session: Session,
}

impl Protector {
    /// Bytes by which protection may lengthen a packet while it works on it, MKI included. A packet with so much capacity is not moved.
    pub const ROOM: usize = 512;

    /// With `key`; refuses one that is none for its suite.
    pub fn new(key: &Key) -> Result<Protector, CannotSecure> {
        key.check()?;
        Ok(Protector { session: Session::with_outbound_template(policy(key))?, key: key.clone() })
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// An RTP packet becomes an SRTP packet. After an error `packet` is empty: it is no RTP, or its number was used before.
    pub fn rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), CannotSecure> {
        self.session.protect(packet)?;
        insert_mki(packet, self.key.mki_bytes(), self.key.suite.tag_len());
        Ok(())
    }

    /// A compound RTCP packet becomes an SRTCP packet, encrypted. After an error `packet` is empty: it is no RTCP.
    pub fn rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), CannotSecure> {
        self.session.protect_rtcp(packet)?;
        insert_mki(packet, self.key.mki_bytes(), RTCP_TAG_LEN);
        Ok(())
    }
}

/// The MKI stands before the tag and is not authenticated (RFC 3711 §3.1).
fn insert_mki(packet: &mut Vec<u8>, mki: &[u8], tag_len: usize) {
    if mki.is_empty() {
        return;
    }
    let tag_at = packet.len().saturating_sub(tag_len);
    packet.extend_from_slice(mki);
    packet[tag_at..].rotate_right(mki.len());
}
