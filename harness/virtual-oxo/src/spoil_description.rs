//! Defects of the written text of descriptions, which no honest writer can be asked for.

use crate::defects::Defect;
use crate::keys::SECURED;
use crate::oxo::VirtualOxo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oxocert_media::srtp::Suite;
use oxocert_sip::sdp::Crypto;

impl VirtualOxo {
    /// What is sent instead of a description; `answers` is the line of the offer that it takes, where it answers one with keys.
    pub(crate) fn finish(&self, trunk: bool, answers: Option<&Crypto>, bytes: Vec<u8>) -> Vec<u8> {
        let mut text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return error.into_bytes(),
        };
        if self.has(Defect::AnswersTwoCodecs) && !text.contains("a=rtpmap:0 ") {
            text = text.replacen("AVP 8", "AVP 8 0", 1);
            text.push_str("a=rtpmap:0 PCMU/8000\r\n");
        }
        if trunk && self.has(Defect::ExtraAudioLine) {
            text.push_str("m=audio 32250 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n");
        }
        let secured = trunk && text.contains(SECURED);
        if secured && answers.is_none() && self.has(Defect::OffersClearAndSecure) {
            text.push_str("m=audio 32252 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n");
        }
        if secured && self.has(Defect::CryptoKeyTooShort) {
            text = each_key(&text, |key| key.get(..key.len().saturating_sub(4)).unwrap_or("").to_owned());
        }
        if let Some(theirs) = answers.filter(|_| secured) {
            text = self.finish_answer(theirs, &text);
        }
        text.into_bytes()
    }

    fn finish_answer(&self, theirs: &Crypto, text: &str) -> String {
        let mut text = text.to_owned();
        if self.has(Defect::SrtpKeyBothWays) {
            let returned = STANDARD.encode(&theirs.key_and_salt);
            text = each_key(&text, |_| returned.clone());
        }
        if self.has(Defect::WrongCryptoTag) {
            let tag = format!("a=crypto:{} ", theirs.tag);
            text = text.replacen(&tag, &format!("a=crypto:{} ", theirs.tag + 1), 1);
        }
        if self.has(Defect::CryptoSuiteNotOffered) {
            // The same length of key under another name.
            let other = match Suite::named(&theirs.suite) {
                Some(Suite::AesCm128Sha1_80) => Suite::AesCm128Sha1_32,
                Some(Suite::AesCm128Sha1_32) => Suite::AesCm128Sha1_80,
                Some(Suite::AesCm256Sha1_80) => Suite::AesCm256Sha1_32,
                _ => Suite::AesCm256Sha1_80,
            };
            text = text.replacen(&theirs.suite, other.name(), 1);
        }
        text
    }
}

/// Rewrites the base64 of every `inline:`.
fn each_key(text: &str, rewrite: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, piece) in text.split("inline:").enumerate() {
        if place == 0 {
            out.push_str(piece);
            continue;
        }
        let end = piece.find(['|', ' ', '\r', '\n']).unwrap_or(piece.len());
        out.push_str("inline:");
        out.push_str(&rewrite(&piece[..end]));
        out.push_str(&piece[end..]);
    }
    out
}
