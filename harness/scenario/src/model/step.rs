//! One step: who, verb, deadline, checks.

use super::{ClauseId, Limit};
use oxocert_record::{RoleName, StepId};
use std::time::Duration;

/// Line and column in a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// One step of a phase. Steps are walked one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its id; also the id of its check where it expects, hears, sees, talks or is.
    pub id: StepId,
    /// The roles.
    pub who: Vec<RoleName>,
    /// What.
    pub verb: Verb,
    /// Wait this long before it is done (`after = "1 s"`).
    pub after: Duration,
    /// The deadline, from the end of the step before it (or of `since`). Where the file gives none, the bench's limit
    /// `step.max` (for `talk`: `audio.max`, the time to the first tone), so every step that waits has one.
    pub within: Option<Limit>,
    /// Count the deadline from the end of this step instead.
    pub since: Option<StepId>,
    /// The a-SBC that must take (or that sends) it.
    pub via: Option<RoleName>,
    /// A label for measures (`as = "before"`).
    pub label: Option<String>,
    /// Miss it and go on; never judged.
    pub optional: bool,
    /// Repeat: for `expects`, this many matching messages.
    pub times: u32,
    /// Checks on fields of the matched message (for `times`, of each).
    pub checks: Vec<FieldCheck>,
    /// Clauses proven by the step and its field checks.
    pub proves: Vec<ClauseId>,
    /// Where it stands in the file.
    pub position: Position,
}

/// The verbs of the vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// `does`: a role acts. It has no verdict of its own (a role that cannot act is an ERROR), but for
    /// [`Action::Talk`], which is a check: each must hear the other.
    Does(Action),
    /// `expects`: a message from the DUT must come to the role.
    Expects(MessagePattern),
    /// `hears`: the role must hear something for a time.
    Hears {
        /// What.
        sound: WantedSound,
        /// For how long without break.
        lasting: Duration,
    },
    /// `receives-digits`: exactly these digits come to the role as telephone-events, each once and in this order, and none more.
    ReceivesDigits {
        /// `0-9*#A-D`.
        digits: String,
    },
    /// `sees = "no ..."`: for a time, nothing of this kind may come.
    SeesNo {
        /// What may not come.
        pattern: MessagePattern,
        /// For how long.
        lasting: Duration,
    },
    /// `is`: a role must reach a state.
    Is(State),
    /// `records`, `one_of`: alternatives; which matched is recorded under the name, none is a FAIL.
    OneOf {
        /// The name of the finding (`hold_method`).
        records: Option<String>,
        /// The alternatives, tried at once; the first that completes wins.
        alternatives: Vec<Vec<Step>>,
    },
    /// `any_order`: all of them, in whatever order.
    AnyOrder(Vec<Step>),
}

/// What a role does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A set dials digits exactly (prefixes are put in by the scenario: `${dut.outside}${pstn.a}`).
    Dial {
        /// The digits.
        to: String,
    },
    /// A party calls a number of the DUT through the a-SBC of `via`.
    Call {
        /// The called number (Request-URI user).
        to: String,
        /// Hide the caller (From anonymous, Privacy: id).
        anonymous: bool,
        /// Call a sips URI (RFC 5630).
        sips: bool,
    },
    /// Sends 180 (sets and parties ring by themselves unless `ring = false` in a preceding `silent`).
    Ring,
    /// Answers the ringing call.
    Answer,
    /// Refuses the call in hand with this status code.
    Reject {
        /// 400-699.
        code: u16,
    },
    /// Ends the call in hand: BYE, CANCEL or 487, whichever is due. Without a call: nothing.
    HangUp,
    /// A set or a party holds the call in hand.
    Hold {
        /// How it writes it.
        how: HoldStyle,
    },
    /// Takes the held call back.
    Resume,
    /// Dials a second call; the first one must be held already.
    Consult {
        /// The digits.
        to: String,
    },
    /// Joins the held call and the call in hand (REFER with Replaces toward the DUT).
    TransferAttended,
    /// Sends the call in hand elsewhere (REFER).
    TransferBlind {
        /// The digits.
        to: String,
    },
    /// Sends telephone-events.
    SendDigits {
        /// `0-9*#A-D`.
        digits: String,
        /// Share of the event packets lost on purpose, 0-100.
        loss_percent: u8,
    },
    /// All named roles speak (send their identity tone) for a time, and each must hear each other.
    Talk {
        /// For how long.
        lasting: Duration,
    },
    /// `stay-up`, in a call of a load point: as a talk, until the point lets the call end.
    StayUp {
        /// How long the call stays up at least; set by the point.
        at_least: Duration,
    },
    /// Nothing is done for a time that the procedure itself prescribes (the keep-alive timeout of §5.3). Never judged.
    Wait {
        /// For how long.
        lasting: Duration,
    },
    /// An a-SBC answers nothing any more.
    Mute,
    /// An a-SBC works normally again.
    Restore,
    /// An a-SBC answers requests of these methods with a status code.
    Refuse {
        /// The code.
        code: u16,
        /// `INVITE`, `OPTIONS`, or both.
        methods: Vec<String>,
    },
    /// An a-SBC admits at most so many channels and refuses the next INVITE with a code.
    Admit {
        /// Channels.
        channels: u32,
        /// The code of the refusal.
        code: u16,
    },
    /// An a-SBC sends OPTIONS to the DUT.
    SendOptions,
    /// The DUT's configuration is changed (through its console driver or by the operator).
    Configure {
        /// `gateway.primary.address`, ... : a name the profile's driver knows.
        setting: String,
        /// The value.
        value: String,
    },
    /// A role sends these bytes as they are (`raw`), to the DUT.
    Raw {
        /// The exact text; line ends become CRLF.
        text: String,
    },
    /// An a-SBC presents another certificate of the lab from now on: `present`, `certificate = "expired"`. The names are those
    /// of `oxocert_pki::lab`; `none`: no certificate as a client. `restore` brings the good one back.
    Present {
        /// Its name in the lab.
        certificate: String,
    },
    /// An a-SBC does TLS within these bounds from now on: `limit-tls`. What is left out stays as it is in the operator profile.
    LimitTls {
        /// `1.2`, `1.3`: lowest and highest.
        versions: Option<(String, String)>,
        /// TLS 1.2 suites, IANA numbers, in order.
        suites: Vec<u16>,
        /// Whether it resumes sessions as a client.
        resumes: Option<bool>,
        /// The name it gives in SNI as a client and wants in the DUT's certificate, where not the DUT's own.
        peer_name: Option<String>,
    },
    /// An a-SBC opens a connection to the DUT now: `connect`.
    Connect,
    /// An a-SBC closes its connections with the DUT: `drop-connection`.
    DropConnection,
    /// An a-SBC sends the DUT one ClientHello, or one SIP request, on a path of its own: `probe`, `with = "tls1.0"`. `clear-udp` and `clear-tcp`:
    /// an OPTIONS in clear to port 5060 of the DUT; `no-certificate`: a whole handshake as a client without certificate, then OPTIONS.
    Probe {
        /// Which.
        with: String,
        /// From where, where it is not the a-SBC's own address.
        from: Option<std::net::IpAddr>,
    },
    /// A name server answers this for a name from now on: `resolve`.
    Resolve {
        /// The name.
        name: String,
        /// A records: addresses.
        addresses: Vec<std::net::IpAddr>,
        /// SRV records.
        services: Vec<Service>,
        /// Time to live of all of them.
        ttl: Duration,
    },
    /// A name server misbehaves from now on: `fail`, `how = "nxdomain"`, `servfail`, `silent`, `truncated`, `wrong-id`, `late-second`.
    FailDns {
        /// How.
        how: String,
    },
    /// The next descriptions (offer or answer) of a party are secured so: `describe`.
    Describe {
        /// `RTP/SAVP`, `RTP/AVP`, `UDP/TLS/RTP/SAVP`; `None`: as the bench's trunk wants it.
        protocol: Option<String>,
        /// Suites by name, in order; `None`: as the bench's trunk wants it.
        crypto: Option<Vec<String>>,
        /// Whether the crypto lines carry a lifetime (2^31) and an MKI of 4 bytes with value 1.
        lifetime_and_mki: bool,
    },
    /// Trouble in the secured media that a party sends: `trouble`, `how = "bad-tag"`, `replay`, `clear`, `wrong-key`.
    TroubleMedia {
        /// How.
        how: String,
        /// For how many packets.
        packets: u32,
    },
    /// The next media stream of a party begins at this sequence number: `start-media-at`.
    StartMediaAt {
        /// The number.
        sequence: u16,
    },
    /// Overrides of the automatic behaviour of the role's next call: `no-ack`, `late-ack`, `double-ack`,
    /// `no-answer-sdp`.
    Misbehave {
        /// Which.
        how: String,
    },
}

/// What is wanted of the answer to a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probed {
    /// `probe answer`: any.
    Any,
    /// `probe refused`: an alert, or the end of the connection.
    Refused,
    /// `probe ignored`: nothing, or no connection at all.
    Ignored,
}

impl Probed {
    /// Whether an outcome of the record (`accepted`, `alert`, `closed`, `silent`, `unreadable`) is what is wanted.
    pub fn takes(self, outcome: &str) -> bool {
        match self {
            Probed::Any => true,
            Probed::Refused => matches!(outcome, "alert" | "closed"),
            Probed::Ignored => matches!(outcome, "silent" | "closed"),
        }
    }
}

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Lowest first.
    pub priority: u16,
    /// Share among equal priorities.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host.
    pub target: String,
}

/// How a hold is written in SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldStyle {
    /// `a=sendonly` (RFC 3264 §8.4).
    SendOnly,
    /// `a=inactive`.
    Inactive,
    /// `c=IN IP4 0.0.0.0` (RFC 2543).
    ZeroAddress,
    /// `a=recvonly`.
    RecvOnly,
}

/// Which message: `INVITE`, `re-INVITE`, `BYE`, `180`, `200 INVITE`, `4xx`, `5xx`, `REFER`, `18x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessagePattern {
    /// An INVITE without To tag.
    Invite,
    /// An INVITE inside a dialog.
    ReInvite,
    /// A request of this method (upper case).
    Request(String),
    /// `TLS handshake`, `TLS completed`, `TLS refused`: a handshake of the role with the DUT that is over. `refused` means by the DUT: its
    /// alert, or its closing without a word, or a completed handshake that it closes within a second without having spoken.
    Tls {
        /// `None`: however it ended; `Some(true)`: completed; `Some(false)`: refused by the DUT.
        completed: Option<bool>,
        /// `own TLS completed`: only one that the role itself opened.
        own: bool,
    },
    /// `TLS closed`: the DUT ended a connection that had been made.
    TlsClosed,
    /// `DNS A`, `DNS AAAA`, `DNS SRV`, `DNS query`: a query of the DUT to the role, a name server.
    Dns {
        /// The type; `None`: any.
        kind: Option<String>,
        /// The name asked for, `DNS A sbc1.example`; `None`: any.
        name: Option<String>,
    },
    /// `probe answer`, `probe refused`, `probe ignored`: what came to the role's probe.
    ProbeAnswer(Probed),
    /// A response: low and high bound of the code, both included, and the method of its CSeq.
    Response {
        /// Lowest code.
        low: u16,
        /// Highest code.
        high: u16,
        /// The method of CSeq; `None`: any.
        method: Option<String>,
    },
}

/// A check on one field of the matched message. Its id is `<step>.<field>`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldCheck {
    /// `ruri.user`, `from.user`, `pai.user`, `header.Privacy`, `sdp.codecs`, `sdp.direction`, `sdp.address`, ...
    pub field: String,
    /// What it must be.
    pub matcher: Matcher,
    /// Where it stands.
    pub position: Position,
}

/// How a field is compared. A field may hold several values (codecs); plain comparison is on the values joined
/// by a comma.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// Equal, exactly.
    Equals(String),
    /// A regular expression (syntax of the crate `regex-lite`), anchored at both ends; legal once loaded.
    Regex(String),
    /// One of these.
    Any(Vec<String>),
    /// The first of several values is this.
    First(String),
    /// One of several values is this.
    Contains(String),
    /// The field is there and none of its values is this.
    Lacks(String),
    /// The field is absent (`true`) or present (`false`).
    Absent(bool),
    /// A number between the two, both included.
    Between {
        /// Lowest.
        min: Option<f64>,
        /// Highest.
        max: Option<f64>,
    },
    /// An OXO load string whose load is not below the floor of its release: `{ load_floor = true }`. Pairs of
    /// release (`063`) and load (`OXO063/011.001`) from the operator profile; an unlisted release does not match.
    LoadFloor(Vec<(String, String)>),
    /// The same as a field of the message that another step matched.
    SameAs {
        /// The step.
        step: StepId,
        /// Its field.
        field: String,
    },
    /// Not the same as a field of the message that another step matched.
    DiffersFrom {
        /// The step.
        step: StepId,
        /// Its field.
        field: String,
    },
}

/// What a `hears` step wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedSound {
    /// Music or speech: energy that is no known tone and no silence.
    Music,
    /// Ringback as the bench declares it (France: 440 Hz, 1.5 s on, 3.5 s off).
    Ringback,
    /// Busy tone (France: 440 Hz, 0.5 s on, 0.5 s off).
    Busy,
    /// The identity tone of a role.
    Voice(RoleName),
    /// One frequency of the 50 Hz grid (`tone 1100`).
    Tone(u16),
    /// Packets with silence, or no packets.
    Silence,
    /// Anything but silence.
    Anything,
}

/// What an `is` step wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The DUT: sets registered, trunk answers OPTIONS, no dialog open.
    Idle,
    /// The DUT sent OPTIONS to the a-SBC of `via`, and got 200, after the last change of the a-SBC.
    GatewayUp,
    /// A set is registered.
    Registered,
}
