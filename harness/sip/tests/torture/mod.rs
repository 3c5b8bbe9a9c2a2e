//! The messages of RFC 4475, byte by byte, and what the RFC says of each.
#![allow(dead_code)]

/// One message.
pub struct Case {
    /// The RFC's name of it.
    pub name: &'static str,
    /// The section that describes it.
    pub section: &'static str,
    pub bytes: &'static [u8],
    /// What an element that keeps to the RFC does: process it, or reject it as malformed.
    pub accept: bool,
    /// Every finding, in the order of the bytes.
    pub findings: &'static [&'static str],
}

macro_rules! case {
    ($name:literal, $section:literal, $accept:literal, [$($finding:literal),*]) => {
        Case {
            name: $name,
            section: $section,
            bytes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torture/", $name, ".sip")),
            accept: $accept,
            findings: &[$($finding),*],
        }
    };
}

/// All 49. Those of §3.3 are legal messages with something for the layers above; whoever rejects them does so for other
/// reasons than their syntax, but for `insuf`, `multi01` and `mcl01`, which §3.3 calls malformed.
pub const CASES: &[Case] = &[
    case!("wsinv", "3.1.1.1", true, ["branch-cookie"]),
    case!("intmeth", "3.1.1.2", true, []),
    case!("esc01", "3.1.1.3", true, []),
    case!("escnull", "3.1.1.4", true, []),
    case!("esc02", "3.1.1.5", true, []),
    case!("lwsdisp", "3.1.1.6", true, []),
    case!("longreq", "3.1.1.7", true, ["branch-cookie"]),
    case!("dblreq", "3.1.1.8", true, ["trailing-octets"]),
    case!("semiuri", "3.1.1.9", true, []),
    case!("transports", "3.1.1.10", true, []),
    case!("mpart01", "3.1.1.11", true, []),
    case!("unreason", "3.1.1.12", true, []),
    case!("noreason", "3.1.1.13", true, []),
    case!(
        "badinv01",
        "3.1.2.1",
        false,
        ["via-syntax", "branch-cookie", "via-syntax", "via-syntax", "via-syntax", "address-syntax"]
    ),
    case!("clerr", "3.1.2.2", false, ["content-length-short"]),
    case!("ncl", "3.1.2.3", false, ["content-length-syntax"]),
    case!(
        "scalar02",
        "3.1.2.4",
        false,
        ["cseq-range", "max-forwards-range", "seconds-range", "seconds-range"]
    ),
    case!("scalarlg", "3.1.2.5", false, ["cseq-range", "seconds-range", "warning-code"]),
    case!("quotbal", "3.1.2.6", false, ["address-syntax"]),
    case!("ltgtruri", "3.1.2.7", false, ["start-uri", "branch-cookie"]),
    case!("lwsruri", "3.1.2.8", false, ["start-uri"]),
    case!("lwsstart", "3.1.2.9", false, ["start-spacing"]),
    case!("trws", "3.1.2.10", false, ["start-spacing"]),
    case!("escruri", "3.1.2.11", false, ["uri-headers"]),
    case!("baddate", "3.1.2.12", false, ["date-syntax"]),
    case!("regbadct", "3.1.2.13", false, ["address-syntax"]),
    case!("badaspec", "3.1.2.14", false, ["address-syntax"]),
    case!("baddn", "3.1.2.15", false, ["address-syntax", "address-syntax"]),
    case!("badvers", "3.1.2.16", false, ["start-version"]),
    case!("mismatch01", "3.1.2.17", false, ["cseq-method"]),
    case!("mismatch02", "3.1.2.18", false, ["cseq-method"]),
    case!("bigcode", "3.1.2.19", false, ["status-range"]),
    case!("badbranch", "3.2.1", false, ["branch-empty"]),
    case!(
        "insuf",
        "3.3.1",
        false,
        ["header-missing", "header-missing", "header-missing", "max-forwards-missing", "contact-missing"]
    ),
    case!("unkscm", "3.3.2", true, []),
    case!("novelsc", "3.3.3", true, []),
    case!("unksm2", "3.3.4", true, []),
    case!("bext01", "3.3.5", true, []),
    case!("invut", "3.3.6", true, []),
    case!("regaut01", "3.3.7", true, []),
    case!(
        "multi01",
        "3.3.8",
        false,
        ["header-repeated", "header-repeated", "header-repeated", "header-repeated", "header-repeated"]
    ),
    case!("mcl01", "3.3.9", false, ["content-length-repeated", "trailing-octets"]),
    case!("bcast", "3.3.10", true, []),
    case!("zeromf", "3.3.11", true, []),
    case!("cparam01", "3.3.12", true, []),
    case!("cparam02", "3.3.13", true, []),
    case!("regescrt", "3.3.14", true, []),
    case!("sdp01", "3.3.15", true, []),
    case!(
        "inv2543",
        "3.4.1",
        true,
        ["max-forwards-missing", "contact-missing", "branch-cookie", "tag-missing"]
    ),
];
