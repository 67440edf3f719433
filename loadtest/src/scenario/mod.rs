//! Scenarios: small TOML files that list the phases of a run.

mod behaviour;
mod lifetimes;
mod overrides;
mod phase;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use toml::Table;

pub use self::behaviour::{Behaviour, Behaviours};
pub use self::overrides::Overrides;
pub use self::phase::{Abuse, Arrivals, Churn, Hold, Open, Phase, Reconnect, Step, StepPhase};
use crate::report::threshold::Threshold;

/// A scenario. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Purpose in one line.
    pub about: String,
    /// Kind of server under load.
    pub server: Server,
    /// Phases in their order.
    pub phases: Vec<Phase>,
    /// Maximum number of arrivals in flight, in all workers together. More are dropped, which voids the run.
    pub in_flight: u32,
    /// True if browsers resume after a lost connection and phones ask another node.
    pub failover: bool,
    /// True if another browser opens after each login that has ended.
    pub reopen: bool,
    /// Weights of what virtual users do.
    pub behaviours: Behaviours,
    /// Pause of slow users between scan and confirm.
    pub think_time: f64,
    /// Maximum lateness of the generator at p99. A later generator has measured itself, which voids the run.
    pub tolerated_lateness: f64,
    /// Thresholds of the run, such as `push.p99<5ms`.
    pub thresholds: Vec<String>,
}

/// A kind of server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// A gateway: browsers open logins, phones scan and confirm.
    #[default]
    Gateway,
    /// A publish-subscribe server with WebSocket subscriptions.
    Plain,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            about: String::new(),
            server: Server::Gateway,
            phases: Vec::new(),
            in_flight: 20_000,
            failover: false,
            reopen: true,
            behaviours: Behaviours::default(),
            think_time: 5.0,
            tolerated_lateness: 0.1,
            thresholds: Vec::new(),
        }
    }
}

const BUILT_IN: [(&str, &str); 9] = [
    ("hold", include_str!("../../scenarios/hold.toml")),
    ("churn", include_str!("../../scenarios/churn.toml")),
    ("login", include_str!("../../scenarios/login.toml")),
    ("steps", include_str!("../../scenarios/steps.toml")),
    ("storm", include_str!("../../scenarios/storm.toml")),
    ("drain", include_str!("../../scenarios/drain.toml")),
    ("abuse", include_str!("../../scenarios/abuse.toml")),
    ("mix", include_str!("../../scenarios/mix.toml")),
    ("push", include_str!("../../scenarios/push.toml")),
];

impl Scenario {
    /// Returns the built-in scenarios, each as its name and the text of its file.
    pub const fn built_in() -> &'static [(&'static str, &'static str)] {
        &BUILT_IN
    }

    /// Reads a built-in scenario or a file, and applies overrides.
    ///
    /// # Errors
    /// Returns an error if there is no such scenario, or if the scenario or an override is invalid.
    pub fn read(name: &str, overrides: &Overrides) -> anyhow::Result<Self> {
        let built_in = BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
        let text = match built_in {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(name).with_context(|| {
                let names = BUILT_IN.map(|(name, _)| name).join(", ");
                format!("{name}: expected a built-in scenario ({names}) or a readable file")
            })?,
        };
        let mut table: Table =
            toml::from_str(&text).with_context(|| format!("{name}: invalid TOML"))?;
        overrides.apply(&mut table)?;
        let scenario: Self = table
            .try_into()
            .with_context(|| format!("{name}: invalid scenario"))?;
        scenario
            .check()
            .with_context(|| format!("{name}: invalid scenario"))?;
        Ok(scenario)
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut rates = self.phases.iter().flat_map(Phase::rates);
        ensure!(
            rates.all(|rate| (0.0..=1e6).contains(&rate)),
            "a rate must be between 0 and 1,000,000 per second"
        );
        let mut times = self
            .phases
            .iter()
            .flat_map(Phase::times)
            .chain([self.think_time]);
        ensure!(
            times.all(|time| (0.0..=86_400.0).contains(&time)),
            "a time must be between 0 s and a day"
        );
        ensure!(
            matches!(self.phases.first(), Some(Phase::Open(_))),
            "the first of the [[phases]] must be of the kind open"
        );
        ensure!(self.largest() > 0, "there must be at least one browser");
        ensure!(
            self.opens().is_sorted(),
            "the open phases must have rising numbers of browsers"
        );
        self.thresholds()?;
        self.check_steps()?;
        ensure!(
            (1..=10_000_000).contains(&self.in_flight),
            "in_flight must be between 1 and 10,000,000"
        );
        Ok(())
    }

    fn opens(&self) -> impl Iterator<Item = u64> {
        self.phases.iter().filter_map(|phase| match phase {
            Phase::Open(open) => Some(open.browsers),
            _ => None,
        })
    }

    /// Returns the thresholds of the run.
    ///
    /// # Errors
    /// Returns an error if a threshold is malformed.
    pub fn thresholds(&self) -> anyhow::Result<Vec<Threshold>> {
        let parsed = self.thresholds.iter().map(|text| {
            text.parse()
                .with_context(|| format!("invalid threshold {text}"))
        });
        parsed.collect()
    }

    /// Returns the maximum number of waiting browsers.
    pub fn largest(&self) -> u64 {
        self.opens().max().unwrap_or_default()
    }

    /// Returns true if a phase of the run has abuse.
    pub fn has_abuse(&self) -> bool {
        self.phases
            .iter()
            .any(|phase| matches!(phase, Phase::Arrivals(arrivals) if arrivals.abuse.is_some()))
    }

    /// Returns true if the run has a phase for this step of all logins.
    pub fn has_step(&self, wanted: Step) -> bool {
        self.phases
            .iter()
            .filter_map(Phase::step)
            .any(|(step, _)| step == wanted)
    }
}

#[cfg(test)]
mod tests;
