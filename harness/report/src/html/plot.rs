//! Distributions as a small SVG: value over percentile, the percentiles on a logarithmic axis, so that the tail has room.

use std::fmt::Write as _;

/// Width and height of the drawing, and of the margins around its field.
const SIZE: (f64, f64) = (720.0, 250.0);
const LEFT: f64 = 58.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 40.0;
/// The marks of the percentile axis: where, and what stands there.
const MARKS: [(f64, &str); 7] =
    [(0.0, "0"), (0.5, "50"), (0.75, "75"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99")];

/// One distribution.
pub(super) struct Curve<'c> {
    /// What it is of.
    pub name: &'c str,
    /// How many values there are.
    pub n: u64,
    /// Rank (1 = the least) and value in ms, ascending.
    pub points: &'c [(u64, f64)],
}

/// The drawing; empty where there is nothing to draw.
pub(super) fn distributions(title: &str, curves: &[Curve<'_>]) -> String {
    let greatest = curves.iter().flat_map(|curve| curve.points).map(|(_, value)| *value).fold(0.0, f64::max);
    let most = curves.iter().map(|curve| curve.n).max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let step = nice(greatest.max(1e-3) / 4.0);
    let top = (greatest / step).ceil().max(1.0) * step;
    // A value of rank r stands at (r - 1/2) / n: the greatest is not at 100 %, which has no place on the axis.
    let end = tail(most, most);
    let x = |at: f64| LEFT + at / end * (SIZE.0 - LEFT - RIGHT);
    let y = |value: f64| SIZE.1 - BOTTOM - value / top * (SIZE.1 - TOP - BOTTOM);
    let mut svg = format!(
        "<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        SIZE.0,
        SIZE.1,
        escaped(title)
    );
    let mut value = 0.0;
    while value <= top + step / 2.0 {
        let _ = write!(
            svg,
            "<path class=\"rule\" d=\"M{LEFT} {0:.1}H{1}\"/><text class=\"left\" x=\"{2}\" y=\"{3:.1}\">{4}</text>",
            y(value),
            SIZE.0 - RIGHT,
            LEFT - 6.0,
            y(value) + 4.0,
            number(value)
        );
        value += step;
    }
    for (share, label) in MARKS.into_iter().filter(|(share, _)| -(1.0 - share).log10() <= end + 1e-9) {
        let at = x(-(1.0 - share).log10());
        let _ = write!(
            svg,
            "<path class=\"rule\" d=\"M{at:.1} {TOP}V{0}\"/><text class=\"middle\" x=\"{at:.1}\" y=\"{1}\">{label}</text>",
            SIZE.1 - BOTTOM,
            SIZE.1 - BOTTOM + 16.0
        );
    }
    let _ = write!(
        svg,
        "<text class=\"middle\" x=\"{:.1}\" y=\"{}\">percentile, logarithmic</text><text x=\"4\" y=\"14\">ms</text>",
        (LEFT + SIZE.0 - RIGHT) / 2.0,
        SIZE.1 - 6.0
    );
    for (index, curve) in curves.iter().enumerate() {
        let line = index % STROKES;
        let _ = write!(svg, "<path class=\"curve c{line}\" d=\"");
        let mut before: Option<f64> = None;
        for (rank, value) in curve.points {
            let (x, y) = (x(tail(*rank, curve.n)), y(*value));
            let _ = match before {
                // Steps: between two values nothing was measured.
                Some(_) => write!(svg, "H{x:.1}V{y:.1}"),
                None => write!(svg, "M{LEFT} {y:.1}H{x:.1}"),
            };
            before = Some(y);
        }
        svg.push_str("\"/>");
        let at = LEFT + 30.0 + index as f64 * 130.0;
        let _ = write!(
            svg,
            "<path class=\"curve c{line}\" d=\"M{0} 10h26\"/><text x=\"{1}\" y=\"14\">{2} ({3})</text>",
            at,
            at + 31.0,
            escaped(curve.name),
            curve.n
        );
    }
    svg.push_str("</svg>");
    svg
}

/// How many ways to draw a line the style has.
const STROKES: usize = 6;

/// Where the value of a rank stands on the axis.
fn tail(rank: u64, n: u64) -> f64 {
    let share = (rank as f64 - 0.5) / (n.max(1) as f64);
    -(1.0 - share).log10()
}

/// The least of 1, 2, 5 times a power of ten that is not below.
fn nice(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|nice| *nice >= step * 0.999)
        .unwrap_or(step)
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in super::printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_an_axis_are_nice() {
        let steps: Vec<String> =
            [0.0003, 0.13, 1.0, 2.3, 70.0, 499.0].map(nice).iter().map(|step| number(*step)).collect();
        assert_eq!(steps, ["0.001", "0.2", "1", "5", "100", "500"]);
    }

    #[test]
    fn the_greatest_of_ten_stands_before_99_percent() {
        let points: Vec<(u64, f64)> = (1..=10).map(|rank| (rank, rank as f64)).collect();
        let svg = distributions("t", &[Curve { name: "a<b", n: 10, points: &points }]);
        assert!(svg.contains(">90<") && !svg.contains(">99<"), "{svg}");
        assert!(svg.contains("a&lt;b (10)"));
        assert_eq!(distributions("t", &[]), "");
    }
}
