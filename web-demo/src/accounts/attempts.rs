//! Limits on attempts by the generic cell rate algorithm, kept in the database: a restart forgives nothing.

use std::net::{IpAddr, Ipv6Addr};

use crate::db::{execute, fetch_optional};
use sqlx::{SqliteConnection, SqlitePool};

/// The rate of attempts at an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttemptLimit {
    /// The action, part of the key.
    pub name: &'static str,
    /// Attempts at once.
    pub burst: u32,
    /// Seconds after which one more is allowed.
    pub interval: u32,
}

/// Passwords for one account, from browsers in which its person has not logged in before: five, then one a minute.
pub(crate) const PASSWORD_PER_ACCOUNT: AttemptLimit = AttemptLimit::new("password_account", 5, 60);

/// Passwords for one account from a browser in which its person has logged in before: five, then one a minute. Strangers
/// cannot use these up (threat T42).
pub(crate) const PASSWORD_PER_BROWSER: AttemptLimit = AttemptLimit::new("password_browser", 5, 60);

/// Passwords at present that are typed to change a password, for one login: five, then one a minute. Only that login's
/// browser can use these up.
pub(crate) const PASSWORD_PER_LOGIN: AttemptLimit = AttemptLimit::new("password_login", 5, 60);

/// Passwords from one address, where a household or an office may sit: thirty, then one in ten seconds.
pub(crate) const PASSWORD_PER_ADDRESS: AttemptLimit = AttemptLimit::new("password_address", 30, 10);

/// Logins to one account, right and wrong, from browsers in which its person has not logged in before: 120, then two a
/// minute. Each keeps a core busy for 50 ms, and a right one writes a session and a notice.
pub(crate) const LOGINS_PER_ACCOUNT: AttemptLimit = AttemptLimit::new("login_account", 120, 30);

/// The same from browsers in which its person has logged in before.
pub(crate) const LOGINS_FROM_KNOWN: AttemptLimit = AttemptLimit::new("login_known", 120, 30);

/// Too many attempts: the seconds to wait until the next may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub u32);

impl AttemptLimit {
    /// Creates a limit: `burst` attempts at once, then one in `interval` seconds.
    pub(crate) const fn new(name: &'static str, burst: u32, interval: u32) -> Self {
        Self {
            name,
            burst,
            interval,
        }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// The outer error is the database's; the inner one says how long to wait, and then nothing was counted.
    pub(crate) async fn count(
        self,
        db: &SqlitePool,
        key: &str,
    ) -> Result<Result<(), Wait>, sqlx::Error> {
        execute!(db, "DELETE FROM attempts WHERE worked_off_at < unixepoch()").await?;
        let counted = execute!(db, "INSERT INTO attempts (key, worked_off_at)
                VALUES (?1, unixepoch() + ?2) ON CONFLICT (key) DO UPDATE
                SET worked_off_at = max(worked_off_at, unixepoch()) + ?2
                WHERE worked_off_at - unixepoch() <= ?3";
            self.key(key), self.interval, self.tolerance())
        .await?;
        if counted {
            return Ok(Ok(()));
        }
        let wait = "SELECT worked_off_at - unixepoch() - ?2 FROM attempts WHERE key = ?1";
        let wait: Option<(i64,)> =
            fetch_optional!(db, wait; self.key(key), self.tolerance()).await?;
        let seconds = wait.and_then(|(seconds,)| u32::try_from(seconds).ok());
        Ok(Err(Wait(seconds.unwrap_or_default().max(1))))
    }

    /// Takes an attempt back that turned out to be right: only wrong ones are to be few.
    pub(crate) async fn forgive(self, db: &SqlitePool, key: &str) -> Result<(), sqlx::Error> {
        execute!(db, "UPDATE attempts SET worked_off_at = worked_off_at - ?2 WHERE key = ?1";
            self.key(key), self.interval)
        .await
        .map(drop)
    }

    /// Takes all attempts back: what was tried for is known by a better proof now.
    pub(crate) async fn forgive_all(
        self,
        db: &mut SqliteConnection,
        key: &str,
    ) -> Result<(), sqlx::Error> {
        execute!(db, "DELETE FROM attempts WHERE key = ?1"; self.key(key))
            .await
            .map(drop)
    }

    fn key(self, key: &str) -> String {
        format!("{}:{key}", self.name)
    }

    const fn tolerance(self) -> u32 {
        self.interval * (self.burst - 1)
    }
}

/// The part of an address that one subscriber has: all of IPv4, the /64 of IPv6.
pub(crate) fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => network_key(address, 64),
    }
}

/// The networks whose attempts are counted together, each with its allowance as a multiple of a subscriber's: the address of
/// IPv4, or the /64, /56 and /48 of IPv6.
pub(crate) fn networks(address: IpAddr) -> Vec<(String, u32)> {
    match address.to_canonical() {
        IpAddr::V4(address) => vec![(address.to_string(), 1)],
        IpAddr::V6(address) => [(64, 1), (56, 4), (48, 16)]
            .map(|(prefix, share)| (network_key(address, prefix), share))
            .into(),
    }
}

fn network_key(address: Ipv6Addr, prefix: u32) -> String {
    let network = address.to_bits() & (u128::MAX << (128 - prefix));
    format!("{}/{prefix}", Ipv6Addr::from_bits(network))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: AttemptLimit = AttemptLimit::new("test", 3, 100);

    #[tokio::test]
    async fn after_the_burst_each_attempt_has_to_wait_and_others_do_not() {
        let (db, _directory) = crate::db::empty().await;
        for _ in 0..LIMIT.burst {
            assert_eq!(LIMIT.count(&db, "a").await.unwrap(), Ok(()));
        }
        let Wait(seconds) = LIMIT.count(&db, "a").await.unwrap().unwrap_err();
        assert!((90..=100).contains(&seconds), "{seconds}");
        assert_eq!(LIMIT.count(&db, "b").await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn what_was_right_is_not_counted() {
        let (db, _directory) = crate::db::empty().await;
        for _ in 0..3 * LIMIT.burst {
            assert_eq!(LIMIT.count(&db, "a").await.unwrap(), Ok(()));
            LIMIT.forgive(&db, "a").await.unwrap();
        }
    }

    #[test]
    fn a_subscriber_with_many_ipv6_addresses_is_one() {
        let key = |address: &str| address_key(address.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::3"), key("2001:db8:1:3::3"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
        let around = |address: &str| networks(address.parse().unwrap());
        let expected = [
            ("2001:db8:1:203::/64", 1),
            ("2001:db8:1:200::/56", 4),
            ("2001:db8:1::/48", 16),
        ]
        .map(|(key, share)| (key.to_owned(), share));
        assert_eq!(around("2001:db8:1:203::3"), expected);
        assert_eq!(around("::ffff:192.0.2.1"), [("192.0.2.1".to_owned(), 1)]);
    }
}
