//! What a port lets in: every packet is opened, counted by what became of its protection, and let in or not.

use super::findings::Kind;
use super::receiver::Expected;
use super::{Fault, SrtpCounts};
use crate::control;
use crate::srtp::{CannotSecure, Key, Opener, OtherKey, Refusal, RtcpSeen, Whose};
use oxocert_machine::At;
use std::time::Duration;

/// What comes is of G.711: 10 ms are 80 bytes, so a payload of that length or a multiple has no tag.
const BYTES_OF_10_MS: usize = 80;

/// Bytes of a telephone-event without a tag.
const EVENT_LEN: usize = 4;

/// Earlier keys that are remembered.
const MOST_EARLIER: usize = 4;

/// So long packets under the key before the last change are let in: they left while the answer was on its way.
const CROSSING: Duration = Duration::from_millis(500);

/// What a port expects.
#[derive(Debug, Default)]
enum Expects {
    /// Clear packets, for there was never a key.
    #[default]
    Anything,
    /// Clear packets, keys having been given up.
    Clear,
    /// Protected packets, the key of which is not known yet, or is none: nothing is let in, nothing is judged.
    Unknown,
    /// Packets protected with this key.
    Keyed(Box<Opener>),
}

/// The admission of one port.
#[derive(Debug, Default)]
pub(super) struct Admission {
    expects: Expects,
    /// The key before, and until when its packets are let in.
    crossing: Option<(Box<Opener>, At)>,
    /// The keys before this one, the newest first.
    earlier: Vec<OtherKey>,
    lets_in_unauthenticated: bool,
    lets_in_replayed: bool,
}

/// What was found of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The port was never secured.
    Nothing,
    /// The tag is right and the index is new.
    Authenticated,
    /// Clear, as expected.
    ClearAsExpected,
    /// Refused; faulty devices let it in all the same.
    Refused(Refusal),
}

/// What to do with an RTP packet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Admitted<'a> {
    /// This packet is let in.
    Yes(&'a [u8], Found),
    /// It is counted, no more.
    No(Refusal),
    /// It is neither.
    Ignored,
}

impl Admission {
    /// Whether the port was ever secured.
    pub(super) fn was_secured(&self) -> bool {
        !matches!(self.expects, Expects::Anything)
    }

    /// The key of what comes.
    pub(super) fn key(&self) -> Option<&Key> {
        match &self.expects {
            Expects::Keyed(opener) => Some(opener.key()),
            _ => None,
        }
    }

    /// Expects packets under `receiving`. `awaited`: without a key it is not known yet. `sending`: our own keys, to tell when they
    /// come back. The same key goes on where it is. After an error nothing is let in.
    pub(super) fn secure<'a>(
        &mut self,
        at: At,
        receiving: Option<&Key>,
        awaited: bool,
        sending: impl Iterator<Item = &'a Key>,
    ) -> Result<(), CannotSecure> {
        if receiving != self.key() || receiving.is_none() {
            if let Expects::Keyed(before) = std::mem::replace(&mut self.expects, Expects::Unknown) {
                self.earlier.retain(|other| other.key() != before.key());
                self.earlier.insert(0, before.as_earlier());
                self.earlier.truncate(MOST_EARLIER);
                self.crossing = receiving.map(|_| (before, at + CROSSING));
            }
            match receiving {
                Some(key) => self.expects = Expects::Keyed(Box::new(Opener::new(key)?)),
                None if awaited => {}
                None => self.expects = Expects::Clear,
            }
        }
        if let Expects::Keyed(opener) = &mut self.expects {
            let sending = sending.filter_map(|key| OtherKey::new(Whose::OtherDirection, key).ok());
            opener.explain_by(self.earlier.iter().cloned().chain(sending));
        }
        Ok(())
    }

    /// Lets in what should not be.
    pub(super) fn spoil(&mut self, fault: Fault) {
        self.lets_in_unauthenticated |= fault == Fault::PlaysUnauthenticated;
        self.lets_in_replayed |= fault == Fault::PlaysReplayed;
    }

    /// Opens an RTP packet, if need be into `opened`.
    pub(super) fn rtp<'a>(
        &mut self,
        at: At,
        packet: &'a [u8],
        expected: Expected,
        opened: &'a mut Vec<u8>,
    ) -> Admitted<'a> {
        let opener = match &mut self.expects {
            Expects::Anything => return Admitted::Yes(packet, Found::Nothing),
            Expects::Clear => return Admitted::Yes(packet, Found::ClearAsExpected),
            Expects::Unknown => return Admitted::Ignored,
            Expects::Keyed(opener) => opener,
        };
        let refusal = match opener.rtp(packet, may_be_clear(packet, expected), opened) {
            Ok(()) => return Admitted::Yes(opened, Found::Authenticated),
            Err(refusal) => refusal,
        };
        if refusal == Refusal::OtherKey(Whose::Earlier)
            && let Some(before) = crossing(&mut self.crossing, at)
            && before.rtp(packet, false, opened).is_ok()
        {
            return Admitted::Yes(opened, Found::Authenticated);
        }
        let let_in = match refusal {
            Refusal::Replayed => self.lets_in_replayed,
            _ => self.lets_in_unauthenticated,
        };
        if !let_in {
            return Admitted::No(refusal);
        }
        if refusal == Refusal::Clear {
            return Admitted::Yes(packet, Found::Refused(refusal));
        }
        if opener.rtp_unchecked(packet, opened) {
            Admitted::Yes(opened, Found::Refused(refusal))
        } else {
            Admitted::No(refusal)
        }
    }

    /// Opens an RTCP packet, if need be into `opened`; `None`: it is not judged. What was found is `None` at a port that was never
    /// secured or is not any more.
    pub(super) fn rtcp<'a>(
        &mut self,
        at: At,
        packet: &'a [u8],
        opened: &'a mut Vec<u8>,
    ) -> Option<(&'a [u8], Option<RtcpSeen>)> {
        match &mut self.expects {
            Expects::Anything | Expects::Clear => Some((packet, None)),
            Expects::Unknown => None,
            Expects::Keyed(opener) => {
                let mut seen = opener.rtcp(packet, opened);
                if seen == RtcpSeen::Unauthenticated
                    && let Some(before) = crossing(&mut self.crossing, at)
                {
                    seen = before.rtcp(packet, opened);
                }
                Some((opened, Some(seen)))
            }
        }
    }
}

/// The key before, while its packets are let in.
fn crossing(crossing: &mut Option<(Box<Opener>, At)>, at: At) -> Option<&mut Opener> {
    crossing.take_if(|(_, until)| *until <= at);
    crossing.as_mut().map(|(before, _)| before.as_mut())
}

/// Whether a packet has a length that only plain RTP has.
fn may_be_clear(packet: &[u8], expected: Expected) -> bool {
    let Ok(reader) = rtp_rs::RtpReader::new(packet) else { return false };
    let length = reader.payload().len();
    let event = expected.event == Some(reader.payload_type()) && length == EVENT_LEN;
    event || (length > 0 && length.is_multiple_of(BYTES_OF_10_MS))
}

/// Counts what was found.
pub(super) fn count(counts: &mut SrtpCounts, found: Found) {
    match found {
        Found::Nothing => {}
        Found::Authenticated => counts.authenticated += 1,
        Found::ClearAsExpected | Found::Refused(Refusal::Clear) => counts.clear += 1,
        Found::Refused(Refusal::Replayed) => {
            counts.authenticated += 1;
            counts.replayed += 1;
        }
        Found::Refused(Refusal::RollOver { .. }) => counts.roll_over += 1,
        Found::Refused(Refusal::OtherKey(_)) => counts.other_key += 1,
        Found::Refused(Refusal::NoMki | Refusal::Unauthenticated) => counts.unauthenticated += 1,
    }
}

/// Counts an SRTCP packet.
pub(super) fn count_rtcp(counts: &mut SrtpCounts, seen: RtcpSeen) {
    match seen {
        RtcpSeen::Encrypted | RtcpSeen::Replayed => counts.rtcp_authenticated += 1,
        RtcpSeen::Unencrypted => {
            counts.rtcp_authenticated += 1;
            counts.rtcp_unencrypted += 1;
        }
        RtcpSeen::Unauthenticated => counts.rtcp_unauthenticated += 1,
    }
}

/// Under which kind a refusal is told.
pub(super) fn kind_of(refusal: Refusal) -> Kind {
    match refusal {
        Refusal::Replayed => Kind::Replayed,
        Refusal::RollOver { .. } => Kind::RollOver,
        Refusal::OtherKey(_) => Kind::OtherKey,
        Refusal::Clear => Kind::Clear,
        Refusal::NoMki => Kind::NoMki,
        Refusal::Unauthenticated => Kind::Unauthenticated,
    }
}

/// What to tell of an SRTCP packet; `None` where all is well.
pub(super) fn told_rtcp(seen: RtcpSeen, packet: &[u8]) -> Option<(Kind, &'static str)> {
    match seen {
        RtcpSeen::Encrypted => None,
        RtcpSeen::Unencrypted => Some((Kind::RtcpUnencrypted, "SRTCP is authenticated, but not encrypted")),
        RtcpSeen::Replayed => Some((Kind::RtcpReplayed, "SRTCP packet replayed: its index came before")),
        RtcpSeen::Unauthenticated if control::read(packet).is_ok() => {
            Some((Kind::RtcpClear, "plain RTCP where SRTCP was agreed"))
        }
        RtcpSeen::Unauthenticated => Some((
            Kind::RtcpUnauthenticated,
            "SRTCP packet does not authenticate: its tag is wrong, or its key is unknown",
        )),
    }
}
