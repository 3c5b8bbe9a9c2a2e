//! SRTP reckoned a second time, from RFC 3711 alone, on other implementations of AES and SHA-1.

use aes::cipher::{KeyIvInit, StreamCipher};
use aes::{Aes128, Aes256};
use ctr::Ctr128BE;
use hmac::{Hmac, Mac};
use oxocert_media::srtp::Key;
use sha1::Sha1;

/// One master key with what is derived from it.
pub struct Oracle {
    key: Key,
    rtp: Keys,
    rtcp: Keys,
}

struct Keys {
    cipher: Vec<u8>,
    salt: Vec<u8>,
    authentication: Vec<u8>,
}

/// §4.1.1: the key stream over `bytes`.
fn counter_mode(key: &[u8], counter: [u8; 16], bytes: &mut [u8]) {
    match key.len() {
        16 => Ctr128BE::<Aes128>::new_from_slices(key, &counter).unwrap().apply_keystream(bytes),
        _ => Ctr128BE::<Aes256>::new_from_slices(key, &counter).unwrap().apply_keystream(bytes),
    }
}

/// §4.3.1 with a derivation rate of 0.
pub fn derive(key: &Key, label: u8, length: usize) -> Vec<u8> {
    let (master, salt) = key.key_and_salt.split_at(key.key_and_salt.len() - 14);
    let mut counter = [0; 16];
    counter[..14].copy_from_slice(salt);
    counter[7] ^= label;
    let mut out = vec![0; length];
    counter_mode(master, counter, &mut out);
    out
}

/// §4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16).
fn counter(salt: &[u8], ssrc: u32, index: u64) -> [u8; 16] {
    let mut counter = [0; 16];
    counter[..14].copy_from_slice(salt);
    for (place, byte) in ssrc.to_be_bytes().into_iter().enumerate() {
        counter[4 + place] ^= byte;
    }
    for (place, byte) in index.to_be_bytes()[2..].iter().enumerate() {
        counter[8 + place] ^= byte;
    }
    counter
}

impl Keys {
    fn new(key: &Key, first_label: u8) -> Keys {
        Keys {
            cipher: derive(key, first_label, key.key_and_salt.len() - 14),
            authentication: derive(key, first_label + 1, 20),
            salt: derive(key, first_label + 2, 14),
        }
    }

    fn tag(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.authentication).unwrap();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
}

impl Oracle {
    pub fn new(key: &Key) -> Oracle {
        Oracle { key: key.clone(), rtp: Keys::new(key, 0), rtcp: Keys::new(key, 3) }
    }

    /// The SRTP packet of `packet` under a roll-over counter.
    pub fn rtp(&self, packet: &[u8], roll_over: u32) -> Vec<u8> {
        let number = u64::from(u16::from_be_bytes([packet[2], packet[3]]));
        let ssrc = u32::from_be_bytes(packet[8..12].try_into().unwrap());
        let mut header = 12 + 4 * usize::from(packet[0] & 0xf);
        if packet[0] & 0x10 != 0 {
            let words = u16::from_be_bytes([packet[header + 2], packet[header + 3]]);
            header += 4 + 4 * usize::from(words);
        }
        let mut out = packet.to_vec();
        let iv = counter(&self.rtp.salt, ssrc, u64::from(roll_over) << 16 | number);
        counter_mode(&self.rtp.cipher, iv, &mut out[header..]);
        let tag = self.rtp.tag(&[&out, &roll_over.to_be_bytes()]);
        let tag_len = if self.key.suite.name().ends_with("_32") { 4 } else { 10 };
        out.extend(self.key.mki.iter().flat_map(|mki| &mki.value));
        out.extend(&tag[..tag_len]);
        out
    }

    /// The SRTCP packet of `packet` with this index.
    pub fn rtcp(&self, packet: &[u8], index: u32, encrypted: bool) -> Vec<u8> {
        let ssrc = u32::from_be_bytes(packet[4..8].try_into().unwrap());
        let mut out = packet.to_vec();
        if encrypted {
            let iv = counter(&self.rtcp.salt, ssrc, u64::from(index));
            counter_mode(&self.rtcp.cipher, iv, &mut out[8..]);
        }
        out.extend((u32::from(encrypted) << 31 | index).to_be_bytes());
        let tag = self.rtcp.tag(&[&out]);
        out.extend(self.key.mki.iter().flat_map(|mki| &mki.value));
        out.extend(&tag[..10]);
        out
    }
}
