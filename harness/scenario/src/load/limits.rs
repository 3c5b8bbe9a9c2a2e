//! The table of limits and parameters, and its shortening by a simulated bench.

use super::reader::{Node, Table};
use super::suggest::did_you_mean;
use super::units::Kind;
use crate::model::{Limit, Quantity};
use std::collections::BTreeMap;

/// `[limits]` of an operator profile: `"pdd.max" = { value = "2 s", marginal = "1500 ms", source = ".." }`.
pub(super) fn limits(node: Node<'_>) -> BTreeMap<String, Limit> {
    let mut all = BTreeMap::new();
    let Some(table) = node.table("[limits]") else { return all };
    for (name, entry) in table.entries() {
        let Some(fields) = entry.table("a limit") else { continue };
        let value = fields.need("value").and_then(|value| value.quantity());
        let marginal = fields
            .get("marginal")
            .and_then(|marginal| value.and_then(|value| marginal.quantity_of(Kind::of(value))));
        let source = fields.need("source").and_then(|source| source.text()).map(str::to_owned);
        fields.finish();
        let (Some(value), Some(source)) = (value, source) else { continue };
        all.insert(
            name.to_owned(),
            Limit { name: Some(name.to_owned()), value, marginal, source, shortened_from: None },
        );
    }
    all
}

/// `[shortened]` of a simulated bench: `talk = "1 s"`. Each must exist, keep its kind and be no longer than before.
pub(super) fn shorten(table: &Table<'_>, limits: &mut BTreeMap<String, Limit>) {
    for (name, node) in table.entries() {
        let Some(limit) = limits.get_mut(name) else {
            let hint = did_you_mean(name, limits.keys().map(String::as_str));
            table.problem_at_key(
                name,
                format!("the operator profile has no limit or parameter `{name}`"),
                hint,
            );
            continue;
        };
        let Some(value) = node.quantity_of(Kind::of(limit.value)) else { continue };
        if value.bare() > limit.value.bare() {
            node.problem(format!("\"{value}\" is longer than the operator profile's \"{}\"", limit.value));
            continue;
        }
        limit.marginal =
            limit.marginal.map(|marginal| scaled(marginal, value.bare() / limit.value.bare().max(1e-12)));
        limit.shortened_from = Some(limit.value);
        limit.value = value;
    }
}

/// The marginal value keeps its ratio to the limit.
fn scaled(quantity: Quantity, factor: f64) -> Quantity {
    match quantity {
        Quantity::Time(value) => Quantity::Time(value.mul_f64(factor.clamp(0.0, 1.0))),
        Quantity::KilobitsPerSecond(value) => Quantity::KilobitsPerSecond(value * factor),
        Quantity::Percent(value) => Quantity::Percent(value * factor),
        Quantity::Dbm0(value) => Quantity::Dbm0(value),
        Quantity::Number(value) => Quantity::Number(value * factor),
    }
}
