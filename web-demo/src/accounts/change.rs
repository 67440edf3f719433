//! Changing a password: the old one proves the person, the new one keeps the rules (S3a, S6).

use sqlx::SqliteConnection;

use super::attempts::{PASSWORD_PER_ACCOUNT, PASSWORD_PER_LOGIN, Wait};
use super::{Account, Accounts, PasswordRefused, UserName, check_password, password};
use crate::db::{execute, fetch_one};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("the password at present is wrong")]
    Wrong,
    #[error("too many attempts, {} s to wait", .0.0)]
    TooMany(Wait),
    #[error("the new password does not keep a rule: {0:?}")]
    Rule(PasswordRefused),
    #[error("the new password is the old one")]
    Unchanged,
    #[error("a password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A new password that may be kept.
pub(crate) struct NewPassword {
    account_id: String,
    hash: String,
}

impl NewPassword {
    /// Keeps the password, in the transaction that ends the logins by the old one.
    pub(crate) async fn keep(&self, db: &mut SqliteConnection) -> sqlx::Result<()> {
        let update = "UPDATE accounts SET password_hash = ?2 WHERE id = ?1";
        execute!(db, update; &self.account_id, &self.hash)
            .await
            .map(drop)
    }
}

impl Accounts {
    /// Checks the change of an account's password. Wrong old ones count against the login that they are typed in, by its id: what
    /// strangers try on the login page does not keep the owner from it.
    pub(crate) async fn check_new_password(
        &self,
        account: &Account,
        login_id: &str,
        old: &str,
        new: &str,
    ) -> Result<NewPassword, ChangeError> {
        let hash = "SELECT password_hash FROM accounts WHERE id = ?1";
        let (hash,): (String,) = fetch_one!(&self.db, hash; &account.id).await?;
        PASSWORD_PER_LOGIN
            .count(&self.db, login_id)
            .await?
            .map_err(ChangeError::TooMany)?;
        if !password::matches_hash(old.to_owned(), hash).await {
            return Err(ChangeError::Wrong);
        }
        PASSWORD_PER_LOGIN.forgive(&self.db, login_id).await?;
        let (user_name, id_number) = (&account.user_name, account.id_number.as_str());
        check_password(new, user_name, id_number, &account.phone).map_err(ChangeError::Rule)?;
        if new == old {
            return Err(ChangeError::Unchanged);
        }
        let hash = password::hash_later(new.to_owned())
            .await
            .map_err(ChangeError::Hash)?;
        Ok(NewPassword {
            account_id: account.id.clone(),
            hash,
        })
    }
}

impl Account {
    /// Sets another password in place of a forgotten one. Wrong ones that were typed for the account count no longer, because
    /// a better proof has told its owner. Returns false if the account is not there any more.
    pub(crate) async fn reset_password(
        &self,
        db: &mut SqliteConnection,
        password_hash: &str,
    ) -> sqlx::Result<bool> {
        let user_name = UserName::folded(&self.user_name);
        PASSWORD_PER_ACCOUNT.forgive_all(db, &user_name).await?;
        let update = "UPDATE accounts SET password_hash = ?2 WHERE id = ?1";
        execute!(db, update; &self.id, password_hash).await
    }
}
