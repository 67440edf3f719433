//! Face checks: is the person before the phone's camera the one of this ID number?
//!
//! ```text
//! ask (a page knows who it should be) ──► challenge (30 s, once) ──► frames ──► FaceVerifier ──► passed (ten minutes)
//!                                                                                                 └──► consume, once
//! ```
//!
//! A deployment plugs in its own [`FaceVerifier`]. **No web page can vouch for its camera**: what it sends may be a film,
//! made up while it plays. The page sees a blink, the server sees a face that moves and is the right one; neither sees
//! that a living person is there. So a passed check never does what a password or an SMS code could not do as well, and
//! each purpose has such another way.

mod challenge;
mod checks;
mod descriptor_verifier;
mod photos;
mod references;
#[cfg(test)]
mod tests;
mod verifier;

pub(crate) use checks::{Asked, FaceChecks, PassedCheck, Unanswered};
pub(crate) use descriptor_verifier::DescriptorVerifier;
pub(crate) use photos::PhotoFolder;
pub(crate) use references::References;
pub(crate) use saoma_face_nets::MAX_BYTES as MAX_FRAME_BYTES;
pub use verifier::{Claim, FaceVerifier, Refusal, Verdict, VerifierError};

use crate::accounts::attempts::AttemptLimit;

/// The number of pictures that answer a challenge.
pub(crate) const FRAMES: std::ops::RangeInclusive<usize> = 3..=5;

/// Checks of one person on phones that are not known for them: five, then one in two minutes.
const PER_PERSON: AttemptLimit = AttemptLimit::new("face_person", 5, 120);

/// Checks on a phone that is known for its person, or of a person who is logged in: five, then one in two minutes.
/// Strangers cannot use these up (threat T42).
const PER_KNOWN: AttemptLimit = AttemptLimit::new("face_known", 5, 120);

/// Checks from one address: twenty, then one in twenty seconds.
const PER_ADDRESS: AttemptLimit = AttemptLimit::new("face_address", 20, 20);

/// Persons that one address names in order to log in by face: thirty, then one in ten seconds.
pub(crate) const NAMED_PER_ADDRESS: AttemptLimit = AttemptLimit::new("face_named", 30, 10);
