//! A registration under way: what has been typed and found right so far. Never the password.

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use sqlx::{SqliteConnection, SqlitePool};

use super::fields::UserFields;
use crate::accounts::id_number::IdNumber;
use crate::pages::{Cookie, CookieName, Failure, value_of};
use crate::secret::Secret;

/// How long a registration can be taken up again after its last step.
pub const LIFETIME_SECONDS: u32 = 3600;

/// A registration under way, of the browser or phone that holds its cookie.
#[derive(Debug)]
pub struct Draft {
    cookie: Secret,
    /// What is known.
    pub data: DraftData,
}

/// What is known of a registration.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DraftData {
    /// Whether the agreement was accepted.
    pub agreed: bool,
    /// The ID number as typed.
    pub id_number: String,
    /// The name as typed.
    pub name: String,
    /// Who it is, once ID number and name were found to belong together.
    pub person: Option<Person>,
    /// The rest as typed.
    pub user: UserFields,
    /// The phone that a code was sent to.
    pub code_sent_to: Option<String>,
    /// The account that came of it.
    pub account_id: Option<String>,
}

/// A person whom the population register knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their ID number.
    pub id_number: IdNumber,
    /// Their name.
    pub name: String,
}

/// The steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Read and accept the agreement.
    Agreement,
    /// Verify the identity.
    Identity,
    /// Create the user.
    User,
    /// Registered.
    Done,
}

impl DraftData {
    /// The step that a registration has come to.
    pub const fn step(&self) -> Step {
        match self {
            Self {
                account_id: Some(_),
                ..
            } => Step::Done,
            Self { agreed: false, .. } => Step::Agreement,
            Self { person: None, .. } => Step::Identity,
            Self { .. } => Step::User,
        }
    }
}

impl Draft {
    /// The draft of the request's cookie; without one, or when it is over, a new one.
    ///
    /// # Errors
    /// The database's, or no randomness.
    pub async fn open(
        db: &SqlitePool,
        headers: &HeaderMap,
        name: CookieName,
    ) -> Result<Self, Failure> {
        if let Some(cookie) = value_of(headers, name).map(Secret::received) {
            let kept = sqlx::query_scalar(
                "SELECT draft FROM registration_drafts WHERE cookie_digest = ?1 AND expires_at > unixepoch()",
            );
            let kept: Option<String> = kept.bind(cookie.digest()).fetch_optional(db).await?;
            if let Some(kept) = kept {
                return Ok(Self {
                    cookie,
                    data: serde_json::from_str(&kept)?,
                });
            }
        }
        // A cookie that is not known is not taken over: somebody else may have put it there.
        Ok(Self {
            cookie: Secret::random()?,
            data: DraftData::default(),
        })
    }

    /// Keeps it: the `Set-Cookie` that leads back to it.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep(
        &self,
        db: &SqlitePool,
        name: CookieName,
        secure: bool,
    ) -> Result<HeaderValue, Failure> {
        self.write(&mut *db.acquire().await?).await?;
        let value = self.cookie.expose();
        Ok(Cookie {
            name,
            value,
            max_age: LIFETIME_SECONDS,
            secure,
        }
        .to_header())
    }

    /// Writes it.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, db: &mut SqliteConnection) -> Result<(), Failure> {
        sqlx::query("DELETE FROM registration_drafts WHERE expires_at <= unixepoch()")
            .execute(&mut *db)
            .await?;
        sqlx::query(
            "INSERT INTO registration_drafts (cookie_digest, draft, expires_at) VALUES (?1, ?2, unixepoch() + ?3)
             ON CONFLICT (cookie_digest) DO UPDATE SET draft = excluded.draft, expires_at = excluded.expires_at",
        )
        .bind(self.cookie.digest())
        .bind(serde_json::to_string(&self.data)?)
        .bind(LIFETIME_SECONDS)
        .execute(db)
        .await?;
        Ok(())
    }

    /// What only this browser or phone knows.
    pub const fn holder(&self) -> &Secret {
        &self.cookie
    }
}
