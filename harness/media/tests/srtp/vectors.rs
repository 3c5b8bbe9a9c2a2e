//! Published vectors.

use crate::oracle::{Oracle, derive};
use oxocert_media::srtp::{Key, KeyError, Mki, Opener, Protector, Suite, Tags, session_key};
use rstest::rstest;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// RFC 3711 B.3, and the key of libsrtp's own validation.
const RFC_3711: &str = "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6";

/// RFC 6188 §7.4, and the key of libsrtp's own validation.
const RFC_6188: &str =
    "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b63b04803de51ee7c96423ab5b78d2";

fn published(suite: Suite) -> Key {
    let text = if suite.key_len() == 16 { RFC_3711 } else { RFC_6188 };
    Key { suite, key_and_salt: hex(text), mki: None }
}

#[rstest]
#[case(Suite::AesCm128Sha1_80, 0, "c61e7a93744f39ee10734afe3ff7a087")]
#[case(Suite::AesCm128Sha1_80, 2, "30cbbc08863d8c85d49db34a9ae1")]
#[case(Suite::AesCm128Sha1_80, 1, "cebe321f6ff7716b6fd4ab49af256a156d38baa4")]
#[case(Suite::AesCm256Sha1_80, 0, "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")]
#[case(Suite::AesCm256Sha1_80, 2, "fa31791685ca444a9e07c6c64e93")]
#[case(Suite::AesCm256Sha1_80, 1, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")]
fn session_keys_are_those_of_the_rfcs(#[case] suite: Suite, #[case] label: u8, #[case] expected: &str) {
    let (key, expected) = (published(suite), hex(expected));
    assert_eq!(session_key(&key, label, expected.len()).unwrap(), expected);
    assert_eq!(derive(&key, label, expected.len()), expected, "the second reckoning");
}

#[rstest]
#[case(Suite::AesCm128Sha1_80, "4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb")]
#[case(Suite::AesCm256Sha1_80, "f1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b")]
fn a_packet_is_protected_as_published(#[case] suite: Suite, #[case] expected: &str) {
    let header = hex("800f1234decafbadcafebabe");
    let plain = [header.clone(), vec![0xab; 16]].concat();
    let expected = [header, hex(expected)].concat();
    let key = published(suite);
    let mut packet = plain.clone();
    Protector::new(&key).unwrap().rtp(&mut packet).unwrap();
    assert_eq!(packet, expected);
    assert_eq!(Oracle::new(&key).rtp(&plain, 0), expected, "the second reckoning");
    let mut clear = Vec::new();
    Opener::new(&key).unwrap().rtp(&expected, false, &mut clear).unwrap();
    assert_eq!(clear, plain);
}

#[test]
fn a_report_is_protected_as_published() {
    let plain = [hex("81c8000bcafebabe"), vec![0xab; 16]].concat();
    let expected = hex("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798");
    let key = published(Suite::AesCm128Sha1_80);
    assert_eq!(Oracle::new(&key).rtcp(&plain, 1, true), expected);
}

#[test]
fn keys_of_crypto_lines_have_the_lengths_of_their_suites() {
    for suite in Suite::ALL {
        let bytes = vec![1; suite.key_and_salt_len()];
        let key = Key::of_line(&suite.name().to_lowercase(), &bytes, Some((258, 4))).unwrap();
        assert_eq!((key.suite, key.mki), (suite, Some(Mki { value: vec![0, 0, 1, 2] })));
        let short = Key::of_line(suite.name(), &bytes[1..], None);
        assert_eq!(short, Err(KeyError::Length { suite, bytes: bytes.len() - 1 }));
    }
    assert_eq!(
        Key::of_line("F8_128_HMAC_SHA1_80", &[1; 30], None),
        Err(KeyError::Suite("F8_128_HMAC_SHA1_80".into()))
    );
    let mki = |value, length| Key::of_line("AES_CM_128_HMAC_SHA1_80", &[1; 30], Some((value, length)));
    assert_eq!(mki(256, 1), Err(KeyError::Mki(1)));
    assert_eq!(mki(0, 0), Err(KeyError::Mki(0)));
    assert_eq!(mki(1, 129), Err(KeyError::Mki(129)));
    assert_eq!(mki(u64::MAX, 128).unwrap().mki.unwrap().value.len(), 128);
}

#[test]
fn a_key_is_shown_nowhere() {
    let key = published(Suite::AesCm128Sha1_80);
    let shown = format!("{key:?} {:?} {:?}", Protector::new(&key).unwrap(), Opener::new(&key).unwrap());
    assert!(!shown.contains("225") && !shown.to_lowercase().contains("e1"), "{shown}");
}

#[test]
fn a_tag_is_told_from_a_wrong_one_by_key_counter_and_bytes() {
    let key = published(Suite::AesCm128Sha1_80);
    let tags = Tags::new(&key).unwrap();
    let mut packet = hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
    assert!(tags.fit_rtp(&packet, 0) && !tags.fit_rtp(&packet, 1) && !tags.fit_rtcp(&packet));
    let report = hex("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798");
    assert!(tags.fit_rtcp(&report) && !tags.fit_rtp(&report, 0));
    packet[20] ^= 1;
    assert!(!tags.fit_rtp(&packet, 0) && !tags.fit_rtp(&packet[..9], 0));
}
