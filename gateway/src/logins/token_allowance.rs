//! Questions to the app's backend about tokens that this process does not know, by address: no more are open at once than
//! the address has refusals left, so that a flood of made-up tokens is not asked about before the first one is refused.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::limits::{Meter, MeterClock, Rate, Verdict};

/// Addresses that are followed. Above it, those at rest are forgotten, and new ones are let through: the store counts.
const CAPACITY: usize = 65_536;

/// Time that a question waits for another one to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Allowances of addresses. A token takes its part before it is asked about, and a good one gives it back.
#[derive(Debug)]
pub(super) struct TokenAllowance {
    clock: MeterClock,
    addresses: Mutex<HashMap<String, Address>>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Address {
    meter: Meter,
    /// Questions that have no answer yet.
    open: usize,
    ended: Arc<Notify>,
}

/// An address without a part left.
#[derive(Debug)]
struct Limited {
    retry_after: Duration,
    /// Questions of the address are open, and may give theirs back.
    has_open: bool,
    /// Tells of each question that ends.
    ended: Arc<Notify>,
}

/// An open question. Dropping it gives its part back.
#[derive(Debug)]
pub(super) struct OpenQuestion<'a> {
    allowance: &'a TokenAllowance,
    rate: Rate,
    address: &'a str,
    gives_back: bool,
}

impl TokenAllowance {
    /// Creates allowances that are unused.
    pub(super) fn new() -> Self {
        Self {
            clock: MeterClock::start(),
            addresses: Mutex::default(),
            capacity: CAPACITY,
        }
    }

    /// Opens a question, once the address has a part of this rate left for it. Waits for open ones, which may give theirs back.
    ///
    /// # Errors
    /// Returns the time to wait if the address has nothing left.
    pub(super) async fn open<'a>(
        &'a self,
        rate: Rate,
        address: &'a str,
    ) -> Result<OpenQuestion<'a>, Duration> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let limited = match self.take(rate, address) {
                Ok(()) => {
                    return Ok(OpenQuestion {
                        allowance: self,
                        rate,
                        address,
                        gives_back: true,
                    });
                }
                Err(limited) => limited,
            };
            let waited =
                limited.has_open && timeout_at(patience, limited.ended.notified()).await.is_ok();
            if !waited {
                // The end of a question wakes one that waits, and that one the next.
                limited.ended.notify_one();
                return Err(limited.retry_after);
            }
        }
    }

    /// Takes a part.
    fn take(&self, rate: Rate, address: &str) -> Result<(), Limited> {
        let now = self.clock.now();
        let mut addresses = self.addresses.lock();
        if addresses.len() >= self.capacity && !addresses.contains_key(address) {
            addresses.retain(|_, address| address.open > 0 || !address.meter.is_at_rest(now));
            if addresses.len() >= self.capacity {
                return Ok(());
            }
        }
        let address = addresses.entry(address.to_owned()).or_default();
        match address.meter.take(now, rate) {
            Verdict::Allowed => {
                address.open += 1;
                Ok(())
            }
            Verdict::Limited { retry_after } => Err(Limited {
                retry_after,
                has_open: address.open > 0,
                ended: Arc::clone(&address.ended),
            }),
        }
    }

    fn end(&self, rate: Rate, address: &str, gives_back: bool) {
        let mut addresses = self.addresses.lock();
        if let Some(address) = addresses.get_mut(address) {
            address.open = address.open.saturating_sub(1);
            if gives_back {
                address.meter.give_back(rate);
            }
            address.ended.notify_one();
        }
    }
}

impl OpenQuestion<'_> {
    /// The token was refused: its part is spent.
    pub(super) fn refused(mut self) {
        self.gives_back = false;
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.allowance.end(self.rate, self.address, self.gives_back);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn rate(burst: u32) -> Rate {
        Rate::new(burst, Duration::from_secs(3600))
    }

    /// Row A7: 600 made-up tokens at once are as many questions as the limit allows.
    #[tokio::test]
    async fn made_up_tokens_at_once_are_no_more_questions_than_the_burst() {
        let (allowance, rate) = (TokenAllowance::new(), rate(30));
        let made_up = join_all((0..600).map(async |_| {
            let question = allowance.open(rate, "192.0.2.1").await?;
            tokio::task::yield_now().await;
            question.refused();
            Ok::<_, Duration>(())
        }));
        let asked = made_up.await.into_iter().filter(Result::is_ok).count();
        assert_eq!(asked, 30);
        assert!(allowance.open(rate, "192.0.2.1").await.is_err());
        assert!(allowance.open(rate, "192.0.2.2").await.is_ok());
    }

    #[tokio::test]
    async fn good_tokens_wait_for_each_other_and_are_all_asked_about() {
        let (allowance, rate) = (TokenAllowance::new(), rate(3));
        let good = join_all((0..200).map(async |_| {
            let question = allowance.open(rate, "192.0.2.1").await;
            tokio::task::yield_now().await;
            question.map(drop)
        }));
        assert!(good.await.iter().all(Result::is_ok));
        assert!(allowance.open(rate, "192.0.2.1").await.is_ok());
    }

    #[tokio::test]
    async fn addresses_at_rest_are_forgotten() {
        let rate = rate(3);
        let allowance = TokenAllowance {
            capacity: 10,
            ..TokenAllowance::new()
        };
        for number in 0..100 {
            drop(allowance.open(rate, &number.to_string()).await);
        }
        assert!(allowance.addresses.lock().len() <= 10);
        for number in 0..100 {
            allowance
                .open(rate, &number.to_string())
                .await
                .expect("those that are not followed are let through")
                .refused();
        }
        assert!(allowance.addresses.lock().len() <= 10);
    }
}
