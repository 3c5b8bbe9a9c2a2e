//! One call leg between the DUT and a role.

use super::Session;
use oxocert_machine::At;
use oxocert_record::RoleName;
use oxocert_scenario::model::step::HoldStyle;
use oxocert_sip::ua::{CallId, RequestId};

/// A leg, numbered in the order of creation over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LegId(pub(crate) u32);

/// Whose leg it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A set.
    Set(RoleName),
    /// A PSTN party.
    Party(RoleName),
    /// The application server behind the a-SBC: one leg of a forced on-net call.
    ApplicationServer,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LegState {
    /// Our INVITE is out.
    Calling,
    /// The DUT's INVITE waits for our answer.
    Ringing,
    /// Answered.
    Up,
    /// The SIP dialog is gone, the call goes on inside the network: the DUT left it by REFER.
    InNetwork,
    /// Finished.
    Over,
}

/// One call leg.
#[derive(Debug)]
pub(crate) struct Leg {
    /// Its number.
    pub(crate) id: LegId,
    /// The role whose user agent has it: `sbc.nominal`, `set.hq1`.
    pub(crate) agent: RoleName,
    /// Its name in the user agent; `None` for a call inside the network alone.
    pub(crate) call: Option<CallId>,
    /// Whose it is.
    pub(crate) owner: Owner,
    /// Its state.
    pub(crate) state: LegState,
    /// Our side of the media.
    pub(crate) session: Session,
    /// The offer of the DUT's INVITE, not answered yet.
    pub(crate) offer: Option<Vec<u8>>,
    /// How we hold it.
    pub(crate) hold: Option<HoldStyle>,
    /// Our re-INVITE under way, and the hold it would bring.
    pub(crate) modifying: Option<(RequestId, Option<HoldStyle>)>,
    /// When a re-INVITE refused with 491 is tried again, and the hold it would bring.
    pub(crate) retry: Option<(At, Option<HoldStyle>)>,
    /// Our REFER gave it away: nothing is sent on it any more, and a NOTIFY of success ends it.
    pub(crate) referred: bool,
    /// The other leg of a forced on-net call.
    pub(crate) bridged: Option<LegId>,
    /// The leg it talks to inside the network after a REFER.
    pub(crate) joined: Option<LegId>,
}

impl Leg {
    /// The role that hears and speaks on it; for the application server that is its a-SBC.
    pub(crate) fn role(&self) -> &RoleName {
        match &self.owner {
            Owner::Set(role) | Owner::Party(role) => role,
            Owner::ApplicationServer => &self.agent,
        }
    }

    /// Whether it is not over.
    pub(crate) fn is_open(&self) -> bool {
        self.state != LegState::Over
    }

    /// Whether a SIP dialog, or the attempt at one, is open with the DUT.
    pub(crate) fn has_dialog(&self) -> bool {
        matches!(self.state, LegState::Calling | LegState::Ringing | LegState::Up)
    }

    /// Whether people can talk on it.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, LegState::Up | LegState::InNetwork)
    }
}
