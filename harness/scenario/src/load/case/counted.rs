//! `[channels]`: rows of the sizing table, counted while a step runs.

use super::context::Context;
use super::references::{Facts, References};
use crate::load::reader::Node;
use crate::load::suggest::did_you_mean;
use crate::model::{Channels, CheckId};
use oxocert_record::StepId;

pub(super) fn channels<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    nodes: &[Node<'a>],
) -> Vec<Channels> {
    let one = nodes.len() == 1;
    nodes.iter().filter_map(|node| counted(context, references, node, one)).collect()
}

fn counted<'a>(
    context: &Context<'_>,
    references: &References<'a>,
    node: &Node<'a>,
    one: bool,
) -> Option<Channels> {
    let table = node.table("[channels]")?;
    let at = table.need("at").and_then(|node| {
        let step = StepId(
            node.as_number()
                .map_or_else(|| node.text().map(str::to_owned), |number| Some(number.to_string()))?,
        );
        references.wants(
            &node,
            &step,
            Facts::has_media,
            "a step that `hears` or a talk, during which channels are counted",
        );
        Some(step)
    });
    let row_node = table.need("row");
    let written = table.get("proves");
    let proves = context.clauses(written);
    // Over internet the sizing table is not in force: what it counts is no matter there.
    let is_asked = written.is_none() || !proves.is_empty();
    let position = table.position();
    table.finish();
    let row_node = row_node?;
    let row = context.text(&row_node)?;
    let sizing = &context.bench.operator.sizing;
    let Some(expected) = sizing.get(&row) else {
        let hint = did_you_mean(&row, sizing.keys().map(String::as_str));
        row_node.problem_with(
            format!("the operator profile {} has no sizing row `{row}`", context.bench.operator.name),
            hint,
        );
        return None;
    };
    let at = at?;
    is_asked.then(|| Channels {
        id: CheckId(if one { "channels".to_owned() } else { format!("channels.{row}") }),
        at,
        row,
        expected: expected.expected,
        settings: expected.settings.clone(),
        strict: expected.strict,
        proves,
        position,
    })
}
