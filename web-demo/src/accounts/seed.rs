//! The accounts that the demo begins with, put into an empty database.

use anyhow::{Context, anyhow};
use serde::Deserialize;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::contacts::Contacts;
use super::id_number::IdNumber;
use super::password;
use super::standing::AccountStanding;
use crate::db::{execute, fetch_one};

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
}

impl DemoAccount {
    async fn insert(
        &self,
        db: &mut Transaction<'_, Sqlite>,
        hash: &str,
    ) -> Result<(), sqlx::Error> {
        let (contacts, id_number) = (&self.contacts, self.id_number.as_str());
        let (id,): (String,) = fetch_one!(&mut **db, "INSERT INTO accounts (serial, user_name,
                password_hash, id_number, name, phone, standing, email, qq, wechat, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, unixepoch()) RETURNING id";
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
