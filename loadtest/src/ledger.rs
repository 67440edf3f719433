//! Exactly-once accounting: the results that each browser should receive, and those that it did.

use std::collections::HashMap;
use std::iter::Sum;

use saoma_protocol::LoginId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Expected and received results of each login.
#[derive(Debug, Default)]
pub struct Ledger {
    logins: HashMap<LoginId, Account>,
    /// Sum over all logins, kept so that it need not be counted each time.
    sum: Balance,
}

#[derive(Debug, Default)]
struct Account {
    state: String,
    asked: bool,
    accepted: bool,
    received: u64,
}

/// The balance of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Balance {
    /// Confirms that the gateway accepted.
    pub expected: u64,
    /// Accepted confirms whose result reached the browser.
    pub received: u64,
    /// Results that a browser got again.
    pub duplicate: u64,
    /// Accepted confirms whose result never reached the browser.
    pub lost: u64,
    /// Results that belong to another browser, or to no confirm.
    pub wrong_browser: u64,
    /// Logins that failed before their confirm.
    pub failed: u64,
}

impl Balance {
    /// Returns true if every accepted confirm reached its browser once, and nothing else happened.
    pub const fn is_clean(&self) -> bool {
        self.expected > 0
            && self.received == self.expected
            && self.duplicate == 0
            && self.lost == 0
            && self.wrong_browser == 0
            && self.failed == 0
    }
}

impl Sum for Balance {
    fn sum<I: Iterator<Item = Self>>(balances: I) -> Self {
        balances.fold(Self::default(), |sum, more| {
            sum.with(more, u64::wrapping_add)
        })
    }
}

impl Balance {
    fn with(self, other: Self, each: fn(u64, u64) -> u64) -> Self {
        Self {
            expected: each(self.expected, other.expected),
            received: each(self.received, other.received),
            duplicate: each(self.duplicate, other.duplicate),
            lost: each(self.lost, other.lost),
            wrong_browser: each(self.wrong_browser, other.wrong_browser),
            failed: each(self.failed, other.failed),
        }
    }
}

impl Account {
    fn balance(&self) -> Balance {
        let Self { received, .. } = *self;
        let zero = Balance::default();
        match (self.accepted, received) {
            (true, 0) => Balance {
                expected: 1,
                lost: 1,
                ..zero
            },
            (true, received) => Balance {
                expected: 1,
                received: 1,
                duplicate: received - 1,
                ..zero
            },
            // The answer to the confirm was lost, and the confirm itself may have been carried out.
            (false, received) if self.asked => Balance {
                duplicate: received.saturating_sub(1),
                ..zero
            },
            // A result without any confirm.
            (false, received) => Balance {
                wrong_browser: received,
                ..zero
            },
        }
    }
}

impl Ledger {
    /// Adds a login, whose result must carry `state`.
    pub fn opened(&mut self, id: LoginId, state: &str) {
        self.update(id, |account| account.state = state.to_owned());
    }

    /// Records a confirm before its answer: its result is valid even if the answer is lost.
    pub fn asked(&mut self, id: LoginId) {
        self.update(id, |account| account.asked = true);
    }

    /// Records that the gateway has accepted the confirm.
    pub fn accepted(&mut self, id: LoginId) {
        self.update(id, |account| account.accepted = true);
    }

    /// Records a result that the browser of login `id` received.
    pub fn received(&mut self, id: LoginId, state: &str) {
        match self.logins.get(&id) {
            Some(account) if account.state == state => {
                self.update(id, |account| account.received += 1);
            }
            _ => self.sum.wrong_browser += 1,
        }
    }

    /// Records a login that failed.
    pub fn failed(&mut self) {
        self.sum.failed += 1;
    }

    /// Returns the balance so far.
    pub const fn balance(&self) -> Balance {
        self.sum
    }

    fn update(&mut self, id: LoginId, change: impl FnOnce(&mut Account)) {
        let account = self.logins.entry(id).or_default();
        let before = account.balance();
        change(account);
        self.sum = self
            .sum
            .with(before, u64::wrapping_sub)
            .with(account.balance(), u64::wrapping_add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> LoginId {
        LoginId::from_random([number; LoginId::BYTES])
    }

    fn balance(change: impl Fn(&mut Ledger)) -> Balance {
        let mut ledger = Ledger::default();
        ledger.opened(id(1), "one");
        ledger.opened(id(2), "two");
        ledger.accepted(id(1));
        change(&mut ledger);
        ledger.balance()
    }

    #[test]
    fn one_result_for_one_confirm_is_clean() {
        assert!(balance(|ledger| ledger.received(id(1), "one")).is_clean());
    }

    #[test]
    fn a_confirm_without_an_answer_may_have_one_result_and_not_two() {
        let times = |times| {
            balance(|ledger| {
                ledger.received(id(1), "one");
                ledger.asked(id(2));
                (0..times).for_each(|_| ledger.received(id(2), "two"));
            })
        };
        assert!(times(0).is_clean() && times(1).is_clean());
        assert_eq!((times(2).duplicate, times(2).is_clean()), (1, false));
    }

    #[test]
    fn lost_repeated_and_misdirected_results_are_not_clean() {
        let lost = balance(|_| {});
        assert_eq!((lost.lost, lost.is_clean()), (1, false));
        let twice = balance(|ledger| (0..2).for_each(|_| ledger.received(id(1), "one")));
        assert_eq!((twice.duplicate, twice.is_clean()), (1, false));
        let crossed = balance(|ledger| ledger.received(id(2), "one"));
        assert_eq!((crossed.wrong_browser, crossed.is_clean()), (1, false));
        let unasked = balance(|ledger| ledger.received(id(2), "two"));
        assert_eq!((unasked.wrong_browser, unasked.is_clean()), (1, false));
        assert!(
            !Ledger::default().balance().is_clean(),
            "a run without logins proves nothing"
        );
    }
}
