//! `a=crypto` lines: keys of SRTP in the description (SDES, RFC 4568 §4, §6, §9).

use super::Audio;
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::fmt;

/// Registered suites with the bytes of their master key and salt together (RFC 4568 §6.2, RFC 6188 §3, RFC 7714 §14.2).
const SUITES: [(&str, usize); 9] = [
    ("AES_CM_128_HMAC_SHA1_80", 30),
    ("AES_CM_128_HMAC_SHA1_32", 30),
    ("F8_128_HMAC_SHA1_80", 30),
    ("AES_192_CM_HMAC_SHA1_80", 38),
    ("AES_192_CM_HMAC_SHA1_32", 38),
    ("AES_256_CM_HMAC_SHA1_80", 46),
    ("AES_256_CM_HMAC_SHA1_32", 46),
    ("AEAD_AES_128_GCM", 28),
    ("AEAD_AES_256_GCM", 44),
];

/// Keys come with padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The greatest lifetime that SRTP allows: 2^48 packets (RFC 3711 §9.2).
const LONGEST_LIFETIME: u64 = 1 << 48;

/// One `a=crypto` line. Its `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Its tag, 1-9 digits.
    pub tag: u32,
    /// The crypto suite, as written.
    pub suite: String,
    /// Master key and master salt, decoded from `inline:`. With several keys in one line, the first.
    pub key_and_salt: Vec<u8>,
    /// Packets that the key may protect; `2^31` is written so in a line and stands here as its value.
    pub lifetime: Option<u64>,
    /// Master key identifier: its value, and its length in bytes.
    pub mki: Option<(u64, u8)>,
    /// Session parameters as written (`UNENCRYPTED_SRTCP`, `WSH=64`).
    pub session: Vec<String>,
}

impl fmt::Debug for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crypto").field("tag", &self.tag).field("suite", &self.suite).finish_non_exhaustive()
    }
}

impl Crypto {
    /// Whether both name the same suite. ABNF strings have no case (RFC 4568 §9.2).
    pub fn same_suite(&self, other: &Crypto) -> bool {
        self.suite.eq_ignore_ascii_case(&other.suite)
    }

    /// Whether every session parameter is one that may be ignored: a hint on the window size, or marked so by `-`. A line with
    /// another one may not be accepted by who does not carry it out (RFC 4568 §6.3.7).
    pub fn is_plain(&self) -> bool {
        self.session.iter().all(|one| one.starts_with('-') || one.to_ascii_uppercase().starts_with("WSH="))
    }

    /// The value of the attribute, without `a=crypto:`.
    pub(super) fn value(&self) -> String {
        let mut value = format!("{} {} inline:{}", self.tag, self.suite, STANDARD.encode(&self.key_and_salt));
        match self.lifetime {
            Some(packets) if packets.is_power_of_two() => {
                value += &format!("|2^{}", packets.trailing_zeros())
            }
            Some(packets) => value += &format!("|{packets}"),
            None => {}
        }
        if let Some((number, length)) = self.mki {
            value += &format!("|{number}:{length}");
        }
        for parameter in &self.session {
            value.push(' ');
            value += parameter;
        }
        value
    }

    /// Reads the value of one attribute. The error tells what is wrong in words that show no key.
    fn read(value: &str) -> Result<Crypto, String> {
        let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty());
        let tag = words.next().unwrap_or("");
        if !(1..=9).contains(&tag.len()) || !tag.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("its tag is not a number of 1 to 9 digits".to_owned());
        }
        let tag: u32 = tag.parse().map_err(|_| "its tag is no number".to_owned())?;
        let told = |problem: String| format!("tag {tag}: {problem}");
        let suite = words.next().ok_or_else(|| told("the suite is missing".to_owned()))?;
        if !is_suite_name(suite) {
            return Err(told("what stands in place of the suite is no name of one".to_owned()));
        }
        let keys = words.next().ok_or_else(|| told("the key is missing".to_owned()))?;
        let length = key_length(suite);
        let mut read = Vec::new();
        for key in keys.split(';') {
            read.push(InlineKey::read(key, suite, length).map_err(told)?);
        }
        check_several(&read).map_err(|problem| told(problem.to_owned()))?;
        let InlineKey { key_and_salt, lifetime, mki } = read.swap_remove(0);
        let session = words.map(str::to_owned).collect();
        Ok(Crypto { tag, suite: suite.to_owned(), key_and_salt, lifetime, mki, session })
    }
}

/// The legal lines among the attribute values of one m= line, and what is wrong with the others. A suite that nobody registered
/// is legal and told.
pub(super) fn read_all<'a>(values: impl Iterator<Item = Option<&'a str>>) -> (Vec<Crypto>, Vec<String>) {
    let (mut lines, mut problems): (Vec<Crypto>, Vec<String>) = (Vec::new(), Vec::new());
    for (index, value) in values.enumerate() {
        let place = index + 1;
        match Crypto::read(value.unwrap_or("")) {
            Err(problem) => problems.push(format!("a=crypto line {place}: {problem}")),
            Ok(line) if lines.iter().any(|other| other.tag == line.tag) => {
                problems.push(format!("a=crypto line {place}: tag {} stands twice", line.tag));
            }
            Ok(line) => {
                if key_length(&line.suite).is_none() {
                    let (tag, suite) = (line.tag, &line.suite);
                    problems.push(format!("a=crypto line {place}: tag {tag}: unknown suite {suite}"));
                }
                lines.push(line);
            }
        }
    }
    (lines, problems)
}

/// Which of `ours`, the lines of our offer, the answer took: ours for what we send, theirs for what we receive.
///
/// Errors, in words that show no key: the answer is not secured or has no legal line, its one line has a tag that we did not
/// offer or another suite than ours of that tag, it has two lines (RFC 4568 §5.1.2, §5.1.3).
pub fn chosen(ours: &[Crypto], answer: &Audio) -> Result<(Crypto, Crypto), String> {
    if !answer.protocol.eq_ignore_ascii_case("RTP/SAVP") {
        return Err(format!("the answer has protocol {}, not RTP/SAVP", answer.protocol));
    }
    let theirs = match answer.crypto.as_slice() {
        [one] => one,
        [] => {
            return Err(match answer.crypto_problems.first() {
                Some(problem) => format!("the answer has no legal a=crypto line: {problem}"),
                None => "the answer has no a=crypto line".to_owned(),
            });
        }
        several => return Err(format!("the answer has {} a=crypto lines, not one", several.len())),
    };
    let Some(own) = ours.iter().find(|own| own.tag == theirs.tag) else {
        return Err(format!("the answer has tag {}, which was not offered", theirs.tag));
    };
    if !own.same_suite(theirs) {
        let (tag, suite) = (theirs.tag, &theirs.suite);
        return Err(format!(
            "the answer has suite {suite} for tag {tag}, which was offered as {}",
            own.suite
        ));
    }
    Ok((own.clone(), theirs.clone()))
}

/// One of the keys of a line.
struct InlineKey {
    key_and_salt: Vec<u8>,
    lifetime: Option<u64>,
    mki: Option<(u64, u8)>,
}

impl InlineKey {
    fn read(text: &str, suite: &str, length: Option<usize>) -> Result<InlineKey, String> {
        let (method, info) = text.split_once(':').ok_or("the key has no method")?;
        if !method.eq_ignore_ascii_case("inline") {
            return Err("the key method is not inline".to_owned());
        }
        let mut parts = info.split('|');
        let key = parts.next().unwrap_or("");
        let key_and_salt = LENIENT.decode(key).map_err(|_| "the key is no base64".to_owned())?;
        let bytes = key_and_salt.len();
        if bytes == 0 {
            return Err("the key is empty".to_owned());
        }
        if let Some(needed) = length.filter(|needed| *needed != bytes) {
            return Err(format!("key and salt have {bytes} bytes, {suite} needs {needed}"));
        }
        let mut next = parts.next();
        let mut lifetime = None;
        if let Some(text) = next.filter(|text| !text.contains(':')) {
            lifetime = Some(read_lifetime(text)?);
            next = parts.next();
        }
        let mki = next.map(read_mki).transpose()?;
        match parts.next() {
            Some(_) => Err("something follows the MKI of the key".to_owned()),
            None => Ok(InlineKey { key_and_salt, lifetime, mki }),
        }
    }
}

fn read_lifetime(text: &str) -> Result<u64, String> {
    let value = match text.strip_prefix("2^") {
        Some(exponent) => {
            number(exponent).and_then(|exponent| 1u64.checked_shl(u32::try_from(exponent).ok()?))
        }
        None => number(text),
    };
    match value {
        Some(0) => Err("the lifetime is 0".to_owned()),
        Some(packets) if packets <= LONGEST_LIFETIME => Ok(packets),
        Some(_) => Err("the lifetime is longer than 2^48 packets".to_owned()),
        None => Err("the lifetime is no number".to_owned()),
    }
}

fn read_mki(text: &str) -> Result<(u64, u8), String> {
    let (value, length) = text.split_once(':').ok_or("the MKI has no length")?;
    let length = number(length).ok_or("the length of the MKI is no number")?;
    let length = match u8::try_from(length) {
        Ok(0) => return Err("the length of the MKI is 0".to_owned()),
        Ok(length) if length <= 128 => length,
        _ => return Err("the MKI is longer than 128 bytes".to_owned()),
    };
    let value = number(value).ok_or("the MKI is no number below 2^64")?;
    if length < 8 && value >> (8 * u32::from(length)) != 0 {
        return Err(format!("the MKI does not fit its {length} bytes"));
    }
    Ok((value, length))
}

/// Several keys are told apart by their MKI: each has one, all of one length, none twice (RFC 4568 §6.1).
fn check_several(keys: &[InlineKey]) -> Result<(), &'static str> {
    if keys.len() < 2 {
        return Ok(());
    }
    let mut values = Vec::new();
    let mut lengths = Vec::new();
    for key in keys {
        let (value, length) = key.mki.ok_or("of several keys one has no MKI")?;
        values.push(value);
        lengths.push(length);
    }
    values.sort_unstable();
    if values.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("two keys have the same MKI");
    }
    if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err("the MKIs of its keys differ in length");
    }
    Ok(())
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn key_length(suite: &str) -> Option<usize> {
    SUITES.iter().find(|(name, _)| name.eq_ignore_ascii_case(suite)).map(|(_, length)| *length)
}

/// A name with an underscore, which no base64 has: so a key that slipped into the place of the suite is shown nowhere.
fn is_suite_name(text: &str) -> bool {
    text.len() <= 64
        && text.contains('_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
