//! Comparison of two reports.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::figures::{Better, Figure};
use super::format::{settings, value};
use super::model::Report;

/// Smallest change that is marked, as a share.
const NOTABLE: f64 = 0.05;

/// The figures of two reports.
#[derive(Debug)]
pub struct Comparison {
    notes: Vec<String>,
    rows: Vec<Row>,
}

/// One figure in both reports.
#[derive(Debug)]
pub struct Row {
    /// Name of the figure.
    pub name: String,
    before: Option<Figure>,
    after: Option<Figure>,
}

/// Direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Notably better.
    Better,
    /// Notably worse.
    Worse,
    /// A small change, or one of a figure that is neither good nor bad.
    Same,
}

/// A share, written as `10%` or `0.1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

/// A malformed share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a share of 0 or more, such as 10% or 0.1")]
pub struct ShareError;

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let (digits, size) = text
            .strip_suffix('%')
            .map_or((text, 1.0), |digits| (digits, 0.01));
        let share: f64 = digits.trim().parse().map_err(|_| ShareError)?;
        if share.is_finite() && share >= 0.0 {
            Ok(Self(share * size))
        } else {
            Err(ShareError)
        }
    }
}

impl Comparison {
    /// Compares a run with an earlier one.
    pub fn new(before: &Report, after: &Report) -> Self {
        let (earlier, later) = (before.figures(), after.figures());
        let named = |figures: &[Figure], name: &str| {
            figures.iter().find(|figure| figure.name == name).cloned()
        };
        let only_later = later
            .iter()
            .filter(|figure| named(&earlier, &figure.name).is_none());
        let names = earlier
            .iter()
            .chain(only_later)
            .map(|figure| figure.name.clone());
        let rows = names
            .map(|name| Row {
                before: named(&earlier, &name),
                after: named(&later, &name),
                name,
            })
            .collect();
        Self {
            notes: notes(before, after),
            rows,
        }
    }

    /// Returns the figures that are worse by more than `share`, without those that rest on few measurements.
    pub fn worse_than(&self, share: Share) -> Vec<&Row> {
        self.rows
            .iter()
            .filter(|row| row.is_steady() && row.worsening() > share.0)
            .collect()
    }
}

impl Row {
    /// Returns the later value divided by the earlier.
    pub fn ratio(&self) -> Option<f64> {
        let (before, after) = (self.before.as_ref()?.value, self.after.as_ref()?.value);
        if before == after {
            Some(1.0)
        } else {
            Some(after / before)
        }
    }

    /// Returns the direction of the change.
    pub fn change(&self) -> Change {
        match self.worsening() {
            worse if worse > NOTABLE => Change::Worse,
            worse if worse < -NOTABLE => Change::Better,
            _ => Change::Same,
        }
    }

    fn is_steady(&self) -> bool {
        [&self.before, &self.after]
            .into_iter()
            .flatten()
            .all(|figure| figure.steady)
    }

    /// Returns how much worse the figure is, as a share of its earlier value; negative if it is better.
    fn worsening(&self) -> f64 {
        let (Some(before), Some(ratio)) = (&self.before, self.ratio()) else {
            return 0.0;
        };
        match before.better {
            Better::Lower => ratio - 1.0,
            Better::Higher => 1.0 - ratio,
            Better::Neither => 0.0,
        }
    }
}

/// Returns the differences between the runs that the reader of the figures must know.
fn notes(before: &Report, after: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    for (side, report) in [("A", before), ("B", after)] {
        let verdict = report.verdict();
        notes.push(format!(
            "{side}: {} {}, {}",
            report.scenario.name,
            report.tool.version,
            verdict.name()
        ));
    }
    if before.scenario.name != after.scenario.name {
        notes.push("the scenarios differ".into());
    }
    if before.machine != after.machine {
        notes.push("the machines differ".into());
    }
    let (earlier, later) = (
        settings(&before.scenario.settings),
        settings(&after.scenario.settings),
    );
    for (name, was) in &earlier {
        let is = later
            .iter()
            .find(|(other, _)| other == name)
            .map_or("absent", |(_, is)| is);
        if was != is {
            notes.push(format!("setting {name}: {was} → {is}"));
        }
    }
    for (name, is) in later
        .iter()
        .filter(|(name, _)| earlier.iter().all(|(other, _)| other != name))
    {
        notes.push(format!("setting {name}: absent → {is}"));
    }
    notes
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        write!(f, "\n{:<34}{:>14}{:>14}{:>9}", "figure", "A", "B", "B/A")?;
        for row in &self.rows {
            let shown = |figure: &Option<Figure>| {
                figure
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), |figure| value(figure.value, figure.unit))
            };
            let ratio = row
                .ratio()
                .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            let (before, after) = (shown(&row.before), shown(&row.after));
            write!(f, "\n{:<34}{before:>14}{after:>14}{ratio:>9}", row.name)?;
            let (mark, few) = (
                row.change(),
                if row.is_steady() {
                    ""
                } else {
                    " (few measurements)"
                },
            );
            match mark {
                Change::Better => write!(f, "  better{few}")?,
                Change::Worse => write!(f, "  WORSE{few}")?,
                Change::Same => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;

    /// Returns the names of the figures that `change` makes worse by more than a tenth.
    fn worse(change: impl Fn(&mut Report)) -> Vec<String> {
        let mut after = sample();
        change(&mut after);
        let comparison = Comparison::new(&sample(), &after);
        comparison
            .worse_than("10%".parse().unwrap())
            .into_iter()
            .map(|row| row.name.clone())
            .collect()
    }

    #[test]
    fn a_figure_that_is_worse_by_more_than_allowed_is_named() {
        assert_eq!(worse(|_| {}), [""; 0]);
        assert_eq!(
            worse(|report| report.latencies[3].percentiles.p99 *= 1.2),
            ["push.p99"]
        );
        assert_eq!(
            worse(|report| report.latencies[3].percentiles.p99 *= 1.05),
            [""; 0]
        );
        assert_eq!(
            worse(|report| report.rates.opens_per_second = Some(7000.0)),
            ["rates.opens_per_second"]
        );
        assert_eq!(worse(|report| report.ledger.lost = 1), ["ledger.lost"]);
    }

    #[test]
    fn figures_of_chance_or_of_the_generator_are_not_judged() {
        assert_eq!(
            worse(|report| report.latencies[3].percentiles.max *= 9.0),
            [""; 0]
        );
        assert_eq!(
            worse(|report| report.generator.lateness.p99 *= 9.0),
            [""; 0]
        );
        assert_eq!(
            worse(|report| report.latencies[3].percentiles.count *= 2),
            [""; 0]
        );
    }

    #[test]
    fn the_table_has_every_figure_and_the_differences_of_the_runs() {
        let mut after = sample();
        after.scenario.settings["rate"] = 900.into();
        after.latencies[3].percentiles.p50 /= 2.0;
        after.memory = None;
        let text = Comparison::new(&sample(), &after).to_string();
        for figure in sample().figures() {
            assert!(
                text.contains(&format!("\n{} ", figure.name)),
                "{} is not in {text}",
                figure.name
            );
        }
        assert!(text.contains("setting rate: 500.0 → 900"), "{text}");
        let line = |name: &str| {
            text.lines()
                .find(|line| line.starts_with(name))
                .unwrap()
                .trim_end()
        };
        assert!(line("push.p50 ").ends_with("0.50  better"), "{text}");
        assert!(
            line("gateway.bytes_per_socket").ends_with("-        -"),
            "{text}"
        );
    }

    #[test]
    fn a_share_is_a_percentage_or_a_fraction() {
        assert_eq!(
            ["10%", "0.1", "0", "-1", "NaN", "ten"].map(|text| text.parse().ok()),
            [
                Some(Share(0.1)),
                Some(Share(0.1)),
                Some(Share(0.0)),
                None,
                None,
                None
            ]
        );
    }
}
