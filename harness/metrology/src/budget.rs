//! The budget of uncertainty (GUM, JCGM 100): what is not known about a reading, part by part.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many standard uncertainties the expanded uncertainty covers: k = 2, some 95 %.
pub const COVERAGE: f64 = 2.0;

/// What a component's value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The error lies anywhere within plus or minus the value, all alike (a resolution, a bound): u = value / sqrt(3).
    Rectangular,
    /// The value covers some 95 % of a normal distribution (a calibration's U, a confidence interval): u = value / 2.
    Normal,
    /// The value is the standard deviation of repeated readings: u = value.
    Measured,
}

/// One part of the budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// What it is: `receive stamp`, `repeatability`.
    pub name: String,
    /// Its value in nanoseconds; [`Kind`] says of what.
    pub value_ns: f64,
    /// What the value means.
    pub kind: Kind,
    /// How it was found.
    pub how: String,
}

impl Component {
    /// A component.
    pub fn new(name: &str, value_ns: f64, kind: Kind, how: &str) -> Component {
        Component { name: name.to_owned(), value_ns, kind, how: how.to_owned() }
    }

    /// Its standard uncertainty in nanoseconds.
    pub fn standard_ns(&self) -> f64 {
        let value = self.value_ns.abs();
        match self.kind {
            Kind::Rectangular => value / 3f64.sqrt(),
            Kind::Normal => value / COVERAGE,
            Kind::Measured => value,
        }
    }
}

/// The budget of one quantity; its components are taken as independent of each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    components: Vec<Component>,
}

impl Budget {
    /// A budget without any component: nothing is known, and [`Budget::expanded_ns`] says so.
    pub fn new() -> Budget {
        Budget::default()
    }

    /// This budget and one component more.
    pub fn with(mut self, component: Component) -> Budget {
        self.components.push(component);
        self
    }

    /// This budget and the interval of the statistic that is judged: `half_width_ns` covers 95 %. For a percentile, whose
    /// interval has two unequal sides, see [`crate::Measurement::of_percentile`].
    pub fn with_interval(self, half_width_ns: f64, how: &str) -> Budget {
        self.with(Component::new("interval of the statistic", half_width_ns, Kind::Normal, how))
    }

    /// Its components, as they were added.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The combined standard uncertainty in nanoseconds, the root of the sum of squares; `None` without components, and where one is
    /// no number.
    pub fn combined_ns(&self) -> Option<f64> {
        let squares: f64 = self.components.iter().map(|component| component.standard_ns().powi(2)).sum();
        (!self.components.is_empty() && squares.is_finite()).then(|| squares.sqrt())
    }

    /// The expanded uncertainty U = 2 u in nanoseconds.
    pub fn expanded_ns(&self) -> Option<f64> {
        self.combined_ns().map(|combined| COVERAGE * combined)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for component in &self.components {
            let kind = match component.kind {
                Kind::Rectangular => "+-",
                Kind::Normal => "95 %",
                Kind::Measured => "s =",
            };
            writeln!(
                f,
                "{:<28} {kind:>4} {:>11.3} us   u = {:>10.3} us   {}",
                component.name,
                component.value_ns / 1000.0,
                component.standard_ns() / 1000.0,
                component.how
            )?;
        }
        match (self.combined_ns(), self.expanded_ns()) {
            (Some(combined), Some(expanded)) => {
                write!(f, "u = {:.3} us, U = {:.3} us (k = 2)", combined / 1000.0, expanded / 1000.0)
            }
            _ => f.write_str("U is not known"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Budget {
        Budget::new()
            .with(Component::new("quantisation", 3f64.sqrt() * 3000.0, Kind::Rectangular, "resolution"))
            .with(Component::new("receive stamp", 8000.0, Kind::Normal, "loop-back"))
            .with(Component::new("repeatability", 12_000.0, Kind::Measured, "20 runs"))
    }

    #[test]
    fn squares_add_up() {
        // 3, 4 and 12 us.
        assert!((three().combined_ns().unwrap() - 13_000.0).abs() < 1e-6);
        assert!((three().expanded_ns().unwrap() - 26_000.0).abs() < 1e-6);
    }

    #[test]
    fn the_interval_of_the_statistic_counts() {
        let wider = three().with_interval(168_000.0, "order statistic");
        assert!((wider.combined_ns().unwrap() - 13_000f64.hypot(84_000.0)).abs() < 1e-6);
    }

    #[test]
    fn an_empty_budget_is_unknown_and_not_perfect() {
        assert_eq!(Budget::new().expanded_ns(), None);
        let odd = three().with(Component::new("x", f64::NAN, Kind::Measured, "not at all"));
        assert_eq!(odd.expanded_ns(), None);
        assert!(Budget::new().to_string().contains("not known"));
    }

    #[test]
    fn printed_it_has_a_line_a_component() {
        let text = three().to_string();
        assert_eq!(text.lines().count(), 4);
        assert!(text.ends_with("u = 13.000 us, U = 26.000 us (k = 2)"), "{text}");
        assert!(text.contains("repeatability") && text.contains("20 runs"));
    }
}
