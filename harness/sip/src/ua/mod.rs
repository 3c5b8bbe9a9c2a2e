//! The user agent: calls, requests outside calls, and everything automatic (100, retransmissions, ACK,
//! session refresh, PRACK), with overrides for each automatic thing.
//!
//! One [`UserAgent`] per SIP address (`sbc.nominal`, `set.hq1`, a DUT's trunk side, a DUT's set side). It is the
//! whole SIP brain of a role; offer and answer bodies come from its owner as bytes.
//!
//! Feed it with `receive`, `timeout`, the `call`... methods; after each, drain `poll`.

mod acknowledging;
mod agent;
mod answering;
mod call;
mod compose;
mod draft;
mod due;
mod in_dialog;
mod ordering;
mod reason;
mod reliable;
mod requests;
mod responses;
mod session;

use agent::Purpose;
pub use agent::UserAgent;

use crate::message::Message;
pub use crate::transaction::Timers;
use oxocert_machine::Flow;
use std::time::Duration;

/// One call leg (an INVITE and the dialog it makes), named for the life of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// A request outside calls that was sent or received (OPTIONS, REGISTER, MESSAGE...), or an in-dialog request that its owner
/// must answer (REFER, NOTIFY, INFO, a re-INVITE or UPDATE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// How the agent behaves; all of it is data.
#[derive(Debug, Clone)]
pub struct Config {
    /// Our address: Via, Contact, default From host.
    pub address: std::net::SocketAddr,
    /// Transport for Via and Contact.
    pub transport: oxocert_machine::Transport,
    /// `User-Agent` in requests and `Server` in responses; `None`: neither.
    pub product: Option<String>,
    /// `Allow`.
    pub allow: Vec<String>,
    /// `Supported`.
    pub supported: Vec<String>,
    /// T1, T2, T4 (RFC 3261 table 4).
    pub timers: Timers,
    /// Session timer (RFC 4028); `None`: not offered, and an offered one is accepted with the peer as refresher.
    pub session: Option<SessionTimer>,
    /// Send 100 by itself on INVITE.
    pub auto_trying: bool,
    /// First CSeq of a dialog: `None` draws below 2^16; an OXO starts near 2^31.
    pub first_cseq: Option<u32>,
    /// Contact user part and parameters are written as `<sip:USER@HOST:PORT{contact_params}>`, e.g. `;transport=UDP;user=phone`.
    pub contact_params: String,
    /// Seed of tags, branches and Call-IDs.
    pub seed: oxocert_machine::Seed,
    /// TOS byte of SIP packets.
    pub tos: u8,
}

/// RFC 4028 as this agent wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimer {
    /// Session-Expires, seconds.
    pub expires: u32,
    /// Min-SE, seconds.
    pub min_se: u32,
    /// Refresh by UPDATE (true) or re-INVITE (false).
    pub by_update: bool,
}

/// One header to add: name and value.
pub type Header = (String, String);

/// An outgoing call.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Where the datagrams go.
    pub flow: Flow,
    /// Request-URI, exactly as written.
    pub target: String,
    /// From: everything but the tag, e.g. `"Anonymous" <sip:anonymous@anonymous.invalid>`.
    pub from: String,
    /// To: everything but the tag.
    pub to: String,
    /// Contact user part.
    pub contact_user: String,
    /// More headers (P-Asserted-Identity, Privacy, Diversion, Replaces, ...), in order.
    pub headers: Vec<Header>,
    /// The offer: content type and bytes; `None` is a delayed offer.
    pub body: Option<Body>,
    /// Credentials for 401/407; `None`: such an answer is final.
    pub credentials: Option<Credentials>,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// `application/sdp`.
    pub content_type: String,
    /// The exact bytes.
    pub bytes: Vec<u8>,
}

/// User and password for digest (RFC 2617, RFC 8760 MD5).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// What may be told to behave otherwise, per call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Override {
    /// Do not ACK the next final response to INVITE.
    NoAck,
    /// ACK it so much later.
    LateAck(Duration),
    /// ACK it twice.
    DoubleAck,
    /// Leave the answer out of the next 2xx.
    NoAnswerBody,
    /// Do not refresh the session, and do not end the call when it expires.
    NoRefresh,
}

/// Something for the owner.
#[derive(Debug, Clone)]
pub enum Event {
    /// A new INVITE (100 has been sent where `auto_trying`). Answer with `ring`, `answer`, `reject`.
    Incoming {
        /// The new call.
        call: CallId,
        /// On which flow.
        flow: Flow,
        /// The INVITE.
        request: Message,
    },
    /// A provisional response to our INVITE (PRACK has been sent where it was reliable).
    Progress {
        /// The call.
        call: CallId,
        /// The response.
        response: Message,
    },
    /// 2xx to our INVITE; ACK has been sent unless overridden or the 2xx carries the offer (then call `ack_with_answer`).
    Answered {
        /// The call.
        call: CallId,
        /// The response.
        response: Message,
    },
    /// Our INVITE failed: 3xx-6xx, a 2xx that crossed our CANCEL (it is acknowledged, BYE has been sent), or no answer
    /// (`None`: Timer B, the transport, no answer to CANCEL, or no PRACK to a reliable response of ours). The call is over.
    Failed {
        /// The call.
        call: CallId,
        /// The response.
        response: Option<Message>,
    },
    /// ACK to our 2xx came; its body is the answer to a delayed offer.
    Confirmed {
        /// The call.
        call: CallId,
        /// The ACK.
        request: Message,
    },
    /// Our final response was never acknowledged (64*T1). After a 2xx the agent has sent BYE (RFC 3261 §13.3.1.4); a
    /// 300-699 had ended the call (or refused the re-INVITE) already.
    Unconfirmed {
        /// The call.
        call: CallId,
    },
    /// The caller gave up: CANCEL came, 200 and 487 are sent. The call is over.
    Cancelled {
        /// The call.
        call: CallId,
        /// The CANCEL.
        request: Message,
    },
    /// BYE came and is answered 200. The call is over.
    Ended {
        /// The call.
        call: CallId,
        /// The BYE.
        request: Message,
    },
    /// The session expired without refresh (RFC 4028 §10); BYE has been sent. The call is over.
    Expired {
        /// The call.
        call: CallId,
    },
    /// re-INVITE or UPDATE inside a call, with or without offer. Answer with `respond`. A refresh whose body is
    /// byte-equal to the last one of the peer is answered by itself with our last body and reported with `answered = true`.
    Modify {
        /// The call.
        call: CallId,
        /// To answer it.
        request_id: RequestId,
        /// The request.
        request: Message,
        /// Already answered.
        answered: bool,
    },
    /// The final answer to our re-INVITE or UPDATE (`None`: no answer).
    Modified {
        /// The call.
        call: CallId,
        /// What we had sent.
        request_id: RequestId,
        /// The response.
        response: Option<Message>,
    },
    /// REFER, NOTIFY, INFO, MESSAGE... inside a call. Answer with `respond`.
    InCall {
        /// The call.
        call: CallId,
        /// To answer it.
        request_id: RequestId,
        /// The request.
        request: Message,
    },
    /// A request outside calls. Answer with `respond`.
    Outside {
        /// To answer it.
        request_id: RequestId,
        /// On which flow.
        flow: Flow,
        /// The request.
        request: Message,
    },
    /// The final answer to a request outside INVITE that we sent (`None`: Timer F or the transport).
    Response {
        /// Which.
        request_id: RequestId,
        /// Its call, where it was inside one.
        call: Option<CallId>,
        /// The response.
        response: Option<Message>,
    },
    /// A datagram or a piece of a stream that is no SIP message at all.
    Unreadable {
        /// On which flow.
        flow: Flow,
        /// The exact bytes.
        bytes: Vec<u8>,
        /// Why, in words.
        why: String,
    },
    /// A message that belongs to nothing: a response without transaction, a request inside an unknown dialog (481 is sent),
    /// a CSeq that goes backwards (500 is sent).
    Stray {
        /// The message.
        message: Message,
        /// Why, in words.
        why: String,
    },
}

/// What `poll` returns.
#[derive(Debug, Clone)]
pub enum Output {
    /// Send these bytes.
    Transmit {
        /// Where.
        flow: Flow,
        /// The exact bytes.
        bytes: Vec<u8>,
        /// A repetition of bytes sent before.
        retransmission: bool,
    },
    /// A message was understood off the wire: reported for every whole message, before the event it causes.
    Received {
        /// Where from.
        flow: Flow,
        /// The exact bytes.
        bytes: Vec<u8>,
        /// A repetition that a transaction absorbed.
        retransmission: bool,
        /// The call it belongs to, where known.
        call: Option<CallId>,
    },
    /// Close this stream connection: what came on it cannot be framed any more.
    Close {
        /// The connection.
        flow: Flow,
    },
    /// For the owner.
    Event(Event),
}

/// A request outside calls that we send.
#[derive(Debug, Clone)]
pub struct Outside {
    /// OPTIONS, REGISTER, MESSAGE...
    pub method: String,
    /// Request-URI, exactly as written.
    pub target: String,
    /// From: everything but the tag.
    pub from: String,
    /// To: everything but the tag.
    pub to: String,
    /// Contact user part; `None`: no Contact is written (give one in `headers` where it needs parameters).
    pub contact_user: Option<String>,
    /// More headers, in order.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Option<Body>,
    /// Credentials for 401/407; `None`: such an answer is final.
    pub credentials: Option<Credentials>,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallState {
    /// Our INVITE is out, nothing but 100 came.
    Calling,
    /// Our INVITE got a provisional response above 100.
    Early,
    /// Their INVITE came and has no final response yet.
    Ringing,
    /// 2xx was sent or received.
    Up,
    /// CANCEL or BYE is under way.
    Ending,
    /// Nothing left but retransmissions.
    Over,
}

/// The dialog of a call as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogView {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// Their tag, where known.
    pub remote_tag: Option<String>,
    /// Our URI (From of our requests, without tag).
    pub local_uri: String,
    /// Their URI.
    pub remote_uri: String,
    /// Where requests go (their Contact).
    pub remote_target: String,
    /// The state.
    pub state: CallState,
    /// The path.
    pub flow: Flow,
}

impl std::fmt::Debug for Credentials {
    /// Shows the user alone: a password never reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}
