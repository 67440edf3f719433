//! What a report says in one word.

use super::model::Report;

/// What a run proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// The generator did not keep up, so no figure counts; this is why.
    Void(&'a str),
    /// A result was lost, came twice or went astray, or a login broke off.
    NotClean,
    /// Every accepted confirm reached its browser once, and nothing else happened.
    Clean,
    /// Nothing was confirmed and nothing went wrong, as in scenarios that only hold sockets.
    NothingOwed,
}

impl Report {
    /// What the run proves.
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
            Verdict::NothingOwed
        } else {
            Verdict::NotClean
        }
    }

    /// Whether every threshold was kept.
    pub fn keeps_thresholds(&self) -> bool {
        self.thresholds.iter().all(|outcome| outcome.passed)
    }
}

impl Verdict<'_> {
    /// A word or two for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Void(_) => "void",
            Self::NotClean => "NOT CLEAN",
            Self::Clean => "clean",
            Self::NothingOwed => "nothing owed",
        }
    }

    /// A sentence that explains it.
    pub fn explanation(self) -> String {
        match self {
            Self::Void(reason) => format!("The figures do not count: {reason}."),
            Self::NotClean => {
                "A result was lost, came twice or went astray, or a login broke off.".into()
            }
            Self::Clean => "Every accepted confirm reached its browser exactly once.".into(),
            Self::NothingOwed => {
                "No login was confirmed in this run, and nothing went wrong.".into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Balance;

    #[test]
    fn a_generator_that_was_late_proves_nothing_whatever_the_ledger_says() {
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
    fn a_run_without_logins_is_not_clean_but_empty() {
        let mut report = Report::default();
        assert_eq!(report.verdict(), Verdict::NothingOwed);
        report.ledger.failed = 1;
        assert_eq!(report.verdict(), Verdict::NotClean);
    }
}
