//! What is heard: frames of one stream debounced to sounds, and the sounds of a port's streams to its events.

use super::{Event, PortId, Sound};
use crate::g711;
use crate::tone::detect::{Detector, FRAME, Frame};
use oxocert_machine::At;
use std::net::SocketAddr;
use std::time::Duration;

/// Without a packet for so long nothing is heard (packets longer than 20 ms add their surplus).
const NOTHING_AFTER: Duration = Duration::from_millis(60);

/// Which stream: its source and SSRC.
pub(super) type StreamKey = (SocketAddr, u32);

/// A sound that a stream changed to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    pub(super) sound: Sound,
    pub(super) level_dbm0: f64,
    pub(super) since: At,
}

/// The ear for one stream.
#[derive(Debug, Clone)]
pub(super) struct Ear {
    detector: Detector,
    frame: [u8; FRAME],
    filled: usize,
    frame_since: At,
    sound: Option<Sound>,
    candidate: Option<(Frame, At)>,
    last_packet: Option<At>,
    packet_time: Duration,
}

impl Default for Ear {
    fn default() -> Self {
        Ear {
            detector: Detector::default(),
            frame: [g711::SILENCE; FRAME],
            filled: 0,
            frame_since: At::ZERO,
            sound: None,
            candidate: None,
            last_packet: None,
            packet_time: Duration::from_millis(20),
        }
    }
}

impl Ear {
    /// What is heard of the stream now.
    pub(super) fn sound(&self) -> Option<Sound> {
        self.sound
    }

    /// Takes a packet's A-law payload; `follows` tells that no packet is missing before it. Whole frames are shown
    /// to `each_frame`; a change of sound comes back.
    pub(super) fn packet(
        &mut self,
        at: At,
        mut payload: &[u8],
        follows: bool,
        mut each_frame: impl FnMut(&[u8; FRAME]),
    ) -> Option<Change> {
        self.packet_time = Duration::from_nanos(payload.len() as u64 * g711::SAMPLE_NS);
        self.alive(at);
        if !follows {
            // The rest of a frame across a hole would be a phase jump that nobody sent.
            self.filled = 0;
        }
        let mut change = None;
        while !payload.is_empty() {
            if self.filled == 0 {
                self.frame_since = at;
            }
            let take = payload.len().min(FRAME - self.filled);
            let (head, rest) = payload.split_at(take);
            self.frame[self.filled..self.filled + take].copy_from_slice(head);
            self.filled += take;
            payload = rest;
            if self.filled == FRAME {
                self.filled = 0;
                each_frame(&self.frame);
                let frame = self.detector.frame(&self.frame);
                change = self.debounce(frame).or(change);
            }
        }
        change
    }

    /// A packet that carries no audio (a telephone-event) shows that the stream lives.
    pub(super) fn alive(&mut self, at: At) {
        self.last_packet = Some(self.last_packet.map_or(at, |last| last.max(at)));
    }

    /// When nothing is heard of the stream if no packet comes.
    pub(super) fn deadline(&self) -> Option<At> {
        let surplus = self.packet_time.saturating_sub(Duration::from_millis(20));
        self.last_packet.map(|last| last + NOTHING_AFTER + surplus)
    }

    /// Ends the sound of a stream without packets; gives the time from which on nothing was heard.
    pub(super) fn expire(&mut self) -> Option<At> {
        let since = self.last_packet.take()? + self.packet_time;
        (self.filled, self.candidate) = (0, None);
        self.sound.take().map(|_| since)
    }

    fn debounce(&mut self, frame: Frame) -> Option<Change> {
        if self.sound == Some(frame.sound) {
            self.candidate = None;
            return None;
        }
        match self.candidate.take() {
            Some((first, since)) if first.sound == frame.sound => {
                self.sound = Some(frame.sound);
                let level_dbm0 = g711::level_of((first.mean_square + frame.mean_square) / 2.0);
                Some(Change { sound: frame.sound, level_dbm0, since })
            }
            _ => {
                self.candidate = Some((frame, self.frame_since));
                None
            }
        }
    }
}

/// What was last told of a port.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    last: Option<(StreamKey, Sound)>,
}

impl Told {
    /// The event for a stream's change; `None` where the same source goes on with the same sound in a new stream.
    pub(super) fn change(&mut self, port: PortId, stream: StreamKey, change: Change) -> Option<Event> {
        let same = self.last.is_some_and(|((remote, _), sound)| remote == stream.0 && sound == change.sound);
        self.last = Some((stream, change.sound));
        (!same).then_some(Event::Heard {
            port,
            remote: Some(stream.0),
            sound: change.sound,
            level_dbm0: Some(change.level_dbm0),
            since: change.since,
        })
    }

    /// The event for the end of a stream's sound: another stream that still sounds, or nothing.
    pub(super) fn ended(
        &mut self,
        port: PortId,
        stream: StreamKey,
        since: At,
        other: Option<(StreamKey, Sound)>,
    ) -> Option<Event> {
        let (told, sound) = self.last?;
        if told != stream {
            return None;
        }
        self.last = other;
        match other {
            Some(((remote, _), other_sound)) if remote == told.0 && other_sound == sound => None,
            Some(((remote, _), sound)) => {
                Some(Event::Heard { port, remote: Some(remote), sound, level_dbm0: None, since })
            }
            None => Some(Event::Heard { port, remote: None, sound: Sound::Nothing, level_dbm0: None, since }),
        }
    }
}
