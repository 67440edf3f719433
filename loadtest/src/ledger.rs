//! The exactly-once oracle: what should have reached which browser, and what did.

use std::collections::HashMap;
use std::iter::Sum;

use saoma_protocol::LoginId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What each login is owed and has got.
#[derive(Debug, Default)]
pub struct Ledger {
    logins: HashMap<LoginId, Account>,
    /// Of all logins, so that it need not be counted each time.
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
    /// Of these, those whose browser was told.
    pub received: u64,
    /// Results that a browser got again.
    pub duplicate: u64,
    /// Accepted confirms whose browser was never told.
    pub lost: u64,
    /// Results that belong to another browser, or to nobody.
    pub wrong_browser: u64,
    /// Logins that broke off before they were confirmed.
    pub failed: u64,
}

impl Balance {
    /// Whether every accepted confirm reached its browser once, and nothing else happened.
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
        let none = Balance::default();
        match (self.accepted, received) {
            (true, 0) => Balance {
                expected: 1,
                lost: 1,
                ..none
            },
            (true, received) => Balance {
                expected: 1,
                received: 1,
                duplicate: received - 1,
                ..none
            },
            // The answer was lost, not the confirm.
            (false, received) if self.asked => Balance {
                duplicate: received.saturating_sub(1),
                ..none
            },
            // Told of what nobody confirmed.
            (false, received) => Balance {
                wrong_browser: received,
                ..none
            },
        }
    }
}

impl Ledger {
    /// A browser has opened a login, whose result must come with `state`.
    pub fn opened(&mut self, id: LoginId, state: &str) {
        self.enter(id, |account| account.state = state.to_owned());
    }

    /// A confirm is on its way: should its answer be lost, its result may come all the same.
    pub fn asked(&mut self, id: LoginId) {
        self.enter(id, |account| account.asked = true);
    }

    /// The gateway has accepted the confirm.
    pub fn accepted(&mut self, id: LoginId) {
        self.enter(id, |account| account.accepted = true);
    }

    /// The browser of login `id` was told a result that carries `state`.
    pub fn received(&mut self, id: LoginId, state: &str) {
        match self.logins.get(&id) {
            Some(account) if account.state == state => {
                self.enter(id, |account| account.received += 1)
            }
            _ => self.sum.wrong_browser += 1,
        }
    }

    /// A login broke off.
    pub fn failed(&mut self) {
        self.sum.failed += 1;
    }

    /// The balance so far.
    pub const fn balance(&self) -> Balance {
        self.sum
    }

    fn enter(&mut self, id: LoginId, entry: impl FnOnce(&mut Account)) {
        let account = self.logins.entry(id).or_default();
        let before = account.balance();
        entry(account);
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

    fn balance(happens: impl Fn(&mut Ledger)) -> Balance {
        let mut ledger = Ledger::default();
        ledger.opened(id(1), "one");
        ledger.opened(id(2), "two");
        ledger.accepted(id(1));
        happens(&mut ledger);
        ledger.balance()
    }

    #[test]
    fn one_result_for_one_confirm_is_clean() {
        assert!(balance(|ledger| ledger.received(id(1), "one")).is_clean());
    }

    #[test]
    fn a_confirm_whose_answer_was_lost_may_have_happened_but_not_twice() {
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
    fn anything_else_is_not() {
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
