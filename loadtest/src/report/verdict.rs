//! Verdict of a report in one word.

use super::model::Report;

/// Verdict of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// The figures do not count, for this reason.
    Void(&'a str),
    /// A result was lost, repeated or misdirected, or a login failed.
    NotClean,
    /// Every accepted confirm reached its browser once, and nothing else happened.
    Clean,
    /// No login was confirmed and nothing failed, as in scenarios that only hold sockets.
    NoLogins,
}

impl Report {
    /// Returns the verdict.
    pub fn verdict(&self) -> Verdict<'_> {
        let ledger = &self.ledger;
        if let Some(reason) = &self.generator.voided {
            Verdict::Void(reason)
        } else if ledger.is_clean() {
            Verdict::Clean
        } else if ledger.received
            + ledger.duplicate
            + ledger.lost
            + ledger.wrong_browser
            + ledger.failed
            == 0
        {
            Verdict::NoLogins
        } else {
            Verdict::NotClean
        }
    }

    /// Returns true if every threshold was kept.
    pub fn keeps_thresholds(&self) -> bool {
        self.thresholds.iter().all(|outcome| outcome.passed)
    }
}

impl Verdict<'_> {
    /// Returns one or two words for the verdict.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Void(_) => "void",
            Self::NotClean => "NOT CLEAN",
            Self::Clean => "clean",
            Self::NoLogins => "no logins",
        }
    }

    /// Returns a sentence that explains the verdict.
    pub fn explanation(self) -> String {
        match self {
            Self::Void(reason) => format!("The figures do not count: {reason}."),
            Self::NotClean => {
                "A result was lost, repeated or misdirected, or a login failed.".into()
            }
            Self::Clean => "Every accepted confirm reached its browser exactly once.".into(),
            Self::NoLogins => "No login was confirmed in this run, and nothing failed.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Balance;

    #[test]
    fn a_late_generator_voids_even_a_clean_ledger() {
        let ledger = Balance {
            expected: 1,
            received: 1,
            ..Balance::default()
        };
        let mut report = Report {
            ledger,
            ..Report::default()
        };
        assert_eq!(report.verdict(), Verdict::Clean);
        report.generator.voided = Some("late".into());
        assert_eq!(report.verdict(), Verdict::Void("late"));
    }

    #[test]
    fn a_run_without_logins_has_a_verdict_of_its_own() {
        let mut report = Report::default();
        assert_eq!(report.verdict(), Verdict::NoLogins);
        report.ledger.failed = 1;
        assert_eq!(report.verdict(), Verdict::NotClean);
    }
}
