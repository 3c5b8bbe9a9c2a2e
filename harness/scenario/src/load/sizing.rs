//! The sizing table of an operator profile (Orange §2.2): rows, and what settings make of them.

use super::operator::settings;
use super::reader::{Node, Table};
use crate::model::ChannelCounts;
use crate::model::bench::SizingRow;
use std::collections::BTreeMap;

/// A sizing row as written: the base counts and what settings make of them.
#[derive(Clone)]
pub(super) struct RowFile {
    row: String,
    title: String,
    base: ChannelCounts,
    document: bool,
    strict: Switch,
    variants: Vec<(Vec<(String, String)>, ChannelCounts)>,
}

/// `strict = true`, or `strict = "row3_strict"`: the name of a setting.
#[derive(Clone)]
enum Switch {
    Fixed(bool),
    Setting(String),
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

pub(super) fn sizing_row(node: &Node<'_>) -> Option<RowFile> {
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
