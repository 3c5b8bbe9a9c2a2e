//! Standing checks: what every call of every scenario must pass. One file each.
//!
//! A standing check without a subject in a case (a DUT that emitted no media, say) is NOT APPLICABLE there, never PASS.

mod constant_product;
mod dialog_left;
mod ef_media;
mod malformed;
mod one_codec;
mod product_is_load;
mod public_address;
mod retransmission;
mod rtp_after_bye;
mod rtp_ports;
mod savp;
mod signalling_secured;
mod source_is_sdp;
mod srtcp;
mod srtp_keys;
mod srtp_only;
mod tls_chain;
mod tls_floor;
mod tls_identity;
mod unexpected_error;
mod via_tag_cseq;

pub(crate) use retransmission::repeated;

use crate::context::Context;
use crate::result::{LimitUsed, Measured};
use oxocert_record::{EventNo, Verdict};

/// What a standing check found in one case.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// In words.
    pub observed: String,
    /// The events that prove it.
    pub evidence: Vec<EventNo>,
    /// The limit it was compared with.
    pub limit: Option<LimitUsed>,
    /// The measured value.
    pub measured: Option<Measured>,
}

impl Outcome {
    fn new(verdict: Verdict, observed: impl Into<String>, evidence: Vec<EventNo>) -> Outcome {
        Outcome { verdict, observed: observed.into(), evidence, limit: None, measured: None }
    }

    /// Nothing in the case that the check could look at.
    fn without_subject(why: &str) -> Outcome {
        Outcome::new(Verdict::NotApplicable, why, Vec::new())
    }

    /// FAIL with what was found, PASS with `healthy` where nothing was.
    fn of(found: Vec<(EventNo, String)>, healthy: String) -> Outcome {
        if found.is_empty() {
            return Outcome::new(Verdict::Pass, healthy, Vec::new());
        }
        let shown =
            found.iter().take(SHOWN).map(|(n, text)| format!("event {}: {text}", n.0)).collect::<Vec<_>>();
        let more = found.len().saturating_sub(SHOWN);
        let mut text = shown.join("; ");
        if more > 0 {
            text.push_str(&format!("; and {more} more"));
        }
        Outcome::new(Verdict::Fail, text, found.into_iter().map(|(n, _)| n).collect())
    }
}

/// How many findings of one check are written out; all are in its evidence.
const SHOWN: usize = 4;

/// One standing check.
struct StandingCheck {
    /// Its name without `standing.`.
    name: &'static str,
    /// Looks at one case.
    judge: fn(&Context<'_, '_>) -> Outcome,
    /// Whether it is only an observation, whatever its clauses weigh: reported, never blocking.
    observation: bool,
}

impl StandingCheck {
    const fn new(name: &'static str, judge: fn(&Context<'_, '_>) -> Outcome) -> StandingCheck {
        StandingCheck { name, judge, observation: false }
    }
}

/// All of them. Which clauses they prove, on which architectures, and in which order they are reported, stands in `scenarios/standing.toml`.
const ALL: &[StandingCheck] = &[
    malformed::CHECK,
    via_tag_cseq::CHECK,
    constant_product::CHECK,
    product_is_load::CHECK,
    one_codec::CHECK,
    ef_media::CHECK,
    source_is_sdp::CHECK,
    rtp_ports::CHECK,
    rtp_after_bye::CHECK,
    dialog_left::CHECK,
    retransmission::CHECK,
    unexpected_error::CHECK,
    signalling_secured::CHECK,
    tls_floor::CHECK,
    tls_identity::CHECK,
    tls_chain::CHECK,
    public_address::CHECK,
    savp::CHECK,
    srtp_only::CHECK,
    srtcp::CHECK,
    srtp_keys::CHECK,
];

/// The names of all standing checks that the judge knows, without `standing.`.
pub fn standing_names() -> Vec<&'static str> {
    ALL.iter().map(|check| check.name).collect()
}

/// Whether the standing check of this name is only an observation.
pub(crate) fn is_observation(name: &str) -> bool {
    ALL.iter().any(|check| check.name == name && check.observation)
}

/// Looks at one case with the standing check of this name; `None` where the judge knows none of that name.
pub(crate) fn judge(name: &str, context: &Context<'_, '_>) -> Option<Outcome> {
    let check = ALL.iter().find(|check| check.name == name)?;
    Some((check.judge)(context))
}
