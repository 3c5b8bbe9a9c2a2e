//! Why packets are refused.

use crate::oracle::Oracle;
use crate::{SSRC, key, rtcp, rtp, with_mki};
use oxocert_media::srtp::{Key, Opener, OtherKey, Protector, Refusal, RtcpSeen, Suite, Whose};

/// An opener that has seen the numbers 65530 to 65535 and 0 to 9, and knows an earlier key and one of the other direction.
fn opener(suite: Suite) -> Opener {
    let mut opener = Opener::new(&key(suite, 3)).unwrap();
    let (earlier, own) = (key(suite, 50), key(suite, 90));
    let others = [(Whose::Earlier, earlier), (Whose::OtherDirection, own)];
    opener.explain_by(others.iter().map(|(whose, key)| OtherKey::new(*whose, key).unwrap()));
    let oracle = Oracle::new(opener.key());
    let mut clear = Vec::new();
    for (number, roll_over) in (65_530..=65_535).map(|n| (n, 0)).chain((0..10).map(|n| (n, 1))) {
        opener.rtp(&oracle.rtp(&rtp(number), roll_over), false, &mut clear).unwrap();
    }
    opener
}

fn refused(opener: &mut Opener, packet: &[u8], may_be_clear: bool) -> Refusal {
    let mut clear = Vec::new();
    let refusal = opener.rtp(packet, may_be_clear, &mut clear).unwrap_err();
    assert!(clear.is_empty(), "nothing of a refused packet is handed on");
    refusal
}

#[test]
fn each_reason_is_told_apart() {
    for suite in Suite::ALL {
        let mut opener = opener(suite);
        let under = |key: &Key, roll_over| Oracle::new(key).rtp(&rtp(10), roll_over);
        let own = key(suite, 3);
        let mut bad = under(&own, 1);
        *bad.last_mut().unwrap() ^= 0x80;
        let cases = [
            (bad, Refusal::Unauthenticated),
            (under(&key(suite, 200), 1), Refusal::Unauthenticated),
            (under(&own, 0), Refusal::RollOver { used: 0, due: 1 }),
            (under(&own, 2), Refusal::RollOver { used: 2, due: 1 }),
            (under(&key(suite, 50), 1), Refusal::OtherKey(Whose::Earlier)),
            (under(&key(suite, 90), 0), Refusal::OtherKey(Whose::OtherDirection)),
            (Oracle::new(&own).rtp(&rtp(5), 1), Refusal::Replayed),
            (Oracle::new(&own).rtp(&rtp(65_530), 0), Refusal::Replayed),
            (Oracle::new(&own).rtp(&rtp(60_000), 0), Refusal::Replayed),
            (vec![0x80; 11], Refusal::Unauthenticated),
            (Vec::new(), Refusal::Unauthenticated),
        ];
        for (packet, reason) in cases {
            assert_eq!(refused(&mut opener, &packet, false), reason, "{suite:?}");
        }
        assert_eq!(refused(&mut opener, &rtp(10), true), Refusal::Clear);
        // None of that moved the opener: the packet that is due is let in.
        let mut clear = Vec::new();
        opener.rtp(&under(&own, 1), false, &mut clear).unwrap();
        assert_eq!(clear, rtp(10));
    }
}

#[test]
fn a_sender_that_forgets_the_roll_over_is_told_until_it_comes_back() {
    let key = key(Suite::AesCm128Sha1_80, 3);
    let oracle = Oracle::new(&key);
    let mut opener = Opener::new(&key).unwrap();
    let mut clear = Vec::new();
    for number in 65_000..=65_535 {
        opener.rtp(&oracle.rtp(&rtp(number), 0), false, &mut clear).unwrap();
    }
    for number in (0..65_000).step_by(50) {
        let packet = oracle.rtp(&rtp(number), 0);
        let refusal = refused(&mut opener, &packet, false);
        assert!(matches!(refusal, Refusal::RollOver { .. }), "{number}: {refusal:?}");
    }
}

#[test]
fn a_wrong_or_missing_mki_is_refused() {
    let plain = key(Suite::AesCm128Sha1_80, 3);
    let agreed = with_mki(&plain, &[0, 7]);
    let mut opener = Opener::new(&agreed).unwrap();
    assert_eq!(refused(&mut opener, &Oracle::new(&plain).rtp(&rtp(1), 0), false), Refusal::NoMki);
    let other = Oracle::new(&with_mki(&plain, &[0, 8])).rtp(&rtp(1), 0);
    assert_eq!(refused(&mut opener, &other, false), Refusal::Unauthenticated);
    let mut clear = Vec::new();
    assert_eq!(
        opener.rtcp(&Oracle::new(&plain).rtcp(&rtcp(), 1, true), &mut clear),
        RtcpSeen::Unauthenticated
    );
    opener.rtp(&Oracle::new(&agreed).rtp(&rtp(1), 0), false, &mut clear).unwrap();
    assert_eq!(clear, rtp(1));
}

#[test]
fn rtcp_under_another_key_or_in_clear_is_refused() {
    for suite in Suite::ALL {
        let mut opener = opener(suite);
        let mut clear = Vec::new();
        for packet in
            [rtcp(), Oracle::new(&key(suite, 50)).rtcp(&rtcp(), 1, true), vec![0x80; 21], Vec::new()]
        {
            assert_eq!(opener.rtcp(&packet, &mut clear), RtcpSeen::Unauthenticated);
            assert!(clear.is_empty());
        }
    }
}

#[test]
fn a_faulty_device_decrypts_without_looking_at_the_tag() {
    for suite in Suite::ALL {
        for key in [key(suite, 3), with_mki(&key(suite, 3), &[4])] {
            let oracle = Oracle::new(&key);
            let mut opener = Opener::new(&key).unwrap();
            let mut clear = Vec::new();
            for (number, roll_over) in [(65_535, 0), (0, 1)] {
                let good = oracle.rtp(&rtp(number), roll_over);
                opener.rtp(&good, false, &mut clear).unwrap();
                let mut bad = good.clone();
                *bad.last_mut().unwrap() ^= 1;
                for packet in [good, bad] {
                    assert!(opener.rtp_unchecked(&packet, &mut clear));
                    assert_eq!(clear, rtp(number));
                }
            }
            assert!(!opener.rtp_unchecked(&[0x80; 15], &mut clear));
        }
    }
}

#[test]
fn a_number_is_not_used_twice() {
    let key = key(Suite::AesCm256Sha1_32, 3);
    let mut protector = Protector::new(&key).unwrap();
    protector.rtp(&mut rtp(4)).unwrap();
    assert!(protector.rtp(&mut rtp(4)).is_err());
    assert!(protector.rtp(&mut vec![0x80; 3]).is_err());
    assert!(protector.rtcp(&mut vec![0x80; 3]).is_err());
    let short = Key { key_and_salt: vec![1; 30], ..key };
    assert_eq!(
        Protector::new(&short).unwrap_err().to_string(),
        "key and salt have 30 bytes, AES_256_CM_HMAC_SHA1_32 needs 46"
    );
    assert!(Opener::new(&short).is_err());
}

#[test]
fn a_flood_of_sources_is_forgotten_and_those_that_authenticate_stay() {
    let key = key(Suite::AesCm128Sha1_80, 3);
    let oracle = Oracle::new(&key);
    let mut opener = Opener::new(&key).unwrap();
    let mut clear = Vec::new();
    opener.rtp(&oracle.rtp(&rtp(65_535), 0), false, &mut clear).unwrap();
    for ssrc in 0..10_000u32 {
        let mut packet = rtp(9);
        packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
        assert_ne!(ssrc, SSRC);
        assert_eq!(refused(&mut opener, &packet, false), Refusal::Unauthenticated);
    }
    opener.rtp(&oracle.rtp(&rtp(0), 1), false, &mut clear).unwrap();
}
