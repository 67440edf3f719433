//! The accounts that the demo begins with, put into an empty database.

use std::path::Path;

use anyhow::{Context, anyhow};
use data_encoding::BASE32_NOPAD;
use serde::Deserialize;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::contacts::Contacts;
use super::id_number::IdNumber;
use super::password;
use super::standing::AccountStanding;
use crate::db::{execute, fetch_all, fetch_one};
use crate::private_file;
use crate::secret::random_bytes;

/// The file of the password that replaces the published one.
const PRIVATE_PASSWORD: &str = "demo-password";

/// Bytes of that password, which is as long as a password may be.
const PRIVATE_BYTES: usize = 10;

/// The file that they are written in.
const ACCOUNTS: &str = include_str!("../../data/accounts.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoAccounts {
    /// The password of every one of them.
    pub password: String,
    /// They themselves.
    pub accounts: Vec<DemoAccount>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoAccount {
    /// The number in its id.
    serial: u32,
    pub user_name: String,
    /// Its owner's number.
    pub id_number: IdNumber,
    pub name: String,
    phone: String,
    /// Other ways to reach its owner.
    #[serde(default)]
    contacts: Contacts,
    pub standing: AccountStanding,
    /// True if the electronic card has been applied for.
    pub e_card: bool,
}

impl DemoAccounts {
    /// The accounts of the file.
    ///
    /// # Errors
    /// The file does not parse, or an ID number in it is wrong.
    pub(crate) fn load() -> anyhow::Result<Self> {
        toml::from_str(ACCOUNTS).context("data/accounts.toml is wrong")
    }

    /// Puts them in, all or none, if the database holds no account yet.
    pub(crate) async fn seed(&self, db: &SqlitePool) -> anyhow::Result<()> {
        let mut transaction = crate::db::write(db).await?;
        let seeded = "SELECT EXISTS (SELECT 1 FROM accounts)";
        let (seeded,): (bool,) = fetch_one!(&mut *transaction, seeded).await?;
        if seeded {
            return Ok(());
        }
        // One password and thus one hash for all: who reads the database learns what the terminal says anyway.
        let hash = password::hash(&self.password)
            .map_err(|error| anyhow!("a password cannot be hashed: {error}"))?;
        for account in &self.accounts {
            account.insert(&mut transaction, &hash).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Gives the accounts a random password, kept in the hall's folder, unless `is_published` allows the one that everybody
    /// can read in the source. Once there is such a password, it stays.
    pub(crate) async fn keep_private(
        &mut self,
        db: &SqlitePool,
        folder: &Path,
        is_published: bool,
    ) -> anyhow::Result<()> {
        let file = folder.join(PRIVATE_PASSWORD);
        if is_published && !file.exists() {
            return Ok(());
        }
        let kept = private_file::read_or_make(&file, || {
            let random = random_bytes::<PRIVATE_BYTES>()?;
            Ok(BASE32_NOPAD.encode(&random).to_ascii_lowercase())
        });
        let private = kept.context("the password of the demo's accounts cannot be kept")?;
        let last = self.accounts.iter().map(|account| account.serial).max();
        let hashes = "SELECT DISTINCT password_hash FROM accounts WHERE serial <= ?1";
        let hashes: Vec<(String,)> = fetch_all!(db, hashes; last).await?;
        for (hash,) in hashes {
            if password::matches_hash(self.password.clone(), hash.clone()).await {
                replace_password(db, &hash, &private).await?;
            }
        }
        self.password = private;
        Ok(())
    }
}

/// Gives all accounts with this hash another password, and ends their logins.
async fn replace_password(db: &SqlitePool, old_hash: &str, password: &str) -> anyhow::Result<()> {
    let hash = password::hash(password)
        .map_err(|error| anyhow!("a password cannot be hashed: {error}"))?;
    let mut transaction = crate::db::write(db).await?;
    for end_logins in [
        "DELETE FROM portal_sessions
            WHERE account_id IN (SELECT id FROM accounts WHERE password_hash = ?1)",
        "DELETE FROM phone_sessions
            WHERE account_id IN (SELECT id FROM accounts WHERE password_hash = ?1)",
    ] {
        execute!(&mut *transaction, end_logins; old_hash).await?;
    }
    let replace = "UPDATE accounts SET password_hash = ?2 WHERE password_hash = ?1";
    execute!(&mut *transaction, replace; old_hash, hash).await?;
    Ok(transaction.commit().await?)
}

impl DemoAccount {
    async fn insert(
        &self,
        db: &mut Transaction<'_, Sqlite>,
        hash: &str,
    ) -> Result<(), sqlx::Error> {
        let (contacts, id_number) = (&self.contacts, self.id_number.as_str());
        let (id,): (String,) = fetch_one!(&mut **db, "INSERT INTO accounts (serial, user_name,
                password_hash, id_number, name, phone, phone_proved, standing, email, qq, wechat, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?10, unixepoch()) RETURNING id";
            self.serial, &self.user_name, hash, id_number, &self.name, &self.phone, self.standing,
            &contacts.email, &contacts.qq, &contacts.wechat)
        .await?;
        if self.e_card {
            let insert = "INSERT INTO e_cards (account_id, since) VALUES (?1, unixepoch())";
            execute!(&mut **db, insert; id).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Accounts, PasswordSource};

    /// A folder that was used on this machine alone, and then by a hall that others reach.
    #[tokio::test]
    async fn the_published_password_ends_once_other_machines_reach_the_hall() {
        let (db, folder) = crate::db::empty().await;
        let seeded = DemoAccounts::load().unwrap();
        let published = seeded.password.clone();
        seeded.seed(&db).await.unwrap();
        let start = async |is_published| {
            let mut accounts = DemoAccounts::load().unwrap();
            let kept = accounts.keep_private(&db, folder.path(), is_published);
            kept.await.unwrap();
            accounts.password
        };
        let accounts = Accounts::new(db.clone()).unwrap();
        let logs_in = async |user_name, password: &str| {
            let source = PasswordSource::Known("browser");
            accounts.log_in(user_name, password, source).await.is_ok()
        };
        assert_eq!(start(true).await, published);
        assert!(logs_in("jia", &published).await);
        execute!(
            &db,
            "INSERT INTO phone_sessions (cookie_digest, token_digest, account_id, address,
                expires_at) VALUES ('a', 'b', 'c-1001', '127.0.0.1', unixepoch() + 60)"
        )
        .await
        .unwrap();
        let private = start(false).await;
        assert_ne!(private, published);
        for user_name in ["jia", "gui"] {
            assert!(!logs_in(user_name, &published).await, "{user_name}");
            assert!(logs_in(user_name, &private).await, "{user_name}");
        }
        let sessions = "SELECT count(*) FROM phone_sessions";
        let (sessions,): (i64,) = fetch_one!(&db, sessions).await.unwrap();
        assert_eq!(sessions, 0);
        for is_published in [false, true] {
            assert_eq!(start(is_published).await, private, "it stays");
        }
    }
}
