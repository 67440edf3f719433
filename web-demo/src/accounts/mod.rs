//! Accounts: one for both surfaces, with a user name and a password.

mod account;
pub(crate) mod attempts;
mod change;
pub(crate) mod contacts;
pub(crate) mod id_number;
pub(crate) mod password;
mod password_rules;
mod phone_number;
mod seed;
#[cfg(test)]
mod spellings;
mod standing;
mod user_name;

use std::net::IpAddr;

use crate::db::fetch_optional;
pub(crate) use account::{Account, NewAccount, NotMade};
use attempts::{
    AttemptLimit, LOGINS_FROM_KNOWN, LOGINS_PER_ACCOUNT, PASSWORD_PER_ACCOUNT,
    PASSWORD_PER_ADDRESS, PASSWORD_PER_BROWSER, Wait, address_key,
};
pub(crate) use change::{ChangeError, NewPassword};
pub(crate) use contacts::{ContactError, ContactForm, Contacts};
pub(crate) use password_rules::{PasswordRefused, check_password};
pub(crate) use phone_number::PhoneNumber;
pub(crate) use seed::{DemoAccount, DemoAccounts};
use sqlx::SqlitePool;
pub(crate) use standing::{AccountStanding, Service};
pub(crate) use user_name::{UserName, UserNameRefused};

/// The accounts of a database, and logins by password.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    db: SqlitePool,
    /// The hash of no password, checked in place of an account that does not exist.
    nobody: String,
}

/// Why a person is not logged in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("wrong user name or password")]
    Wrong,
    #[error("too many attempts, {} s to wait", .0.0)]
    TooMany(Wait),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The origin of a typed password, which decides whose allowance of wrong ones it uses up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PasswordSource<'a> {
    /// A browser or phone in which the person has not logged in before, at this address.
    Unknown(IpAddr),
    /// One in which they have, by the key of its allowances.
    Known(&'a str),
}

impl PasswordSource<'_> {
    fn limits(self, user_name: &str) -> Vec<(AttemptLimit, String)> {
        match self {
            Self::Unknown(address) => vec![
                (PASSWORD_PER_ADDRESS, address_key(address)),
                (PASSWORD_PER_ACCOUNT, user_name.to_owned()),
            ],
            Self::Known(browser) => vec![(PASSWORD_PER_BROWSER, browser.to_owned())],
        }
    }

    /// The limit on logins whose password is right, too.
    const fn of_all_logins(self) -> AttemptLimit {
        match self {
            Self::Unknown(_) => LOGINS_PER_ACCOUNT,
            Self::Known(_) => LOGINS_FROM_KNOWN,
        }
    }
}

impl Accounts {
    /// The accounts of a database.
    ///
    /// # Errors
    /// What [`password::hash`] refuses.
    pub(crate) fn new(db: SqlitePool) -> Result<Self, argon2::password_hash::Error> {
        Ok(Self {
            db,
            nobody: password::hash("nobody")?,
        })
    }

    /// The id of this account. Unknown names take the same time and get the same answer as wrong passwords.
    pub(crate) async fn log_in(
        &self,
        user_name: &str,
        password: &str,
        source: PasswordSource<'_>,
    ) -> Result<String, PasswordError> {
        let user_name = UserName::folded(user_name);
        let limits = source.limits(&user_name);
        for (limit, key) in &limits {
            let counted = limit.count(&self.db, key).await?;
            counted.map_err(PasswordError::TooMany)?;
        }
        let all = source.of_all_logins();
        let counted = all.count(&self.db, &user_name).await?;
        counted.map_err(PasswordError::TooMany)?;
        let account: Option<(String, String)> = fetch_optional!(&self.db,
            "SELECT id, password_hash FROM accounts WHERE user_name = ?1"; &user_name)
        .await?;
        let (account_id, hash) = account.unzip();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let right = password::matches_hash(password.to_owned(), hash).await;
        let account_id = account_id.filter(|_| right).ok_or(PasswordError::Wrong)?;
        for (limit, key) in &limits {
            limit.forgive(&self.db, key).await?;
        }
        Ok(account_id)
    }
}
