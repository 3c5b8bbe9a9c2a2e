//! What protection costs: nanoseconds to protect and to open one RTP packet of 172 bytes, beside the same work on raw primitives
//! (AES-CTR over the payload, HMAC-SHA1 over packet and roll-over counter) of the same machine in the same run. Medians of rounds.

use openssl::sha::Sha1;
use openssl::symm::{Cipher, Crypter, Mode};
use oxocert_media::srtp::{CannotSecure, Key, Opener, Protector, Suite};
use std::time::{Duration, Instant};

const ROUNDS: usize = 51;
const PACKETS: u32 = 2000;

fn main() -> Result<(), CannotSecure> {
    for suite in Suite::ALL {
        let key = Key { suite, key_and_salt: vec![7; suite.key_and_salt_len()], mki: None };
        let (mut raw, mut protect, mut open, mut refuse) = (vec![], vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let mut packets: Vec<Vec<u8>> = (0..PACKETS).map(packet).collect();
            raw.push(primitives(&key, packets.clone())?);
            let mut protector = Protector::new(&key)?;
            protect.push(time(|| packets.iter_mut().try_for_each(|packet| protector.rtp(packet)))?);
            let (mut opener, mut clear) = (Opener::new(&key)?, Vec::with_capacity(2048));
            let mut opened = 0;
            open.push(time(|| {
                opened =
                    packets.iter().filter(|packet| opener.rtp(packet, false, &mut clear).is_ok()).count();
                Ok(())
            })?);
            assert_eq!(opened, packets.len());
            refuse.push(time(|| {
                packets.iter_mut().for_each(|packet| packet[20] ^= 1);
                opened =
                    packets.iter().filter(|packet| opener.rtp(packet, false, &mut clear).is_ok()).count();
                Ok(())
            })?);
            assert_eq!(opened, 0);
        }
        let [raw, protect, open, refuse] = [raw, protect, open, refuse].map(median);
        println!(
            "{}: raw primitives {raw} ns, protect {protect} ns, open {open} ns, refuse and find out why {refuse} ns",
            suite.name()
        );
    }
    Ok(())
}

/// The packet with this number, with room for its tag.
fn packet(number: u32) -> Vec<u8> {
    let mut packet = Vec::with_capacity(172 + Protector::ROOM);
    packet.extend([0x80, 8]);
    packet.extend((number as u16).to_be_bytes());
    packet.extend((number * 160).to_be_bytes());
    packet.extend([1, 2, 3, 4]);
    packet.resize(172, 0xd5);
    packet
}

/// AES-CTR over 160 bytes and HMAC-SHA1 over 172 + 4 bytes, each with its key taken in once.
fn primitives(key: &Key, mut packets: Vec<Vec<u8>>) -> Result<Duration, CannotSecure> {
    let master = &key.key_and_salt[..key.suite.key_len()];
    let cipher = if master.len() == 32 { Cipher::aes_256_ctr() } else { Cipher::aes_128_ctr() };
    let mut begun = Sha1::new();
    begun.update(&[0x36; 64]);
    let mut crypter = Crypter::new(cipher, Mode::Encrypt, master, Some(&[0; 16]))?;
    let mut out = [0; 176];
    time(|| {
        for packet in &mut packets {
            let length = crypter.update(&packet[12..], &mut out)?;
            packet[12..].copy_from_slice(&out[..length]);
            let (mut inner, mut outer) = (begun.clone(), begun.clone());
            inner.update(packet);
            inner.update(&[0; 4]);
            outer.update(&inner.finish());
            packet.extend_from_slice(&outer.finish()[..10]);
        }
        Ok(())
    })
}

fn time(work: impl FnOnce() -> Result<(), CannotSecure>) -> Result<Duration, CannotSecure> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

/// The median round, in nanoseconds a packet.
fn median(mut rounds: Vec<Duration>) -> u128 {
    rounds.sort_unstable();
    rounds[rounds.len() / 2].as_nanos() / u128::from(PACKETS)
}
