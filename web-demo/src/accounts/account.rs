//! An account: a person's, and the same one on both surfaces.

use sqlx::{SqliteConnection, SqlitePool};

use super::contacts::Contacts;
use super::id_number::IdNumber;
use super::standing::AccountStanding;
use crate::db::{execute, fetch_one, fetch_optional};

/// An account, without its password.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Account {
    /// The `sub` of its tokens, such as `c-1001`.
    pub id: String,
    /// The user name: unique, without regard to case.
    pub user_name: String,
    #[sqlx(try_from = "String")]
    pub id_number: IdNumber,
    pub name: String,
    /// The phone that was given on registration.
    pub phone: String,
    /// True if a code to that phone was typed then. Otherwise it may be another person's.
    pub phone_proved: bool,
    /// An e-mail address, a QQ and a WeChat number, as far as given.
    #[sqlx(flatten)]
    pub contacts: Contacts,
    /// The standing, which decides about the services.
    pub standing: AccountStanding,
}

/// An account to be made. It begins as a provisional one.
#[derive(Debug)]
pub(crate) struct NewAccount<'a> {
    pub user_name: &'a str,
    /// By [`super::password::hash`].
    pub password_hash: &'a str,
    pub id_number: &'a IdNumber,
    pub name: &'a str,
    pub phone: &'a str,
    pub phone_proved: bool,
    pub contacts: &'a Contacts,
}

/// Why an account is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    #[error("there is an account of this ID number")]
    HasOne,
    #[error("the user name is taken")]
    UserNameTaken,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Account {
    pub(crate) async fn find(db: &SqlitePool, id: &str) -> Result<Option<Self>, sqlx::Error> {
        fetch_optional!(db, "SELECT * FROM accounts WHERE id = ?1"; id).await
    }

    pub(crate) async fn of(
        db: &SqlitePool,
        id_number: &IdNumber,
    ) -> Result<Option<Self>, sqlx::Error> {
        let find = "SELECT * FROM accounts WHERE id_number = ?1";
        fetch_optional!(db, find; id_number.as_str()).await
    }

    /// Returns true if an account has this user name.
    pub(crate) async fn has_user_name(
        db: &SqlitePool,
        user_name: &str,
    ) -> Result<bool, sqlx::Error> {
        let find = "SELECT EXISTS (SELECT 1 FROM accounts WHERE user_name = ?1)";
        let (found,): (bool,) = fetch_one!(db, find; user_name).await?;
        Ok(found)
    }

    /// Makes an account: its id.
    pub(crate) async fn make(
        db: &mut SqliteConnection,
        new: &NewAccount<'_>,
    ) -> Result<String, NotMade> {
        let contacts = new.contacts;
        let made: Result<(String,), _> = fetch_one!(db, "INSERT INTO accounts (user_name,
                password_hash, id_number, name, phone, phone_proved, email, qq, wechat, standing, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'provisional', unixepoch()) RETURNING id";
            new.user_name, new.password_hash, new.id_number.as_str(), new.name, new.phone, new.phone_proved,
            &contacts.email, &contacts.qq, &contacts.wechat)
        .await;
        match made {
            Ok((id,)) => Ok(id),
            Err(sqlx::Error::Database(refused)) if refused.is_unique_violation() => {
                Err(if refused.message().contains("id_number") {
                    NotMade::HasOne
                } else {
                    NotMade::UserNameTaken
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the account of an ID number if it is a provisional one. Returns its id. Its logins on phones end with it.
    pub(crate) async fn remove_provisional(
        db: &mut SqliteConnection,
        id_number: &IdNumber,
    ) -> Result<Option<String>, sqlx::Error> {
        let delete =
            "DELETE FROM accounts WHERE id_number = ?1 AND standing = 'provisional' RETURNING id";
        let removed: Option<(String,)> = fetch_optional!(db, delete; id_number.as_str()).await?;
        Ok(removed.map(|(id,)| id))
    }

    /// Makes a provisional account a verified one.
    pub(crate) async fn verify(db: &mut SqliteConnection, id: &str) -> Result<(), sqlx::Error> {
        execute!(db, "UPDATE accounts SET standing = 'verified' WHERE id = ?1"; id)
            .await
            .map(drop)
    }
}
