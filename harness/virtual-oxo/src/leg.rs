//! Call legs: one dialog each, toward a set or toward the trunk, paired into conversations.

use crate::gateway::GatewayNo;
use crate::keys::LegKeys;
use oxocert_media::engine::{PortId, Source};
use oxocert_sip::sdp::Audio;
use oxocert_sip::ua::{CallId, RequestId};
use std::collections::BTreeMap;

/// Which user agent of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    /// Toward the operator.
    Trunk,
    /// Toward the sets.
    Lan,
}

/// One leg, named for the life of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LegId(pub u32);

/// How far a leg has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Their INVITE waits for our answer.
    Offered,
    /// Our INVITE waits for theirs.
    Calling,
    /// Answered.
    Up,
}

/// What an unanswered or parked leg is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A party of its own: a caller, or half of a conversation.
    Party,
    /// Called on behalf of a caller that waits.
    ForCaller(LegId),
    /// Called to take over a party that is already up and parked.
    ForParked(Parked),
    /// Served by the attendant.
    Attendant,
    /// Called for nobody.
    Nobody,
}

/// A party that waits in the box for the end of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parked {
    /// The party.
    pub leg: LegId,
    /// The leg that asked for the transfer and wants to know how it ends.
    pub referrer: Option<LegId>,
    /// The set to call back when it fails; `None` on a recall itself.
    pub recall: Option<String>,
}

/// An outgoing trunk call, as it can be tried again elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrunkCall {
    /// User part of the Request-URI.
    pub number: String,
    /// Whether it may not be refused.
    pub emergency: bool,
    /// Hide the caller.
    pub clir: bool,
    /// What From shows, E.164.
    pub from: String,
    /// What P-Asserted-Identity says: a number of this installation.
    pub identity: String,
    /// The number that diverted.
    pub diverted_by: Option<String>,
    /// Gateways tried, the one in use last.
    pub tried: Vec<GatewayNo>,
    /// Places of that one that were tried and left.
    pub left_places: usize,
}

/// One dialog of the box.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    /// Which user agent has it.
    pub side: Side,
    /// Its name there; `None` until the INVITE is out.
    pub call: Option<CallId>,
    /// Directory number of the set, where it is one.
    pub set: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// The other leg of the conversation.
    pub peer: Option<LegId>,
    /// What it is there for.
    pub purpose: Purpose,
    /// Their last description.
    pub remote: Option<Audio>,
    /// Their offer that waits for our answer.
    pub offer: Option<Vec<u8>>,
    /// Our last description.
    pub sent: Option<Vec<u8>>,
    /// `o=` session id.
    pub session_id: u64,
    /// `o=` version of `sent`.
    pub version: u64,
    /// The box's own media port for this leg.
    pub port: Option<PortId>,
    /// What the box plays to this leg while the leg has no other media party.
    pub playing: Option<Source>,
    /// The set has put the other leg on hold.
    pub holding: bool,
    /// Media goes through the box whatever the settings say (joining).
    pub relayed: bool,
    /// A description was sent before the final answer.
    pub early: bool,
    /// Something came back on our INVITE.
    pub heard: bool,
    /// The outgoing trunk call.
    pub wish: Option<TrunkCall>,
    /// Number of the caller as the far end of this leg is shown it.
    pub caller: String,
    /// SRTP.
    pub keys: LegKeys,
}

impl Leg {
    pub(crate) fn new(side: Side, stage: Stage, session_id: u64) -> Leg {
        Leg {
            side,
            call: None,
            set: None,
            stage,
            peer: None,
            purpose: Purpose::Party,
            remote: None,
            offer: None,
            sent: None,
            session_id,
            version: 1,
            port: None,
            playing: None,
            holding: false,
            relayed: false,
            early: false,
            heard: false,
            wish: None,
            caller: String::new(),
            keys: LegKeys::default(),
        }
    }
}

/// What is to be done with the answer to an offer of ours inside a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Play what the leg is to hear.
    Play,
    /// Tell the leg `sendonly` with the box's own address, then play.
    PlayAfterInactive,
    /// Answer the re-INVITE of this leg with it.
    PassOn {
        /// The leg.
        to: LegId,
        /// Its request.
        request: RequestId,
    },
    /// Go on joining this leg with the other.
    Join(Join),
    /// Nothing.
    Nothing,
}

/// Two legs on their way to a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Join {
    /// The other leg.
    pub other: LegId,
    /// 1: the first leg was told, 2: the second was, 3: the first was told again.
    pub step: u8,
    /// Who wants to know.
    pub referrer: Option<LegId>,
}

/// All legs that are not over.
#[derive(Debug, Default)]
pub(crate) struct Legs {
    legs: BTreeMap<LegId, Leg>,
    added: u32,
}

impl Legs {
    pub(crate) fn add(&mut self, leg: Leg) -> LegId {
        self.added += 1;
        let id = LegId(self.added);
        self.legs.insert(id, leg);
        id
    }

    pub(crate) fn get(&self, id: LegId) -> Option<&Leg> {
        self.legs.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: LegId) -> Option<Leg> {
        self.legs.remove(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (LegId, &Leg)> {
        self.legs.iter().map(|(id, leg)| (*id, leg))
    }

    /// The leg that a user agent calls `call`.
    pub(crate) fn find(&self, side: Side, call: CallId) -> Option<LegId> {
        self.iter().find(|(_, leg)| leg.side == side && leg.call == Some(call)).map(|(id, _)| id)
    }

    /// The leg that has this media port.
    pub(crate) fn with_port(&self, port: PortId) -> Option<LegId> {
        self.iter().find(|(_, leg)| leg.port == Some(port)).map(|(id, _)| id)
    }

    /// Legs that are called on behalf of this one.
    pub(crate) fn called_for(&self, id: LegId) -> Vec<LegId> {
        let is_for = |purpose: &Purpose| match purpose {
            Purpose::ForCaller(caller) => *caller == id,
            Purpose::ForParked(parked) => parked.leg == id,
            _ => false,
        };
        self.iter().filter(|(_, leg)| is_for(&leg.purpose)).map(|(id, _)| id).collect()
    }

    /// Legs of a set.
    pub(crate) fn of_set<'a>(&'a self, number: &'a str) -> impl Iterator<Item = LegId> + 'a {
        self.iter().filter(move |(_, leg)| leg.set.as_deref() == Some(number)).map(|(id, _)| id)
    }

    /// Trunk legs that count against the call budget.
    pub(crate) fn on_trunk(&self) -> usize {
        self.legs.values().filter(|leg| leg.side == Side::Trunk).count()
    }
}
