//! What the agent remembers of one call.

use super::session::Session;
use super::{Body, CallState, Credentials, Header, Override};
use crate::dialog::Dialog;
use crate::message::Message;
use crate::transaction::{ClientKey, ServerKey};
use oxocert_machine::{At, Flow};
use std::time::Duration;

/// One call: its INVITE, its dialog and everything pending in it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) dialog: Dialog,
    pub(super) state: CallState,
    pub(super) flow: Flow,
    pub(super) contact_user: String,
    /// It was asked for by a sips URI, so that its Contacts are sips URIs too (RFC 3261 §8.1.1.8, §12.1.1).
    pub(super) sips: bool,
    /// We sent the INVITE.
    pub(super) outgoing: bool,
    /// The INVITE we received.
    pub(super) invite: Option<Message>,
    /// The transaction of the INVITE we received.
    pub(super) server: Option<ServerKey>,
    /// The transaction of our INVITE or re-INVITE that has no final response.
    pub(super) client: Option<ClientKey>,
    /// A provisional response to our INVITE came, so that CANCEL may go.
    pub(super) had_provisional: bool,
    pub(super) cancel: Cancel,
    pub(super) credentials: Option<Credentials>,
    /// Credentials of the last request, which ACK repeats (RFC 3261 §22.1).
    pub(super) authorization: Vec<Header>,
    pub(super) overrides: Vec<Override>,
    /// [`Override::NoRefresh`], which lasts.
    pub(super) no_refresh: bool,
    /// The last description we sent.
    pub(super) local_body: Option<Body>,
    /// The last description of the peer.
    pub(super) remote_body: Option<Vec<u8>>,
    /// The ACK to the last 2xx.
    pub(super) acked: Option<Acked>,
    /// CSeq of a 2xx whose offer the owner has to answer in the ACK.
    pub(super) owed_ack: Option<u32>,
    /// Do not send the ACK of the transaction itself (RFC 3261 §17.1.1.3) for the failed INVITE.
    pub(super) mute_ack: bool,
    /// Bytes to send later.
    pub(super) late: Vec<(At, Flow, Vec<u8>)>,
    /// Our 2xx that waits for its ACK.
    pub(super) ok: Option<Repeat>,
    /// CSeq number of the last 2xx of ours that was acknowledged.
    pub(super) confirmed: Option<u32>,
    /// Our reliable provisional response that waits for its PRACK, and its RSeq.
    pub(super) reliable: Option<(u32, Repeat)>,
    /// RSeq of our last reliable provisional response.
    pub(super) rseq: u32,
    /// RSeq of the last reliable provisional response we received.
    pub(super) seen_rseq: Option<u32>,
    pub(super) session: Option<Session>,
    /// BYE as soon as ACK has come (RFC 3261 §15: the callee waits for it).
    pub(super) bye_after_ack: Option<Vec<Header>>,
    /// A re-INVITE (or UPDATE with offer) of the peer waits for the owner.
    pub(super) modify_pending: bool,
    /// The peer allows UPDATE.
    pub(super) peer_updates: bool,
}

/// How far giving up our INVITE has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancel {
    No,
    /// As soon as a provisional response comes.
    Wanted,
    /// CANCEL is out; at this time the INVITE is given up (RFC 3261 §9.1).
    Sent(At),
}

/// The ACK to a 2xx.
#[derive(Debug)]
pub(super) struct Acked {
    pub(super) cseq: u32,
    /// Its bytes, `None`: none is sent, as ordered.
    pub(super) bytes: Option<(Flow, Vec<u8>)>,
    /// A repeated 2xx before this time is not acknowledged, as ordered.
    pub(super) not_before: At,
}

/// A response repeated until it is acknowledged.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) cseq: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) key: ServerKey,
    pub(super) next: At,
    pub(super) distance: Duration,
    pub(super) until: At,
}

impl Repeat {
    /// Starts at T1, gives up after 64*T1.
    pub(super) fn new(at: At, t1: Duration, cseq: u32, key: ServerKey, bytes: Vec<u8>) -> Repeat {
        let until = at + t1.saturating_mul(64);
        Repeat { cseq, bytes, key, next: at + t1, distance: t1, until }
    }

    pub(super) fn deadline(&self) -> At {
        self.next.min(self.until)
    }
}

/// Whether a URI asks for TLS on every hop (RFC 5630 §3).
pub(super) fn is_sips(uri: &str) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sips:"))
}

impl Call {
    pub(super) fn new(dialog: Dialog, flow: Flow, outgoing: bool, contact_user: String, sips: bool) -> Call {
        Call {
            dialog,
            state: if outgoing { CallState::Calling } else { CallState::Ringing },
            flow,
            contact_user,
            sips,
            outgoing,
            invite: None,
            server: None,
            client: None,
            had_provisional: false,
            cancel: Cancel::No,
            credentials: None,
            authorization: Vec::new(),
            overrides: Vec::new(),
            no_refresh: false,
            local_body: None,
            remote_body: None,
            acked: None,
            owed_ack: None,
            mute_ack: false,
            late: Vec::new(),
            ok: None,
            confirmed: None,
            reliable: None,
            rseq: 0,
            seen_rseq: None,
            session: None,
            bye_after_ack: None,
            modify_pending: false,
            peer_updates: false,
        }
    }

    /// Takes the first override that `wanted` chooses.
    pub(super) fn take(&mut self, wanted: impl Fn(&Override) -> bool) -> Option<Override> {
        let index = self.overrides.iter().position(wanted)?;
        Some(self.overrides.remove(index))
    }

    /// The call is over: nothing is repeated any more but what was ordered late.
    pub(super) fn over(&mut self) {
        self.state = CallState::Over;
        self.ok = None;
        self.reliable = None;
        self.session = None;
        self.client = None;
        self.owed_ack = None;
        self.cancel = Cancel::No;
        self.bye_after_ack = None;
    }

    /// When something of this call is due.
    pub(super) fn deadline(&self) -> Option<At> {
        let late = self.late.iter().map(|(at, _, _)| *at);
        let ok = self.ok.iter().map(Repeat::deadline);
        let reliable = self.reliable.iter().map(|(_, repeat)| repeat.deadline());
        let session = self.session.iter().map(Session::deadline);
        let cancel = match self.cancel {
            Cancel::Sent(until) => Some(until),
            Cancel::No | Cancel::Wanted => None,
        };
        late.chain(ok).chain(reliable).chain(session).chain(cancel).min()
    }
}
