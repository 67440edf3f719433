//! Logins that go step by step: all are scanned, then all confirm, then all codes are redeemed.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::{People, Scenario, Server};
use crate::pacing::Stage;

/// How long a gateway lets a login wait for its scan, for its confirm, and a code for being redeemed, in seconds: the
/// defaults of its settings (see `docs/protocol.md`).
const UNSCANNED: f64 = 600.0;
const SCANNED: f64 = 90.0;
const CODE: f64 = 60.0;

/// What may pass from the end of a step to the beginning of the next, in seconds.
const BETWEEN: f64 = 5.0;

/// What those who arrive do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// All that a login takes, or a message.
    Whole,
    /// A phone scans.
    Scan,
    /// A phone confirms what it has scanned.
    Confirm,
    /// The relying party redeems the code of what was confirmed.
    Redeem,
}

impl Step {
    /// The name of the part of a run in which it is done.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "arrivals",
            Self::Scan => "scan",
            Self::Confirm => "confirm",
            Self::Redeem => "redeem",
        }
    }
}

impl Scenario {
    /// What is done with the browsers that wait, one step after the other, each with when people come for it.
    pub fn arrivals(&self) -> Vec<(Step, Stage)> {
        if !self.steps {
            return self
                .stage()
                .map(|stage| (Step::Whole, stage))
                .into_iter()
                .collect();
        }
        let all_at = |rate: f64| Stage::steady(rate, self.largest() as f64 / rate);
        let mut steps = vec![
            (Step::Scan, all_at(self.rate_of_scans())),
            (Step::Confirm, all_at(self.rate)),
        ];
        if self.redeem {
            steps.push((Step::Redeem, all_at(self.rate)));
        }
        steps
    }

    fn rate_of_scans(&self) -> f64 {
        self.scan_rate.unwrap_or(self.rate)
    }

    /// Whether logins by steps come to an end before they expire.
    pub(super) fn check_steps(&self) -> anyhow::Result<()> {
        if !self.steps {
            ensure!(self.scan_rate.is_none(), "scan_rate is for steps=true");
            return Ok(());
        }
        ensure!(self.server == Server::Gateway, "only logins go by steps");
        let plain =
            self.rate_to.is_none() && self.abuse.is_none() && self.people == People::default();
        ensure!(
            plain,
            "logins that go by steps come at one rate, and all do the same: no rate_to, abuse or people"
        );
        ensure!(
            self.rate > 0.0 && self.rate_of_scans() > 0.0,
            "steps need a rate"
        );
        let all = self.largest() as f64;
        let (scans, confirms) = (all / self.rate_of_scans(), all / self.rate);
        let opens = if self.open_rate > 0.0 {
            all / self.open_rate
        } else {
            0.0
        };
        let times = [
            (
                "waits for its scan",
                UNSCANNED,
                opens + self.settle + self.idle + scans,
            ),
            (
                "waits for its confirm once it is scanned",
                SCANNED,
                scans.max(confirms) + BETWEEN,
            ),
            (
                "waits for its code to be redeemed",
                CODE,
                if self.redeem { confirms + BETWEEN } else { 0.0 },
            ),
        ];
        for (waits, most, time) in times {
            ensure!(
                time <= most,
                "with {all} browsers at these rates a login {waits} for {time:.0} s, and a gateway lets it for {most} s: \
                 give fewer browsers or a higher rate"
            );
        }
        Ok(())
    }
}
