//! The accounts that the demo begins with, put into an empty database.

use serde::Deserialize;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::contacts::Contacts;
use super::id_number::IdNumber;
use super::password;
use super::standing::AccountStanding;

/// The file that they are written in.
const ACCOUNTS: &str = include_str!("../../data/accounts.toml");

/// The accounts of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccounts {
    /// The password of every one of them.
    pub password: String,
    /// They themselves.
    pub accounts: Vec<DemoAccount>,
}

/// An account of the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccount {
    /// The number in its id.
    serial: u32,
    /// The user name.
    pub user_name: String,
    /// Its owner's number.
    pub id_number: IdNumber,
    /// Its owner's name.
    pub name: String,
    /// Its phone.
    phone: String,
    /// Other ways to reach its owner.
    #[serde(default)]
    contacts: Contacts,
    /// The standing.
    pub standing: AccountStanding,
    /// True if the electronic card has been applied for.
    pub e_card: bool,
}

/// Why the demo's people could not be put in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file is wrong.
    #[error("data/{file} is wrong: {error}")]
    File {
        /// Its name.
        file: &'static str,
        /// The error of the parser.
        error: toml::de::Error,
    },
    /// A password could not be hashed.
    #[error("a password cannot be hashed: {0}")]
    Password(argon2::password_hash::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl DemoAccounts {
    /// The accounts of the file.
    ///
    /// # Errors
    /// The file does not parse, or an ID number in it is wrong.
    pub fn load() -> Result<Self, SeedError> {
        toml::from_str(ACCOUNTS).map_err(|error| SeedError::File {
            file: "accounts.toml",
            error,
        })
    }

    /// Puts them in, all or none, if the database holds no account yet.
    pub async fn seed(&self, db: &SqlitePool) -> Result<(), SeedError> {
        let mut transaction = crate::db::write(db).await?;
        let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts")
            .fetch_one(&mut *transaction)
            .await?;
        if accounts > 0 {
            return Ok(());
        }
        // One password and thus one hash for all: who reads the database learns what the terminal says anyway.
        let hash = password::hash(&self.password).map_err(SeedError::Password)?;
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
        let insert = sqlx::query_scalar(
            "INSERT INTO accounts (serial, user_name, password_hash, id_number, name, phone, standing, email, qq, wechat, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, unixepoch()) RETURNING id",
        );
        let id: String = insert
            .bind(self.serial)
            .bind(&self.user_name)
            .bind(hash)
            .bind(self.id_number.as_str())
            .bind(&self.name)
            .bind(&self.phone)
            .bind(self.standing)
            .bind(&self.contacts.email)
            .bind(&self.contacts.qq)
            .bind(&self.contacts.wechat)
            .fetch_one(&mut **db)
            .await?;
        if self.e_card {
            let insert =
                sqlx::query("INSERT INTO e_cards (account_id, since) VALUES (?1, unixepoch())");
            insert.bind(id).execute(&mut **db).await?;
        }
        Ok(())
    }
}
