//! Names of what the lab can do on the secured trunk, as scenarios and profiles write them. The crates that do these things
//! keep lists of their own; a test compares them.

/// Certificates that an a-SBC can present, by their names in the lab; `none`: no certificate as a client.
pub const CERTIFICATES: [&str; 15] = [
    "good",
    "expired",
    "not-yet-valid",
    "unknown-ca",
    "self-signed",
    "wrong-name",
    "cn-only",
    "wildcard",
    "no-intermediate",
    "server-only",
    "g2-root",
    "weak-key",
    "revocation-unknown",
    "renewed",
    "none",
];

/// What an a-SBC can probe the DUT with: a ClientHello of one version or one kind of suites, a handshake without a certificate, a
/// request in clear.
pub const PROBES: [&str; 19] = [
    "ssl3",
    "tls1.0",
    "tls1.1",
    "tls1.2",
    "tls1.3",
    "0xc030",
    "0xc02f",
    "0xc028",
    "0xc027",
    "rc4",
    "3des",
    "null",
    "export",
    "static-rsa",
    "anonymous",
    "stalled",
    "no-certificate",
    "clear-udp",
    "clear-tcp",
];

/// Probes that need the a-SBC's own address: its certificate is left out, or its SIP is in clear.
pub const PROBES_OF_AN_SBC: [&str; 3] = ["no-certificate", "clear-udp", "clear-tcp"];

/// How a name server can fail.
pub const DNS_FAILURES: [&str; 6] =
    ["nxdomain", "servfail", "silent", "truncated", "wrong-id", "late-second"];

/// Trouble in secured media.
pub const MEDIA_TROUBLES: [&str; 4] = ["bad-tag", "replay", "clear", "wrong-key"];

/// Transport protocols of an m= line (RFC 3551, RFC 4568, RFC 5764).
pub const MEDIA_PROTOCOLS: [&str; 3] = ["RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVP"];

/// SRTP suites of SDES (RFC 4568 §6.2, RFC 6188).
pub const SRTP_SUITES: [&str; 4] = [
    "AES_CM_128_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32",
    "AES_256_CM_HMAC_SHA1_80",
    "AES_256_CM_HMAC_SHA1_32",
];

/// Versions of TLS, lowest first.
pub const TLS_VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];

/// What can be wrong with a certificate chain.
pub const FLAWS: [&str; 13] = [
    "absent",
    "unreadable",
    "expired",
    "not-yet-valid",
    "unknown-ca",
    "missing-intermediate",
    "bad-signature",
    "name-mismatch",
    "name-in-common-name-only",
    "wildcard",
    "no-server-auth",
    "no-client-auth",
    "weak-key",
];
