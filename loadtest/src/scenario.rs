//! What is to happen in a run: a small file in TOML, and settings of the command line on top.

mod steps;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use toml::Table;

pub use self::steps::Step;
use crate::pacing::Stage;
use crate::report::threshold::Threshold;

/// A scenario. Times are in seconds, rates in events a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// What it shows, in a line.
    pub about: String,
    /// What kind of server is put under load.
    pub server: Server,
    /// Browsers that wait at any time.
    pub browsers: u64,
    /// Numbers of browsers, rising, at each of which memory is measured; the last of them stays.
    pub sizes: Vec<u64>,
    /// At which rate browsers open; 0 is as fast as the server takes them, 64 at once.
    pub open_rate: f64,
    /// How long nothing is asked after browsers have opened, before memory is measured.
    pub settle: f64,
    /// How long browsers only wait.
    pub idle: f64,
    /// Whether all browsers give up then and open again, and memory is measured once more.
    pub churn: bool,
    /// How often all browsers lose their sockets and come back.
    pub reconnects: u32,
    /// Over how long their losses are spread.
    pub reconnect_over: f64,
    /// Logins, or messages, a second.
    pub rate: f64,
    /// The rate at the end, where it changes.
    pub rate_to: Option<f64>,
    /// Whether all browsers are scanned before the first confirms, and all have confirmed before the first code is
    /// redeemed: each step at `rate` until all are through it.
    pub steps: bool,
    /// The rate of scans where logins go by steps, if it is another.
    pub scan_rate: Option<f64>,
    /// How long they come.
    pub duration: f64,
    /// How many may be under way at once, in all workers together; more are dropped, which voids the run.
    pub in_flight: u32,
    /// Whether browsers come back when their connection ends, and phones ask another node.
    pub come_back: bool,
    /// Whether another browser takes the place of each that is done; without, there must be enough from the beginning.
    pub reopen: bool,
    /// Whether the relying party redeems the codes.
    pub redeem: bool,
    /// What people do with their logins, by weight.
    pub people: People,
    /// How long slow people look before they confirm.
    pub slow: f64,
    /// Who floods the server for the second half of the run, which lasts as long again.
    pub abuse: Option<Abuse>,
    /// A generator that is later than this with one arrival in a hundred measures itself, which voids the run.
    pub tolerated_lateness: f64,
    /// What the run must keep to, such as `push.p99<5ms`.
    pub thresholds: Vec<String>,
}

/// A kind of server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// A gateway: browsers open logins, phones scan and confirm.
    #[default]
    Gateway,
    /// Any server with a socket to subscribe by and an address to publish to.
    Plain,
}

/// Weights of what people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Scan and confirm.
    pub login: u32,
    /// Give up in the browser.
    pub cancel: u32,
    /// Scan, and say no.
    pub reject: u32,
    /// Ask for a new code, then scan it and confirm.
    pub refresh: u32,
    /// Scan, look for a while, and confirm.
    pub slow: u32,
}

/// Floods, each in events a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Abuse {
    /// From how many addresses.
    pub addresses: u32,
    /// Logins that are opened and left.
    pub opens: f64,
    /// Scans of codes that nobody shows.
    pub scans: f64,
    /// User codes that are typed at random, each by one of as many persons as there are addresses.
    pub guesses: f64,
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// See [`People::login`].
    Login,
    /// See [`People::cancel`].
    Cancel,
    /// See [`People::reject`].
    Reject,
    /// See [`People::refresh`].
    Refresh,
    /// See [`People::slow`].
    Slow,
}

impl Default for People {
    fn default() -> Self {
        Self {
            login: 1,
            cancel: 0,
            reject: 0,
            refresh: 0,
            slow: 0,
        }
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            about: String::new(),
            server: Server::Gateway,
            browsers: 1000,
            sizes: Vec::new(),
            open_rate: 0.0,
            settle: 2.0,
            idle: 0.0,
            churn: false,
            reconnects: 0,
            reconnect_over: 0.0,
            rate: 0.0,
            rate_to: None,
            steps: false,
            scan_rate: None,
            duration: 30.0,
            in_flight: 20_000,
            come_back: false,
            reopen: true,
            redeem: false,
            people: People::default(),
            slow: 5.0,
            abuse: None,
            tolerated_lateness: 0.1,
            thresholds: Vec::new(),
        }
    }
}

const BUILT_IN: [(&str, &str); 8] = [
    ("hold", include_str!("../scenarios/hold.toml")),
    ("login", include_str!("../scenarios/login.toml")),
    ("steps", include_str!("../scenarios/steps.toml")),
    ("storm", include_str!("../scenarios/storm.toml")),
    ("drain", include_str!("../scenarios/drain.toml")),
    ("abuse", include_str!("../scenarios/abuse.toml")),
    ("mix", include_str!("../scenarios/mix.toml")),
    ("push", include_str!("../scenarios/push.toml")),
];

impl People {
    /// What the person of this number does: each deed comes as often as its weight says, evenly mixed.
    pub fn deed(&self, number: u64) -> Deed {
        let deeds = [
            (Deed::Login, self.login),
            (Deed::Cancel, self.cancel),
            (Deed::Reject, self.reject),
            (Deed::Refresh, self.refresh),
            (Deed::Slow, self.slow),
        ];
        let all: u64 = deeds.iter().map(|(_, weight)| u64::from(*weight)).sum();
        // A step that shares no factor with most sums of weights visits all places in an order that looks like none.
        let mut place = number.wrapping_mul(61) % all.max(1);
        for (deed, weight) in deeds {
            if place < u64::from(weight) {
                return deed;
            }
            place -= u64::from(weight);
        }
        Deed::Login
    }
}

impl Scenario {
    /// The names of the scenarios that are built in, each with its file.
    pub const fn built_in() -> &'static [(&'static str, &'static str)] {
        &BUILT_IN
    }

    /// Reads a built-in scenario or a file, with settings `NAME=VALUE` on top (`abuse.opens=5` for a nested one).
    ///
    /// # Errors
    /// There is no such scenario, or it is wrong.
    pub fn read(name: &str, settings: &[String]) -> anyhow::Result<Self> {
        let built_in = BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
        let text = match built_in {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(name).with_context(|| {
                let names = BUILT_IN.map(|(name, _)| name).join(", ");
                format!("{name} is neither a scenario ({names}) nor a file that can be read")
            })?,
        };
        let mut table: Table =
            toml::from_str(&text).with_context(|| format!("{name} is no TOML"))?;
        for setting in settings {
            set(&mut table, setting)
                .with_context(|| format!("{setting} is no setting NAME=VALUE"))?;
        }
        let scenario: Self = table
            .try_into()
            .with_context(|| format!("the scenario {name} is wrong"))?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> anyhow::Result<()> {
        let rates = [
            self.open_rate,
            self.rate,
            self.rate_to.unwrap_or_default(),
            self.scan_rate.unwrap_or_default(),
        ];
        ensure!(
            rates.iter().all(|rate| (0.0..=1e6).contains(rate)),
            "a rate is between 0 and 1,000,000 a second"
        );
        let times = [
            self.settle,
            self.idle,
            self.duration,
            self.reconnect_over,
            self.slow,
        ];
        ensure!(
            times.iter().all(|time| (0.0..=86_400.0).contains(time)),
            "a time is between 0 s and a day"
        );
        ensure!(self.largest() > 0, "there must be at least one browser");
        ensure!(self.sizes.is_sorted(), "sizes must rise");
        self.thresholds()?;
        self.check_steps()?;
        ensure!(
            (1..=10_000_000).contains(&self.in_flight),
            "in_flight must be at least 1"
        );
        Ok(())
    }

    /// What the run must keep to.
    ///
    /// # Errors
    /// A threshold cannot be understood.
    pub fn thresholds(&self) -> anyhow::Result<Vec<Threshold>> {
        let parsed = self.thresholds.iter().map(|text| {
            text.parse()
                .with_context(|| format!("the threshold {text}"))
        });
        parsed.collect()
    }

    /// The most browsers that wait at a time.
    pub fn largest(&self) -> u64 {
        self.sizes.last().copied().unwrap_or(self.browsers)
    }

    /// When logins come, if they do.
    pub fn stage(&self) -> Option<Stage> {
        let stage = Stage {
            from: self.rate,
            to: self.rate_to.unwrap_or(self.rate),
            seconds: self.duration,
        };
        (stage.arrivals() > 0).then_some(stage)
    }
}

/// Puts `a.b=1` into a table. What is no TOML value is taken as text.
fn set(table: &mut Table, setting: &str) -> Option<()> {
    let (path, value) = setting.split_once('=')?;
    let value: toml::Value = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let (parents, name) = path
        .rsplit_once('.')
        .map_or(("", path), |(parents, name)| (parents, name));
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

#[cfg(test)]
mod tests;
