//! The sizing table: dialogs, RTP flows and a-SBC channels that were open at the end of a step.
//!
//! Everything is counted from what the harness saw, never from what the DUT says about itself.

use crate::context::Context;
use crate::dialogs::Leg;
use crate::result::{CheckResult, SizingCell, SizingResult};
use crate::timeline::Seen;
use oxocert_machine::At;
use oxocert_record::{Direction, EventNo, Verdict};
use oxocert_scenario::model::bench::Site;
use oxocert_scenario::model::{ChannelCounts, Channels};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// A flow whose last packet is not older than this is running: five packets of 20 ms.
const RUNNING: Duration = Duration::from_millis(100);
/// Digits by which a number is recognised whatever its form (`+33155501001`, `0155501001`).
const SIGNIFICANT_DIGITS: usize = 9;

/// What was counted.
struct Count {
    counts: ChannelCounts,
    raw: Vec<SizingCell>,
    evidence: Vec<EventNo>,
}

impl Count {
    fn cell(&mut self, column: &str, what: String) {
        self.raw.push(SizingCell { column: column.to_owned(), what });
    }
}

/// The check of a row before anything is counted.
pub(crate) fn blank(channels: &Channels) -> CheckResult {
    CheckResult {
        id: channels.id.clone(),
        verdict: Verdict::NotRun,
        observation: !channels.strict,
        required: format!(
            "row `{}` of the sizing table at the end of step {}: {}",
            channels.row,
            channels.at,
            words(&channels.expected)
        ),
        observed: "not reached".to_owned(),
        limit: None,
        measured: None,
        evidence: Vec::new(),
        clauses: channels.proves.clone(),
    }
}

/// Counts one row and compares it.
pub(crate) fn judge(context: &Context<'_, '_>, channels: &Channels) -> (CheckResult, SizingResult) {
    let mut result = blank(channels);
    let row = context.bench.operator.sizing.get(&channels.row);
    let mut sizing = SizingResult {
        row: channels.row.clone(),
        title: row.map_or_else(|| channels.row.clone(), |row| row.title.clone()),
        case: context.case.id.clone(),
        check: channels.id.clone(),
        verdict: Verdict::NotRun,
        observation: !channels.strict,
        expected: channels.expected,
        document: row.and_then(|row| row.document),
        measured: None,
        raw: Vec::new(),
        settings: channels.settings.clone(),
        observed_at: format!(
            "at the end of step {}: dialogs at the a-SBCs, RTP at the ports of a-SBCs, parties and sets",
            channels.at
        ),
    };
    let done = context.run.steps.get(&channels.at).is_some_and(|step| step.done.is_some());
    if let (true, Some(at)) = (done, context.left(&channels.at)) {
        // The order of the next step may carry the same stamp: its BYE does not belong to this one any more.
        let at = At(at.0.saturating_sub(1));
        let count = count(context, at);
        let equal = count.counts == channels.expected;
        result.verdict = if equal { Verdict::Pass } else { Verdict::Fail };
        result.observed = words(&count.counts);
        result.evidence = count.evidence;
        sizing.measured = Some(count.counts);
        sizing.raw = count.raw;
    }
    sizing.verdict = result.verdict;
    (result, sizing)
}

/// Counts as the table writes them.
fn words(counts: &ChannelCounts) -> String {
    format!(
        "IPBX {}; WAN {} HQ + {} RS; BTIP {} HQ + {} RS",
        counts.ipbx, counts.wan_hq, counts.wan_rs, counts.btip_hq, counts.btip_rs
    )
}

fn count(context: &Context<'_, '_>, at: At) -> Count {
    let mut count = Count { counts: ChannelCounts::default(), raw: Vec::new(), evidence: Vec::new() };
    dialogs(context, at, &mut count);
    flows(context, at, &mut count);
    pstn_channels(context, at, &mut count);
    count
}

/// The legs at the a-SBCs.
fn trunk<'t>(context: &'t Context<'_, '_>) -> impl Iterator<Item = &'t Leg> {
    context.legs.iter().filter(|leg| context.bench.sbcs.contains_key(&leg.point))
}

fn dialogs(context: &Context<'_, '_>, at: At, count: &mut Count) {
    for leg in trunk(context).filter(|leg| leg.is_up(at)) {
        count.counts.ipbx += 1;
        count.evidence.push(leg.invite);
        let way = if leg.by_dut { "from" } else { "to" };
        let party = leg.party.as_ref().map_or("no PSTN party", |party| party.as_str());
        count
            .cell("ipbx", format!("dialog {way} the DUT at {}, {party}, Call-ID {}", leg.point, leg.call_id));
    }
}

fn flows(context: &Context<'_, '_>, at: At, count: &mut Count) {
    let mut flows: BTreeMap<(SocketAddr, SocketAddr), EventNo> = BTreeMap::new();
    // Windows may be written after the case's last event: all of the record is looked at.
    for event in context.timeline.events {
        if let oxocert_record::What::Stream(window) = &event.what
            && window.packets > 0
            && window.from <= at
            && window.to + RUNNING >= at
        {
            flows.entry((window.remote, window.local)).or_insert(event.n);
        }
    }
    for ((source, destination), n) in flows {
        let from = context.bench.site_of(source.ip());
        let to = context.bench.site_of(destination.ip());
        let mut crossed: Vec<Site> = from.into_iter().filter(|_| from != to).collect();
        // A set that the DUT's flow reaches at its own site answers into the same channel, in packets that only the DUT
        // receives: the flow stands for both directions, at both routers.
        crossed.extend(to.filter(|_| from.is_some() && from != to));
        for site in &crossed {
            let counted = match site {
                Site::Hq => &mut count.counts.wan_hq,
                Site::Rs => &mut count.counts.wan_rs,
            };
            *counted += 1;
            count.cell(column(*site), format!("RTP {source} -> {destination}"));
        }
        if crossed.is_empty() {
            count.cell("not counted", format!("RTP {source} -> {destination}"));
        } else {
            count.evidence.push(n);
        }
    }
}

/// The column of a site's WAN router.
fn column(site: Site) -> &'static str {
    match site {
        Site::Hq => "wan_hq",
        Site::Rs => "wan_rs",
    }
}

/// Channels at the a-SBC toward the PSTN. On-net legs (no PSTN party behind them) are not counted (C6).
fn pstn_channels(context: &Context<'_, '_>, at: At, count: &mut Count) {
    let referred = referred(context, at);
    for leg in trunk(context) {
        // After an accepted REFER the DUT has left the call, the a-SBC has not: its channels stay (C4).
        let open = leg.is_up(at) || (leg.answered.is_some() && referred.contains(&leg.call_id));
        if !open {
            continue;
        }
        let Some(party) = &leg.party else {
            count.cell("not counted", format!("on-net leg at {}, Call-ID {}", leg.point, leg.call_id));
            continue;
        };
        let site =
            context.timeline.messages.get(&leg.invite).and_then(|invite| site_of_call(context, invite));
        let (column, counted) = match site {
            Some(Site::Hq) => ("btip_hq", Some(&mut count.counts.btip_hq)),
            Some(Site::Rs) => ("btip_rs", Some(&mut count.counts.btip_rs)),
            None => ("not counted", None),
        };
        if let Some(counted) = counted {
            *counted += 1;
        }
        let known = if site.is_some() { "" } else { " (its number belongs to no set of the bench)" };
        count.cell(column, format!("channel to {party} at {}{known}", leg.point));
    }
}

/// Call-IDs of legs that the DUT handed over by a REFER which the harness accepted before `at`: its own and the one
/// that `Replaces` names.
fn referred(context: &Context<'_, '_>, at: At) -> BTreeSet<String> {
    let mut asked: BTreeMap<(String, u32), Vec<String>> = BTreeMap::new();
    let mut accepted = BTreeSet::new();
    for seen in
        context.messages().filter(|seen| seen.at <= at && context.bench.sbcs.contains_key(&seen.on.point))
    {
        let Some(message) = seen.sip() else { continue };
        let (Some(call_id), Some((number, method))) = (message.call_id(), message.cseq()) else { continue };
        if method != "REFER" {
            continue;
        }
        let key = (call_id.to_owned(), number);
        if seen.is_from_dut() && message.is_request() {
            let mut legs = vec![call_id.to_owned()];
            legs.extend(message.header("Refer-To").and_then(replaced));
            asked.insert(key, legs);
        } else if seen.on.direction == Direction::Out
            && message.status().is_some_and(|code| (200..300).contains(&code))
        {
            accepted.extend(asked.get(&key).into_iter().flatten().cloned());
        }
    }
    accepted
}

/// The Call-ID that the Replaces of a Refer-To names (RFC 3891; escaped as a URI header).
fn replaced(refer_to: &str) -> Option<String> {
    let (_, rest) = refer_to.split_once("Replaces=").or_else(|| refer_to.split_once("replaces="))?;
    let end = rest.find(['&', '>', ';']).unwrap_or(rest.len());
    let value = rest.get(..end)?.replace("%40", "@").replace("%3B", ";").replace("%3b", ";");
    value.split(';').next().map(str::to_owned)
}

/// The site charged with a call: that of the set whose public number made it (PAI, Diversion or From of an INVITE of
/// the DUT) or was called (Request-URI of an INVITE to the DUT).
fn site_of_call(context: &Context<'_, '_>, invite: &Seen<'_>) -> Option<Site> {
    let message = invite.sip()?;
    let fields: &[&str] = if invite.is_from_dut() {
        &["pai.user", "diversion.user", "from.user"]
    } else {
        &["ruri.user", "to.user"]
    };
    let values = fields.iter().filter_map(|name| oxocert_sip::message::field(message, name).ok().flatten());
    values.flatten().find_map(|number| site_of_number(context, &number))
}

fn site_of_number(context: &Context<'_, '_>, number: &str) -> Option<Site> {
    let wanted = significant(number)?;
    let mut sets = context.bench.sets.values();
    sets.find(|set| significant(&set.ddi).as_deref() == Some(wanted.as_str())).map(|set| set.site)
}

fn significant(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.len().checked_sub(SIGNIFICANT_DIGITS).and_then(|from| digits.get(from..)).map(str::to_owned)
}
