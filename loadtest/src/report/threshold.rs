//! Thresholds of a run, such as `push.p99<5ms`.
//!
//! ```text
//! threshold = figure operator number [unit]          spaces are allowed between the parts
//! figure    = GROUP "." MEMBER | a member of `rates`
//! operator  = "<" | "<=" | ">" | ">=" | "==" | "!="
//! number    = digits ["." digits]
//! unit      = "us" | "µs" | "ms" | "s" | "B" | "KB" | "MB" | "GB" | "KiB" | "MiB" | "GiB" | "%"
//! ```
//!
//! A number without a unit is in the figure's own: latencies in ms, CPU in s, memory in bytes. `%` is for ratios.

use std::str::FromStr;

use super::figures::{
    ABUSE, GENERATOR, LEDGER, MEMORY, Members, PERCENTILES, PROCESS, RATES, Unit,
};
use super::memory::KERNEL;
use super::model::{KINDS, Outcome, Report};

/// A bound on one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    expression: String,
    figure: String,
    unit: Unit,
    operator: Operator,
    limit: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Operators of two characters come first, so that `<=` is not parsed as `<`.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Error of a malformed threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// The operator is missing.
    #[error(
        "`{0}` has no operator: expected FIGURE, one of < <= > >= == !=, and a number, such as push.p99<5ms"
    )]
    NoOperator(String),
    /// The part after the operator does not begin with a number.
    #[error("`{0}` is not a number: expected digits and an optional unit, such as 5ms")]
    NoNumber(String),
    /// No figure has this name.
    #[error("unknown figure `{figure}`: {known}")]
    NoFigure {
        /// Unknown name.
        figure: String,
        /// Known names.
        known: String,
    },
    /// The unit is unknown.
    #[error("`{0}` is not a unit: expected us, ms, s, B, KB, MB, GB, KiB, MiB, GiB or %")]
    NoUnit(String),
    /// The unit does not fit the figure.
    #[error("`{figure}` cannot be compared with {unit}: it is {what}")]
    WrongUnit {
        /// Name of the figure.
        figure: String,
        /// Unit in the threshold.
        unit: String,
        /// Unit of the figure.
        what: &'static str,
    },
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(expression: &str) -> Result<Self, ThresholdError> {
        let at = expression.find(['<', '>', '=', '!']);
        let at = at.ok_or_else(|| ThresholdError::NoOperator(expression.to_owned()))?;
        let (figure, rest) = expression.split_at(at);
        let (sign, operator) = OPERATORS
            .into_iter()
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or_else(|| ThresholdError::NoOperator(expression.to_owned()))?;
        let (figure, unit) = figure_named(figure.trim())?;
        let limit = limit(rest[sign.len()..].trim(), &figure, unit)?;
        Ok(Self {
            expression: expression.to_owned(),
            figure,
            unit,
            operator,
            limit,
        })
    }
}

impl Threshold {
    /// Unit of the figure.
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// Judges a run. A figure that was not measured misses its threshold.
    pub fn judge(&self, report: &Report) -> Outcome {
        let value = report.figure(&self.figure).map(|figure| figure.value);
        let passed = value.is_some_and(|value| match self.operator {
            Operator::Less => value < self.limit,
            Operator::LessOrEqual => value <= self.limit,
            Operator::Greater => value > self.limit,
            Operator::GreaterOrEqual => value >= self.limit,
            Operator::Equal => value == self.limit,
            Operator::NotEqual => value != self.limit,
        });
        Outcome {
            expression: self.expression.clone(),
            value,
            passed,
        }
    }
}

impl Report {
    /// Judges the run by `thresholds` and stores the outcomes.
    pub fn judge(&mut self, thresholds: &[Threshold]) {
        self.thresholds = thresholds
            .iter()
            .map(|threshold| threshold.judge(self))
            .collect();
    }
}

/// Returns the full name and the unit of a possible figure.
fn figure_named(name: &str) -> Result<(String, Unit), ThresholdError> {
    let (group, member) = match name.split_once('.') {
        Some((group, member)) => (group, member.replace('.', "_")),
        None => ("rates", name.to_owned()),
    };
    let members = members_of(group);
    let known = members.iter().find(|(known, ..)| *known == member);
    let is_kernel = group != KERNEL || member == "bytes_per_socket";
    match known {
        Some((_, unit, _)) if is_kernel && is_word(group) => {
            Ok((format!("{group}.{member}"), *unit))
        }
        _ => Err(ThresholdError::NoFigure {
            figure: name.to_owned(),
            known: known_names(group, members),
        }),
    }
}

fn members_of(group: &str) -> Members {
    match group {
        "lateness" => PERCENTILES,
        kind if KINDS.contains(&kind.split(' ').next().unwrap_or(kind)) => PERCENTILES,
        "ledger" => LEDGER,
        "generator" => GENERATOR,
        "rates" => RATES,
        "abuse" => ABUSE,
        "memory" => MEMORY,
        _ => PROCESS,
    }
}

fn is_word(group: &str) -> bool {
    !group.is_empty()
        && group == group.trim()
        && group
            .chars()
            .all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-' | ' '))
}

fn known_names(group: &str, members: Members) -> String {
    let list = |members: Members| {
        members
            .iter()
            .map(|(name, ..)| *name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if members == PROCESS || members == RATES {
        let kinds = KINDS.join(", ");
        return format!(
            "known are {kinds} and lateness with {}; ledger with {}; generator with {}; abuse with {}; memory with {}; gateway, redis and other \
             processes with {}; {}",
            list(PERCENTILES),
            list(LEDGER),
            list(GENERATOR),
            list(ABUSE),
            list(MEMORY),
            list(PROCESS),
            list(RATES)
        );
    }
    format!("{group} has {}", list(members))
}

/// Parses the number after an operator, in the unit of the figure.
fn limit(text: &str, figure: &str, unit: Unit) -> Result<f64, ThresholdError> {
    let end = text
        .find(|sign: char| !sign.is_ascii_digit() && sign != '.')
        .unwrap_or(text.len());
    let (digits, given) = text.split_at(end);
    let number: f64 = digits
        .parse()
        .map_err(|_| ThresholdError::NoNumber(text.to_owned()))?;
    let given = given.trim();
    if given.is_empty() {
        return Ok(number);
    }
    let (what, size) = measure(given).ok_or_else(|| ThresholdError::NoUnit(given.to_owned()))?;
    let (own, name, own_size) = own_measure(unit);
    if own != Some(what) {
        return Err(ThresholdError::WrongUnit {
            figure: figure.to_owned(),
            unit: given.to_owned(),
            what: name,
        });
    }
    Ok(number * size / own_size)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Time,
    Memory,
    Ratio,
}

/// Returns a unit's measure, and its size in seconds, bytes or ones.
fn measure(unit: &str) -> Option<(Measure, f64)> {
    Some(match unit {
        "us" | "µs" | "μs" => (Measure::Time, 1e-6),
        "ms" => (Measure::Time, 1e-3),
        "s" => (Measure::Time, 1.0),
        "B" => (Measure::Memory, 1.0),
        "KB" => (Measure::Memory, 1e3),
        "MB" => (Measure::Memory, 1e6),
        "GB" => (Measure::Memory, 1e9),
        "KiB" => (Measure::Memory, 1024.0),
        "MiB" => (Measure::Memory, 1_048_576.0),
        "GiB" => (Measure::Memory, 1_073_741_824.0),
        "%" => (Measure::Ratio, 0.01),
        _ => return None,
    })
}

/// Returns the measure of a figure's unit (if other units measure it too), its name and its size.
const fn own_measure(unit: Unit) -> (Option<Measure>, &'static str, f64) {
    match unit {
        Unit::Milliseconds => (Some(Measure::Time), "a time", 1e-3),
        Unit::Microseconds => (Some(Measure::Time), "a time", 1e-6),
        Unit::Seconds => (Some(Measure::Time), "a time", 1.0),
        Unit::Bytes => (Some(Measure::Memory), "memory", 1.0),
        Unit::Ratio => (Some(Measure::Ratio), "a ratio", 1.0),
        Unit::PerSecond => (None, "a rate per second", 1.0),
        Unit::Count => (None, "a number", 1.0),
    }
}

#[cfg(test)]
#[path = "threshold_tests.rs"]
mod tests;
