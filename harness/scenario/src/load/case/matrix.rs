//! `[matrix]`: one file, several cases.

use crate::load::reader::Table;
use std::collections::BTreeMap;

/// One point: what stands in the brackets of the case id, and the values by name (`matrix.sbc`).
pub(super) struct Point {
    pub(super) suffix: String,
    pub(super) axes: BTreeMap<String, String>,
}

/// All points, in the order of the file; one without suffix where there is no matrix.
pub(super) fn points(root: &Table<'_>) -> Vec<Point> {
    let mut points = vec![Point { suffix: String::new(), axes: BTreeMap::new() }];
    let Some(table) = root.get("matrix").and_then(|node| node.table("[matrix]")) else { return points };
    for (axis, values) in table.entries() {
        let texts = values.texts().unwrap_or_default();
        if texts.is_empty() {
            values.problem(format!("the axis `{axis}` needs at least one value"));
            continue;
        }
        points = points
            .into_iter()
            .flat_map(|point| {
                texts.iter().map(move |text| {
                    let comma = if point.suffix.is_empty() { "" } else { "," };
                    let mut axes = point.axes.clone();
                    axes.insert(format!("matrix.{axis}"), (*text).to_owned());
                    Point { suffix: format!("{}{comma}{text}", point.suffix), axes }
                })
            })
            .collect();
    }
    points
}
