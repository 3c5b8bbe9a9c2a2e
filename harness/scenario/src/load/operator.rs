//! Operator profiles: `hw-profiles/operator/<name>.toml`.

use super::limits::limits;
use super::reader::{Document, Node, Table, schema};
use crate::model::Limit;
use crate::model::bench::{Operator, SizingRow};
use crate::model::{ChannelCounts, Quantity};
use crate::oxo_load::OxoLoad;
use crate::sources::stem;
use std::collections::BTreeMap;

/// An operator profile with its limits; the sizing rows are not yet chosen.
pub(super) struct OperatorFile {
    pub(super) operator: Operator,
    pub(super) limits: BTreeMap<String, Limit>,
    pub(super) rows: Vec<RowFile>,
}

/// A sizing row as written: the base counts and what settings make of them.
pub(super) struct RowFile {
    row: String,
    title: String,
    base: ChannelCounts,
    document: bool,
    strict: Switch,
    variants: Vec<(Vec<(String, String)>, ChannelCounts)>,
}

/// `strict = true`, or `strict = "row3_strict"`: the name of a setting.
enum Switch {
    Fixed(bool),
    Setting(String),
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

pub(super) fn operator(doc: &Document<'_>) -> Option<OperatorFile> {
    let parsed = doc.parse();
    let root = Table::root(doc, &parsed, "an operator profile");
    schema(&root);
    let text = |key| root.need(key).and_then(|node| node.text()).unwrap_or_default().to_owned();
    let offer = text("offer");
    let title = text("title");
    let load_floors = root.need("load_floors").map(load_floors).unwrap_or_default();
    let codecs = root.need("codecs").and_then(|node| node.texts()).unwrap_or_default();
    let emergency = root.need("emergency").and_then(|node| node.texts()).unwrap_or_default();
    let rtp_range = root.need("rtp_range").and_then(|node| port_range(&node)).unwrap_or((0, 0));
    let dscp_media = root.need("dscp_media").and_then(|node| dscp(&node)).unwrap_or(0);
    let options_alive = root
        .need("options_alive")
        .and_then(|node| node.list())
        .map(|list| list.iter().filter_map(|code| code.integer::<u16>("a status code")).collect())
        .unwrap_or_default();
    let settings = root.need("settings").map(|node| settings(&node)).unwrap_or_default();
    let limits = root.need("limits").map(limits).unwrap_or_default();
    if root.has("limits") {
        for name in NEEDED.iter().filter(|name| !limits.contains_key(**name)) {
            root.problem(format!("[limits] needs `{name}`"));
        }
    }
    let rows = root
        .need("sizing")
        .and_then(|node| node.list())
        .map(|list| list.iter().filter_map(sizing_row).collect())
        .unwrap_or_default();
    root.finish();
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    doc.is_clean().then(|| OperatorFile {
        operator: Operator {
            name: stem(doc.file).to_owned(),
            offer,
            title,
            load_floors,
            sizing: BTreeMap::new(),
            settings,
            codecs: owned(codecs),
            rtp_range,
            dscp_media,
            options_alive,
            emergency: owned(emergency),
        },
        limits,
        rows,
    })
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

fn counts(table: &Table<'_>) -> Option<ChannelCounts> {
    let count = |key| table.need(key).and_then(|node| node.integer::<u32>("a count"));
    let (ipbx, wan_hq, wan_rs) = (count("ipbx"), count("wan_hq"), count("wan_rs"));
    let (btip_hq, btip_rs) = (count("btip_hq"), count("btip_rs"));
    Some(ChannelCounts {
        ipbx: ipbx?,
        wan_hq: wan_hq?,
        wan_rs: wan_rs?,
        btip_hq: btip_hq?,
        btip_rs: btip_rs?,
    })
}

fn sizing_row(node: &Node<'_>) -> Option<RowFile> {
    let table = node.table("a sizing row")?;
    let row = table.need("row").and_then(|node| node.text());
    let title = table.need("title").and_then(|node| node.text());
    let strict = table.need("strict").and_then(|node| match node.as_text() {
        Some(name) => Some(Switch::Setting(name.to_owned())),
        None => node.flag().map(Switch::Fixed),
    });
    let base = counts(&table);
    let document = table.get("document").and_then(|node| node.flag()).unwrap_or(true);
    let mut variants = Vec::new();
    for variant in table.get("variants").and_then(|node| node.list()).unwrap_or_default() {
        let Some(fields) = variant.table("a variant of a sizing row") else { continue };
        let conditions = fields.need("if").map(|node| settings(&node)).unwrap_or_default();
        if let Some(counts) = counts(&fields) {
            variants.push((conditions.into_iter().collect(), counts));
        }
        fields.finish();
    }
    table.finish();
    Some(RowFile {
        row: row?.to_owned(),
        title: title?.to_owned(),
        base: base?,
        document,
        strict: strict?,
        variants,
    })
}

impl RowFile {
    /// The row under these settings: the first variant whose conditions all hold, else the base.
    pub(super) fn choose(&self, settings: &BTreeMap<String, String>) -> Result<(String, SizingRow), String> {
        let unknown = self
            .variants
            .iter()
            .flat_map(|(conditions, _)| conditions)
            .find(|(name, _)| !settings.contains_key(name));
        if let Some((name, _)) = unknown {
            return Err(format!(
                "sizing row `{}` depends on the setting `{name}`, which has no value",
                self.row
            ));
        }
        let holds = |conditions: &[(String, String)]| {
            conditions.iter().all(|(name, value)| settings.get(name) == Some(value))
        };
        let expected = self
            .variants
            .iter()
            .find(|(conditions, _)| holds(conditions))
            .map_or(self.base, |(_, counts)| *counts);
        let mut used: Vec<String> = self
            .variants
            .iter()
            .flat_map(|(conditions, _)| conditions)
            .map(|(name, _)| name.clone())
            .collect();
        let strict = match &self.strict {
            Switch::Fixed(fixed) => *fixed,
            Switch::Setting(name) => {
                used.push(name.clone());
                match settings.get(name).map(String::as_str) {
                    Some("true") => true,
                    Some("false") => false,
                    _ => {
                        return Err(format!(
                            "the setting `{name}` of sizing row `{}` must be \"true\" or \"false\"",
                            self.row
                        ));
                    }
                }
            }
        };
        used.sort();
        used.dedup();
        let settings = used
            .iter()
            .map(|name| format!("{name} = {}", settings.get(name).map_or("", String::as_str)))
            .collect();
        Ok((
            self.row.clone(),
            SizingRow {
                title: self.title.clone(),
                expected,
                document: self.document.then_some(self.base),
                strict,
                settings,
            },
        ))
    }
}

/// A duration among the limits, in milliseconds.
pub(super) fn millis(limits: &BTreeMap<String, Limit>, name: &str) -> u64 {
    match limits.get(name).map(|limit| limit.value) {
        Some(Quantity::Time(value)) => u64::try_from(value.as_millis()).unwrap_or(u64::MAX),
        _ => 0,
    }
}
