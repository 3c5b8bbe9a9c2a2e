//! How a verdict is shown: a word and a shape, never colour alone.

use oxocert_record::Verdict;

/// The name of the shape and of the style class of a verdict.
pub(crate) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::PassMarginal => "marginal",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Fail => "fail",
        Verdict::Error => "error",
        Verdict::NotRun => "notrun",
        Verdict::NotApplicable => "na",
    }
}

/// The shape as text, for the terminal.
pub(crate) fn shape(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => '\u{2713}',
        Verdict::PassMarginal => '~',
        Verdict::Inconclusive => '?',
        Verdict::Fail => '\u{2717}',
        Verdict::Error => '!',
        Verdict::NotRun => '\u{25cb}',
        Verdict::NotApplicable => '-',
    }
}

/// The order in which counts of verdicts are told: the worst first.
pub(crate) const WORST_FIRST: [Verdict; 7] = [
    Verdict::Error,
    Verdict::Fail,
    Verdict::Inconclusive,
    Verdict::NotRun,
    Verdict::PassMarginal,
    Verdict::Pass,
    Verdict::NotApplicable,
];
