//! Keys in descriptions (RFC 4568).
#![allow(clippy::unwrap_used)]

use oxocert_sip::sdp::{Audio, Codec, Crypto, Direction, Local, Readdress, chosen, read, readdress};
use proptest::prelude::*;
use rstest::rstest;

/// RFC 4568's own example: 30 bytes.
const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

/// 46 bytes, padded.
const LONG_KEY: &str = "8PBJFLUT8nY6Gx+hMPEOKZj29uQ+QwnR5iKg4zK58bY7BIA95R7nyWQjq1t40g==";

fn audio(lines: &[&str]) -> Audio {
    let mut text = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n\
        m=audio 32000 RTP/SAVP 8\r\n"
        .to_owned();
    for line in lines {
        text += &format!("a=crypto:{line}\r\n");
    }
    read(text.as_bytes()).unwrap().audio.unwrap()
}

fn crypto(tag: u32, suite: &str, byte: u8) -> Crypto {
    let length = if suite.contains("256") { 46 } else { 30 };
    let (suite, key_and_salt) = (suite.to_owned(), vec![byte; length]);
    Crypto { tag, suite, key_and_salt, lifetime: None, mki: None, session: Vec::new() }
}

fn local(crypto: &[Crypto]) -> Local {
    Local {
        address: "127.0.0.9".parse().unwrap(),
        port: 6000,
        codecs: vec![Codec::named("PCMA").unwrap()],
        telephone_event: None,
        ptime: None,
        crypto: crypto.to_vec(),
        protocol: None,
        user: "-".to_string(),
        session_id: 7,
        version: 3,
    }
}

const SHA1_80: &str = "AES_CM_128_HMAC_SHA1_80";
const SHA1_32: &str = "AES_CM_128_HMAC_SHA1_32";
const LONG_80: &str = "AES_256_CM_HMAC_SHA1_80";

#[test]
fn every_part_of_a_line_is_read() {
    let line = format!("1 {SHA1_80} inline:{KEY}|2^20|1:4;inline:{KEY}|1024|2:4 FEC_ORDER=FEC_SRTP WSH=64");
    let audio = audio(&[&line]);
    assert_eq!(audio.crypto_problems, [""; 0]);
    let read = &audio.crypto[0];
    assert_eq!((read.tag, read.suite.as_str(), read.key_and_salt.len()), (1, SHA1_80, 30));
    assert_eq!(read.key_and_salt[..4], [0x59, 0x53, 0x5f, 0x5f]);
    assert_eq!((read.lifetime, read.mki), (Some(1 << 20), Some((1, 4))));
    assert_eq!(read.session, ["FEC_ORDER=FEC_SRTP", "WSH=64"]);
    assert!(!read.is_plain());
}

#[rstest]
#[case::no_lifetime("", None, None)]
#[case::power("|2^31", Some(1 << 31), None)]
#[case::longest("|2^48", Some(1 << 48), None)]
#[case::decimal("|4294967296", Some(1 << 32), None)]
#[case::mki("|1:1", None, Some((1, 1)))]
#[case::both("|2^31|18446744073709551615:128", Some(1 << 31), Some((u64::MAX, 128)))]
fn lifetime_and_mki(#[case] tail: &str, #[case] lifetime: Option<u64>, #[case] mki: Option<(u64, u8)>) {
    let audio = audio(&[&format!("5 {SHA1_80} inline:{KEY}{tail}")]);
    assert_eq!((audio.crypto[0].lifetime, audio.crypto[0].mki), (lifetime, mki));
}

#[test]
fn padding_may_be_there_or_not() {
    let bare = LONG_KEY.trim_end_matches('=');
    let audio = audio(&[
        &format!("1 {LONG_80} inline:{LONG_KEY}"),
        &format!("2 aes_256_cm_hmac_sha1_32 INLINE:{bare}"),
    ]);
    assert_eq!(audio.crypto_problems, [""; 0]);
    assert_eq!(audio.crypto[0].key_and_salt.len(), 46);
    assert_eq!(audio.crypto[0].key_and_salt, audio.crypto[1].key_and_salt);
}

#[rstest]
#[case("", "its tag is not a number of 1 to 9 digits")]
#[case("inline:KEY", "its tag is not a number of 1 to 9 digits")]
#[case("1234567890 AES_CM_128_HMAC_SHA1_80 inline:KEY", "its tag is not a number of 1 to 9 digits")]
#[case("1", "tag 1: the suite is missing")]
#[case("1 inline:KEY", "tag 1: what stands in place of the suite is no name of one")]
#[case("1 KEY", "tag 1: what stands in place of the suite is no name of one")]
#[case("1 AES_CM_128_HMAC_SHA1_80", "tag 1: the key is missing")]
#[case("1 AES_CM_128_HMAC_SHA1_80 KEY", "tag 1: the key has no method")]
#[case("1 AES_CM_128_HMAC_SHA1_80 uri:KEY", "tag 1: the key method is not inline")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:", "tag 1: the key is empty")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY!", "tag 1: the key is no base64")]
#[case(
    "1 AES_CM_128_HMAC_SHA1_80 inline:KEYAAAA",
    "tag 1: key and salt have 33 bytes, AES_CM_128_HMAC_SHA1_80 needs 30"
)]
#[case(
    "1 AES_256_CM_HMAC_SHA1_80 inline:KEY",
    "tag 1: key and salt have 30 bytes, AES_256_CM_HMAC_SHA1_80 needs 46"
)]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|0", "tag 1: the lifetime is 0")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^49", "tag 1: the lifetime is longer than 2^48 packets")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^64", "tag 1: the lifetime is no number")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|+5", "tag 1: the lifetime is no number")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1", "tag 1: the MKI has no length")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|1:0", "tag 1: the length of the MKI is 0")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|1:129", "tag 1: the MKI is longer than 128 bytes")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|256:1", "tag 1: the MKI does not fit its 1 bytes")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|x:1", "tag 1: the MKI is no number below 2^64")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|1:1|2:2", "tag 1: something follows the MKI of the key")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY;inline:KEY", "tag 1: of several keys one has no MKI")]
#[case("1 AES_CM_128_HMAC_SHA1_80 inline:KEY|1:1;inline:KEY|1:1", "tag 1: two keys have the same MKI")]
#[case(
    "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|1:1;inline:KEY|2:2",
    "tag 1: the MKIs of its keys differ in length"
)]
fn what_is_wrong_is_told_without_the_key(#[case] line: &str, #[case] problem: &str) {
    let audio = audio(&[&line.replace("KEY", KEY)]);
    assert_eq!(audio.crypto_problems, [format!("a=crypto line 1: {problem}")]);
    assert!(audio.crypto.is_empty());
    assert!(!format!("{audio:?}").contains(&KEY[..10]));
}

#[test]
fn a_tag_stands_once_and_an_unknown_suite_is_told() {
    let audio = audio(&[
        &format!("1 AES_CM_256_HMAC_SHA1_80 inline:{LONG_KEY}"),
        &format!("1 {SHA1_80} inline:{KEY}"),
        &format!("2 {SHA1_80} inline:{KEY}"),
    ]);
    let tags: Vec<u32> = audio.crypto.iter().map(|line| line.tag).collect();
    assert_eq!(tags, [1, 2]);
    assert_eq!(
        audio.crypto_problems,
        [
            "a=crypto line 1: tag 1: unknown suite AES_CM_256_HMAC_SHA1_80",
            "a=crypto line 2: tag 1 stands twice",
        ]
    );
}

#[test]
fn a_key_before_the_first_media_line_is_told() {
    let text = format!(
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\na=crypto:1 {SHA1_80} inline:{KEY}\r\n\
         m=audio 32000 RTP/SAVP 8\r\n"
    );
    let audio = read(text.as_bytes()).unwrap().audio.unwrap();
    assert!(audio.crypto.is_empty());
    assert_eq!(audio.crypto_problems.len(), 1);
}

#[test]
fn an_offer_has_all_lines_and_reads_back() {
    let mut lines = [crypto(1, SHA1_80, 1), crypto(2, LONG_80, 2), crypto(9, SHA1_32, 3)];
    lines[1].lifetime = Some(1 << 31);
    lines[1].mki = Some((3, 2));
    lines[2].lifetime = Some(1000);
    lines[2].session = vec!["WSH=128".to_owned()];
    let offer = local(&lines).offer(Direction::SendRecv);
    let audio = read(&offer).unwrap().audio.unwrap();
    assert_eq!((audio.protocol.as_str(), audio.crypto_problems.len()), ("RTP/SAVP", 0));
    assert_eq!(audio.crypto, lines);
    let text = String::from_utf8(offer).unwrap();
    assert!(text.contains("m=audio 6000 RTP/SAVP 8\r\n"));
    assert!(
        text.contains(&format!("a=crypto:1 {SHA1_80} inline:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\r\n"))
    );
    assert!(text.contains("|2^31|3:2\r\n") && text.contains("|1000 WSH=128\r\n"));
    let other = Local { protocol: Some("UDP/TLS/RTP/SAVP".to_owned()), ..local(&lines) };
    let audio = read(&other.offer(Direction::SendRecv)).unwrap().audio.unwrap();
    assert_eq!(audio.protocol, "UDP/TLS/RTP/SAVP");
}

#[test]
fn an_answer_takes_the_first_line_whose_suite_we_have() {
    let offer =
        local(&[crypto(4, "AES_192_CM_HMAC_SHA1_80", 1), crypto(5, SHA1_32, 2), crypto(6, SHA1_80, 3)]);
    let offer = String::from_utf8(offer.offer(Direction::SendRecv)).unwrap();
    let mut ours = [crypto(1, SHA1_80, 8), crypto(2, SHA1_32, 9)];
    ours[1].mki = Some((1, 1));
    // The 192-bit key is too short and not even read.
    let answer = local(&ours).answer(offer.as_bytes(), Direction::SendRecv).unwrap();
    let (own, theirs) = answer.crypto.clone().unwrap();
    assert_eq!(own, Crypto { tag: 5, ..ours[1].clone() });
    assert_eq!(theirs, crypto(5, SHA1_32, 2));
    let audio = read(&answer.bytes).unwrap().audio.unwrap();
    assert_eq!((audio.protocol.as_str(), &audio.crypto), ("RTP/SAVP", &vec![own.clone()]));
    let offered = read(offer.as_bytes()).unwrap().audio.unwrap().crypto;
    assert_eq!(chosen(&offered, &audio).unwrap(), (theirs, own));
    assert!(!format!("{answer:?}").contains("9, 9"), "an answer shows no key");
}

#[test]
fn a_line_with_a_parameter_that_we_do_not_carry_out_is_passed_over() {
    let with = |parameter: &str| Crypto { session: vec![parameter.to_owned()], ..crypto(1, SHA1_80, 1) };
    let ours = local(&[crypto(1, SHA1_80, 8)]);
    let answer = |parameter: &str| {
        let offer = local(&[with(parameter), crypto(2, SHA1_80, 2)]).offer(Direction::SendRecv);
        ours.answer(&offer, Direction::SendRecv).unwrap().crypto.unwrap().0.tag
    };
    assert_eq!(["WSH=64", "-EXTRA", "UNENCRYPTED_SRTCP", "KDR=1"].map(answer), [1, 1, 2, 2]);
}

#[test]
fn security_is_answered_in_kind_or_not_at_all() {
    let (clear, secured) = (local(&[]), local(&[crypto(1, SHA1_80, 8)]));
    let offer = |local: &Local| local.offer(Direction::SendRecv);
    let answer = |local: &Local, offer: &[u8]| local.answer(offer, Direction::SendRecv);
    assert!(answer(&clear, &offer(&clear)).is_some_and(|answer| answer.crypto.is_none()));
    assert!(answer(&secured, &offer(&secured)).is_some());
    assert_eq!(answer(&clear, &offer(&secured)), None);
    assert_eq!(answer(&secured, &offer(&clear)), None);
    assert_eq!(answer(&secured, &offer(&local(&[crypto(1, LONG_80, 1)]))), None);
    for protocol in ["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF", "RTP/SAVPF"] {
        let other = Local { protocol: Some(protocol.to_owned()), ..secured.clone() };
        assert_eq!(answer(&secured, &offer(&other)), None);
    }
    let keyless = Local { protocol: Some("RTP/SAVP".to_owned()), ..clear.clone() };
    assert_eq!(answer(&secured, &offer(&keyless)), None);
    assert_eq!(answer(&clear, &offer(&keyless)), None);
}

#[test]
fn an_answer_that_took_nothing_of_ours_is_told_in_words() {
    let ours = [crypto(1, SHA1_80, 1), crypto(2, SHA1_32, 2)];
    let told = |lines: &[&str]| chosen(&ours, &audio(lines)).unwrap_err();
    let line = |tag: u32, suite: &str| format!("{tag} {suite} inline:{KEY}");
    assert_eq!(told(&[]), "the answer has no a=crypto line");
    assert_eq!(
        told(&[&format!("1 {SHA1_80} inline:AAAA")]),
        "the answer has no legal a=crypto line: a=crypto line 1: tag 1: key and salt have 3 bytes, \
         AES_CM_128_HMAC_SHA1_80 needs 30"
    );
    assert_eq!(told(&[&line(3, SHA1_80)]), "the answer has tag 3, which was not offered");
    assert_eq!(
        told(&[&line(1, SHA1_32)]),
        "the answer has suite AES_CM_128_HMAC_SHA1_32 for tag 1, which was offered as AES_CM_128_HMAC_SHA1_80"
    );
    assert_eq!(told(&[&line(1, SHA1_80), &line(2, SHA1_32)]), "the answer has 2 a=crypto lines, not one");
    let clear = Audio { protocol: "RTP/AVP".to_owned(), ..audio(&[&line(1, SHA1_80)]) };
    assert_eq!(chosen(&ours, &clear).unwrap_err(), "the answer has protocol RTP/AVP, not RTP/SAVP");
    let (own, theirs) = chosen(&ours, &audio(&[&line(2, SHA1_32)])).unwrap();
    assert_eq!((own, theirs.tag), (ours[1].clone(), 2));
}

#[test]
fn a_b2bua_puts_its_own_key_in_place_of_the_peers() {
    let offer = local(&[crypto(1, SHA1_80, 1), crypto(2, SHA1_32, 2)]).offer(Direction::SendRecv);
    let with = |lines: &[Crypto]| {
        let change = Readdress { crypto: Some(lines.to_vec()), port: Some(9000), ..Readdress::default() };
        readdress(&offer, &change).unwrap()
    };
    let own = crypto(1, LONG_80, 7);
    let passed = read(&with(std::slice::from_ref(&own))).unwrap().audio.unwrap();
    assert_eq!((passed.protocol.as_str(), passed.port, passed.crypto), ("RTP/SAVP", 9000, vec![own]));
    let clear = String::from_utf8(with(&[])).unwrap();
    assert!(clear.contains("m=audio 9000 RTP/AVP 8\r\n") && !clear.contains("crypto"));
    assert_eq!(readdress(&offer, &Readdress::default()).unwrap(), offer);
}

proptest! {
    #[test]
    fn no_line_is_too_odd(lines in prop::collection::vec("[ -~]{0,90}", 0..4)) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let read = audio(&lines);
        prop_assert!(read.crypto.len() <= lines.len());
    }

    #[test]
    fn a_line_that_was_written_is_read(
        tag in 0..1_000_000_000u32,
        key in prop::collection::vec(any::<u8>(), 30),
        lifetime in prop::option::of(1..=1u64 << 48),
        mki in prop::option::of((any::<u64>(), 8..=128u8)),
    ) {
        let line = Crypto { tag, lifetime, mki, key_and_salt: key, ..crypto(1, SHA1_80, 0) };
        let offer = local(std::slice::from_ref(&line)).offer(Direction::SendRecv);
        prop_assert_eq!(read(&offer).unwrap().audio.unwrap().crypto, vec![line]);
    }
}
