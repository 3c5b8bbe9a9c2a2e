//! Alerts of TLS, by number and by name.

use std::fmt;

/// An alert description of RFC 8446 §6 (and those of older versions, which keep their numbers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alert(pub u8);

impl Alert {
    /// The sender will send no more: no error.
    pub const CLOSE_NOTIFY: Alert = Alert(0);
    /// No common ground (RFC 5246 §7.2.2).
    pub const HANDSHAKE_FAILURE: Alert = Alert(40);
    /// A certificate was corrupt, or names somebody else.
    pub const BAD_CERTIFICATE: Alert = Alert(42);
    /// A certificate of an unsuitable kind.
    pub const UNSUPPORTED_CERTIFICATE: Alert = Alert(43);
    /// A certificate has expired or is not currently valid.
    pub const CERTIFICATE_EXPIRED: Alert = Alert(45);
    /// The chain does not end in a trusted root.
    pub const UNKNOWN_CA: Alert = Alert(48);
    /// A signature does not verify.
    pub const DECRYPT_ERROR: Alert = Alert(51);
    /// None of the offered versions is spoken.
    pub const PROTOCOL_VERSION: Alert = Alert(70);
    /// Renegotiation is refused (RFC 5246 §7.2.2): a warning.
    pub const NO_RENEGOTIATION: Alert = Alert(100);
    /// The client presented none (RFC 8446 §6.2).
    pub const CERTIFICATE_REQUIRED: Alert = Alert(116);

    /// Its name in RFC 8446 §6; `None` where it has none.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            21 => "decryption_failed",
            22 => "record_overflow",
            30 => "decompression_failure",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            60 => "export_restriction",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            111 => "certificate_unobtainable",
            112 => "unrecognized_name",
            113 => "bad_certificate_status_response",
            114 => "bad_certificate_hash_value",
            115 => "unknown_psk_identity",
            116 => "certificate_required",
            120 => "no_application_protocol",
            _ => return None,
        })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}
