//! SRTP against published vectors and against a second reckoning that shares nothing with libsrtp or OpenSSL.
#![allow(clippy::unwrap_used)]

mod mutations;
mod oracle;
mod refusals;
mod round_trips;
mod vectors;

use oxocert_media::srtp::{Key, Mki, Suite};

/// A key that is the same in every run: bytes that count up from `seed`.
fn key(suite: Suite, seed: u8) -> Key {
    let key_and_salt = (0..suite.key_and_salt_len()).map(|n| seed.wrapping_add((7 * n) as u8)).collect();
    Key { suite, key_and_salt, mki: None }
}

fn with_mki(key: &Key, value: &[u8]) -> Key {
    Key { mki: Some(Mki { value: value.to_vec() }), ..key.clone() }
}

/// An RTP packet of 20 ms with this sequence number.
fn rtp(number: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(number.to_be_bytes());
    packet.extend((u32::from(number) * 160).to_be_bytes());
    packet.extend(SSRC.to_be_bytes());
    packet.extend((0..160).map(|n| (n as u16 ^ number) as u8));
    packet
}

/// A receiver report with a CNAME.
fn rtcp() -> Vec<u8> {
    let report = oxocert_media::control::Report { ssrc: SSRC, sender: None, blocks: Vec::new() };
    oxocert_media::control::compound(&report, "oxo@192.0.2.1", false)
}

const SSRC: u32 = 0xcafe_babe;
