//! The verdict of a whole run.

use crate::case::{self, Rules};
use crate::encrypted;
use crate::matrix;
use crate::result::{BenchFacts, Counts, RunFacts, RunResult, SCHEMA, Shortened};
use crate::secrets::Secrets;
use crate::timeline::Timeline;
use crate::words;
use oxocert_machine::At;
use oxocert_record::{Event, Verdict, What};
use oxocert_scenario::load::{Register, Standing};
use oxocert_scenario::model::Case;
use oxocert_scenario::model::bench::{Bench, MediaAnchor, Platform};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Judges a run: pure, and without regard to any verdict given before.
///
/// `cases` are those that were planned for the run, in order, whether they were reached or not.
pub fn judge(
    events: &[Event],
    cases: &[Case],
    bench: &Bench,
    register: &Register,
    standing: &Standing,
) -> RunResult {
    let timeline = Timeline::read(events);
    let rules = Rules { bench, register, standing };
    let mut results = Vec::new();
    let mut sizing = Vec::new();
    for case in cases {
        let (result, rows) = case::judge(&timeline, case, &rules);
        results.push(result);
        sizing.extend(rows);
    }
    let mut damage = timeline.damage.clone();
    for run in &timeline.cases {
        if !cases.iter().any(|case| case.id == run.id) {
            damage.push(format!("the record holds case {}, which is none of the run's scenarios", run.id));
        }
    }
    let mut result = RunResult {
        schema: SCHEMA,
        run: facts(&timeline, bench),
        bench: bench_facts(bench),
        verdict: Verdict::NotRun,
        reasons: Vec::new(),
        exit_code: 0,
        counts: Counts::default(),
        shortened: shortened(bench),
        matrix: matrix::rows(&results, register, bench),
        cases: results,
        sizing,
        encrypted: encrypted::read(&timeline, bench),
        damage,
    };
    decide(&mut result, &timeline);
    Secrets::of(events).redact(&mut result);
    result.exit_code = exit_code(result.verdict);
    result.counts = counts(&result);
    result
}

/// 0 pass, 1 fail, 2 inconclusive (or not run), 3 harness error.
pub fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::PassMarginal => 0,
        Verdict::Fail => 1,
        Verdict::Inconclusive | Verdict::NotRun | Verdict::NotApplicable => 2,
        Verdict::Error => 3,
    }
}

/// The verdict of the run and why: the worst of what blocks.
fn decide(result: &mut RunResult, timeline: &Timeline<'_>) {
    let mut reasons: Vec<(Verdict, String)> =
        result.damage.iter().map(|text| (Verdict::Error, text.clone())).collect();
    for case in &result.cases {
        match case.blocking {
            Verdict::Pass | Verdict::PassMarginal | Verdict::NotApplicable => {}
            Verdict::NotRun => reasons.push((Verdict::Inconclusive, format!("case {} was not run", case.id))),
            verdict => {
                let why = case.reason.as_deref().unwrap_or("no reason given");
                reasons.push((verdict, format!("case {}: {why}", case.id)));
            }
        }
    }
    for clause in result.matrix.iter().filter(|clause| clause.counts) {
        match clause.verdict {
            Verdict::NotRun | Verdict::Inconclusive => {
                let why = clause.reason.as_deref().unwrap_or("no reason given");
                let text = format!("mandatory clause {} is {}: {why}", clause.id.0, clause.verdict);
                reasons.push((Verdict::Inconclusive, text));
            }
            // A clause that fails does so by a check, whose case stands above.
            _ => {}
        }
    }
    if timeline.interrupted {
        reasons.push((Verdict::Inconclusive, "the run was interrupted".to_owned()));
    }
    let judged = result.cases.iter().any(|case| case.blocking == Verdict::Pass);
    if reasons.is_empty() && !judged {
        reasons.push((Verdict::Inconclusive, "no case of this run was judged".to_owned()));
    }
    let rank = |verdict: Verdict| match verdict {
        Verdict::Error => 0,
        Verdict::Fail => 1,
        _ => 2,
    };
    reasons.sort_by_key(|(verdict, _)| rank(*verdict));
    let worst = reasons.iter().map(|(verdict, _)| *verdict).reduce(Verdict::join);
    result.verdict = worst.unwrap_or(Verdict::Pass);
    result.reasons = reasons.into_iter().map(|(verdict, text)| format!("{verdict}: {text}")).collect();
}

fn counts(result: &RunResult) -> Counts {
    fn count(verdicts: impl Iterator<Item = Verdict>) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for verdict in verdicts {
            *counts.entry(verdict.word().to_owned()).or_insert(0) += 1;
        }
        counts
    }
    Counts {
        cases: count(result.cases.iter().map(|case| case.verdict)),
        checks: count(result.cases.iter().flat_map(|case| &case.checks).map(|check| check.verdict)),
        clauses: count(result.matrix.iter().map(|clause| clause.verdict)),
    }
}

fn facts(timeline: &Timeline<'_>, bench: &Bench) -> RunFacts {
    let run = timeline.run;
    let mut loads_seen = BTreeSet::new();
    for seen in timeline.messages.values().filter(|seen| seen.is_from_dut()) {
        let product =
            seen.sip().and_then(|message| message.header("User-Agent").or_else(|| message.header("Server")));
        loads_seen.extend(product.map(|product| product.trim().to_owned()));
    }
    let first = timeline.events.first().map_or(At::ZERO, |event| event.at);
    let last = timeline.events.iter().map(|event| event.at).max().unwrap_or(first);
    let lag = timeline.events.iter().filter_map(|event| match event.what {
        What::Lag { by_ns } => Some(by_ns),
        _ => None,
    });
    RunFacts {
        tool: run.map(|run| run.tool.clone()).unwrap_or_default(),
        load: run.map(|run| run.load.clone()).unwrap_or_default(),
        loads_seen: loads_seen.into_iter().collect(),
        started: run.and_then(|run| run.started.clone()),
        duration_ms: u64::try_from(last.since(first).as_millis()).unwrap_or(u64::MAX),
        simulation: bench.simulation || run.is_some_and(|run| run.simulation),
        interrupted: timeline.interrupted,
        seed: run.map(|run| run.seed).unwrap_or_default(),
        dut_parts: run.map(|run| run.dut_parts.clone()).unwrap_or_default(),
        events: timeline.events.len() as u64,
        greatest_lag_ms: lag.max().map(|by_ns| words::span_ms(Duration::from_nanos(by_ns))),
    }
}

fn bench_facts(bench: &Bench) -> BenchFacts {
    let product = match bench.dut.platform {
        Some(Platform::PowerCpu) => "OXO Connect PowerCPU",
        Some(Platform::Oce) => "OXO Connect Evolution (OCE)",
        None => "a PBX that is no OXO",
    };
    let mut addresses = BTreeMap::new();
    addresses
        .insert("dut".to_owned(), format!("trunk {}, registrar {}", bench.dut.trunk, bench.dut.registrar));
    addresses.extend(bench.sbcs.iter().map(|(role, sbc)| {
        let name = sbc.fqdn.as_ref().map(|fqdn| format!(", {fqdn}")).unwrap_or_default();
        (role.to_string(), format!("{}{name}", sbc.address))
    }));
    if let Some(internet) = &bench.internet {
        addresses.extend(internet.dns.iter().map(|(role, address)| (role.to_string(), address.to_string())));
        let private = internet.dut_private.map(|ip| format!(", {ip} behind the NAT")).unwrap_or_default();
        addresses.insert("dut, public name".to_owned(), format!("{}{private}", internet.dut_fqdn));
    }
    let single = |role: &oxocert_record::RoleName| bench.pool_of(role).is_none();
    let sets = bench.sets.iter().filter(|(role, _)| single(role));
    addresses.extend(sets.map(|(role, set)| (role.to_string(), format!("{}, {}", set.address, set.ddi))));
    let parties = bench.parties.iter().filter(|(role, _)| single(role));
    addresses.extend(parties.map(|(role, party)| (role.to_string(), party.number.clone())));
    addresses.extend(bench.pools.iter().map(|(pool, members)| {
        let at = |role: &oxocert_record::RoleName| match (bench.sets.get(role), bench.parties.get(role)) {
            (Some(set), _) => format!("{}, {}", set.address, set.ddi),
            (None, party) => party.map(|party| party.number.clone()).unwrap_or_default(),
        };
        let from = members.first().map(at).unwrap_or_default();
        (pool.to_string(), format!("{} of them, the first: {from}", members.len()))
    }));
    BenchFacts {
        name: bench.name.clone(),
        title: bench.title.clone(),
        architecture: bench.architecture.name().to_owned(),
        product: product.to_owned(),
        operator: bench.operator.name.clone(),
        offer: bench.operator.offer.clone(),
        operator_title: bench.operator.title.clone(),
        settings: bench.operator.settings.clone(),
        trunk: format!("{} over {}", bench.dut.trunk, bench.dut.transport.via()),
        media: match bench.dut.media {
            MediaAnchor::Direct => "direct between set and a-SBC",
            MediaAnchor::Dut => "anchored in the DUT",
        }
        .to_owned(),
        lacks: bench.dut.lacks.clone(),
        load_floors: bench.operator.load_floors.clone(),
        addresses,
    }
}

fn shortened(bench: &Bench) -> Vec<Shortened> {
    let limits = bench.limits.iter();
    let shortened = limits.filter_map(|(name, limit)| {
        Some(Shortened {
            name: name.clone(),
            value: words::quantity(limit.value),
            from: words::quantity(limit.shortened_from?),
            source: limit.source.clone(),
        })
    });
    shortened.collect()
}
