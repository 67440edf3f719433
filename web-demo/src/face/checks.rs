//! Checks that browsers are asked for, from the asking to the one use of a passed one.

use std::net::IpAddr;
use std::sync::Arc;

use sqlx::{SqliteConnection, SqlitePool};

use super::challenge::{Challenges, LIFETIME_SECONDS};
use super::verifier::{Claim, FaceVerifier, Refusal, Verdict, VerifierError};
use super::{FRAMES, PER_ADDRESS, PER_KNOWN, PER_PERSON};
use crate::accounts::attempts::{AttemptLimit, Wait, address_key};
use crate::db::{execute, fetch_optional};
use crate::key_file::KeyFile;
use crate::pages::Failure;
use crate::purpose::Purpose;
use crate::secret::Secret;

/// Seconds that a check may take, and that a passed one holds.
const HOLDS_SECONDS: u32 = 600;

#[derive(Debug, Clone)]
pub(crate) struct FaceChecks {
    db: SqlitePool,
    challenges: Arc<Challenges>,
    verifier: Arc<dyn FaceVerifier>,
}

/// A check that a browser has been asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    ticket: String,
    purpose: Purpose,
    /// The person it should be.
    pub claim: Claim,
    known_by: Option<String>,
}

/// A check that was passed when it was looked at. The change that it allows takes it.
#[derive(Debug)]
pub(crate) struct PassedCheck {
    ticket: String,
}

impl PassedCheck {
    /// Takes the check, once. Returns false if another request was faster or it is over by now.
    pub(crate) async fn take(self, db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        let take = "DELETE FROM face_checks WHERE ticket_digest = ?1 AND expires_at > unixepoch()";
        execute!(db, take; self.ticket).await
    }
}

/// Why pictures were not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The challenge is over, has been answered, or is another's.
    Challenge,
    /// Too many checks of this person or from this address.
    TooMany(Wait),
}

impl From<VerifierError> for Failure {
    fn from(error: VerifierError) -> Self {
        Self::Face(error.into())
    }
}

impl FaceChecks {
    /// Checks by this verifier.
    pub(crate) fn new(db: SqlitePool, key: &KeyFile, verifier: Arc<dyn FaceVerifier>) -> Self {
        Self {
            db,
            challenges: Arc::new(Challenges::new(key)),
            verifier,
        }
    }

    /// Returns true if checks can be made at all.
    pub(crate) fn is_ready(&self) -> bool {
        self.verifier.is_ready()
    }

    /// Asks a browser for a check: the value of the cookie by which it comes back, for ten minutes. `known_by` is the key
    /// of an allowance of its own, for a phone that is known for the person, or for a person who is logged in.
    pub(crate) async fn ask(
        &self,
        purpose: Purpose,
        claim: &Claim,
        known_by: Option<&str>,
    ) -> Result<Secret, Failure> {
        let ticket = Secret::random()?;
        let expired = "DELETE FROM face_checks WHERE expires_at <= unixepoch()";
        execute!(&self.db, expired).await?;
        execute!(&self.db, "INSERT INTO face_checks (ticket_digest, purpose, id_number, known,
                proved_otherwise, known_by, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, unixepoch() + ?7)";
            ticket.digest(), purpose.name(), &claim.id_number, claim.known,
            claim.proved_otherwise, known_by, HOLDS_SECONDS)
        .await?;
        Ok(ticket)
    }

    /// The check that this browser has been asked for and has not passed yet.
    pub(crate) async fn find(
        &self,
        ticket: &Secret,
        purpose: Purpose,
    ) -> Result<Option<Asked>, Failure> {
        let found: Option<(String, bool, bool, Option<String>)> = fetch_optional!(&self.db,
            "SELECT id_number, known, proved_otherwise, known_by FROM face_checks WHERE ticket_digest = ?1
                AND purpose = ?2 AND passed_at IS NULL AND expires_at > unixepoch()";
            ticket.digest(), purpose.name())
        .await?;
        Ok(
            found.map(|(id_number, known, proved_otherwise, known_by)| Asked {
                ticket: ticket.digest(),
                purpose,
                claim: Claim {
                    id_number,
                    known,
                    proved_otherwise,
                },
                known_by,
            }),
        )
    }

    /// A challenge for a check, and the seconds in which to answer it.
    pub(crate) async fn challenge(&self, asked: &Asked) -> Result<(String, u32), Failure> {
        let challenge = self.challenges.issue(&self.db, &asked.bound()).await?;
        Ok((challenge, LIFETIME_SECONDS))
    }

    /// Looks at the pictures that answer a challenge. The inner error is the reason why they were not
    /// looked at.
    pub(crate) async fn answer(
        &self,
        asked: &Asked,
        challenge: &str,
        frames: Vec<Vec<u8>>,
        address: IpAddr,
    ) -> Result<Result<Verdict, Unanswered>, Failure> {
        let limits = asked.limits(address);
        for (limit, key) in &limits {
            if let Err(wait) = limit.count(&self.db, key).await? {
                return Ok(Err(Unanswered::TooMany(wait)));
            }
        }
        let bound = asked.bound();
        if !self.challenges.spend(&self.db, &bound, challenge).await? {
            return Ok(Err(Unanswered::Challenge));
        }
        if !FRAMES.contains(&frames.len()) {
            return Ok(Ok(Verdict::Refused(Refusal::NoPictures)));
        }
        let verdict = self.verifier.verify(&asked.claim, frames).await?;
        if matches!(verdict, Verdict::Passed { .. }) {
            for (limit, key) in &limits {
                limit.forgive(&self.db, key).await?;
            }
            self.pass(asked).await?;
        }
        Ok(Ok(verdict))
    }

    /// Returns the check of this person that this browser has passed for this purpose within the
    /// last ten minutes.
    pub(crate) async fn passed(
        &self,
        ticket: &Secret,
        purpose: Purpose,
        id_number: &str,
    ) -> Result<Option<PassedCheck>, Failure> {
        let ticket = ticket.digest();
        let passed: Option<(i64,)> = fetch_optional!(&self.db, "SELECT 1 FROM face_checks
                WHERE ticket_digest = ?1 AND purpose = ?2 AND id_number = ?3
                AND passed_at IS NOT NULL AND expires_at > unixepoch()";
            &ticket, purpose.name(), id_number)
        .await?;
        Ok(passed.map(|_| PassedCheck { ticket }))
    }

    /// Forgets a check that a browser has been asked for, or has passed.
    pub(crate) async fn abandon(&self, ticket: &Secret) -> Result<(), sqlx::Error> {
        let delete = "DELETE FROM face_checks WHERE ticket_digest = ?1";
        execute!(&self.db, delete; ticket.digest()).await.map(drop)
    }

    /// Since when something of this person's face is kept, in Unix seconds; none when nothing is.
    pub(crate) async fn kept_since(&self, id_number: &str) -> Result<Option<i64>, Failure> {
        Ok(self.verifier.kept_since(id_number).await?)
    }

    pub(crate) async fn forget(&self, id_number: &str) -> Result<(), Failure> {
        Ok(self.verifier.forget(id_number).await?)
    }

    async fn pass(&self, asked: &Asked) -> Result<(), sqlx::Error> {
        execute!(&self.db, "UPDATE face_checks
                SET passed_at = unixepoch(), expires_at = unixepoch() + ?2
                WHERE ticket_digest = ?1"; &asked.ticket, HOLDS_SECONDS)
        .await
        .map(drop)
    }
}

impl Asked {
    /// Returns the allowances of checks that an answer from this address uses up.
    fn limits(&self, address: IpAddr) -> Vec<(AttemptLimit, String)> {
        match &self.known_by {
            Some(key) => vec![(PER_KNOWN, key.clone())],
            None => vec![
                (PER_ADDRESS, address_key(address)),
                (PER_PERSON, self.claim.id_number.clone()),
            ],
        }
    }

    /// Returns the text that a challenge is bound to.
    fn bound(&self) -> String {
        let (purpose, person) = (self.purpose.name(), &self.claim.id_number);
        format!("{} {purpose} {person}", self.ticket)
    }
}
