//! What we protect is what the second reckoning protects, and what it protects we open.

use crate::oracle::Oracle;
use crate::{SSRC, key, rtcp, rtp, with_mki};
use oxocert_media::srtp::{Key, Opener, Protector, RtcpSeen, Suite};
use rstest::rstest;

fn keys() -> Vec<Key> {
    let plain = Suite::ALL.map(|suite| key(suite, 3));
    let marked = plain.iter().enumerate().map(|(n, key)| with_mki(key, &vec![9; 1 + 9 * n]));
    plain.iter().cloned().chain(marked).collect()
}

/// Numbers across a roll-over, one lost, with the roll-over counter of each.
fn numbers() -> impl Iterator<Item = (u16, u32)> {
    (65_500..=65_535).map(|number| (number, 0)).chain((1..40).map(|number| (number, 1)))
}

#[test]
fn rtp_across_a_roll_over() {
    for key in keys() {
        let oracle = Oracle::new(&key);
        let mut protector = Protector::new(&key).unwrap();
        let mut opener = Opener::new(&key).unwrap();
        let mut clear = Vec::new();
        for (number, roll_over) in numbers() {
            let mut packet = rtp(number);
            protector.rtp(&mut packet).unwrap();
            assert_eq!(packet, oracle.rtp(&rtp(number), roll_over), "{key:?} number {number}");
            opener.rtp(&packet, false, &mut clear).unwrap();
            assert_eq!(clear, rtp(number));
        }
    }
}

#[rstest]
#[case(0x83, &[1; 12])]
#[case(0x90, &[0xbe, 0xde, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8])]
#[case(0x91, &[1, 2, 3, 4, 0xbe, 0xde, 0, 1, 5, 6, 7, 8])]
fn contributing_sources_and_extensions_stay_in_clear(#[case] first: u8, #[case] more: &[u8]) {
    for key in keys() {
        let mut plain = rtp(77);
        plain[0] = first;
        plain.splice(12..12, more.iter().copied());
        let mut packet = plain.clone();
        Protector::new(&key).unwrap().rtp(&mut packet).unwrap();
        assert_eq!(packet, Oracle::new(&key).rtp(&plain, 0));
        let mut clear = Vec::new();
        Opener::new(&key).unwrap().rtp(&packet, false, &mut clear).unwrap();
        assert_eq!(clear, plain);
    }
}

#[test]
fn rtcp_counts_its_own_index() {
    for key in keys() {
        let oracle = Oracle::new(&key);
        let mut protector = Protector::new(&key).unwrap();
        let mut opener = Opener::new(&key).unwrap();
        let mut clear = Vec::new();
        for _ in 0..5 {
            let mut packet = rtcp();
            protector.rtcp(&mut packet).unwrap();
            let mki = key.mki.as_ref().map_or(0, |mki| mki.value.len());
            let at = packet.len() - 10 - mki - 4;
            let index = u32::from_be_bytes(packet[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
            assert_eq!(packet, oracle.rtcp(&rtcp(), index, true), "{key:?}");
            assert_eq!(opener.rtcp(&packet, &mut clear), RtcpSeen::Encrypted);
            assert_eq!(clear, rtcp());
            assert_eq!(opener.rtcp(&packet, &mut clear), RtcpSeen::Replayed);
            assert!(clear.is_empty());
        }
    }
}

#[test]
fn rtcp_may_be_authenticated_without_encryption() {
    for key in keys() {
        let oracle = Oracle::new(&key);
        let mut opener = Opener::new(&key).unwrap();
        let mut clear = Vec::new();
        for index in 1..4 {
            let packet = oracle.rtcp(&rtcp(), index, false);
            assert_eq!(opener.rtcp(&packet, &mut clear), RtcpSeen::Unencrypted, "{key:?}");
            assert_eq!(clear, rtcp());
            assert_eq!(opener.rtcp(&packet, &mut clear), RtcpSeen::Replayed);
            let mut wrong = oracle.rtcp(&rtcp(), index + 1, false);
            *wrong.last_mut().unwrap() ^= 1;
            assert_eq!(opener.rtcp(&wrong, &mut clear), RtcpSeen::Unauthenticated);
        }
    }
}

#[test]
fn a_stream_may_be_joined_at_any_number() {
    for key in keys() {
        for first in [0u16, 1, 100, 32_767, 32_768, 40_000, 65_535] {
            let oracle = Oracle::new(&key);
            let mut opener = Opener::new(&key).unwrap();
            let mut clear = Vec::new();
            for step in 0..70_000u32 / 16 {
                let index = u32::from(first) + 16 * step;
                let packet = rtp(index as u16);
                opener.rtp(&oracle.rtp(&packet, index >> 16), false, &mut clear).unwrap();
                assert_eq!(clear, packet);
            }
        }
    }
}

#[test]
fn each_ssrc_is_a_stream_of_its_own() {
    let key = key(Suite::AesCm128Sha1_80, 3);
    let (mut protector, mut opener) = (Protector::new(&key).unwrap(), Opener::new(&key).unwrap());
    let mut clear = Vec::new();
    for other in 0..200u32 {
        for number in [65_535, 0] {
            let mut packet = rtp(number);
            packet[8..12].copy_from_slice(&(SSRC ^ other).to_be_bytes());
            let plain = packet.clone();
            protector.rtp(&mut packet).unwrap();
            opener.rtp(&packet, false, &mut clear).unwrap();
            assert_eq!(clear, plain);
        }
    }
}
