//! Overrides of a scenario file from the command line.

use anyhow::{Context, ensure};
use toml::{Table, Value};

use super::phase::{KINDS, RATED, TIMED};

/// Overrides of a scenario's settings.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Numbers of browsers; several replace the `open` phase by one for each.
    pub browsers: Vec<u64>,
    /// Rate of every phase with arrivals.
    pub rate: Option<f64>,
    /// Duration of every phase that has one, in seconds.
    pub duration: Option<f64>,
    /// Kinds of phases to leave out.
    pub skip: Vec<String>,
    /// Settings `NAME=VALUE`, or `KIND.NAME=VALUE` for each phase of a kind.
    pub set: Vec<String>,
}

impl Overrides {
    /// Changes a scenario's table.
    pub(super) fn apply(&self, scenario: &mut Table) -> anyhow::Result<()> {
        if !self.browsers.is_empty() {
            replace_open_phases(scenario, &self.browsers)?;
        }
        if let Some(rate) = self.rate {
            set_in_phases(scenario, &RATED, "rate", &rate.into())?;
        }
        if let Some(duration) = self.duration {
            set_in_phases(scenario, &TIMED, "duration", &duration.into())?;
        }
        for setting in &self.set {
            let (path, value) = setting.split_once('=').with_context(|| {
                format!(
                    "{setting}: expected NAME=VALUE, such as in_flight=100 or arrivals.redeem=false"
                )
            })?;
            let value = parse(value);
            match path.split_once('.') {
                Some((kind, rest)) if KINDS.contains(&kind) => {
                    set_in_phases(scenario, &[kind], rest, &value)?;
                }
                _ => {
                    set(scenario, path, value).with_context(|| format!("{path} is not a table"))?;
                }
            }
        }
        for kind in &self.skip {
            let phases = phases(scenario)?;
            let before = phases.len();
            phases.retain(|phase| kind_of(phase) != Some(kind));
            ensure!(
                phases.len() < before,
                "--skip {kind}: the scenario has no such phase"
            );
        }
        Ok(())
    }
}

fn phases(scenario: &mut Table) -> anyhow::Result<&mut Vec<Value>> {
    let phases = scenario.get_mut("phases").and_then(Value::as_array_mut);
    phases.context("a scenario needs [[phases]]")
}

fn kind_of(phase: &Value) -> Option<&str> {
    phase.get("kind")?.as_str()
}

/// Puts one open phase for each number of browsers in the place of those of the file.
fn replace_open_phases(scenario: &mut Table, browsers: &[u64]) -> anyhow::Result<()> {
    let phases = phases(scenario)?;
    let is_open = |phase: &Value| kind_of(phase) == Some("open");
    let first = phases
        .iter()
        .position(is_open)
        .context("the scenario has no phase `open`")?;
    let template = phases[first].clone();
    phases.retain(|phase| !is_open(phase));
    for (index, number) in browsers.iter().enumerate() {
        let mut open = template.clone();
        if let Some(table) = open.as_table_mut() {
            let number = i64::try_from(*number).context("too many browsers")?;
            table.insert("browsers".into(), number.into());
        }
        phases.insert(first + index, open);
    }
    Ok(())
}

/// Sets a value in each phase of some kinds.
fn set_in_phases(
    scenario: &mut Table,
    kinds: &[&str],
    path: &str,
    value: &Value,
) -> anyhow::Result<()> {
    let mut found = false;
    for phase in phases(scenario)? {
        if kind_of(phase).is_some_and(|kind| kinds.contains(&kind))
            && let Some(table) = phase.as_table_mut()
        {
            set(table, path, value.clone()).with_context(|| format!("{path} is not a table"))?;
            found = true;
        }
    }
    ensure!(
        found,
        "{path}: the scenario has no phase of the kind {}",
        kinds.join(", ")
    );
    Ok(())
}

/// Sets the value at a path such as `behaviours.login`.
fn set(table: &mut Table, path: &str, value: Value) -> Option<()> {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut inner = table;
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        inner = inner
            .entry(parent)
            .or_insert_with(|| Table::new().into())
            .as_table_mut()?;
    }
    inner.insert(name.to_owned(), value);
    Some(())
}

/// Parses a TOML value. Anything else is taken as a string.
fn parse(value: &str) -> Value {
    toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_owned()))
}
