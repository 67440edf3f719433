//! A registration under way: the input that was typed so far. It never holds the password.

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use sqlx::{SqliteConnection, SqlitePool};

use super::citizen::Citizen;
use super::fields::UserFields;
use crate::accounts::id_number::IdNumber;
use crate::db::{self, execute, fetch_optional};
use crate::pages::{CookieName, Cookies, Failure};
use crate::secret::Secret;

/// Lifetime of a registration after its last step.
const LIFETIME_SECONDS: u32 = 3600;

/// A registration under way, of the browser or phone that holds its cookie.
#[derive(Debug)]
pub(super) struct Draft {
    cookie: Secret,
    /// The key of its row, if it has one.
    row: Option<String>,
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
    /// The ID number of which the person was told that a provisional account has it.
    pub contested: Option<IdNumber>,
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
    /// Returns true if a provisional account of this ID number is to be replaced.
    pub(super) fn contests(&self, id_number: &IdNumber) -> bool {
        self.contested.as_ref() == Some(id_number)
    }

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
        cookies: &Cookies,
        name: CookieName,
    ) -> Result<Self, Failure> {
        if let Some(cookie) = cookies.secret(name) {
            let find = "SELECT draft FROM registration_drafts
                WHERE cookie_digest = ?1 AND expires_at > unixepoch()";
            let kept: Option<(String,)> = fetch_optional!(db, find; cookie.digest()).await?;
            if let Some((kept,)) = kept {
                let data = serde_json::from_str(&kept)?;
                let row = Some(cookie.digest());
                return Ok(Self { cookie, row, data });
            }
        }
        // An unknown cookie is not taken over, because an attacker may have set it.
        Ok(Self {
            cookie: Secret::random()?,
            row: None,
            data: DraftData::default(),
        })
    }

    /// Returns true if there is a row of the draft.
    pub(super) const fn is_kept(&self) -> bool {
        self.row.is_some()
    }

    /// Gives the draft a new cookie. From the next write on the one before is worth nothing: it may have been planted by
    /// an attacker, who would read along.
    pub(super) fn rotate(&mut self) -> Result<(), Failure> {
        self.cookie = Secret::random()?;
        Ok(())
    }

    /// Forgets the draft.
    pub(super) async fn forget(self, db: &SqlitePool) -> Result<(), sqlx::Error> {
        let delete = "DELETE FROM registration_drafts WHERE cookie_digest = ?1";
        execute!(db, delete; self.row).await.map(drop)
    }

    /// Writes the draft. Returns the `Set-Cookie` that leads back to it.
    pub(super) async fn keep(
        &mut self,
        db: &SqlitePool,
        cookies: &Cookies,
        name: CookieName,
    ) -> Result<HeaderValue, Failure> {
        let mut transaction = db::write(db).await?;
        self.write(&mut transaction).await?;
        transaction.commit().await?;
        Ok(cookies.set(name, self.cookie.expose(), LIFETIME_SECONDS))
    }

    pub(super) async fn write(&mut self, db: &mut SqliteConnection) -> Result<(), Failure> {
        let over = "DELETE FROM registration_drafts
            WHERE expires_at <= unixepoch() OR cookie_digest = ?1 AND cookie_digest <> ?2";
        let digest = self.cookie.digest();
        execute!(&mut *db, over; &self.row, &digest).await?;
        execute!(db, "INSERT INTO registration_drafts (cookie_digest, draft, expires_at)
                VALUES (?1, ?2, unixepoch() + ?3) ON CONFLICT (cookie_digest) DO UPDATE
                SET draft = excluded.draft, expires_at = excluded.expires_at";
            &digest, serde_json::to_string(&self.data)?, LIFETIME_SECONDS)
        .await?;
        self.row = Some(digest);
        Ok(())
    }

    /// Returns the secret of this browser or phone.
    pub(super) const fn holder(&self) -> &Secret {
        &self.cookie
    }
}

/// Forgets the registration of this browser, because a person has logged in there. Returns the `Set-Cookie` that says so.
pub(crate) async fn abandon(
    db: &SqlitePool,
    cookies: &Cookies,
    name: CookieName,
) -> Result<HeaderValue, Failure> {
    Draft::open(db, cookies, name).await?.forget(db).await?;
    Ok(cookies.expire(name))
}
