//! A forgotten password under way, of the browser or phone that holds its cookie. It never holds the new one.

use http::HeaderValue;
use serde::Deserialize;
use sqlx::{SqliteConnection, SqlitePool};

use crate::accounts::id_number::IdNumber;
use crate::db::{execute, fetch_optional};
use crate::pages::{CookieName, Cookies, Failure};
use crate::secret::Secret;

/// Lifetime of a forgotten password under way: a code or a face check, and some thought.
const LIFETIME_SECONDS: u32 = 1800;

/// The phone that a code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub(super) enum CodeWay {
    /// The one of the account, if a code to it was typed at the registration.
    Account,
    /// The one on file with the social-security card.
    Card,
}

#[derive(Debug)]
pub(super) struct Draft {
    cookie: Secret,
    pub id_number: IdNumber,
    /// The account of this number and the typed name, if there is one.
    pub account_id: Option<String>,
    /// The phone that the last code was asked for.
    pub code_way: Option<CodeWay>,
    /// The password is set.
    pub done: bool,
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    #[sqlx(try_from = "String")]
    id_number: IdNumber,
    account_id: Option<String>,
    code_way: Option<CodeWay>,
    done: bool,
}

impl Draft {
    /// Begins one under a new cookie. Returns its `Set-Cookie`.
    pub(super) async fn begin(
        db: &SqlitePool,
        (cookies, name): (&Cookies, CookieName),
        id_number: &IdNumber,
        account_id: Option<&str>,
    ) -> Result<HeaderValue, Failure> {
        let cookie = Secret::random()?;
        let before = cookies.secret(name).map(|before| before.digest());
        let over =
            "DELETE FROM password_resets WHERE expires_at <= unixepoch() OR cookie_digest = ?1";
        execute!(db, over; before).await?;
        execute!(db, "INSERT INTO password_resets (cookie_digest, id_number, account_id, expires_at)
                VALUES (?1, ?2, ?3, unixepoch() + ?4)";
            cookie.digest(), id_number.as_str(), account_id, LIFETIME_SECONDS)
        .await?;
        Ok(cookies.set(name, cookie.expose(), LIFETIME_SECONDS))
    }

    /// Returns the one of a request's cookie.
    pub(super) async fn find(
        db: &SqlitePool,
        cookies: &Cookies,
        name: CookieName,
    ) -> Result<Option<Self>, Failure> {
        let Some(cookie) = cookies.secret(name) else {
            return Ok(None);
        };
        let find = "SELECT id_number, account_id, code_way, done FROM password_resets
            WHERE cookie_digest = ?1 AND expires_at > unixepoch()";
        let row: Option<DraftRow> = fetch_optional!(db, find; cookie.digest()).await?;
        Ok(row.map(|row| Self {
            cookie,
            id_number: row.id_number,
            account_id: row.account_id,
            code_way: row.code_way,
            done: row.done,
        }))
    }

    /// Keeps the phone that a code was asked for.
    pub(super) async fn ask_code(&self, db: &SqlitePool, way: CodeWay) -> sqlx::Result<()> {
        let keep = "UPDATE password_resets SET code_way = ?2 WHERE cookie_digest = ?1";
        execute!(db, keep; self.cookie.digest(), way)
            .await
            .map(drop)
    }

    /// Notes that the password is set, in the transaction that sets it. Returns false if that was done before.
    pub(super) async fn finish(&self, db: &mut SqliteConnection) -> sqlx::Result<bool> {
        let finish = "UPDATE password_resets SET done = 1 WHERE cookie_digest = ?1 AND done = 0";
        execute!(db, finish; self.cookie.digest()).await
    }

    /// Returns the secret of this browser or phone: a code counts only there.
    pub(super) const fn holder(&self) -> &Secret {
        &self.cookie
    }
}
