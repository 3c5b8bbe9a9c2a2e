//! Defects of crypto lines, as an a-SBC sees them.

use super::lab::{A_PROFILE, Lab};
use super::party::crypto;
use oxocert_media::engine::Command;
use oxocert_media::srtp::Suite;
use oxocert_sip::sdp::{self, Audio};
use oxocert_virtual_oxo::Defect;

fn offer(defect: Defect) -> (Audio, usize) {
    let mut lab = Lab::with(A_PROFILE, &[defect]);
    lab.dial();
    lab.run(50);
    let invite = lab.party("nominal").last("INVITE").clone();
    let lines = String::from_utf8_lossy(invite.body()).matches("m=audio").count();
    (sdp::read(invite.body()).unwrap().audio.unwrap(), lines)
}

fn answer(defects: &[Defect]) -> Audio {
    let mut lab = Lab::with(A_PROFILE, defects);
    lab.party("nominal").local.crypto = vec![crypto(4, Suite::AesCm128Sha1_80, 6)];
    lab.call_in("nominal", None);
    lab.run(50);
    lab.party("101").answer();
    lab.run(50);
    let seen = &lab.party("nominal").seen;
    let ok = seen.iter().rev().find(|(_, _, m)| m.status() == Some(200) && !m.body().is_empty());
    sdp::read(ok.unwrap().2.body()).unwrap().audio.unwrap()
}

#[test]
fn offers_in_clear_too_or_with_short_keys() {
    assert_eq!(offer(Defect::OffersAvp).0.protocol, "RTP/AVP");
    assert_eq!(offer(Defect::OffersClearAndSecure).1, 2);
    let (short, _) = offer(Defect::CryptoKeyTooShort);
    assert!(short.crypto.is_empty() && !short.crypto_problems.is_empty());
    assert_eq!(offer(Defect::WeakSuiteFirst).0.crypto[0].suite, Suite::AesCm256Sha1_32.name());
    assert_eq!(offer(Defect::OnlyFirstSuite).0.crypto.len(), 1);
}

#[test]
fn answers_with_another_tag_suite_or_the_key_of_the_offer() {
    let healthy = answer(&[]).crypto[0].clone();
    assert_eq!((healthy.tag, healthy.suite.as_str()), (4, Suite::AesCm128Sha1_80.name()));
    assert_ne!(healthy.key_and_salt, vec![6; 30]);
    assert_eq!(answer(&[Defect::WrongCryptoTag]).crypto[0].tag, 5);
    assert_eq!(answer(&[Defect::CryptoSuiteNotOffered]).crypto[0].suite, Suite::AesCm128Sha1_32.name());
    assert_eq!(answer(&[Defect::SrtpKeyBothWays]).crypto[0].key_and_salt, vec![6; 30]);
}

#[test]
fn an_mki_is_expected_in_packets_unless_a_defect_ignores_it() {
    let expected = |defects: &[Defect]| {
        let mut lab = Lab::with(A_PROFILE, defects);
        lab.party("nominal").local.crypto[0].mki = Some((1, 4));
        lab.call_in("nominal", None);
        lab.run(50);
        lab.party("101").answer();
        lab.run(50);
        let of = |command: &Command| match command {
            Command::Secure { receiving, .. } => receiving.clone(),
            _ => None,
        };
        lab.media.iter().find_map(of).unwrap().mki.map(|mki| mki.value)
    };
    assert_eq!(expected(&[]), Some(vec![0, 0, 0, 1]));
    assert_eq!(expected(&[Defect::IgnoresMki]), None);
}
