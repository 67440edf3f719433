//! A registration under way: the input that was typed so far. It never holds the password.

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use sqlx::{SqliteConnection, SqlitePool};

use super::fields::UserFields;
use crate::accounts::id_number::IdNumber;
use crate::db::{execute, fetch_optional};
use crate::pages::{CookieName, Failure, set_cookie, value_of};
use crate::secret::Secret;

/// Lifetime of a registration after its last step.
const LIFETIME_SECONDS: u32 = 3600;

/// A registration under way, of the browser or phone that holds its cookie.
#[derive(Debug)]
pub(super) struct Draft {
    cookie: Secret,
    pub data: DraftData,
}

/// The input of a registration.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DraftData {
    /// True if the agreement was accepted.
    pub agreed: bool,
    pub id_number: String,
    pub name: String,
    /// The person, once the register has matched ID number and name.
    pub citizen: Option<Citizen>,
    /// The rest as typed.
    pub user: UserFields,
    /// The phone that a code was sent to.
    pub code_sent_to: Option<String>,
    pub account_id: Option<String>,
}

/// A person whom the population register knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Citizen {
    pub id_number: IdNumber,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Read and accept the agreement.
    Agreement,
    Identity,
    /// Create the user.
    User,
    /// Registered.
    Done,
}

impl DraftData {
    /// Returns the step that a registration has come to.
    pub(super) const fn step(&self) -> Step {
        if self.account_id.is_some() {
            Step::Done
        } else if !self.agreed {
            Step::Agreement
        } else if self.citizen.is_none() {
            Step::Identity
        } else {
            Step::User
        }
    }
}

impl Draft {
    /// Returns the draft of the request's cookie, or a new one if it has none or an expired one.
    pub(super) async fn open(
        db: &SqlitePool,
        headers: &HeaderMap,
        name: CookieName,
    ) -> Result<Self, Failure> {
        if let Some(cookie) = value_of(headers, name).map(Secret::received) {
            let find = "SELECT draft FROM registration_drafts
                WHERE cookie_digest = ?1 AND expires_at > unixepoch()";
            let kept: Option<(String,)> = fetch_optional!(db, find; cookie.digest()).await?;
            if let Some((kept,)) = kept {
                let data = serde_json::from_str(&kept)?;
                return Ok(Self { cookie, data });
            }
        }
        // An unknown cookie is not taken over, because an attacker may have set it.
        let cookie = Secret::random()?;
        let data = DraftData::default();
        Ok(Self { cookie, data })
    }

    /// Writes the draft. Returns the `Set-Cookie` that leads back to it.
    pub(super) async fn keep(
        &self,
        db: &SqlitePool,
        name: CookieName,
        secure: bool,
    ) -> Result<HeaderValue, Failure> {
        self.write(&mut *db.acquire().await?).await?;
        Ok(set_cookie(
            name,
            self.cookie.expose(),
            LIFETIME_SECONDS,
            secure,
        ))
    }

    pub(super) async fn write(&self, db: &mut SqliteConnection) -> Result<(), Failure> {
        let expired = "DELETE FROM registration_drafts WHERE expires_at <= unixepoch()";
        execute!(&mut *db, expired).await?;
        execute!(db, "INSERT INTO registration_drafts (cookie_digest, draft, expires_at)
                VALUES (?1, ?2, unixepoch() + ?3) ON CONFLICT (cookie_digest) DO UPDATE
                SET draft = excluded.draft, expires_at = excluded.expires_at";
            self.cookie.digest(), serde_json::to_string(&self.data)?, LIFETIME_SECONDS)
        .await?;
        Ok(())
    }

    /// Returns the secret of this browser or phone.
    pub(super) const fn holder(&self) -> &Secret {
        &self.cookie
    }
}
