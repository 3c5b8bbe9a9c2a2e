//! The expected ladder of a case as text, before any call is made: one column a role, the DUT in the middle.

use crate::model::{Action, Case, LoadCall, LoadPoint, Step, Verb};
use oxocert_record::{RoleName, StepId};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Characters a line has at most.
const WIDTH: usize = 100;
/// Characters of the step id at the left.
const MARGIN: usize = 7;

/// The ladder: a heading, the roles, a line for each message or action, 100 columns wide at most.
pub fn preview(case: &Case) -> String {
    let columns = Columns::of(case);
    let mut text = cut(&format!("{}  {}", case.id, case.title), WIDTH);
    text.push('\n');
    if let Some(reason) = &case.not_applicable {
        let _ = writeln!(text, "NOT APPLICABLE: {reason}");
    }
    text.push('\n');
    text.push_str(&columns.heading());
    for (name, steps) in [("set-up", &case.setup), ("flow", &case.flow), ("teardown", &case.teardown)] {
        if steps.is_empty() {
            continue;
        }
        let rule = "-".repeat(columns.width().saturating_sub(name.len() + MARGIN + 1));
        let _ = writeln!(text, "{:MARGIN$}{name} {rule}", "");
        for step in steps {
            columns.step(&mut text, step, "");
        }
    }
    for point in &case.loads {
        columns.point(&mut text, point);
    }
    for never in &case.never {
        let who = never.who.iter().map(RoleName::as_str).collect::<Vec<_>>().join(" and ");
        let _ = writeln!(text, "{:<MARGIN$}never: {who} sees {}", never.id.0, never.sees);
    }
    for measure in &case.measures {
        let bound = |word: &str, limit: &Option<crate::model::Limit>| {
            limit
                .as_ref()
                .map(|limit| format!(", {word} {} ({})", limit.value, limit.source))
                .unwrap_or_default()
        };
        let line = format!(
            "measure {}{}{}",
            measure.name,
            bound("at most", &measure.max),
            bound("at least", &measure.min)
        );
        let _ = writeln!(text, "{:MARGIN$}{}", "", cut(&line, WIDTH - MARGIN));
    }
    for row in &case.channels {
        let counts = row.expected;
        let _ = writeln!(
            text,
            "{:MARGIN$}channels during step {}, row {}: IPBX {}, WAN {} HQ + {} RS, BTIP {} HQ + {} RS",
            "", row.at, row.row, counts.ipbx, counts.wan_hq, counts.wan_rs, counts.btip_hq, counts.btip_rs
        );
    }
    text
}

/// The roles from left to right: sets, the DUT, name servers, a-SBCs, PSTN parties.
struct Columns {
    roles: Vec<RoleName>,
    pitch: usize,
}

impl Columns {
    fn of(case: &Case) -> Columns {
        let bound: BTreeMap<&RoleName, &RoleName> = case
            .loads
            .iter()
            .flat_map(LoadPoint::all_calls)
            .flat_map(|call| call.bound.iter().map(|(pool, member)| (member, pool)))
            .collect();
        let of_family = |family: &str| {
            // The members of a pool share its column.
            let mut roles: Vec<RoleName> = case
                .needs
                .iter()
                .filter(|role| role.as_str().starts_with(family))
                .map(|role| bound.get(role).copied().unwrap_or(role).clone())
                .collect();
            roles.dedup();
            roles
        };
        let mut roles = of_family("set.");
        roles.push("dut".into());
        roles.extend(of_family("dns."));
        roles.extend(of_family("sbc."));
        roles.extend(of_family("pstn."));
        let pitch = ((WIDTH - MARGIN) / roles.len().max(1)).clamp(8, 20);
        Columns { roles, pitch }
    }

    fn width(&self) -> usize {
        (MARGIN + self.roles.len() * self.pitch).min(WIDTH)
    }

    fn heading(&self) -> String {
        let mut line = " ".repeat(MARGIN);
        for role in &self.roles {
            let name = if role.as_str() == "dut" { "DUT" } else { role.as_str() };
            let _ = write!(line, "{:^pitch$}", cut(name, self.pitch - 1), pitch = self.pitch);
        }
        format!("{}\n", line.trim_end())
    }

    fn center(&self, role: &RoleName) -> Option<usize> {
        let index = self.roles.iter().position(|known| known == role)?;
        Some(MARGIN + index * self.pitch + self.pitch / 2)
    }

    /// A load point: what it does, and each kind of its calls once, with the pools in the place of their members.
    fn point(&self, text: &mut String, point: &LoadPoint) {
        let name = format!("load point {}", point.name);
        let rule = "-".repeat(self.width().saturating_sub(name.len() + MARGIN + 1));
        let _ = writeln!(text, "{:MARGIN$}{name} {rule}", "");
        let _ = writeln!(text, "{:MARGIN$}{}", "", cut(&point.words(), WIDTH - MARGIN));
        let mut kinds: Vec<(&LoadCall, usize, &str)> = Vec::new();
        for (calls, what) in [(&point.calls, "calls"), (&point.beyond, "calls beyond the limit")] {
            for call in calls {
                match kinds.iter_mut().find(|(other, _, of)| other.kind == call.kind && *of == what) {
                    Some((_, count, _)) => *count += 1,
                    None => kinds.push((call, 1, what)),
                }
            }
        }
        for (call, count, what) in kinds {
            let _ = writeln!(text, "{:MARGIN$}{count} {what} `{}`:", "", call.kind);
            for step in &call.steps {
                self.step(text, &of_pools(step, call), "");
            }
        }
    }

    fn step(&self, text: &mut String, step: &Step, prefix: &str) {
        let id = format!("{prefix}{}", step.id);
        match &step.verb {
            Verb::Expects(pattern) => {
                let times = if step.times > 1 { format!("{} x ", step.times) } else { String::new() };
                self.arrow(text, &id, step, &format!("{times}{pattern}"), false);
            }
            Verb::Does(Action::Dial { to } | Action::Call { to, .. } | Action::Consult { to }) => {
                self.arrow(text, &id, step, &format!("INVITE {to}"), true);
            }
            Verb::Does(Action::Answer) => self.arrow(text, &id, step, "200", true),
            Verb::Does(Action::Ring) => self.arrow(text, &id, step, "180", true),
            Verb::Does(Action::Reject { code }) => self.arrow(text, &id, step, &code.to_string(), true),
            Verb::Does(Action::Hold { .. } | Action::Resume) => {
                self.arrow(
                    text,
                    &id,
                    step,
                    if matches!(step.verb, Verb::Does(Action::Resume)) { "resume" } else { "hold" },
                    true,
                );
            }
            Verb::Does(Action::TransferAttended | Action::TransferBlind { .. }) => {
                self.arrow(text, &id, step, "REFER", true)
            }
            Verb::Does(Action::HangUp) => self.arrow(text, &id, step, "hang up", true),
            Verb::Does(Action::Connect) => self.arrow(text, &id, step, "TLS connect", true),
            Verb::Does(Action::DropConnection) => self.arrow(text, &id, step, "TLS close", true),
            Verb::Does(Action::Probe { with, .. }) => {
                self.arrow(text, &id, step, &format!("probe {with}"), true)
            }
            Verb::Does(Action::SendOptions) => self.arrow(text, &id, step, "OPTIONS", true),
            Verb::OneOf { alternatives, .. } => {
                self.note(text, &id, step);
                for steps in alternatives {
                    let _ = writeln!(text, "{:MARGIN$}  either:", "");
                    steps.iter().for_each(|step| self.step(text, step, ""));
                }
            }
            Verb::AnyOrder(steps) => {
                self.note(text, &id, step);
                steps.iter().for_each(|step| self.step(text, step, ""));
            }
            Verb::Does(_)
            | Verb::Hears { .. }
            | Verb::SeesNo { .. }
            | Verb::ReceivesDigits { .. }
            | Verb::Is(_) => {
                self.note(text, &id, step);
            }
        }
    }

    /// `|------INVITE------>|` between the DUT and the role, the a-SBC's own column where the message comes through it.
    fn arrow(&self, text: &mut String, id: &str, step: &Step, label: &str, to_dut: bool) {
        let dut = RoleName::from("dut");
        let ends = step.who.first().and_then(|role| Some((self.center(role)?, self.center(&dut)?)));
        let Some((role, dut)) = ends.filter(|(role, dut)| role != dut) else {
            return self.note(text, id, step);
        };
        let (left, right) = (role.min(dut), role.max(dut));
        let points_right = (role < dut) == to_dut;
        let inside = (right - left).saturating_sub(3);
        let label = cut(label, inside);
        let dashes = inside.saturating_sub(label.chars().count());
        let (before, after) = (dashes / 2, dashes - dashes / 2);
        let line = format!(
            "{}{}{label}{}{}",
            if points_right { "|" } else { "|<" },
            "-".repeat(before),
            "-".repeat(after),
            if points_right { ">|" } else { "|" }
        );
        let mut out = format!("{:<left$}{line}", cut(id, MARGIN - 1));
        if step.is_check() {
            if let Some(limit) = &step.within {
                let _ = write!(out, " <= {}", limit.value);
            }
            if let Some(via) = &step.via {
                let _ = write!(out, " via {via}");
            }
        }
        let _ = writeln!(text, "{}", cut(out.trim_end(), WIDTH));
    }

    fn note(&self, text: &mut String, id: &str, step: &Step) {
        let _ = writeln!(
            text,
            "{:<MARGIN$}* {}",
            cut(id, MARGIN - 1),
            cut(&step.to_string(), WIDTH - MARGIN - 2)
        );
    }
}

/// A step of a call as it is written: pools instead of members, and its id without the call's.
fn of_pools(step: &Step, call: &LoadCall) -> Step {
    let mut step = step.clone();
    for role in &mut step.who {
        if let Some((pool, _)) = call.bound.iter().find(|(_, member)| member == role) {
            role.clone_from(pool);
        }
    }
    if let Some(own) = step.id.as_str().strip_prefix(&format!("{}.", call.id)) {
        step.id = StepId(own.to_owned());
    }
    let all = |steps: &Vec<Step>| steps.iter().map(|step| of_pools(step, call)).collect();
    step.verb = match &step.verb {
        Verb::OneOf { records, alternatives } => {
            Verb::OneOf { records: records.clone(), alternatives: alternatives.iter().map(all).collect() }
        }
        Verb::AnyOrder(steps) => Verb::AnyOrder(all(steps)),
        other => other.clone(),
    };
    step
}

/// At most `width` characters, with `~` where some are left out.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('~');
    short
}
