//! The last thing that happens to a packet before it leaves: its protection, and trouble ordered on purpose.

use super::fault::Faults;
use super::{Event, Fault, Trouble};
use crate::srtp::{CannotSecure, Key, Protector};
use oxocert_machine::{Flow, Output};
use std::collections::VecDeque;

/// Of so many packets one leaves plain under [`Fault::ClearNowAndThen`].
const NOW_AND_THEN: u64 = 50;

/// Earlier keys that are remembered.
const MOST_EARLIER: usize = 4;

/// How a port's packets are protected.
#[derive(Debug, Default)]
enum Protection {
    /// Not.
    #[default]
    Clear,
    /// With a key.
    Keyed(Box<Protector>),
    /// A key was ordered that is none: nothing may leave, least of all in clear.
    Broken,
}

/// What guards the packets that leave a port.
#[derive(Debug, Default)]
pub(super) struct Guard {
    protection: Protection,
    /// The keys before this one, the newest last.
    pub(super) earlier: Vec<Key>,
    /// Protects RTP instead, its roll-over counter being wrong: a fault.
    forgetful: Option<Protector>,
    /// Protects RTP with a key that nobody agreed: a trouble.
    stranger: Option<Protector>,
    bad_tags: u32,
    replays: u32,
    clears: u32,
    wrong_keys: u32,
    packets: u64,
    last_number: Option<u16>,
    /// The last packet that left.
    last: Vec<u8>,
}

impl Guard {
    /// The key in use.
    pub(super) fn key(&self) -> Option<&Key> {
        match &self.protection {
            Protection::Keyed(protector) => Some(protector.key()),
            Protection::Clear | Protection::Broken => None,
        }
    }

    /// Protects with `key` from now on; `None`: not. The same key goes on where it is. After an error nothing leaves.
    pub(super) fn secure(&mut self, key: Option<&Key>, faults: &Faults) -> Result<(), CannotSecure> {
        if key == self.key() && !matches!(self.protection, Protection::Broken) {
            return Ok(());
        }
        if faults.has(Fault::OldKeyUsedOn) && key.is_some() && self.key().is_some() {
            return Ok(());
        }
        if let Some(before) = self.key().cloned() {
            remember(&mut self.earlier, before);
        }
        (self.forgetful, self.stranger) = (None, None);
        self.protection = Protection::Broken;
        self.protection = match key {
            Some(key) => Protection::Keyed(Box::new(Protector::new(key)?)),
            None => Protection::Clear,
        };
        Ok(())
    }

    /// Makes trouble in the next packets. [`Trouble::StartAt`] is the port's.
    pub(super) fn trouble(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::BadTag { packets } => self.bad_tags = packets,
            Trouble::Replay { packets } => self.replays = packets,
            Trouble::Clear { packets } => self.clears = packets,
            Trouble::WrongKey { packets } => self.wrong_keys = packets,
            Trouble::StartAt { .. } => {}
        }
    }

    /// Lets the RTP packet `bytes` with sequence number `number` leave.
    pub(super) fn rtp(
        &mut self,
        mut bytes: Vec<u8>,
        number: u16,
        faults: &Faults,
        (flow, tos): (Flow, u8),
        out: &mut VecDeque<Output<Event>>,
    ) {
        let wrapped = self.last_number.replace(number).is_some_and(|last| last > 0xc000 && number < 0x4000);
        self.packets += 1;
        match &mut self.protection {
            Protection::Clear => {}
            Protection::Broken => return,
            Protection::Keyed(protector) => {
                let plain = self.clears > 0
                    || faults.has(Fault::ClearRtp)
                    || (faults.has(Fault::ClearNowAndThen) && self.packets.is_multiple_of(NOW_AND_THEN));
                let instead = if self.wrong_keys > 0 {
                    stranger(&mut self.stranger, protector.key())
                } else if faults.has(Fault::RollOverForgotten) {
                    forgetful(&mut self.forgetful, protector.key(), wrapped)
                } else {
                    None
                };
                let altered = plain.then(|| bytes.clone());
                if protect(protector, instead, &mut bytes).is_err() {
                    return;
                }
                if self.bad_tags > 0 || faults.has(Fault::BadTag) {
                    flip_last_bit(&mut bytes);
                }
                if let Some(plain) = altered {
                    bytes = plain;
                }
                for left in [&mut self.clears, &mut self.wrong_keys, &mut self.bad_tags] {
                    *left = left.saturating_sub(1);
                }
            }
        }
        let copy = (self.replays > 0 && !self.last.is_empty()).then(|| self.last.clone());
        self.last.clear();
        self.last.extend_from_slice(&bytes);
        out.push_back(Output::Transmit { flow, tos, bytes });
        if let Some(bytes) = copy {
            self.replays -= 1;
            out.push_back(Output::Transmit { flow, tos, bytes });
        }
    }

    /// Protects a compound RTCP packet. `false`: it may not leave.
    pub(super) fn rtcp(&mut self, bytes: &mut Vec<u8>, faults: &Faults) -> bool {
        match &mut self.protection {
            Protection::Clear => true,
            Protection::Broken => false,
            Protection::Keyed(_) if faults.has(Fault::ClearRtcp) => true,
            Protection::Keyed(protector) => protector.rtcp(bytes).is_ok(),
        }
    }

    /// Bytes that protection adds to an RTP packet at most, to have them ready.
    pub(super) fn room(&self) -> usize {
        match &self.protection {
            Protection::Keyed(_) => Protector::ROOM,
            Protection::Clear | Protection::Broken => 0,
        }
    }
}

/// Protects with `instead` where there is one. The true one follows the numbers all the same, so that it knows where it is after.
fn protect(
    true_one: &mut Protector,
    instead: Option<&mut Protector>,
    bytes: &mut Vec<u8>,
) -> Result<(), CannotSecure> {
    let Some(instead) = instead else { return true_one.rtp(bytes) };
    let mut copy = bytes.clone();
    true_one.rtp(&mut copy)?;
    instead.rtp(bytes)
}

/// A key that nobody agreed: every bit of the true one turned.
fn stranger<'a>(stranger: &'a mut Option<Protector>, key: &Key) -> Option<&'a mut Protector> {
    if stranger.is_none() {
        let key_and_salt = key.key_and_salt.iter().map(|byte| !byte).collect();
        *stranger = Protector::new(&Key { key_and_salt, ..key.clone() }).ok();
    }
    stranger.as_mut()
}

/// Begins anew at each wrap, so that the roll-over counter stays 0.
fn forgetful<'a>(
    forgetful: &'a mut Option<Protector>,
    key: &Key,
    wrapped: bool,
) -> Option<&'a mut Protector> {
    if forgetful.is_none() || wrapped {
        *forgetful = Protector::new(key).ok();
    }
    forgetful.as_mut()
}

/// The tag is the last thing in a packet.
fn flip_last_bit(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

/// Puts `key` behind those that are remembered, the oldest of too many goes.
fn remember(earlier: &mut Vec<Key>, key: Key) {
    earlier.retain(|other| *other != key);
    earlier.push(key);
    if earlier.len() > MOST_EARLIER {
        earlier.remove(0);
    }
}
