//! How a description of ours secures its media: keys in the description (SDES), none, or a fingerprint.

use oxocert_media::srtp::{Key, Mki, Suite};
use oxocert_sip::sdp::{Audio, Crypto};
use rand::RngCore;

/// Packets that a key may protect, where a crypto line says so (RFC 4568 §6.1 names 2^31 as an example).
const LIFETIME: u64 = 1 << 31;
/// The master key identifier, where a crypto line has one: value 1 in 4 bytes.
const MKI: (u64, u8) = (1, 4);
/// The protocol of a session whose keys come over DTLS (RFC 5764 §8).
pub(crate) const OVER_DTLS: &str = "UDP/TLS/RTP/SAVP";

/// How descriptions secure their media. Its keys belong to one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Security {
    /// Our crypto lines in order of preference; none: not by SDES.
    pub(crate) crypto: Vec<Crypto>,
    /// The protocol of the m= line where it is not the usual one of `crypto`.
    pub(crate) protocol: Option<String>,
    /// Attribute lines that follow the media description.
    pub(crate) lines: String,
}

impl Security {
    /// A fresh key for each suite (RFC 4568 §6.1: keys are never shared). `long`: with lifetime and MKI.
    pub(crate) fn fresh(suites: &[Suite], long: bool, dice: &mut impl RngCore) -> Security {
        let line = |(tag, suite): (u32, &Suite)| {
            let mut key_and_salt = vec![0; suite.key_and_salt_len()];
            dice.fill_bytes(&mut key_and_salt);
            Crypto {
                tag,
                suite: suite.name().to_owned(),
                key_and_salt,
                lifetime: long.then_some(LIFETIME),
                mki: long.then_some(MKI),
                session: Vec::new(),
            }
        };
        let crypto = (1..).zip(suites).map(line).collect();
        Security { crypto, protocol: None, lines: String::new() }
    }

    /// An offer of keys over DTLS, which an OXO does not take (C9). The fingerprint is nobody's: no handshake follows.
    pub(crate) fn over_dtls(dice: &mut impl RngCore) -> Security {
        let mut hash = [0_u8; 32];
        dice.fill_bytes(&mut hash);
        let hash = hash.map(|byte| format!("{byte:02X}")).join(":");
        Security {
            crypto: Vec::new(),
            protocol: Some(OVER_DTLS.to_owned()),
            lines: format!("a=setup:actpass\r\na=fingerprint:sha-256 {hash}\r\n"),
        }
    }

    /// Why an offer cannot be taken for its security; `None` where that is in order.
    pub(crate) fn objection(&self, offer: &Audio) -> Option<String> {
        let protocol = &offer.protocol;
        if self.crypto.is_empty() {
            return (!protocol.eq_ignore_ascii_case("RTP/AVP"))
                .then(|| format!("the offer has protocol {protocol}, RTP/AVP was wanted"));
        }
        if !protocol.eq_ignore_ascii_case("RTP/SAVP") {
            return Some(format!("the offer has protocol {protocol} on a secured trunk"));
        }
        let usable =
            |theirs: &&Crypto| theirs.is_plain() && self.crypto.iter().any(|ours| ours.same_suite(theirs));
        if offer.crypto.iter().any(|theirs| usable(&theirs)) {
            return None;
        }
        let suites: Vec<&str> = offer.crypto.iter().map(|theirs| theirs.suite.as_str()).collect();
        Some(match offer.crypto_problems.first() {
            Some(problem) => format!("the offer has no crypto line that can be used: {problem}"),
            None if suites.is_empty() => "the offer has no crypto line".to_owned(),
            None => format!("the offer has no crypto line that can be used: {}", suites.join(", ")),
        })
    }
}

/// The key of a crypto line; `None` where the media engine does not know its suite. A key of the wrong length is given to the engine,
/// which tells it and lets nothing pass; an identifier that cannot be is left out, and its packets do not authenticate.
pub(crate) fn key(line: &Crypto) -> Option<Key> {
    let suite = Suite::named(&line.suite)?;
    let mki = line.mki.and_then(|(value, length)| Mki::of_line(value, length).ok());
    Some(Key { suite, key_and_salt: line.key_and_salt.clone(), mki })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxocert_machine::Seed;
    use rstest::rstest;

    #[test]
    fn every_suite_gets_a_key_of_its_own() {
        let mut dice = Seed(1).generator("bench");
        let first = Security::fresh(&Suite::ALL, false, &mut dice);
        let second = Security::fresh(&Suite::ALL, true, &mut dice);
        let keys: std::collections::BTreeSet<_> =
            first.crypto.iter().chain(&second.crypto).map(|line| line.key_and_salt.clone()).collect();
        assert_eq!(keys.len(), 8);
        assert_eq!(first.crypto.iter().map(|line| line.tag).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(second.crypto[0].lifetime, Some(1 << 31));
    }

    #[rstest]
    #[case((1, 4), &[0, 0, 0, 1])]
    #[case((258, 2), &[1, 2])]
    #[case((5, 10), &[0, 0, 0, 0, 0, 0, 0, 0, 0, 5])]
    fn an_identifier_is_written_in_its_length(#[case] mki: (u64, u8), #[case] wanted: &[u8]) {
        let mut line =
            Security::fresh(&[Suite::AesCm128Sha1_80], false, &mut Seed(1).generator("x")).crypto.remove(0);
        line.mki = Some(mki);
        assert_eq!(key(&line).unwrap().mki.unwrap().value, wanted);
    }
}
