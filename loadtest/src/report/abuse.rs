//! Honest users during abuse, compared with those before it.

use super::model::Report;

/// Name of a phase with abuse.
pub const UNDER_ABUSE: &str = "arrivals under abuse";

/// End of a latency's name during abuse.
const SUFFIX: &str = " under abuse";

/// Effect of abuse on honest users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Honest logins that failed.
    pub refused: u64,
    /// p99 of `login` during abuse, divided by that before; absent without measurements of both.
    pub login_p99_ratio: Option<f64>,
    /// The same of `open`.
    pub open_p99_ratio: Option<f64>,
}

impl Report {
    /// Returns the effect of abuse, for a run with a phase of it.
    pub fn effect_of_abuse(&self) -> Option<Effect> {
        let mut phases = self
            .phases
            .iter()
            .filter(|phase| phase.name == UNDER_ABUSE)
            .peekable();
        phases.peek()?;
        Some(Effect {
            refused: phases.map(|phase| phase.failed).sum(),
            login_p99_ratio: self.p99_ratio("login"),
            open_p99_ratio: self.p99_ratio("open"),
        })
    }

    fn p99_ratio(&self, kind: &str) -> Option<f64> {
        let p99 = |name: &str| {
            let found = self.latencies.iter().find(|latency| latency.name == name)?;
            (found.percentiles.count > 0).then_some(found.percentiles.p99)
        };
        let (before, meanwhile) = (p99(kind)?, p99(&format!("{kind}{SUFFIX}"))?);
        (before > 0.0).then(|| meanwhile / before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Latency, Percentiles, Phase};
    use super::*;

    fn latency(name: &str, p99: f64) -> Latency {
        Latency {
            name: name.into(),
            percentiles: Percentiles {
                count: 1000,
                p99,
                ..Percentiles::default()
            },
            ..Latency::default()
        }
    }

    #[test]
    fn abuse_is_compared_with_the_logins_before_it() {
        let phase = |name: &str, failed| Phase {
            name: name.into(),
            failed,
            ..Phase::default()
        };
        let mut report = Report {
            latencies: vec![latency("login", 8.0), latency("login under abuse", 20.0)],
            phases: vec![phase("arrivals", 5), phase(UNDER_ABUSE, 2)],
            ..Report::default()
        };
        let effect = report.effect_of_abuse().unwrap();
        assert_eq!(
            (
                effect.refused,
                effect.login_p99_ratio,
                effect.open_p99_ratio
            ),
            (2, Some(2.5), None)
        );
        assert_eq!(report.figure("abuse.refused").unwrap().value, 2.0);
        assert_eq!(report.figure("abuse.login_p99_ratio").unwrap().value, 2.5);
        assert!(report.figure("abuse.open_p99_ratio").is_none());
        assert!(
            report
                .to_string()
                .contains("2 honest logins failed, p99 of login × 2.5")
        );
        report.phases.pop();
        assert_eq!(report.effect_of_abuse(), None);
    }
}
