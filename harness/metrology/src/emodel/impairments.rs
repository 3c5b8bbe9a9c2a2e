//! The terms of the rating, by the numbers of the equations in G.107 §7.

use super::{Inputs, Terminals};

fn power(db: f64) -> f64 {
    10f64.powf(db / 10.0)
}

/// No, the sum of the noises (7-3 to 7-7).
fn noise(terminals: &Terminals) -> f64 {
    let Terminals { slr, rlr, lstr, ds, nc, nfor, ps, pr, .. } = *terminals;
    let olr = slr + rlr;
    let nos = ps - slr - ds - 100.0 + 0.004 * (ps - olr - ds - 14.0).powi(2);
    let pre = pr + 10.0 * (1.0 + power(10.0 - lstr)).log10();
    let nor = rlr - 121.0 + pre + 0.008 * (pre - 35.0).powi(2);
    let nfo = nfor + rlr;
    10.0 * (power(nc) + power(nos) + power(nor) + power(nfo)).log10()
}

/// Basic signal-to-noise ratio (7-2).
pub(super) fn ro(inputs: &Inputs) -> f64 {
    15.0 - 1.5 * (inputs.terminals.slr + noise(&inputs.terminals))
}

/// Is, what comes with the voice (7-8 to 7-17).
pub(super) fn simultaneous(inputs: &Inputs, ro: f64) -> f64 {
    let terminals = &inputs.terminals;
    let olr = terminals.slr + terminals.rlr;
    let xolr = olr + 0.2 * (64.0 + noise(terminals) - terminals.rlr);
    let too_loud = 20.0 * ((1.0 + (xolr / 8.0).powi(8)).powf(1.0 / 8.0) - xolr / 8.0);

    let g = {
        let q = 37.0 - 15.0 * terminals.qdu.log10();
        1.07 + 0.258 * q + 0.0602 * q * q
    };
    let (y, z) = ((ro - 100.0) / 15.0 + 46.0 / 8.4 - g / 9.0, 46.0 / 30.0 - g / 40.0);
    let quantisation = 15.0 * (1.0 + 10f64.powf(y) + 10f64.powf(z)).log10();

    too_loud + sidetone(inputs) + quantisation
}

/// Ist (7-11, 7-12).
fn sidetone(inputs: &Inputs) -> f64 {
    let terminals = &inputs.terminals;
    let echoed = (-inputs.t_ms / 4.0).exp() * power(-terminals.telr);
    let stmro = -10.0 * (power(-terminals.stmr) + echoed).log10();
    12.0 * (1.0 + ((stmro - 13.0) / 6.0).powi(8)).powf(1.0 / 8.0)
        - 28.0 * (1.0 + ((stmro + 1.0) / 19.4).powi(35)).powf(1.0 / 35.0)
        - 13.0 * (1.0 + ((stmro - 3.0) / 33.0).powi(13)).powf(1.0 / 13.0)
        + 29.0
}

/// Id = Idte + Idle + Idd (7-18).
pub(super) fn delay_and_echo(inputs: &Inputs, ro: f64) -> f64 {
    talker_echo(inputs) + listener_echo(inputs, ro) + too_long(inputs.ta_ms)
}

/// Idte (7-19 to 7-24).
fn talker_echo(inputs: &Inputs) -> f64 {
    let (t, terminals) = (inputs.t_ms, &inputs.terminals);
    if t < 1.0 {
        return 0.0;
    }
    let roe = -1.5 * (noise(terminals) - terminals.rlr);
    let mut terv =
        terminals.telr - 40.0 * ((1.0 + t / 10.0) / (1.0 + t / 150.0)).log10() + 6.0 * (-0.3 * t * t).exp();
    if terminals.stmr < 9.0 {
        terv += sidetone(inputs) / 2.0;
    }
    let half = (roe - (80.0 + 2.5 * (terv - 14.0))) / 2.0;
    let idte = (half + (half * half + 100.0).sqrt() - 1.0) * (1.0 - (-t).exp());
    if terminals.stmr > 20.0 { idte.hypot(sidetone(inputs)) } else { idte }
}

/// Idle (7-25, 7-26).
fn listener_echo(inputs: &Inputs, ro: f64) -> f64 {
    let rle = 10.5 * (inputs.terminals.wepl + 7.0) * (inputs.tr_ms + 1.0).powf(-0.25);
    let half = (ro - rle) / 2.0;
    half + (half * half + 169.0).sqrt()
}

/// Idd (7-27, 7-28), with the defaults sT = 1 and mT = 100 ms: delay that hurts even without echo.
pub(super) fn too_long(ta_ms: f64) -> f64 {
    if ta_ms <= 100.0 {
        return 0.0;
    }
    let x = (ta_ms / 100.0).log2();
    let root = |value: f64| (1.0 + value.powi(6)).powf(1.0 / 6.0);
    25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0)
}

/// Ie,eff (7-29).
pub(super) fn effective_equipment(inputs: &Inputs) -> f64 {
    let (ie, bpl) = (inputs.equipment.ie, inputs.equipment.bpl);
    ie + (95.0 - ie) * inputs.ppl / (inputs.ppl / inputs.burst_r + bpl)
}
