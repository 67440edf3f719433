//! Persons whom a browser knows, as a store compares them.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// A person in place of their id: a keyed digest, which only nodes with the cluster's secret can make.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PersonTag([u8; Self::BYTES]);

impl PersonTag {
    /// Length in bytes.
    pub const BYTES: usize = 16;

    /// Creates a tag from a digest.
    pub const fn new(digest: [u8; Self::BYTES]) -> Self {
        Self(digest)
    }

    /// Returns the digest.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for PersonTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for PersonTag {
    /// Leaves the digest out, because it is the same in all logins of a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonTag(…)")
    }
}

impl From<PersonTag> for String {
    fn from(tag: PersonTag) -> Self {
        tag.to_string()
    }
}

/// A text is not a [`PersonTag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 22 characters of base64url")]
pub struct ParsePersonTagError;

impl FromStr for PersonTag {
    type Err = ParsePersonTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(ParsePersonTagError)
    }
}

impl TryFrom<String> for PersonTag {
    type Error = ParsePersonTagError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The persons for whom a login's browser is asked to agree (threat T34).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// The client does not want its browsers to be asked.
    Off,
    /// All persons but these, whom the browser knows.
    Unless(Box<[PersonTag]>),
}

impl Agreement {
    /// Returns true if the browser must agree to a person. A person has a tag for each secret of the cluster.
    pub fn asks(&self, person: &[PersonTag]) -> bool {
        match self {
            Self::Off => false,
            Self::Unless(known) => !person.iter().any(|tag| known.contains(tag)),
        }
    }
}

/// The person of a confirmed login, for the browser to know from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPerson {
    /// The person.
    pub person: PersonTag,
    /// The relying party at which the browser knows the person.
    pub client_id: String,
}
