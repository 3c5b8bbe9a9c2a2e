//! The sender of telephone-events: one packet a packet time, growing duration, the end three times.

use super::{EventPayload, code_of};
use rand::Rng;
use rand::rngs::SmallRng;
use std::collections::VecDeque;

/// The volume of each event, in -dBm0.
const VOLUME: u8 = 10;

/// RFC 4733 §2.5.1.4: the last packet is sent three times in all.
const END_PACKETS: u32 = 3;

/// The longest event that its 16-bit duration can tell, in milliseconds.
const LONGEST_MS: u32 = 8000;

/// Digits to send.
#[derive(Debug, Clone)]
pub struct Order {
    /// `0-9*#A-D`; other characters are left out.
    pub digits: String,
    /// Milliseconds of each, at most 8000.
    pub duration_ms: u32,
    /// Milliseconds between two.
    pub gap_ms: u32,
    /// Of the packets of a digit, how many in a hundred are not sent; one of each digit always is.
    pub loss_percent: u8,
}

/// What takes the place of an audio packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// Payload.
    pub payload: EventPayload,
    /// The timestamp at which the event began.
    pub timestamp: u32,
    /// First packet of the event.
    pub marker: bool,
    /// Counts as sent, but is lost on purpose.
    pub lost: bool,
}

/// The events that wait, and the one being sent.
#[derive(Debug, Clone, Default)]
pub struct DigitSender {
    waiting: VecDeque<Waiting>,
    active: Option<Active>,
    /// The timestamp before which no event begins.
    pause_until: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    code: u8,
    samples: u32,
    gap: u32,
    loss_percent: u8,
}

#[derive(Debug, Clone, Copy)]
struct Active {
    digit: Waiting,
    began: u32,
    /// Packets so far, and those of them that were really sent.
    packets: u32,
    sent: u32,
    ends: u32,
}

impl DigitSender {
    /// Puts digits behind those that wait.
    pub fn order(&mut self, order: &Order) {
        let samples = order.duration_ms.clamp(1, LONGEST_MS) * 8;
        let gap = order.gap_ms.min(3_600_000) * 8;
        let loss_percent = order.loss_percent;
        self.waiting.extend(order.digits.chars().filter_map(code_of).map(|code| Waiting {
            code,
            samples,
            gap,
            loss_percent,
        }));
    }

    /// Forgets everything that waits, and the event being sent.
    pub fn clear(&mut self) {
        *self = DigitSender::default();
    }

    /// What to send instead of the audio packet of `timestamp`; `None`: the audio.
    pub fn next(&mut self, timestamp: u32, packet_samples: u32, rng: &mut SmallRng) -> Option<EventPacket> {
        if self.active.is_none() {
            let pausing = self.pause_until.is_some_and(|until| (until.wrapping_sub(timestamp) as i32) > 0);
            if pausing {
                return None;
            }
            self.pause_until = None;
            let digit = self.waiting.pop_front()?;
            self.active = Some(Active { digit, began: timestamp, packets: 0, sent: 0, ends: 0 });
        }
        let active = self.active.as_mut()?;
        active.packets += 1;
        let duration = active.packets.saturating_mul(packet_samples).min(active.digit.samples);
        let end = duration >= active.digit.samples;
        active.ends += u32::from(end);
        let finished = active.ends >= END_PACKETS;
        let must_be_sent = finished && active.sent == 0;
        let lost = rng.random_range(0..100u8) < active.digit.loss_percent && !must_be_sent;
        active.sent += u32::from(!lost);
        let payload = EventPayload {
            code: active.digit.code,
            end,
            volume: VOLUME,
            duration: duration.min(0xffff) as u16,
        };
        let packet = EventPacket { payload, timestamp: active.began, marker: active.packets == 1, lost };
        if finished {
            self.pause_until = Some(active.began.wrapping_add(active.digit.samples + active.digit.gap));
            self.active = None;
        }
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxocert_machine::Seed;

    fn packets(order: &Order, slots: u32) -> Vec<Option<EventPacket>> {
        let mut rng = Seed(7).generator("digits");
        let mut sender = DigitSender::default();
        sender.order(order);
        (0..slots).map(|slot| sender.next(1000 + slot * 160, 160, &mut rng)).collect()
    }

    #[test]
    fn a_digit_of_100_ms_is_seven_packets() {
        let order = Order { digits: "5".into(), duration_ms: 100, gap_ms: 0, loss_percent: 0 };
        let sent: Vec<_> = packets(&order, 9).into_iter().flatten().collect();
        let durations: Vec<_> = sent.iter().map(|packet| packet.payload.duration).collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 800, 800]);
        assert_eq!(sent.iter().filter(|packet| packet.payload.end).count(), 3);
        assert!(sent.iter().all(|packet| packet.timestamp == 1000));
        assert!(sent.iter().enumerate().all(|(n, packet)| packet.marker == (n == 0)));
    }

    #[test]
    fn the_next_digit_waits_for_the_gap() {
        let order = Order { digits: "12".into(), duration_ms: 100, gap_ms: 100, loss_percent: 0 };
        let sent = packets(&order, 17);
        assert!(sent[7..10].iter().all(Option::is_none), "{sent:?}");
        assert_eq!(sent[10].map(|packet| packet.timestamp), Some(1000 + 1600));
    }

    #[test]
    fn never_all_packets_of_a_digit_are_lost() {
        let order = Order { digits: "123".into(), duration_ms: 60, gap_ms: 40, loss_percent: 100 };
        let sent = packets(&order, 40);
        for code in 1..=3 {
            let arrived = sent.iter().flatten().filter(|p| p.payload.code == code && !p.lost).count();
            assert_eq!(arrived, 1);
        }
    }
}
