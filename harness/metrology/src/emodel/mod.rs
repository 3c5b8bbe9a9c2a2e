//! The E-model of ITU-T G.107 (narrowband): what a listener would say, estimated from what was measured.
//!
//! It is a model for planning. Its result is always called estimated, and carries its inputs.

mod impairments;
mod inputs;

pub use inputs::{DEFAULTS, Equipment, Inputs, Terminals};

use serde::{Deserialize, Serialize};
use std::fmt;

/// The terms of the rating and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What went in.
    pub inputs: Inputs,
    /// Basic signal-to-noise ratio.
    pub ro: f64,
    /// Simultaneous impairments.
    pub is: f64,
    /// Impairments by delay and echo.
    pub id: f64,
    /// Effective equipment impairment, packet loss included.
    pub ie_eff: f64,
    /// R = Ro - Is - Id - Ie,eff + A.
    pub r: f64,
    /// Mean opinion score, conversational quality, 1 to 4.5, estimated from R (G.107 Annex B).
    pub mos_cqe: f64,
}

/// What was measured and what the operator profile says of the codec; `None` = not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Absolute one-way delay mouth to ear, in milliseconds.
    pub delay_ms: Option<f64>,
    /// Packets lost or too late for the jitter buffer, in percent.
    pub loss_percent: Option<f64>,
    /// How bursty the loss is; see [`burst_ratio`].
    pub burst_ratio: Option<f64>,
    /// The codec's Ie and Bpl (G.113 Appendix I).
    pub equipment: Option<Equipment>,
}

/// The estimate with everything else at its G.107 default; `None` where an input is not known, or impossible.
pub fn estimate(measured: &Measured) -> Option<Estimate> {
    let inputs = Inputs {
        ta_ms: measured.delay_ms?,
        ppl: measured.loss_percent?,
        burst_r: measured.burst_ratio?,
        equipment: measured.equipment?,
        ..DEFAULTS
    };
    rate(inputs)
}

/// The estimate of these inputs; `None` where one is outside of what G.107 allows or no number.
pub fn rate(inputs: Inputs) -> Option<Estimate> {
    if !inputs.are_allowed() {
        return None;
    }
    let ro = impairments::ro(&inputs);
    let is = impairments::simultaneous(&inputs, ro);
    let id = impairments::delay_and_echo(&inputs, ro);
    let ie_eff = impairments::effective_equipment(&inputs);
    let r = ro - is - id - ie_eff + inputs.a;
    r.is_finite().then_some(Estimate { inputs, ro, is, id, ie_eff, r, mos_cqe: mos(r) })
}

/// MOS from R (G.107 Annex B, equation B-4). Below R = 6.5 the polynomial dips under 1 and is held there.
pub fn mos(r: f64) -> f64 {
    if r <= 0.0 {
        1.0
    } else if r >= 100.0 {
        4.5
    } else {
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
    }
}

/// BurstR (G.107 §7.5): the mean length of runs of lost packets over that of random loss of the same rate, held within 1 to 8, the
/// range of the model. 1 without any loss. `None` where there are more runs than lost packets, or all packets are lost.
pub fn burst_ratio(lost: u64, runs: u64, expected: u64) -> Option<f64> {
    if lost == 0 && runs == 0 && expected > 0 {
        return Some(1.0);
    }
    if runs == 0 || runs > lost || lost >= expected {
        return None;
    }
    // Random loss of rate p has runs of mean length 1 / (1 - p).
    let share = lost as f64 / expected as f64;
    Some((lost as f64 / runs as f64 * (1.0 - share)).clamp(1.0, 8.0))
}

impl fmt::Display for Estimate {
    /// The score, never without what it was made from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate { inputs, r, mos_cqe, .. } = self;
        write!(f, "estimated, E-model G.107: R = {r:.1}, MOS-CQE = {mos_cqe:.2} from {inputs}")
    }
}

#[cfg(test)]
mod tests;
