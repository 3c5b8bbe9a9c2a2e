//! The receiver of telephone-events: each event once, told apart by its timestamp (RFC 4733 §2.5.2).

use super::{EventPayload, carries, digit_of};
use crate::tone::detect::FRAME;
use oxocert_machine::At;
use std::time::Duration;

/// Without a packet for so long an event is over, even if none of its end packets came.
const LOST_END: Duration = Duration::from_millis(100);

/// Packets with the end bit after which nothing more is expected (RFC 4733 §2.5.1.4).
const END_PACKETS: u32 = 3;

/// Audio frames from before the first packet of an event that are searched for the same digit: gateways let the
/// beginning of a tone through before they know it.
const FRAMES_BEFORE: usize = 3;

/// A digit that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digit {
    /// `0-9*#A-D`.
    pub digit: char,
    /// Payload type of its packets.
    pub payload_type: u8,
    /// Last duration told, in samples.
    pub samples: u16,
    /// Packets with the end bit.
    pub end_packets: u32,
    /// -dBm0.
    pub volume: u8,
    /// Whether its two frequencies were in the audio.
    pub in_band: bool,
}

/// The events of one stream.
#[derive(Debug, Clone, Default)]
pub struct DigitReceiver {
    current: Option<Current>,
    /// The timestamp of the last event that was told.
    told: Option<u32>,
    recent: Recent,
}

/// The last frames of audio, in a ring.
#[derive(Debug, Clone, Default)]
struct Recent {
    frames: [Option<(At, [u8; FRAME])>; FRAMES_BEFORE],
    next: usize,
}

#[derive(Debug, Clone, Copy)]
struct Current {
    timestamp: u32,
    last_at: At,
    digit: Digit,
}

impl DigitReceiver {
    /// Takes an event packet; gives the digit that it ends, or the one that a new event pushes out.
    /// Codes above 15 are no digits and are left out.
    pub fn packet(&mut self, at: At, timestamp: u32, payload_type: u8, event: EventPayload) -> Option<Digit> {
        if self.told == Some(timestamp) {
            return None;
        }
        let name = digit_of(event.code)?;
        let mut before = None;
        if self.current.is_some_and(|current| current.timestamp != timestamp) {
            before = self.finish();
        }
        let in_band_before = self.recently_in_band(at, name);
        let current = self.current.get_or_insert(Current {
            timestamp,
            last_at: at,
            digit: Digit {
                digit: name,
                payload_type,
                samples: 0,
                end_packets: 0,
                volume: 0,
                in_band: in_band_before,
            },
        });
        current.last_at = at;
        current.digit.samples = current.digit.samples.max(event.duration);
        current.digit.volume = event.volume;
        current.digit.end_packets += u32::from(event.end);
        if current.digit.end_packets >= END_PACKETS && before.is_none() {
            return self.finish();
        }
        before
    }

    /// Takes a frame of audio of the same stream.
    pub fn audio(&mut self, at: At, frame: &[u8; FRAME]) {
        if let Some(current) = &mut self.current {
            current.digit.in_band |= carries(frame, current.digit.digit);
        }
        self.recent.frames[self.recent.next] = Some((at, *frame));
        self.recent.next = (self.recent.next + 1) % FRAMES_BEFORE;
    }

    /// When the current event is over if nothing more of it comes.
    pub fn deadline(&self) -> Option<At> {
        self.current.map(|current| current.last_at + LOST_END)
    }

    /// The digit that is over at `at` because its packets stopped.
    pub fn expire(&mut self, at: At) -> Option<Digit> {
        self.deadline().filter(|deadline| *deadline <= at).and_then(|_| self.finish())
    }

    /// Ends the current event.
    pub fn finish(&mut self) -> Option<Digit> {
        let current = self.current.take()?;
        self.told = Some(current.timestamp);
        Some(current.digit)
    }

    fn recently_in_band(&self, at: At, digit: char) -> bool {
        let mut frames = self.recent.frames.iter().flatten();
        self.current.is_none()
            && frames.any(|(heard, frame)| at.since(*heard) <= LOST_END && carries(frame, digit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: u8, end: bool, duration: u16) -> EventPayload {
        EventPayload { code, end, volume: 10, duration }
    }

    #[test]
    fn a_digit_is_told_once_at_its_third_end() {
        let mut receiver = DigitReceiver::default();
        let mut told = Vec::new();
        for n in 0..9u16 {
            let at = At::from_millis(u64::from(n) * 20);
            told.extend(receiver.packet(at, 500, 101, event(7, n >= 4, 160 * (n + 1).min(5))));
        }
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].digit, told[0].samples, told[0].end_packets), ('7', 800, 3));
        assert_eq!(receiver.deadline(), None);
    }

    #[test]
    fn a_digit_without_any_end_is_told_after_100_ms() {
        let mut receiver = DigitReceiver::default();
        assert_eq!(receiver.packet(At::from_millis(5), 500, 101, event(10, false, 160)), None);
        assert_eq!(receiver.deadline(), Some(At::from_millis(105)));
        assert_eq!(receiver.expire(At::from_millis(104)), None);
        let digit = receiver.expire(At::from_millis(105)).unwrap();
        assert_eq!((digit.digit, digit.end_packets), ('*', 0));
    }

    #[test]
    fn a_new_event_pushes_out_the_old_one() {
        let mut receiver = DigitReceiver::default();
        receiver.packet(At::ZERO, 500, 101, event(1, true, 800));
        let digit = receiver.packet(At::from_millis(20), 2000, 101, event(2, false, 160)).unwrap();
        assert_eq!((digit.digit, digit.end_packets), ('1', 1));
        assert_eq!(receiver.finish().map(|digit| digit.digit), Some('2'));
    }
}
