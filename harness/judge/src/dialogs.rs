//! Call legs between the harness and the DUT, rebuilt from the messages: who called, when it was answered, when it
//! ended, and which media addresses each side announced when.

use crate::timeline::Seen;
use oxocert_machine::At;
use oxocert_record::{EventNo, RoleName};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// One call leg: the INVITE with this Call-ID at this role of the harness.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    /// The a-SBC or set.
    pub point: RoleName,
    /// The PSTN party, where it is known.
    pub party: Option<RoleName>,
    /// The Call-ID.
    pub call_id: String,
    /// Whether the DUT sent the INVITE.
    pub by_dut: bool,
    /// The initial INVITE.
    pub invite: EventNo,
    /// When it was sent or received.
    pub begun: At,
    /// The first 2xx to it.
    pub answered: Option<At>,
    /// When it ended and how.
    pub ended: Option<End>,
    /// Addresses the DUT announced for its audio, and since when.
    pub dut_media: Vec<(At, SocketAddr)>,
    /// Addresses the harness announced for its audio, and since when.
    pub harness_media: Vec<(At, SocketAddr)>,
}

/// The end of a leg.
#[derive(Debug, Clone)]
pub(crate) struct End {
    /// When: BYE, the final refusal, or the 200 to CANCEL.
    pub at: At,
    /// The event.
    pub event: EventNo,
    /// How.
    pub how: EndKind,
}

/// How a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndKind {
    /// BYE of the DUT.
    ByeOfDut,
    /// BYE of the harness that the DUT answered with 2xx, or with 481 because it knew no such dialog any more.
    ByeOfHarness,
    /// A final answer of 300 or more to the INVITE.
    Refused,
}

impl End {
    /// Whether the DUT ended the leg: its BYE, or its refusal of a call of the harness.
    pub fn is_by_dut(&self, leg: &Leg) -> bool {
        match self.how {
            EndKind::ByeOfDut => true,
            EndKind::Refused => !leg.by_dut,
            EndKind::ByeOfHarness => false,
        }
    }
}

impl Leg {
    /// Whether a dialog is established at that moment: answered, not yet ended. Early dialogs do not count.
    pub fn is_up(&self, at: At) -> bool {
        self.answered.is_some_and(|answered| answered <= at)
            && self.ended.as_ref().is_none_or(|end| end.at > at)
    }

    /// Whether the leg was a call at some moment between the two.
    pub fn is_alive_between(&self, from: At, to: At) -> bool {
        self.begun <= to && self.ended.as_ref().is_none_or(|end| end.at >= from)
    }

    /// The last moment of the leg, `None` while it is open.
    pub fn end(&self) -> Option<At> {
        self.ended.as_ref().map(|end| end.at)
    }
}

/// The legs among these messages, in the order they began.
pub(crate) fn legs<'s, 'a: 's>(messages: impl Iterator<Item = &'s Seen<'a>>) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::new();
    let mut index: BTreeMap<(RoleName, String), usize> = BTreeMap::new();
    let mut byes: BTreeMap<(RoleName, String), (At, EventNo)> = BTreeMap::new();
    for seen in messages {
        let Some(call_id) = seen.call_id() else { continue };
        let key = (seen.on.point.clone(), call_id.to_owned());
        let is_invite = seen.is_request("INVITE");
        if is_invite && !index.contains_key(&key) && seen.sip().is_some_and(|sip| sip.to_tag().is_none()) {
            index.insert(key.clone(), legs.len());
            legs.push(Leg {
                point: seen.on.point.clone(),
                party: seen.on.party.clone(),
                call_id: call_id.to_owned(),
                by_dut: seen.is_from_dut(),
                invite: seen.n,
                begun: seen.at,
                answered: None,
                ended: None,
                dut_media: Vec::new(),
                harness_media: Vec::new(),
            });
        }
        let Some(leg) = index.get(&key).and_then(|index| legs.get_mut(*index)) else { continue };
        if leg.party.is_none() {
            leg.party.clone_from(&seen.on.party);
        }
        note_media(leg, seen);
        note_progress(leg, seen, byes.get(&key).copied());
        if seen.is_request("BYE") && seen.is_from_harness() {
            byes.entry(key).or_insert((seen.at, seen.n));
        }
    }
    legs
}

fn note_media(leg: &mut Leg, seen: &Seen<'_>) {
    let Some(audio) = seen.sdp.as_ref().and_then(|sdp| sdp.audio.as_ref()) else { return };
    let Some(address) = audio.ip().filter(|ip| audio.port != 0 && !ip.is_unspecified()) else { return };
    let address = SocketAddr::new(address, audio.port);
    let list = if seen.is_from_dut() { &mut leg.dut_media } else { &mut leg.harness_media };
    if list.last().is_none_or(|(_, last)| *last != address) {
        list.push((seen.at, address));
    }
}

fn note_progress(leg: &mut Leg, seen: &Seen<'_>, bye: Option<(At, EventNo)>) {
    let invite_transaction = seen.method() == Some("INVITE");
    match seen.status() {
        Some(200..=299) if invite_transaction => {
            leg.answered.get_or_insert(seen.at);
        }
        // A refusal ends the leg only while it is not answered: a refused re-INVITE leaves the dialog as it was
        // (RFC 3261 §14.1). 401 and 407 are asked again under the same Call-ID.
        Some(code)
            if invite_transaction
                && code >= 300
                && code != 401
                && code != 407
                && leg.answered.is_none()
                && leg.ended.is_none() =>
        {
            leg.ended = Some(End { at: seen.at, event: seen.n, how: EndKind::Refused });
        }
        Some(code) if seen.method() == Some("BYE") && ((200..300).contains(&code) || code == 481) => {
            if let (Some((at, event)), None, true) = (bye, &leg.ended, seen.is_from_dut()) {
                leg.ended = Some(End { at, event, how: EndKind::ByeOfHarness });
            }
        }
        None if seen.is_request("BYE") && seen.is_from_dut() && leg.ended.is_none() => {
            leg.ended = Some(End { at: seen.at, event: seen.n, how: EndKind::ByeOfDut });
        }
        // The same Call-ID asked again (after 401, 407 or 422): the leg goes on.
        None if invite_transaction
            && leg.ended.as_ref().is_some_and(|end| end.how == EndKind::Refused)
            && seen.sip().is_some_and(|sip| sip.is_request() && sip.to_tag().is_none())
            && !seen.on.retransmission =>
        {
            leg.ended = None;
        }
        _ => {}
    }
}
