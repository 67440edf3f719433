//! Phases of a scenario, as its file lists them.

use serde::{Deserialize, Serialize};

use crate::ramp::Ramp;

/// A phase of a run. Times are in seconds, rates in events per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Phase {
    /// Browsers open logins, and the servers' memory is measured.
    Open(Open),
    /// Browsers wait.
    Hold(Hold),
    /// All browsers leave and open again, and memory is measured once more.
    Churn(Churn),
    /// All browsers drop their sockets and resume.
    Reconnect(Reconnect),
    /// Logins from scan to the end, or messages of a plain server.
    Arrivals(Arrivals),
    /// All browsers are scanned.
    Scan(StepPhase),
    /// All scanned logins are confirmed.
    Confirm(StepPhase),
    /// The codes of all confirmed logins are redeemed.
    Redeem(StepPhase),
}

/// Names of the phases in a scenario file.
pub(super) const KINDS: [&str; 8] = [
    "open",
    "hold",
    "churn",
    "reconnect",
    "arrivals",
    "scan",
    "confirm",
    "redeem",
];

/// Phases with a `rate` that `--rate` overrides.
pub(super) const RATED: [&str; 4] = ["arrivals", "scan", "confirm", "redeem"];

/// Phases with a `duration` that `--duration` overrides.
pub(super) const TIMED: [&str; 2] = ["hold", "arrivals"];

/// Settings of [`Phase::Open`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Open {
    /// Number of waiting browsers afterwards.
    pub browsers: u64,
    /// Rate; 0 opens 64 at once, as fast as the server accepts.
    pub rate: f64,
    /// Pause before memory is measured.
    pub settle: f64,
}

/// Settings of [`Phase::Hold`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hold {
    /// Length.
    pub duration: f64,
}

/// Settings of [`Phase::Churn`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Churn {
    /// Pause after all left, and again after all came back.
    pub settle: f64,
}

/// Settings of [`Phase::Reconnect`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reconnect {
    /// Number of repetitions.
    pub times: u32,
    /// Time over which the drops are spread.
    pub over: f64,
}

/// Settings of [`Phase::Arrivals`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Arrivals {
    /// Rate at the start.
    pub rate: f64,
    /// Rate at the end, if it changes.
    pub to_rate: Option<f64>,
    /// Length.
    pub duration: f64,
    /// True if the relying party redeems the codes.
    pub redeem: bool,
    /// Abuse of the gateway during the phase.
    pub abuse: Option<Abuse>,
}

/// Settings of a phase in which every browser goes through one step of its login.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepPhase {
    /// Rate. The length follows from the number of browsers.
    pub rate: f64,
}

/// Floods of the gateway's doors from a few addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Abuse {
    /// Number of addresses.
    pub addresses: u32,
    /// Rate of logins that are opened by socket and abandoned.
    pub opens: f64,
    /// Rate of logins that are opened by `POST /v1/logins` and abandoned.
    pub posts: f64,
    /// Rate of polls with unknown receive keys.
    pub polls: f64,
    /// Rate of `refresh` messages on one open socket.
    pub refreshes: f64,
    /// Rate of scans with made-up tokens.
    pub tokens: f64,
    /// Rate of scans of made-up codes by one person.
    pub scans: f64,
    /// Rate of made-up user codes that one person types.
    pub guesses: f64,
    /// Rate of confirms of unknown logins by one person.
    pub confirms: f64,
    /// Rate of made-up authorization codes at the token endpoint.
    pub redeems: f64,
    /// Rate of made-up access tokens at the userinfo endpoint.
    pub userinfos: f64,
}

impl Abuse {
    /// Returns every rate.
    pub const fn rates(&self) -> [f64; 10] {
        [
            self.opens,
            self.posts,
            self.polls,
            self.refreshes,
            self.tokens,
            self.scans,
            self.guesses,
            self.confirms,
            self.redeems,
            self.userinfos,
        ]
    }
}

/// The part of a login that an arrival goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// All of a login, or a message of a plain server.
    Whole,
    /// A phone scans.
    Scan,
    /// A phone confirms its scan.
    Confirm,
    /// The relying party redeems the code.
    Redeem,
}

impl Default for Open {
    fn default() -> Self {
        Self {
            browsers: 1000,
            rate: 0.0,
            settle: 2.0,
        }
    }
}

impl Default for Churn {
    fn default() -> Self {
        Self { settle: 5.0 }
    }
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            times: 1,
            over: 0.0,
        }
    }
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            rate: 0.0,
            to_rate: None,
            duration: 30.0,
            redeem: false,
            abuse: None,
        }
    }
}

impl Arrivals {
    /// Returns the arrival rate over the phase.
    pub fn ramp(&self) -> Ramp {
        Ramp {
            from: self.rate,
            to: self.to_rate.unwrap_or(self.rate),
            seconds: self.duration,
        }
    }
}

impl StepPhase {
    /// Returns the arrival rate at which all browsers go through the step.
    pub fn ramp(&self, browsers: u64) -> Ramp {
        Ramp::steady(self.rate, browsers as f64 / self.rate)
    }
}

impl Step {
    /// Returns the phase's name in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "arrivals",
            Self::Scan => "scan",
            Self::Confirm => "confirm",
            Self::Redeem => "redeem",
        }
    }
}

impl Phase {
    /// Returns the step and its settings, for a phase of steps.
    pub const fn step(&self) -> Option<(Step, &StepPhase)> {
        match self {
            Self::Scan(phase) => Some((Step::Scan, phase)),
            Self::Confirm(phase) => Some((Step::Confirm, phase)),
            Self::Redeem(phase) => Some((Step::Redeem, phase)),
            _ => None,
        }
    }

    /// Returns every rate of the phase.
    pub(super) fn rates(&self) -> Vec<f64> {
        match self {
            Self::Open(open) => vec![open.rate],
            Self::Arrivals(arrivals) => {
                let own = [arrivals.rate, arrivals.to_rate.unwrap_or_default()];
                let abuse = arrivals.abuse.unwrap_or_default().rates();
                own.into_iter().chain(abuse).collect()
            }
            Self::Scan(step) | Self::Confirm(step) | Self::Redeem(step) => vec![step.rate],
            Self::Hold(_) | Self::Churn(_) | Self::Reconnect(_) => Vec::new(),
        }
    }

    /// Returns every time of the phase.
    pub(super) fn times(&self) -> Vec<f64> {
        match self {
            Self::Open(open) => vec![open.settle],
            Self::Hold(hold) => vec![hold.duration],
            Self::Churn(churn) => vec![churn.settle],
            Self::Reconnect(reconnect) => vec![reconnect.over],
            Self::Arrivals(arrivals) => vec![arrivals.duration],
            Self::Scan(_) | Self::Confirm(_) | Self::Redeem(_) => Vec::new(),
        }
    }
}
