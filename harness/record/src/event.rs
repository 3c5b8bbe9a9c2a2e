//! One event of the timeline.

use crate::{Bytes, DigitSeen, DnsSeen, Heard, ProbeSeen, StreamWindow, TlsEnded, TlsSeen};
use oxocert_machine::{At, Transport};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                $type(text.to_owned())
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A role on the bench: `set.hq1`, `pstn.a`, `sbc.nominal`, `dut`.
    RoleName
);
name!(
    /// One expansion of a scenario: `HR-01` or `HR-01[sbc.backup]`.
    CaseId
);
name!(
    /// A step inside a case: `2`, or `6.1.1` inside the alternatives of step 6. Unique in its case over all phases:
    /// set-up steps are `s1`.., teardown steps `t1`.. where the file gives no id.
    StepId
);

/// The number of an event: its line in `events.jsonl`, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventNo(pub u64);

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its number.
    pub n: EventNo,
    /// When: kernel receive stamp for what arrived, hand-over to the socket for what was sent.
    pub at: At,
    /// What.
    pub what: What,
}

/// Which part of a case a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Brings the bench into the state the flow needs; its failure is INCONCLUSIVE.
    Setup,
    /// What is judged.
    Flow,
    /// Cleans up; never judged.
    Teardown,
}

/// As the harness sees it: `In` came from the network, `Out` was sent by the harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Received by the harness.
    In,
    /// Sent by the harness.
    Out,
}

/// Who produced a packet. Only the DUT's own packets prove anything about the DUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Emitter {
    /// The source address is one of the DUT's.
    Dut,
    /// A role of the harness.
    Harness,
    /// Neither: a foreign set, a stranger.
    Foreign,
}

/// How a case ended on the bench (not its verdict).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseEnd {
    /// All steps of the flow were walked.
    Completed,
    /// A step of the flow was missed; the steps after it were not walked.
    Stopped {
        /// The missed step.
        step: StepId,
    },
    /// A set-up step was missed: the bench was not ready.
    SetupFailed {
        /// The missed step.
        step: StepId,
        /// In words.
        why: String,
    },
    /// Somebody interrupted the run.
    Interrupted,
    /// The harness itself failed.
    HarnessError {
        /// In words.
        why: String,
    },
}

/// A SIP message on the wire (or a chunk that is no SIP message: then the judge's parser says so).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SipSeen {
    /// The role whose address sent or received it: `sbc.nominal`, `set.hq1`.
    pub point: RoleName,
    /// The PSTN party whose call this is, where the message belongs to a call of one: `pstn.a`.
    pub party: Option<RoleName>,
    /// In or out.
    pub direction: Direction,
    /// Who produced it.
    pub emitter: Emitter,
    /// The transport.
    pub transport: Transport,
    /// The harness's end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Whether the transaction layer knew it as a repetition of an earlier message.
    pub retransmission: bool,
    /// One whole message, exact.
    pub bytes: Bytes,
}

/// The facts of a run that stand in its first event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunStarted {
    /// Program and version.
    pub tool: String,
    /// The load the user named: `OXO063/011.001`.
    pub load: String,
    /// The name of the hw-profile.
    pub profile: String,
    /// UTC, RFC 3339; given by the caller, `null` in virtual time.
    pub started: Option<String>,
    /// Whether the DUT is simulated or any parameter shortened: no certificate.
    pub simulation: bool,
    /// The seed of all randomness of the harness.
    pub seed: u64,
    /// Versions and hashes of the DUT's parts where they are known (Asterisk package and SHA-256, ...).
    pub dut_parts: Vec<String>,
}

/// What an event says.
// Windows of streams are among the most frequent ones: a box for each would gain nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Always event 0.
    RunStarted(RunStarted),
    /// A case begins.
    CaseStarted {
        /// Its id.
        case: CaseId,
    },
    /// A case is over, its teardown included.
    CaseEnded {
        /// Its id.
        case: CaseId,
        /// How.
        how: CaseEnd,
    },
    /// The runner begins a step. Its deadline counts from here unless the step says `since`.
    StepStarted {
        /// The phase.
        phase: Phase,
        /// The step.
        step: StepId,
    },
    /// The runner took a step as done.
    StepDone {
        /// The phase.
        phase: Phase,
        /// The step.
        step: StepId,
        /// The events that the runner took as its evidence (the matched message of an `expects`, each of a
        /// `times = n`); the judge verifies them again.
        evidence: Vec<EventNo>,
    },
    /// The runner gave a step up at its deadline.
    StepMissed {
        /// The phase.
        phase: Phase,
        /// The step.
        step: StepId,
        /// What was waited for and what came instead, in words.
        why: String,
    },
    /// Which alternative of a `one_of` matched (from 0).
    Alternative {
        /// The step that has the alternatives.
        step: StepId,
        /// The index; `None`: none matched.
        matched: Option<usize>,
    },
    /// A SIP message.
    Sip(SipSeen),
    /// Statistics of one received RTP stream over one window.
    Stream(StreamWindow),
    /// What a party or set hears changed.
    Heard(Heard),
    /// A telephone-event digit was received.
    Digit(DigitSeen),
    /// A role changed what it does: `sbc.nominal` is mute, `dut` was configured.
    RoleState {
        /// The role.
        role: RoleName,
        /// In words: "mute", "answers OPTIONS with 503", "gateway.primary.address = 127.0.3.9:5060".
        state: String,
    },
    /// A media port of the harness was bound to a call leg.
    MediaPort {
        /// The role that owns it.
        role: RoleName,
        /// The address the harness receives on.
        local: SocketAddr,
        /// The Call-ID of the leg whose SDP announces it.
        call_id: String,
    },
    /// The network or a connection said something that is no SIP: refused, closed, unreachable.
    Network {
        /// The role whose socket it was.
        role: RoleName,
        /// In words.
        note: String,
    },
    /// Something in a packet that is not as its standard asks, or could not be read at all.
    Finding {
        /// The role that saw it.
        role: RoleName,
        /// Who produced the packet.
        emitter: Emitter,
        /// In words.
        note: String,
    },
    /// A TLS handshake between a role and the DUT (or a stranger) is over.
    Tls(Box<TlsSeen>),
    /// A TLS connection whose handshake had completed ended.
    TlsEnded(TlsEnded),
    /// A line of the key log of a TLS connection: evidence only, never shown.
    TlsSecret {
        /// NSS key log format.
        line: String,
    },
    /// What came to a ClientHello of the prober.
    Probe(ProbeSeen),
    /// A DNS query came to the lab's server, and what it was answered.
    Dns(DnsSeen),
    /// The signalling side ran late: due against run.
    Lag {
        /// By how much, in nanoseconds.
        by_ns: u64,
    },
    /// An instruction to a person, or what the person answered.
    Operator {
        /// In words.
        note: String,
    },
    /// Somebody interrupted the run (Ctrl-C).
    Interrupted,
    /// The last event of a run that was not killed.
    RunEnded,
}
