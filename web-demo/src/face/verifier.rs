//! The interface by which a deployment plugs in its own face verification.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::Serialize;

/// Tells whose face some pictures show.
///
/// The pictures come from a web page, and **a web page cannot vouch for its camera**: the phone's holder can feed
/// it a film. A verifier that is to stand for more than a password needs the pictures from where they cannot be made up:
/// an app with a camera of the system's own and an attested device, or a provider's SDK whose signed result is verified
/// here in place of pictures.
#[async_trait]
pub trait FaceVerifier: Debug + Send + Sync {
    /// Returns true if checks can be made at all. Otherwise pages offer only the other way.
    fn is_ready(&self) -> bool;

    /// Compares `frames`, JPEG pictures as they came, a second or two apart, with what is known of the person.
    ///
    /// A person of whom nothing is known, or who does not exist, must be refused by [`Refusal::NotRecognised`], and
    /// after the same work, because an answer must not tell which people are known.
    ///
    /// # Errors
    /// It could not be told. What the pictures are like is never an error.
    async fn verify(&self, claim: &Claim, frames: Vec<Vec<u8>>) -> Result<Verdict, VerifierError>;

    /// Since when something of this person's face is kept, in Unix seconds; none when nothing is.
    async fn kept_since(&self, id_number: &str) -> Result<Option<i64>, VerifierError>;

    /// Forgets all that is kept of this person's face.
    ///
    /// # Errors
    /// It is perhaps still there.
    async fn forget(&self, id_number: &str) -> Result<(), VerifierError>;
}

/// The identity that a person claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The citizen's ID number.
    pub id_number: String,
    /// True if there is such a person, of that name. The check of an unknown person is made all the same, and not passed.
    pub known: bool,
    /// True if they have proved it by other means too, such as a password: then the first check may keep their face, for
    /// later ones to be compared with.
    pub proved_otherwise: bool,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is their face. `first`: it was kept just now, since there was nothing to compare it with.
    Passed {
        /// True for the first check.
        first: bool,
    },
    /// It is not, or cannot be told.
    Refused(Refusal),
}

/// Why a check is not passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The input is not a phone's pictures.
    NoPictures,
    /// A picture shows no person.
    NoFace,
    /// A picture shows several persons, or the pictures do not show the same one.
    SeveralFaces,
    /// All pictures are the same.
    Still,
    /// It is another's face, or there is nothing to compare it with.
    NotRecognised,
}

/// Why it could not be told.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The kept data cannot be sealed or opened.
    #[error("a face's record cannot be sealed or opened")]
    Seal,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}
