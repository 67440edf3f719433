//! Refresh tokens, and the end of tokens that a client no longer wants.

use std::time::Duration;

use saoma_protocol::Digest;

use super::{FamilyId, Grant};

/// A client's request for new tokens.
#[derive(Debug, Clone)]
pub struct Refresh<'a> {
    /// The family of the presented token.
    pub family: FamilyId,
    /// Digest of the presented token.
    pub token: Digest,
    /// Digest of the token that takes its place.
    pub successor: Digest,
    /// The client that presents it.
    pub client_id: &'a str,
    /// The scope that is asked for, space-separated; `None` for all that was granted.
    pub scope: Option<&'a str>,
    /// Digest of the access token that the client gets.
    pub access_token: Digest,
    /// Time that the access token lives.
    pub lifetime: Duration,
    /// Time within which the successor must be used.
    pub idle: Duration,
    /// Time after its first use for which a token is answered again, because the answer may have been lost. A repeat does not
    /// renew it: a used token would else be good for as long as a thief repeats it (RFC 9700 §4.14.2).
    pub grace: Duration,
}

/// An answer to [`SessionStore::refresh`](super::SessionStore::refresh).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// The successor is good from now on, and so is the access token. The grant has the access token's scope.
    Granted(Box<Grant>),
    /// The token had been used before, or is older than that. The session has ended, and its clients are due in
    /// [`due_logouts`](super::SessionStore::due_logouts).
    Reused,
    /// The scope that is asked for goes beyond what was granted. Nothing has changed.
    ScopeExceeded,
    /// There is no such family of this client, or it has run out, or its session has ended.
    Invalid,
}

/// A token that a client gives up (RFC 7009).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedToken {
    /// An access token, by its digest.
    Access(Digest),
    /// A family of refresh tokens, with all its access tokens.
    Family(FamilyId),
}
