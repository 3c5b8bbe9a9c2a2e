//! The ClientHello of a probe: what it offers, by name or by number, and its bytes.

use crate::Version;
use crate::suite::{ORANGE_TLS12, ORANGE_TLS13};
use rand::RngCore;
use std::time::Duration;

/// A ClientHello as the prober writes it, whatever any library thinks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The highest version it offers (and for `Tls13` the only one, in supported_versions).
    pub version: Version,
    /// Its suites, IANA numbers, in order.
    pub suites: Vec<u16>,
    /// server_name, where one is sent.
    pub sni: Option<String>,
    /// It stops in its middle, and so long, from the stream on, the server's patience is waited for.
    pub stalls: Option<Duration>,
}

/// RC4, in every key exchange that used it (RFC 7465 forbids them).
const RC4: [u16; 3] = [0x0004, 0x0005, 0xc011];
/// 3DES and DES.
const TRIPLE_DES: [u16; 4] = [0x000a, 0x0016, 0xc012, 0x0009];
/// No encryption at all.
const NULL: [u16; 4] = [0x0001, 0x0002, 0x003b, 0xc010];
/// Keys of 40 bits.
const EXPORT: [u16; 4] = [0x0003, 0x0006, 0x0008, 0x0014];
/// Without forward secrecy: the session key is sent under the key of the certificate.
const STATIC_RSA: [u16; 6] = [0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f];
/// What a client of the years of SSL 3.0 to TLS 1.1 offered.
const OF_OLD: [u16; 8] = [0xc014, 0xc013, 0x0039, 0x0033, 0x0035, 0x002f, 0x000a, 0x0005];

/// X25519, P-256, P-384 (RFC 8446 §4.2.7).
const GROUPS: [u16; 3] = [0x001d, 0x0017, 0x0018];
/// RSA-PSS, RSA PKCS#1 and ECDSA with SHA-256 and SHA-384, and SHA-1 with RSA for old servers (RFC 8446 §4.2.3).
const SIGNATURES: [u16; 7] = [0x0804, 0x0805, 0x0401, 0x0501, 0x0403, 0x0503, 0x0201];
/// How long a ClientHello that stops in its middle is waited for where nobody says: a minute of patience, and ten seconds more.
const STALLED: Duration = Duration::from_secs(70);
/// The handshake record type, and ClientHello in it.
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

impl Hello {
    /// The probe of this name: `ssl3`, `tls1.0`, `tls1.1` (the suites of their years), `tls1.2` and `tls1.3` (those of
    /// Orange §2.4.6), `rc4`, `3des`, `null`, `export`, `static-rsa`, or one suite alone as `only-0xc030`, all of these in
    /// TLS 1.2 (a suite of TLS 1.3 in TLS 1.3); `stalled` is half of `tls1.2`. `None` where there is no such probe.
    pub fn named(name: &str) -> Option<Hello> {
        let (version, suites): (Version, &[u16]) = match name {
            "ssl3" => (Version::Ssl3, &OF_OLD[2..]),
            "tls1.0" => (Version::Tls10, &OF_OLD),
            "tls1.1" => (Version::Tls11, &OF_OLD),
            "tls1.2" | "stalled" => (Version::Tls12, &ORANGE_TLS12),
            "tls1.3" => (Version::Tls13, &ORANGE_TLS13),
            "rc4" => (Version::Tls12, &RC4),
            "3des" => (Version::Tls12, &TRIPLE_DES),
            "null" => (Version::Tls12, &NULL),
            "export" => (Version::Tls12, &EXPORT),
            "static-rsa" => (Version::Tls12, &STATIC_RSA),
            only => {
                let number = u16::from_str_radix(only.strip_prefix("only-0x")?, 16).ok()?;
                let version = if number >> 8 == 0x13 { Version::Tls13 } else { Version::Tls12 };
                return Some(Hello { version, suites: vec![number], sni: None, stalls: None });
            }
        };
        Some(Hello {
            version,
            suites: suites.to_vec(),
            sni: None,
            stalls: (name == "stalled").then_some(STALLED),
        })
    }

    /// The record that carries it. SSL 3.0 knows no extensions, so neither it nor a name it should ask for is written there.
    pub(crate) fn record(&self, dice: &mut impl RngCore) -> Vec<u8> {
        let mut random = [0; 32];
        dice.fill_bytes(&mut random);
        let legacy = self.version.min(Version::Tls12).number();
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend(random);
        if self.version == Version::Tls13 {
            // Middlebox compatibility (RFC 8446 §D.4): a session id, though there is no session.
            let mut session = [0; 32];
            dice.fill_bytes(&mut session);
            body.extend(vector8(&session));
        } else {
            body.push(0);
        }
        // RFC 5746 §3.3: a server that insists on secure renegotiation would refuse for its lack alone.
        let signalling = (self.version < Version::Tls13).then_some(0x00ff);
        let suites = self.suites.iter().copied().chain(signalling);
        body.extend(vector16(&suites.flat_map(u16::to_be_bytes).collect::<Vec<u8>>()));
        body.extend(vector8(&[0]));
        if self.version > Version::Ssl3 {
            body.extend(vector16(&self.extensions(dice)));
        }
        let mut message = vec![CLIENT_HELLO, 0];
        message.extend(vector16(&body));
        // The version of the record is the lowest that servers understand (RFC 8446 §5.1).
        let outer = self.version.min(Version::Tls10).number();
        let mut record = vec![HANDSHAKE];
        record.extend(outer.to_be_bytes());
        record.extend(vector16(&message));
        record
    }

    fn extensions(&self, dice: &mut impl RngCore) -> Vec<u8> {
        let numbers =
            |all: &[u16]| vector16(&all.iter().copied().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
        let mut all = Vec::new();
        if let Some(name) = &self.sni {
            let mut entry = vec![0];
            entry.extend(vector16(name.as_bytes()));
            all.extend(extension(0, &vector16(&entry)));
        }
        all.extend(extension(10, &numbers(&GROUPS)));
        all.extend(extension(11, &vector8(&[0])));
        if self.version >= Version::Tls12 {
            all.extend(extension(13, &numbers(&SIGNATURES)));
        }
        if self.version == Version::Tls13 {
            all.extend(extension(43, &vector8(&Version::Tls13.number().to_be_bytes())));
            // Any 32 bytes are a public key of X25519: nobody will want the secret, the probe ends at the ServerHello.
            let mut key = [0; 32];
            dice.fill_bytes(&mut key);
            let mut share = GROUPS[0].to_be_bytes().to_vec();
            share.extend(vector16(&key));
            all.extend(extension(51, &vector16(&share)));
        }
        all
    }
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut all = kind.to_be_bytes().to_vec();
    all.extend(vector16(content));
    all
}

/// A vector with a length of one byte (RFC 8446 §3.4).
fn vector8(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    let mut all = vec![length];
    all.extend(&content[..usize::from(length)]);
    all
}

/// A vector with a length of two bytes; what is longer is cut, so that the lengths stay right.
fn vector16(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let mut all = length.to_be_bytes().to_vec();
    all.extend(&content[..usize::from(length)]);
    all
}
