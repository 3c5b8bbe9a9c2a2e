//! Digits: telephone-events (RFC 4733) sent and received, and the same digits in the audio (ITU-T Q.23).

mod in_band;
mod receiver;
mod sender;

pub use in_band::{carries, key_tone};
pub use receiver::{Digit, DigitReceiver};
pub use sender::{DigitSender, EventPacket, Order};

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// The event code of a digit (RFC 4733 §3.2); `None` for any other character.
pub fn code_of(digit: char) -> Option<u8> {
    DIGITS.iter().position(|known| *known == digit.to_ascii_uppercase()).map(|code| code as u8)
}

/// The digit of an event code; `None` above 15.
pub fn digit_of(code: u8) -> Option<char> {
    DIGITS.get(usize::from(code)).copied()
}

/// The payload of a telephone-event packet (RFC 4733 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPayload {
    /// Event code.
    pub code: u8,
    /// Whether the event has ended.
    pub end: bool,
    /// Level, in -dBm0, 0 to 63.
    pub volume: u8,
    /// Samples since the event began.
    pub duration: u16,
}

impl EventPayload {
    /// Reads the first event of a payload; `None` below four bytes.
    pub fn read(payload: &[u8]) -> Option<EventPayload> {
        let [code, flags, high, low, ..] = *payload else { return None };
        let duration = u16::from_be_bytes([high, low]);
        Some(EventPayload { code, end: flags & 0x80 != 0, volume: flags & 0x3f, duration })
    }

    /// The payload as sent.
    pub fn bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, (u8::from(self.end) << 7) | (self.volume & 0x3f), high, low]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_as_it_was_written() {
        let payload = EventPayload { code: 11, end: true, volume: 10, duration: 800 };
        assert_eq!(payload.bytes(), [11, 0x8a, 0x03, 0x20]);
        assert_eq!(EventPayload::read(&payload.bytes()), Some(payload));
        assert_eq!(EventPayload::read(&[1, 2, 3]), None);
    }

    #[test]
    fn each_digit_has_its_code() {
        for code in 0..16 {
            assert_eq!(digit_of(code).and_then(code_of), Some(code));
        }
        assert_eq!((digit_of(16), code_of('E'), code_of('d')), (None, None, Some(15)));
    }
}
