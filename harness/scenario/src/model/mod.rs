//! The types of a legal scenario and of a legal bench. A value that exists has passed the loader.
//!
//! Parameters (`${pdd.max}`) and numbers (`${pstn.a}`) are already put in: a [`Case`] is planned against one
//! [`bench::Bench`], and keeps beside each limit the name and source it came from.

pub mod bench;
mod check;
mod load;
pub mod step;

use oxocert_record::{CaseId, RoleName, StepId};
use std::collections::BTreeSet;
use std::time::Duration;

pub use bench::{Architecture, Bench, Platform};
pub use load::{LoadCall, LoadMeasure, LoadPoint, LoadShape, LoadTime};
pub use step::{
    Action, FieldCheck, Matcher, MessagePattern, Position, Probed, State, Step, Verb, WantedSound,
};

/// A clause of the requirement register.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ClauseId(pub String);

/// A check inside a case: the step id (`7`), the step id and the field (`2.sdp.codecs`), the name of a measure
/// (`speech_gap`), `n1` for a `never`, `channels`, or `standing.ef-media`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct CheckId(pub String);

/// One expansion of a scenario file, bound to a bench: ready to run and to be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// `HR-01` or `HR-01[sbc.backup]`.
    pub id: CaseId,
    /// The scenario it comes from.
    pub scenario: String,
    /// One line.
    pub title: String,
    /// Why it is run.
    pub why: String,
    /// The file, as the user named it.
    pub file: String,
    /// Where it applies.
    pub architectures: BTreeSet<Architecture>,
    /// Properties a DUT must declare to be asked at all (`oxo-load-string`, `trunk-redundancy`).
    pub requires: BTreeSet<String>,
    /// Roles it plays.
    pub needs: Vec<RoleName>,
    /// Set-up: its failure is INCONCLUSIVE.
    pub setup: Vec<Step>,
    /// What is judged.
    pub flow: Vec<Step>,
    /// Load points, walked one after the other in the place of the flow.
    pub loads: Vec<LoadPoint>,
    /// What may not happen while the flow runs.
    pub never: Vec<Never>,
    /// What is measured.
    pub measures: Vec<Measure>,
    /// Rows of the sizing table counted during a step.
    pub channels: Vec<Channels>,
    /// Cleans up.
    pub teardown: Vec<Step>,
    /// Standing checks that this case lifts.
    pub lifts: Vec<Lift>,
    /// Clauses proven by the standing checks in this case come from `standing.toml`; these are the case's own.
    pub proves: BTreeSet<ClauseId>,
    /// Why it does not apply to this bench (architecture, property or role that the profile says it lacks); then it is
    /// not run, its verdict is NOT APPLICABLE, and names it could not resolve stand in it as written.
    pub not_applicable: Option<String>,
}

/// A thing that may not be seen while the flow runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Never {
    /// Its check id.
    pub id: CheckId,
    /// The roles that watch.
    pub who: Vec<RoleName>,
    /// What may not be seen from the DUT.
    pub sees: MessagePattern,
    /// Clauses.
    pub proves: Vec<ClauseId>,
    /// Where it stands.
    pub position: Position,
}

/// A standing check that is lifted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lift {
    /// Its name without `standing.`.
    pub name: String,
    /// Why, in words.
    pub reason: String,
}

/// A limit with its source: literal, or an entry of the limits table.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// The name of the entry (`pdd.max`); `None` for a literal.
    pub name: Option<String>,
    /// The value.
    pub value: Quantity,
    /// Above (or below, for a minimum) this the pass is marginal.
    pub marginal: Option<Quantity>,
    /// Where it comes from: an Orange §, ITU, RFC, "lab proposal".
    pub source: String,
    /// The value of the operator profile where the bench's profile shortened it.
    pub shortened_from: Option<Quantity>,
}

/// A value with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A span of time.
    Time(Duration),
    /// Kilobits a second.
    KilobitsPerSecond(f64),
    /// Parts of a hundred.
    Percent(f64),
    /// dBm0.
    Dbm0(f64),
    /// A count, or a number without unit.
    Number(f64),
}

/// What is measured and how it is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name: also its check id.
    pub name: String,
    /// What.
    pub of: Measurand,
    /// At most this.
    pub max: Option<Limit>,
    /// At least this.
    pub min: Option<Limit>,
    /// Clauses.
    pub proves: Vec<ClauseId>,
    /// Where it stands.
    pub position: Position,
}

/// The things that can be measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Measurand {
    /// `after.set.rs1_to_pstn.a.first_tone`: from the start of the `talk` labelled `label` to the first tone of
    /// `from` heard by `to`.
    FirstTone {
        /// The label (`as`) of the talk.
        label: String,
        /// Who speaks.
        from: RoleName,
        /// Who hears.
        to: RoleName,
    },
    /// `after.set.rs1_to_pstn.a.longest_break`: the longest time within the `talk` labelled `label`, after its first
    /// tone, in which `to` did not hear the tone of `from`.
    LongestBreak {
        /// The label (`as`) of the talk.
        label: String,
        /// Who speaks.
        from: RoleName,
        /// Who hears.
        to: RoleName,
    },
    /// `step 1 to step 2`: from the end (last evidence) of one step to the end (last evidence) of another.
    Delay {
        /// The earlier step.
        from: StepId,
        /// The later step.
        to: StepId,
    },
    /// `step 3 mean_interval`: mean distance between the messages that a `times = n` step matched.
    MeanInterval {
        /// The step.
        step: StepId,
    },
    /// `step 3 interval_spread`: greatest distance of one interval from the mean.
    IntervalSpread {
        /// The step.
        step: StepId,
    },
    /// `step 7 level`: mean level heard in a `hears` step, dBm0.
    Level {
        /// The step.
        step: StepId,
    },
    /// `step 4 bandwidth`: layer-3 bit rate of each stream received by the step's roles while it ran
    /// (worst of them), kb/s. Emitter: the DUT or one of its sets' sites, printed.
    Bandwidth {
        /// The step.
        step: StepId,
    },
    /// `step 4 jitter`: greatest RFC 3550 jitter of streams that the DUT emits while the step ran.
    Jitter {
        /// The step.
        step: StepId,
    },
    /// `step 4 other_dscp`, ...: packets of the streams that the DUT emits to the step's roles while it ran, that
    /// are not as they should be (or all of them, for `packets`).
    Count {
        /// The step.
        step: StepId,
        /// Which packets.
        what: StreamCount,
    },
    /// `step 6 digit_duration`: the shortest digit that a `receives-digits` step saw, by its last stated duration.
    ShortestDigit {
        /// The step.
        step: StepId,
    },
    /// `step 6 digit_end_packets`: the fewest packets with the end bit among its digits.
    FewestEndPackets {
        /// The step.
        step: StepId,
    },
    /// `step 4 loss`: loss in percent of streams that the DUT emits while the step ran.
    Loss {
        /// The step.
        step: StepId,
    },
    /// `step 4 off_path`: RTP packets received by PSTN parties while the step ran whose source is not where the
    /// bench's media anchor puts it: the address of a set of the step (direct), or an address of the DUT (anchored).
    OffPath {
        /// The step.
        step: StepId,
    },
    /// `load full success`: something over all calls of a load point.
    Load {
        /// The name of the point.
        point: String,
        /// What.
        what: LoadMeasure,
    },
}

/// Which packets of a stream are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamCount {
    /// `packets`: all RTP packets.
    Packets,
    /// `other_codec`: payload type is neither PCMA (8) nor the telephone-event that was negotiated.
    OtherCodec,
    /// `other_size`: audio payload is not 160 bytes (20 ms of G.711).
    OtherSize,
    /// `timestamp_jumps`: timestamp steps that are not the samples sent.
    TimestampJumps,
    /// `other_dscp`: RTP whose DSCP is not the operator profile's.
    OtherDscp,
    /// `other_rtcp_dscp`: RTCP whose DSCP is not the operator profile's.
    OtherRtcpDscp,
    /// `authenticated`: SRTP packets whose tag is right.
    Authenticated,
    /// `unauthenticated`: SRTP packets that no key authenticates, or only another key or roll-over counter.
    Unauthenticated,
    /// `roll_over_errors`: SRTP packets that authenticate under another roll-over counter only.
    RollOverErrors,
    /// `replayed`: authenticated packets whose index came before.
    Replayed,
    /// `clear_packets`: plain RTP.
    Clear,
    /// `rtcp_authenticated`: SRTCP packets whose tag is right.
    RtcpAuthenticated,
    /// `rtcp_unauthenticated`: SRTCP packets whose tag is not right, and clear RTCP.
    RtcpUnauthenticated,
}

/// A row of the sizing table, counted while a step runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Channels {
    /// Its check id: `channels` or `channels.<row>`.
    pub id: CheckId,
    /// The step during which it is counted (at its end).
    pub at: StepId,
    /// The row of the operator profile: `offnet-hq`, `offnet-rs`, `hold`, `transfer`, `forced-onnet`.
    pub row: String,
    /// Expected counts, already computed with the settings C3-C6.
    pub expected: ChannelCounts,
    /// The settings that were used, in words, for the report.
    pub settings: Vec<String>,
    /// Whether a difference is only an observation (weight O) or a failure.
    pub strict: bool,
    /// Clauses.
    pub proves: Vec<ClauseId>,
    /// Where it stands.
    pub position: Position,
}

/// The counts of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct ChannelCounts {
    /// Open dialogs between the DUT and the a-SBCs (column IPBX).
    pub ipbx: u32,
    /// RTP flows that leave the main site: source is one of its addresses, destination is not (column WAN, HQ).
    pub wan_hq: u32,
    /// RTP flows that leave a remote site: source is one of its addresses, destination is not (column WAN, RS).
    pub wan_rs: u32,
    /// Channels at the a-SBC toward the PSTN charged to the main site (column BTIP, HQ).
    pub btip_hq: u32,
    /// The same charged to a remote site (column BTIP, RS).
    pub btip_rs: u32,
}
