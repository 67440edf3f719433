//! Changing a password: the old one proves the person, the new one keeps the rules (S3a, S6).

use super::attempts::{PASSWORD_PER_ACCOUNT, Wait};
use super::{Accounts, matches, password};

/// The least and most characters of a password.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=16;

/// Passwords that hold letters and digits and that everybody tries first.
const COMMON: [&str; 8] = ["a1234", "a12345", "a123456", "abc123", "abcd1234", "pass1234", "password1", "qwe123"];

/// What a new password lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRule {
    /// Four to sixteen characters.
    Length,
    /// Letters and digits, both, and nothing else.
    LettersAndDigits,
    /// Not easily guessed: no common one, not the user name, more than two different characters.
    TooSimple,
    /// Another one than before.
    Unchanged,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The old password is wrong.
    #[error("the password at present is wrong")]
    Wrong,
    /// Too many wrong passwords for this account.
    #[error("too many attempts, {} s to wait", .0.0)]
    TooMany(Wait),
    /// The new one does not keep a rule.
    #[error("the new password does not keep a rule: {0:?}")]
    Rule(PasswordRule),
    /// The new one cannot be hashed.
    #[error("a password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Accounts {
    /// Changes a citizen's password. Wrong old ones count as attempts to log in.
    ///
    /// # Errors
    /// See [`ChangeError`]; the account is as before.
    pub async fn change_password(&self, citizen_id: &str, old: &str, new: &str) -> Result<(), ChangeError> {
        let account: Option<(String, String)> =
            sqlx::query_as("SELECT user_name, password_hash FROM accounts WHERE citizen_id = ?1")
                .bind(citizen_id)
                .fetch_optional(&self.db)
                .await?;
        let (user_name, hash) = account.ok_or(ChangeError::Wrong)?;
        let key = user_name.to_lowercase();
        PASSWORD_PER_ACCOUNT.count(&self.db, &key).await?.map_err(ChangeError::TooMany)?;
        if !matches(old.to_owned(), hash).await {
            return Err(ChangeError::Wrong);
        }
        PASSWORD_PER_ACCOUNT.forgive(&self.db, &key).await?;
        check(new, old, &user_name).map_err(ChangeError::Rule)?;
        let new = new.to_owned();
        // Hashing keeps a core busy for a while, so it is done where nothing waits for it.
        let hashed = tokio::task::spawn_blocking(move || password::hash(&new)).await;
        let hash = hashed.unwrap_or(Err(argon2::password_hash::Error::Crypto)).map_err(ChangeError::Hash)?;
        let update = sqlx::query("UPDATE accounts SET password_hash = ?2 WHERE citizen_id = ?1");
        update.bind(citizen_id).bind(hash).execute(&self.db).await?;
        Ok(())
    }
}

/// Whether a new password keeps the rules.
///
/// # Errors
/// The first rule that it does not keep.
pub fn check(new: &str, old: &str, user_name: &str) -> Result<(), PasswordRule> {
    if !LENGTH.contains(&new.chars().count()) {
        return Err(PasswordRule::Length);
    }
    let has = |kind: fn(&u8) -> bool| new.as_bytes().iter().any(kind);
    if !new.bytes().all(|byte| byte.is_ascii_alphanumeric())
        || !has(u8::is_ascii_digit)
        || !has(u8::is_ascii_alphabetic)
    {
        return Err(PasswordRule::LettersAndDigits);
    }
    let plain = new.to_lowercase();
    let mut different: Vec<u8> = plain.bytes().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 3 || COMMON.contains(&plain.as_str()) || plain == user_name.to_lowercase() {
        return Err(PasswordRule::TooSimple);
    }
    if new == old { Err(PasswordRule::Unchanged) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows S3a and S6.
    #[test]
    fn a_password_is_of_letters_and_digits_and_not_too_simple() {
        for (new, expected) in [
            ("x9b", Err(PasswordRule::Length)),
            ("x9bcdefghijklmnop", Err(PasswordRule::Length)),
            ("abcdefg", Err(PasswordRule::LettersAndDigits)),
            ("1234567", Err(PasswordRule::LettersAndDigits)),
            ("密码1234ab", Err(PasswordRule::LettersAndDigits)),
            ("with space1", Err(PasswordRule::LettersAndDigits)),
            ("a1a1a1", Err(PasswordRule::TooSimple)),
            ("ABC123", Err(PasswordRule::TooSimple)),
            ("Jia2026", Err(PasswordRule::TooSimple)),
            ("shili2026", Err(PasswordRule::Unchanged)),
            ("x9bcdefghijklmno", Ok(())),
            ("q7wz", Ok(())),
        ] {
            assert_eq!(check(new, "shili2026", "jia2026"), expected, "{new}");
        }
    }
}
