//! Check that logins which go step by step end before they expire.

use anyhow::ensure;

use super::{Behaviours, Phase, Scenario, Server, Step};

/// Lifetimes of a login before its scan, before its confirm, and of a code, in seconds: the defaults of a gateway's
/// settings (see `docs/protocol.md`).
const UNSCANNED: f64 = 600.0;
const SCANNED: f64 = 90.0;
const CODE: f64 = 60.0;

/// Allowance for the pause between two phases, in seconds.
const PAUSE: f64 = 5.0;

impl Scenario {
    /// Returns an error if the phases of steps are out of order, or take longer than a login lives.
    pub(super) fn check_steps(&self) -> anyhow::Result<()> {
        let steps: Vec<(Step, f64)> = self
            .phases
            .iter()
            .filter_map(Phase::step)
            .map(|(step, phase)| (step, phase.rate))
            .collect();
        if steps.is_empty() {
            return Ok(());
        }
        ensure!(
            self.server == Server::Gateway,
            "a plain server has no logins to scan, confirm or redeem"
        );
        let order: Vec<Step> = steps.iter().map(|(step, _)| *step).collect();
        ensure!(
            [Step::Scan, Step::Confirm, Step::Redeem].starts_with(&order),
            "expected the phases scan, confirm and redeem in this order, each once"
        );
        ensure!(
            steps.iter().all(|(_, rate)| *rate > 0.0),
            "the phases scan, confirm and redeem need a rate"
        );
        ensure!(
            self.behaviours == Behaviours::default()
                && !self
                    .phases
                    .iter()
                    .any(|phase| matches!(phase, Phase::Arrivals(_))),
            "a scenario with the phases scan, confirm and redeem has no arrivals and no behaviours"
        );
        self.check_lifetimes(&steps)
    }

    fn check_lifetimes(&self, steps: &[(Step, f64)]) -> anyhow::Result<()> {
        let all = self.largest() as f64;
        let length = |wanted: Step| {
            let found = steps.iter().find(|(step, _)| *step == wanted);
            found.map_or(0.0, |(_, rate)| all / rate)
        };
        let waiting: f64 = self
            .phases
            .iter()
            .map(|phase| match phase {
                Phase::Open(open) if open.rate > 0.0 => all / open.rate + open.settle,
                phase => phase.times().iter().sum(),
            })
            .sum();
        let (scans, confirms, redeems) = (
            length(Step::Scan),
            length(Step::Confirm),
            length(Step::Redeem),
        );
        let lives = [
            ("waits for its scan", UNSCANNED, waiting + scans),
            (
                "waits for its confirm once it is scanned",
                SCANNED,
                scans.max(confirms) + PAUSE,
            ),
            (
                "waits for its code to be redeemed",
                CODE,
                if redeems > 0.0 {
                    confirms.max(redeems) + PAUSE
                } else {
                    0.0
                },
            ),
        ];
        for (waits, lifetime, time) in lives {
            ensure!(
                time <= lifetime,
                "with {all} browsers at these rates a login {waits} for {time:.0} s, and a gateway keeps it for \
                 {lifetime} s: use fewer browsers or a higher rate"
            );
        }
        Ok(())
    }
}
