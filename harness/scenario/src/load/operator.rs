//! Operator profiles: `hw-profiles/operator/<name>.toml`.

use super::internet::{Security, security};
use super::limits::limits;
use super::open;
use super::reader::{Document, Node, Table, schema};
use super::sizing::{RowFile, sizing_row};
use crate::model::bench::Operator;
use crate::model::{Limit, Quantity};
use crate::oxo_load::OxoLoad;
use crate::problem::Problems;
use crate::sources::{Sources, folder, stem};
use std::collections::BTreeMap;

/// An operator profile with its limits; the sizing rows are not yet chosen.
pub(super) struct OperatorFile {
    pub(super) operator: Operator,
    pub(super) limits: BTreeMap<String, Limit>,
    pub(super) rows: Vec<RowFile>,
    /// TLS and SRTP, where the offer is over internet.
    pub(super) security: Option<Security>,
}

/// Limits that the program itself asks for.
const NEEDED: [&str; 13] = [
    "t1",
    "t2",
    "t4",
    "step.max",
    "audio.max",
    "talk",
    "talk.break",
    "ringback.on",
    "ringback.off",
    "busy.on",
    "busy.off",
    "rtp.tail",
    "dialog.tail",
];

/// Loads an operator profile; with `extends = "btip"` it is what that one beside it says, but for what stands in it.
///
/// # Errors
/// All problems of the file, and those of the files it extends.
pub(super) fn load_operator(sources: &Sources, path: &str) -> Result<OperatorFile, Problems> {
    load(sources, path, &[])
}

/// `above`: the profiles that extend this one.
fn load(sources: &Sources, path: &str, above: &[&str]) -> Result<OperatorFile, Problems> {
    let doc = open(sources, path, None)?;
    let parsed = doc.parse();
    let root = Table::root(&doc, &parsed, "an operator profile");
    schema(&root);
    let mut elsewhere = Problems::default();
    let base = root.get("extends").map(|node| {
        let above = [above, &[path]].concat();
        let base = format!("{}{}.toml", folder(path), node.text()?);
        if above.contains(&base.as_str()) {
            node.problem(format!("{base} extends this profile already"));
            return None;
        }
        if !sources.files.contains_key(&base) {
            node.problem(format!("there is no operator profile {base}"));
            return None;
        }
        load(sources, &base, &above).map_err(|problems| elsewhere.extend(problems)).ok()
    });
    // Where the base could not be read, nobody knows what is missing here.
    let base = Base { is_lost: matches!(base, Some(None)), file: base.flatten() };
    let file = operator(&doc, &root, base);
    root.finish();
    let mut problems = doc.into_problems();
    problems.extend(elsewhere);
    problems.or(file)
}

/// The profile that another one extends.
struct Base {
    file: Option<OperatorFile>,
    is_lost: bool,
}

fn operator(doc: &Document<'_>, root: &Table<'_>, base: Base) -> OperatorFile {
    let Base { file, is_lost } = base;
    let (inherited, mut limits_in_force, base_rows, base_security) = match file {
        Some(OperatorFile { operator, limits, rows, security }) => (Some(operator), limits, rows, security),
        None => (None, BTreeMap::new(), Vec::new(), None),
    };
    let complete = inherited.is_some() || is_lost;
    // What the profile must say itself unless it extends another one.
    let need = |key: &'static str| if complete { root.get(key) } else { root.need(key) };
    let from = |part: fn(&Operator) -> String| inherited.as_ref().map(part).unwrap_or_default();
    let text = |key| need(key).and_then(|node| node.text()).map(str::to_owned);
    let texts = |key| {
        let list = need(key).and_then(|node| node.texts());
        list.map(|list| list.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let mut settings_in_force = inherited.as_ref().map(|o| o.settings.clone()).unwrap_or_default();
    settings_in_force.extend(need("settings").map(|node| settings(&node)).unwrap_or_default());
    limits_in_force.extend(need("limits").map(limits).unwrap_or_default());
    if root.has("limits") && !is_lost {
        for name in NEEDED.iter().filter(|name| !limits_in_force.contains_key(**name)) {
            root.problem(format!("[limits] needs `{name}`"));
        }
    }
    let rows = need("sizing")
        .and_then(|node| node.list())
        .map_or(base_rows, |list| list.iter().filter_map(sizing_row).collect());
    let security = root.get("secured").and_then(|node| security(&node)).or(base_security);
    let options_alive = need("options_alive")
        .and_then(|node| node.list())
        .map(|list| list.iter().filter_map(|code| code.integer::<u16>("a status code")).collect::<Vec<_>>());
    let kept = inherited.as_ref();
    let operator = Operator {
        name: stem(doc.file).to_owned(),
        offer: text("offer").unwrap_or_else(|| from(|base| base.offer.clone())),
        title: text("title").unwrap_or_else(|| from(|base| base.title.clone())),
        load_floors: need("load_floors")
            .map(load_floors)
            .or_else(|| kept.map(|base| base.load_floors.clone()))
            .unwrap_or_default(),
        sizing: BTreeMap::new(),
        settings: settings_in_force,
        codecs: texts("codecs").or_else(|| kept.map(|base| base.codecs.clone())).unwrap_or_default(),
        rtp_range: need("rtp_range")
            .and_then(|node| port_range(&node))
            .or(kept.map(|base| base.rtp_range))
            .unwrap_or((0, 0)),
        dscp_media: need("dscp_media")
            .and_then(|node| dscp(&node))
            .or(kept.map(|base| base.dscp_media))
            .unwrap_or(0),
        options_alive: options_alive
            .or_else(|| kept.map(|base| base.options_alive.clone()))
            .unwrap_or_default(),
        emergency: texts("emergency").or_else(|| kept.map(|base| base.emergency.clone())).unwrap_or_default(),
    };
    OperatorFile { operator, limits: limits_in_force, rows, security }
}

/// `"32000-32255"`.
pub(super) fn port_range(node: &Node<'_>) -> Option<(u16, u16)> {
    let read = node.as_text().and_then(|text| text.split_once('-')).and_then(|(low, high)| {
        let range = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        (range.0 < range.1).then_some(range)
    });
    if read.is_none() {
        node.problem("expected a range of ports such as \"6000-38000\"");
    }
    read
}

/// Settings: a flat table of texts.
pub(super) fn settings(node: &Node<'_>) -> BTreeMap<String, String> {
    let Some(table) = node.table("settings") else { return BTreeMap::new() };
    table
        .entries()
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.text()?.to_owned())))
        .collect()
}

fn dscp(node: &Node<'_>) -> Option<u8> {
    let value = node.integer::<u8>("a DSCP from 0 to 63")?;
    if value > 63 {
        node.problem("expected a DSCP from 0 to 63");
        return None;
    }
    Some(value)
}

fn load_floors(node: Node<'_>) -> Vec<(String, String)> {
    let mut floors = Vec::new();
    let Some(table) = node.table("load_floors") else { return floors };
    for (release, value) in table.entries() {
        let Some(load) = value.text() else { continue };
        match OxoLoad::find(load) {
            Some(parsed) if parsed.release == release => floors.push((release.to_owned(), load.to_owned())),
            _ => value
                .problem(format!("expected a load of release {release}, such as \"OXO{release}/011.001\"")),
        }
    }
    floors
}

/// A duration among the limits, in milliseconds.
pub(super) fn millis(limits: &BTreeMap<String, Limit>, name: &str) -> u64 {
    match limits.get(name).map(|limit| limit.value) {
        Some(Quantity::Time(value)) => u64::try_from(value.as_millis()).unwrap_or(u64::MAX),
        _ => 0,
    }
}
