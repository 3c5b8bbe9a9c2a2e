//! Cipher suites of TLS by their IANA numbers: names as OpenSSL writes them, and which are too weak to be offered at all.

/// The TLS 1.2 suites of Orange §2.4.6 in its order; the first is the preferred one.
pub(crate) const ORANGE: [u16; 4] = [0xc030, 0xc02f, 0xc028, 0xc027];

/// The name of a suite, and its number where the name is not known: `ECDHE-RSA-AES256-GCM-SHA384`, `0xc0a1`.
pub(crate) fn name(suite: u16) -> String {
    let name = match suite {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc030 => "ECDHE-RSA-AES256-GCM-SHA384",
        0xc02f => "ECDHE-RSA-AES128-GCM-SHA256",
        0xc028 => "ECDHE-RSA-AES256-SHA384",
        0xc027 => "ECDHE-RSA-AES128-SHA256",
        0xc014 => "ECDHE-RSA-AES256-SHA",
        0xc013 => "ECDHE-RSA-AES128-SHA",
        0xc02c => "ECDHE-ECDSA-AES256-GCM-SHA384",
        0xc02b => "ECDHE-ECDSA-AES128-GCM-SHA256",
        0xcca8 => "ECDHE-RSA-CHACHA20-POLY1305",
        0x009f => "DHE-RSA-AES256-GCM-SHA384",
        0x009e => "DHE-RSA-AES128-GCM-SHA256",
        0x009d => "AES256-GCM-SHA384",
        0x009c => "AES128-GCM-SHA256",
        0x0035 => "AES256-SHA",
        0x002f => "AES128-SHA",
        0x000a => "DES-CBC3-SHA",
        0x0005 => "RC4-SHA",
        0x0004 => "RC4-MD5",
        0x0002 => "NULL-SHA",
        0x0001 => "NULL-MD5",
        other => return format!("0x{other:04x}"),
    };
    name.to_owned()
}

/// What makes a suite too weak (RFC 9325 §4.1): no encryption, no authentication, export keys, single or triple DES, RC4.
/// Numbers of the IANA registry "TLS Cipher Suites".
pub(crate) fn weakness(suite: u16) -> Option<&'static str> {
    match suite {
        0x0001 | 0x0002 | 0x002c..=0x002e | 0x003b | 0x00b0 | 0x00b1 | 0x00b4 | 0x00b5 | 0x00b8 | 0x00b9 => {
            Some("NULL")
        }
        0xc001 | 0xc006 | 0xc00b | 0xc010 | 0xc015 | 0xc039..=0xc03b => Some("NULL"),
        0x0003 | 0x0006 | 0x0008 | 0x000b | 0x000e | 0x0011 | 0x0014 | 0x0017 | 0x0019 => Some("EXPORT"),
        0x0026..=0x002b | 0x0060..=0x0065 => Some("EXPORT"),
        0x0018 | 0x001a | 0x001b | 0x0034 | 0x003a | 0x0046 | 0x006c | 0x006d | 0x0089 | 0x009b => {
            Some("anon")
        }
        0x00a6 | 0x00a7 | 0x00bf | 0x00c5 | 0xc016..=0xc019 | 0xc046 | 0xc047 | 0xc05a | 0xc05b => {
            Some("anon")
        }
        0xc084 | 0xc085 => Some("anon"),
        0x0004 | 0x0005 | 0x0020 | 0x0024 | 0x0066 | 0x008a | 0x008e | 0x0092 => Some("RC4"),
        0xc002 | 0xc007 | 0xc00c | 0xc011 | 0xc033 => Some("RC4"),
        0x0009 | 0x000c | 0x000f | 0x0012 | 0x0015 | 0x001e | 0x0022 => Some("DES"),
        0x000a | 0x000d | 0x0010 | 0x0013 | 0x0016 | 0x001f | 0x0023 | 0x008b | 0x008f | 0x0093 => {
            Some("3DES")
        }
        0xc003 | 0xc008 | 0xc00d | 0xc012 | 0xc01a..=0xc01c | 0xc034 => Some("3DES"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_orange_asks_for_is_not_weak_and_what_nobody_may_offer_is() {
        for suite in ORANGE.into_iter().chain([0x1301, 0x1302, 0x1303, 0x009c, 0x002f, 0xcca8, 0x00ff]) {
            assert_eq!(weakness(suite), None, "{suite:04x}");
        }
        for (suite, why) in [
            (0x0001, "NULL"),
            (0x0005, "RC4"),
            (0x000a, "3DES"),
            (0x0008, "EXPORT"),
            (0x0034, "anon"),
            (0xc012, "3DES"),
            (0xc011, "RC4"),
            (0xc018, "anon"),
            (0xc010, "NULL"),
            (0x0009, "DES"),
        ] {
            assert_eq!(weakness(suite), Some(why), "{suite:04x}");
        }
        assert_eq!(name(0xc030), "ECDHE-RSA-AES256-GCM-SHA384");
        assert_eq!(name(0x1234), "0x1234");
    }
}
