//! What the model is given (G.107 table 2).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A codec with its loss concealment (G.113 Appendix I).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Equipment {
    /// Equipment impairment factor Ie, 0 to 40.
    pub ie: f64,
    /// Packet-loss robustness factor Bpl, 4.3 to 40.
    pub bpl: f64,
}

/// The telephones and the lines at both ends. All but the last are in dB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terminals {
    /// Send loudness rating.
    pub slr: f64,
    /// Receive loudness rating.
    pub rlr: f64,
    /// Sidetone masking rating.
    pub stmr: f64,
    /// Listener sidetone rating.
    pub lstr: f64,
    /// D-value of the telephone, send side; part of the noise.
    pub ds: f64,
    /// Talker echo loudness rating.
    pub telr: f64,
    /// Weighted echo path loss.
    pub wepl: f64,
    /// Circuit noise referred to 0 dBr, dBm0p.
    pub nc: f64,
    /// Noise floor at the receive side, dBmp.
    pub nfor: f64,
    /// Room noise at the send side, dB(A).
    pub ps: f64,
    /// Room noise at the receive side, dB(A).
    pub pr: f64,
    /// Quantisation distortion units: 1 = G.711 once.
    pub qdu: f64,
}

/// All inputs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// Absolute delay in an echo-free connection Ta, in milliseconds.
    pub ta_ms: f64,
    /// Mean one-way delay of the echo path T, in milliseconds; 0 = no echo path is looked at.
    pub t_ms: f64,
    /// Round-trip delay in a four-wire loop Tr, in milliseconds.
    pub tr_ms: f64,
    /// Packet loss Ppl, in percent, lateness included.
    pub ppl: f64,
    /// Burst ratio BurstR, 1 = random loss.
    pub burst_r: f64,
    /// Advantage factor A: what users forgive for mobility.
    pub a: f64,
    /// The codec.
    pub equipment: Equipment,
    /// The rest.
    pub terminals: Terminals,
}

/// G.107 table 2, default values: G.711, no delay, no loss. R = 93.2.
pub const DEFAULTS: Inputs = Inputs {
    ta_ms: 0.0,
    t_ms: 0.0,
    tr_ms: 0.0,
    ppl: 0.0,
    burst_r: 1.0,
    a: 0.0,
    equipment: Equipment { ie: 0.0, bpl: 4.3 },
    terminals: Terminals {
        slr: 8.0,
        rlr: 2.0,
        stmr: 15.0,
        lstr: 18.0,
        ds: 3.0,
        telr: 65.0,
        wepl: 110.0,
        nc: -70.0,
        nfor: -64.0,
        ps: 35.0,
        pr: 35.0,
        qdu: 1.0,
    },
};

impl Inputs {
    /// Whether what is measured lies where the model can be evaluated. G.107 was verified for Ta to 500 ms, Ppl to 20 % and BurstR to 8; beyond
    /// them it is an extrapolation, impossible values are none.
    pub(super) fn are_allowed(&self) -> bool {
        let Equipment { ie, bpl } = self.equipment;
        [self.ta_ms, self.t_ms, self.tr_ms].iter().all(|ms| (0.0..=60_000.0).contains(ms))
            && (0.0..=100.0).contains(&self.ppl)
            && self.burst_r >= 1.0
            && self.burst_r.is_finite()
            && (0.0..=95.0).contains(&ie)
            && bpl > 0.0
            && bpl.is_finite()
            && self.a.is_finite()
            && self.terminals.qdu > 0.0
    }
}

impl fmt::Display for Inputs {
    /// What is not at its default, and the main ones in any case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Ta {:.1} ms, Ie {}, Bpl {}, Ppl {:.2} %, BurstR {:.2}",
            self.ta_ms, self.equipment.ie, self.equipment.bpl, self.ppl, self.burst_r
        )?;
        for (name, value, default) in [("T", self.t_ms, 0.0), ("Tr", self.tr_ms, 0.0), ("A", self.a, 0.0)] {
            if value != default {
                write!(f, ", {name} {value}")?;
            }
        }
        let rest =
            if self.terminals == DEFAULTS.terminals { "defaults of G.107" } else { "not the defaults" };
        write!(f, ", terminals: {rest}")
    }
}
