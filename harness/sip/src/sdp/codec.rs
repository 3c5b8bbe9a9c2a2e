//! Payload formats of audio (RFC 3551 §6).

use sdp_types::Media;

/// One payload format of an audio line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Payload type, 0-127.
    pub pt: u8,
    /// Encoding name as written, e.g. `PCMA`; of a static payload type without rtpmap, RFC 3551's.
    pub name: String,
    /// RTP clock, Hz.
    pub clock: u32,
    /// `a=fmtp` value without the payload type.
    pub fmtp: Option<String>,
}

/// Static payload types: number, name, clock in Hz. G722's clock is 8000 by RFC 3551 §4.5.2.
const STATIC: &[(u8, &str, u32)] = &[
    (0, "PCMU", 8000),
    (3, "GSM", 8000),
    (4, "G723", 8000),
    (8, "PCMA", 8000),
    (9, "G722", 8000),
    (18, "G729", 8000),
];

impl Codec {
    /// A codec with a static payload type, by name without regard to case: PCMU 0, GSM 3, G723 4, PCMA 8, G722 9, G729 18.
    pub fn named(name: &str) -> Option<Codec> {
        let (pt, name, clock) = STATIC.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name))?;
        Some(Codec { pt: *pt, name: (*name).to_string(), clock: *clock, fmtp: None })
    }

    /// The codec of payload type `pt` in `media`: its rtpmap, else the static assignment, else `None`.
    pub(super) fn of(media: &Media, pt: u8) -> Option<Codec> {
        let own = |name: &'static str| {
            media.get_attribute_values(name).flatten().find_map(move |value| {
                let (number, rest) = value.trim().split_once(char::is_whitespace)?;
                (number.parse() == Ok(pt)).then(|| rest.trim().to_string())
            })
        };
        let fmtp = own("fmtp");
        if let Some(map) = own("rtpmap") {
            let mut parts = map.split('/');
            let name = parts.next().unwrap_or("").to_string();
            let clock = parts.next().and_then(|clock| clock.trim().parse().ok()).unwrap_or(8000);
            return Some(Codec { pt, name, clock, fmtp });
        }
        let (_, name, clock) = STATIC.iter().find(|(known, _, _)| *known == pt)?;
        Some(Codec { pt, name: (*name).to_string(), clock: *clock, fmtp })
    }

    /// Whether both are the same encoding, whatever their payload types.
    pub fn same_encoding(&self, other: &Codec) -> bool {
        self.name.eq_ignore_ascii_case(&other.name) && self.clock == other.clock
    }

    /// Whether this is RFC 4733's telephone-event.
    pub fn is_telephone_event(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }
}
