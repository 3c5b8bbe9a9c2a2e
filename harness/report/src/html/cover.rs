//! Cover, observations and the bench.

use super::{BenchName, Mark, anchor, joined, printable};
use crate::mark::WORST_FIRST;
use oxocert_judge::RunResult;
use oxocert_judge::result::Shortened;
use oxocert_record::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// How many reasons of one bench stand on the cover; all stand at their case.
const REASONS: usize = 12;

/// The verdict of one bench.
pub(super) struct RunVerdict {
    pub name: BenchName,
    pub product: String,
    pub offer: String,
    pub mark: Mark,
    pub text: String,
    pub cases: String,
    pub checks: String,
    pub clauses: String,
    pub reasons: Vec<String>,
    pub more_reasons: usize,
}

/// A fact of the cover.
pub(super) struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// One observation: reported, never blocking; or a FAIL.
pub(super) struct Observation {
    pub mark: Mark,
    pub bench: String,
    pub case: String,
    pub anchor: String,
    pub check: String,
    pub text: String,
    pub effect: &'static str,
    pub events: String,
}

/// Configuration under test.
pub(super) struct Bench {
    pub name: BenchName,
    pub facts: Vec<Fact>,
    pub settings: Vec<(String, String)>,
    pub addresses: Vec<(String, String)>,
    pub lacks: Vec<(String, String)>,
    pub shortened: Vec<Shortened>,
}

/// What the verdict of the whole means, in words.
pub(super) fn verdict_text(verdict: Verdict, simulation: bool) -> String {
    let text = match (verdict, simulation) {
        (Verdict::Pass | Verdict::PassMarginal, true) => {
            "Every check that counts passed, on a simulated bench. This is no certificate."
        }
        (Verdict::Pass | Verdict::PassMarginal, false) => "Every mandatory clause that applies passed.",
        (Verdict::Fail, _) => "Not certified: the device under test did not do what is required.",
        (Verdict::Error, _) => "Not certified: the harness failed, so the verdicts cannot be relied on.",
        (Verdict::Inconclusive | Verdict::NotRun | Verdict::NotApplicable, _) => {
            "Not certified: not everything that is mandatory was proven."
        }
    };
    text.to_owned()
}

pub(super) fn run_verdict(result: &RunResult) -> RunVerdict {
    RunVerdict {
        name: BenchName::of(result),
        product: result.bench.product.clone(),
        offer: format!("{} ({})", result.bench.offer, result.bench.operator_title),
        mark: result.verdict.into(),
        text: verdict_text(result.verdict, result.run.simulation),
        cases: counts(&result.counts.cases),
        checks: counts(&result.counts.checks),
        clauses: counts(&result.counts.clauses),
        reasons: result.reasons.iter().take(REASONS).map(|reason| printable(reason)).collect(),
        more_reasons: result.reasons.len().saturating_sub(REASONS),
    }
}

fn counts(counts: &BTreeMap<String, u64>) -> String {
    let given =
        WORST_FIRST.iter().filter_map(|verdict| counts.get(verdict.word()).map(|count| (verdict, count)));
    given.map(|(verdict, count)| format!("{count} {verdict}")).collect::<Vec<_>>().join(" \u{b7} ")
}

pub(super) fn facts(results: &[RunResult], first: &RunResult) -> Vec<Fact> {
    let mut seen: Vec<&str> =
        results.iter().flat_map(|result| &result.run.loads_seen).map(String::as_str).collect();
    seen.sort_unstable();
    seen.dedup();
    let mut started: Vec<&str> = results.iter().filter_map(|result| result.run.started.as_deref()).collect();
    started.dedup();
    let minutes = results.iter().map(|result| result.run.duration_ms).sum::<u64>() as f64 / 60_000.0;
    let floors = first.bench.load_floors.iter().map(|(release, load)| format!("{load} (release {release})"));
    let mut seeds = results.iter().map(|result| result.run.seed.to_string()).collect::<Vec<_>>();
    seeds.dedup();
    let mut facts = vec![
        Fact { name: "Load under test", value: joined(results, |result| &result.run.load) },
        Fact {
            name: "Load seen on the wire",
            value: or_none(seen.join(" \u{b7} "), "none: the product is not named"),
        },
        Fact {
            name: "Load floors (\u{a7}4.2)",
            value: or_none(floors.collect::<Vec<_>>().join(", "), "none"),
        },
        Fact { name: "Product", value: joined(results, |result| &result.bench.product) },
        Fact { name: "Offer", value: joined(results, |result| &result.bench.offer) },
        Fact { name: "Benches", value: joined(results, |result| &result.bench.name) },
        Fact { name: "Started (UTC)", value: or_none(started.join(", "), "virtual time") },
        Fact { name: "Duration", value: format!("{minutes:.1} min in all") },
        Fact {
            name: "Harness",
            value: format!("{}, seed {}", joined(results, |result| &result.run.tool), seeds.join(", ")),
        },
    ];
    let mut parts: Vec<&str> =
        results.iter().flat_map(|result| &result.run.dut_parts).map(String::as_str).collect();
    parts.sort_unstable();
    parts.dedup();
    if !parts.is_empty() {
        facts.push(Fact { name: "Parts of the DUT", value: parts.join(" \u{b7} ") });
    }
    facts
}

fn or_none(value: String, none: &str) -> String {
    if value.is_empty() { none.to_owned() } else { value }
}

fn is_internet(result: &RunResult) -> bool {
    result.encrypted.is_some()
}

/// The access in words: `Business VPN`, `internet`, or both.
pub(super) fn access(results: &[RunResult]) -> String {
    let words = match (results.iter().any(is_internet), results.iter().all(is_internet)) {
        (false, _) => "Business VPN",
        (true, false) => "Business VPN and internet",
        (true, true) => "internet",
    };
    words.to_owned()
}

/// What this report does not say.
pub(super) fn not_said(results: &[RunResult]) -> Vec<String> {
    let mut lines = Vec::new();
    if results.iter().any(|result| result.run.simulation) {
        lines.push(
            "The device under test or its timing was simulated. Nothing here says how a real box behaves; no certificate follows from it."
                .to_owned(),
        );
    }
    let open = results.iter().flat_map(|result| &result.matrix).filter(|clause| clause.proofs.is_empty());
    let uncovered = open.map(|clause| &clause.id).collect::<BTreeSet<_>>().len();
    if uncovered > 0 {
        lines.push(format!(
            "{uncovered} clauses have no scenario in this run or are for an operator to confirm; they are listed by name and were not proven."
        ));
    }
    let outside = match (results.iter().any(is_internet), results.iter().all(is_internet)) {
        (false, _) => {
            "It covers SIP over UDP and TCP on a Business VPN access. TLS, SRTP, DNS, fax and Rainbow are outside it."
        }
        (true, false) => {
            "It covers a Business VPN access with SIP over UDP and TCP, and an internet access with TLS, SRTP and DNS. Fax and Rainbow are outside it."
        }
        (true, true) => {
            "It covers an internet access with TLS, SRTP and DNS. Business VPN, fax and Rainbow are outside it."
        }
    };
    lines.push(outside.to_owned());
    if results.iter().any(is_internet) && results.iter().any(|result| result.run.simulation) {
        lines.push("Certificates were signed by a CA of the lab that stands for the public ones, and names were served by the bench: public DNS, public CAs and the internet itself were not tried.".to_owned());
    }
    lines.push("Media that the harness\u{2019}s own sets emit proves nothing about the device under test: such readings are bench information.".to_owned());
    lines.push("Times carry an expanded uncertainty that is stated, not calibrated, on this bench; where it straddles a limit the verdict is INCONCLUSIVE.".to_owned());
    lines
}

/// Everything that is not as it should be, one sentence each.
pub(super) fn observations(result: &RunResult) -> Vec<Observation> {
    let mut observations = Vec::new();
    for case in &result.cases {
        for check in &case.checks {
            let effect = match check.verdict {
                Verdict::Fail if check.observation => "does not block",
                Verdict::Fail => "blocks the certificate",
                Verdict::Error => "the harness must be repaired",
                Verdict::Inconclusive => "must be run again",
                Verdict::PassMarginal => "passes, close to its limit",
                _ => continue,
            };
            let events = check.evidence.iter().take(6).map(|n| format!("#{}", n.0)).collect::<Vec<_>>();
            observations.push(Observation {
                mark: check.verdict.into(),
                bench: result.bench.name.clone(),
                case: case.id.to_string(),
                anchor: anchor(&result.bench.name, case.id.as_str()),
                check: check.id.0.clone(),
                text: printable(&format!("Required: {}. Observed: {}.", check.required, check.observed)),
                effect,
                events: events.join(" "),
            });
        }
    }
    observations
}

pub(super) fn bench(result: &RunResult) -> Bench {
    let bench = &result.bench;
    let lag = result.run.greatest_lag_ms.map_or_else(|| "none recorded".to_owned(), |ms| format!("{ms} ms"));
    let mut facts = vec![
        Fact { name: "Bench", value: format!("{}: {}", bench.name, bench.title) },
        Fact {
            name: "Operator profile",
            value: format!("{}: {} ({})", bench.operator, bench.operator_title, bench.offer),
        },
        Fact { name: "Trunk", value: bench.trunk.clone() },
        Fact { name: "Media of the sets", value: bench.media.clone() },
        Fact { name: "Events recorded", value: result.run.events.to_string() },
        Fact { name: "Greatest lag of the harness", value: lag },
    ];
    if result.run.interrupted {
        facts.push(Fact { name: "Interrupted", value: "yes".to_owned() });
    }
    if !result.damage.is_empty() {
        facts.push(Fact { name: "Damage of the record", value: result.damage.join("; ") });
    }
    let pairs = |map: &BTreeMap<String, String>| {
        map.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    Bench {
        name: BenchName::of(result),
        facts,
        settings: pairs(&bench.settings),
        addresses: pairs(&bench.addresses),
        lacks: pairs(&bench.lacks),
        shortened: result.shortened.clone(),
    }
}
