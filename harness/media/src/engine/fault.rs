//! What a faulty device does to its packets: ordered by the virtual OXO for its defects, never by a bench.

use super::Fault;
use super::sender::Forwarded;
use crate::dtmf::{self, EventPayload};

/// How long an event lasts that is cut short: 20 ms in samples.
const SHORT_EVENT: u16 = 160;

/// A packet after the faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Altered {
    pub(super) payload_type: u8,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

/// The faults of one port, and where it is in the events it spoils.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    faults: Vec<Fault>,
    /// Timestamp of the event under way.
    event: Option<u32>,
    events: u32,
    ends: u32,
    /// The packet that waits for the next one.
    waiting: Option<Altered>,
    packets: u32,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if !self.has(fault) {
            self.faults.push(fault);
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// Whether the next packet is lost on its way.
    pub(super) fn loses_next(&mut self) -> bool {
        self.packets = self.packets.wrapping_add(1);
        self.has(Fault::OneIn50Lost) && self.packets.is_multiple_of(50)
    }

    /// What leaves instead of `packet`.
    pub(super) fn alter(&mut self, packet: Forwarded<'_>, event_type: Option<u8>) -> Vec<Altered> {
        let event =
            (event_type == Some(packet.payload_type)).then(|| EventPayload::read(packet.payload)).flatten();
        let mut packets = match event {
            Some(event) => self.event(packet, event),
            None => vec![whole(packet, packet.payload.to_vec())],
        };
        for packet in &mut packets {
            if self.has(Fault::HalfTimestamps) {
                packet.timestamp /= 2;
            }
            if self.has(Fault::HalfPayload) && event.is_none() {
                packet.payload.truncate(packet.payload.len() / 2);
            }
        }
        if self.has(Fault::InPairs) && event.is_none() {
            return self.in_pairs(packets);
        }
        packets
    }

    fn in_pairs(&mut self, packets: Vec<Altered>) -> Vec<Altered> {
        let mut leaving = Vec::new();
        for packet in packets {
            match self.waiting.take() {
                Some(waiting) => leaving.extend([waiting, packet]),
                None => self.waiting = Some(packet),
            }
        }
        leaving
    }

    fn event(&mut self, packet: Forwarded<'_>, mut event: EventPayload) -> Vec<Altered> {
        let mut packets = Vec::new();
        if self.event != Some(packet.timestamp) {
            self.event = Some(packet.timestamp);
            self.events = self.events.wrapping_add(1);
            self.ends = 0;
        }
        let (before, at_end) = (self.ends, event.end);
        self.ends = before.saturating_add(u32::from(at_end));
        if self.has(Fault::EveryOtherEventLost) && self.events.is_multiple_of(2) {
            return packets;
        }
        if self.has(Fault::OneEndPacket) && at_end && before > 0 {
            return packets;
        }
        if self.has(Fault::EventsInAudioToo)
            && let Some(audio) =
                dtmf::digit_of(event.code).and_then(|digit| dtmf::key_tone(digit, packet.timestamp))
        {
            let timestamp = packet.timestamp.wrapping_add(u32::from(event.duration));
            packets.push(Altered { payload_type: 8, timestamp, marker: false, payload: audio });
        }
        if self.has(Fault::EventsCut) {
            event.duration = event.duration.min(SHORT_EVENT);
        }
        let mut altered = whole(packet, event.bytes().to_vec());
        for fault in &self.faults {
            if let Fault::EventsAsType(other) = fault {
                altered.payload_type = *other;
            }
        }
        packets.push(altered);
        packets
    }
}

fn whole(packet: Forwarded<'_>, payload: Vec<u8>) -> Altered {
    Altered { payload_type: packet.payload_type, timestamp: packet.timestamp, marker: packet.marker, payload }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(fault: Fault) -> Vec<Altered> {
        let mut faults = Faults::default();
        faults.add(fault);
        let mut out = Vec::new();
        for timestamp in [1000, 5000] {
            for (duration, end) in [(160, false), (320, true), (320, true), (320, true)] {
                let payload = EventPayload { code: 5, end, volume: 10, duration }.bytes();
                let packet = Forwarded { payload_type: 101, timestamp, marker: false, payload: &payload };
                out.extend(faults.alter(packet, Some(101)));
            }
        }
        out
    }

    #[test]
    fn events_lose_their_ends_their_length_or_themselves() {
        let ends = |packets: &[Altered]| {
            packets.iter().filter(|p| EventPayload::read(&p.payload).is_some_and(|e| e.end)).count()
        };
        assert_eq!(ends(&run(Fault::OneEndPacket)), 2);
        assert_eq!(ends(&run(Fault::EveryOtherEventLost)), 3);
        let cut = run(Fault::EventsCut);
        assert!(cut.iter().all(|p| EventPayload::read(&p.payload).is_some_and(|e| e.duration == 160)));
        assert!(run(Fault::EventsAsType(99)).iter().all(|p| p.payload_type == 99));
    }

    #[test]
    fn events_may_be_in_the_audio_too() {
        let both = run(Fault::EventsInAudioToo);
        assert_eq!(both.len(), 16);
        assert!(both.iter().filter(|p| p.payload_type == 8).all(|p| dtmf::carries(&p.payload, '5')));
    }

    #[test]
    fn audio_leaves_in_pairs_or_is_lost_now_and_then() {
        let mut faults = Faults::default();
        faults.add(Fault::InPairs);
        let mut left = Vec::new();
        for number in 0..4u32 {
            let packet =
                Forwarded { payload_type: 8, timestamp: number * 160, marker: false, payload: &[0xd5; 160] };
            left.push(
                faults.alter(packet, Some(101)).iter().map(|packet| packet.timestamp).collect::<Vec<_>>(),
            );
        }
        assert_eq!(left, [vec![], vec![0, 160], vec![], vec![320, 480]]);
        assert_eq!((0..100).filter(|_| faults.loses_next()).count(), 0);
        faults.add(Fault::OneIn50Lost);
        assert_eq!((0..100).filter(|_| faults.loses_next()).count(), 2);
    }

    #[test]
    fn audio_is_halved_in_time_or_size() {
        let packet = Forwarded { payload_type: 8, timestamp: 3200, marker: false, payload: &[0xd5; 160] };
        let mut faults = Faults::default();
        faults.add(Fault::HalfTimestamps);
        faults.add(Fault::HalfPayload);
        let altered = faults.alter(packet, Some(101));
        assert_eq!((altered[0].timestamp, altered[0].payload.len()), (1600, 80));
    }
}
