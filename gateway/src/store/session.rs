//! Sessions at the provider: what remains of a login after its code was redeemed, for clients with single sign-on, refresh
//! tokens or back-channel logout.
//!
//! A session has the id of the login that began it, which clients know as `sid`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use saoma_protocol::{Digest, LoginId, PersonId, RefreshToken, RequesterContext, Timestamp};
use serde::{Deserialize, Serialize};

use super::Grant;
use crate::scopes::OFFLINE_ACCESS;

/// Time that an ended session is kept: clients are told of the logout meanwhile, and its tokens are recognised.
pub const KEEP_ENDED_SESSION: Duration = Duration::from_secs(24 * 3600);

/// Families of refresh tokens that one client has in one session at most. A further one replaces the oldest.
pub const MAX_FAMILIES: usize = 8;

/// A family of refresh tokens: a first token, and all that came of it by rotation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FamilyId([u8; RefreshToken::FAMILY_BYTES]);

impl FamilyId {
    /// Returns the family of a token.
    pub fn of(token: &RefreshToken) -> Self {
        Self(token.family())
    }

    /// Creates an id from its bytes.
    pub const fn new(bytes: [u8; RefreshToken::FAMILY_BYTES]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FamilyId({self})")
    }
}

/// A text is not a [`FamilyId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 16 hexadecimal digits")]
pub struct ParseFamilyIdError;

impl FromStr for FamilyId {
    type Err = ParseFamilyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(ParseFamilyIdError)
    }
}

/// What a client's redemption makes of its session, by the client's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTerms {
    /// Time that the session lasts from now on, with or without refresh tokens. `None`: only they keep it.
    pub lifetime: Option<Duration>,
    /// The family of refresh tokens that begins, if the client has them.
    pub refresh: Option<NewFamily>,
    /// The client is told when the session ends.
    pub is_told: bool,
}

/// A family of refresh tokens about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFamily {
    /// Its id.
    pub family: FamilyId,
    /// Digest of its first token.
    pub token: Digest,
    /// Time within which a token must be used.
    pub idle: Duration,
    /// Time after which the family ends, however often it is used.
    pub absolute: Duration,
    /// The family begins only if `offline_access` was granted.
    pub needs_scope: bool,
}

impl NewFamily {
    /// Returns true if the family begins for a login with this scope.
    pub fn begins(&self, scope: &str) -> bool {
        !self.needs_scope || scope.split(' ').any(|word| word == OFFLINE_ACCESS)
    }
}

impl SessionTerms {
    /// Returns true if a login with this scope begins a session.
    pub fn begin_session(&self, scope: &str) -> bool {
        self.lifetime.is_some() || self.begin_family(scope).is_some()
    }

    /// Returns the family of refresh tokens that begins for a login with this scope.
    pub fn begin_family(&self, scope: &str) -> Option<&NewFamily> {
        let family = self.refresh.as_ref();
        family.filter(|family| family.begins(scope))
    }

    /// Returns the longest time from now that the session can last without another login. Its access tokens live for a time
    /// of their own, also the one of the last refresh.
    pub fn longest(&self, access_token: Duration) -> Duration {
        let absolute = self.refresh.as_ref().map(|family| family.absolute);
        let tokens = absolute.unwrap_or_default() + access_token;
        tokens.max(self.lifetime.unwrap_or_default())
    }
}

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Id of the login that began it, told to clients as `sid`.
    pub id: LoginId,
    /// Person, identity and claims of the login that began it. Its client, nonce and scope are that login's.
    pub grant: Grant,
    /// The browser that began it.
    pub requester: RequesterContext,
    /// Time of its beginning.
    pub began_at: Timestamp,
    /// Time of its last use: a login at a client, or a refresh.
    pub used_at: Timestamp,
    /// Time of its end, unless it is used.
    pub expires_at: Timestamp,
    /// Digest of the secret in the browser's cookie, if the session serves single sign-on.
    pub cookie: Option<Digest>,
    /// Its clients, by id.
    pub clients: Vec<SessionClient>,
    /// Its families of refresh tokens that have not run out.
    pub families: Vec<Family>,
    /// Its end, if it has ended before its time.
    pub ended: Option<SessionEnd>,
    /// The store's clock at this reading.
    pub now: Timestamp,
}

/// A client that a session has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClient {
    /// The claims that the client was given at its newest login in the session.
    pub grant: Grant,
    /// The failed tries to tell the client of the session's end. `None` if there is nothing to tell, or no more.
    pub untold: Option<u32>,
}

/// A family of refresh tokens in its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its id.
    pub id: FamilyId,
    /// The client that it belongs to.
    pub client_id: String,
    /// The scope that was granted.
    pub scope: String,
    /// Time within which its token must be used.
    pub idle_until: Timestamp,
    /// Time after which it ends, however often it is used.
    pub absolute_until: Timestamp,
}

/// The end of a session before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnd {
    /// Time of the end.
    pub at: Timestamp,
    /// The reason.
    pub reason: EndReason,
}

/// Reasons for a session to end before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The person ended it in the app.
    Person,
    /// The app's backend ended it.
    Backend,
    /// A relying party logged the person out.
    RelyingParty,
    /// An authorization code was presented after its redemption.
    CodeReplayed,
    /// A refresh token was presented after its use.
    RefreshReused,
    /// The app's backend no longer lets the person act as this identity.
    Standing,
}

impl EndReason {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::Person,
        Self::Backend,
        Self::RelyingParty,
        Self::CodeReplayed,
        Self::RefreshReused,
        Self::Standing,
    ];

    /// Returns the reason as stored, logged and counted.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Backend => "backend",
            Self::RelyingParty => "relying_party",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshReused => "refresh_reused",
            Self::Standing => "standing",
        }
    }

    /// Returns the reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

impl SessionRecord {
    /// Returns true if the session has neither ended nor run out.
    pub fn is_alive(&self) -> bool {
        self.ended.is_none() && self.now < self.expires_at
    }

    /// Returns the person.
    pub const fn person(&self) -> &PersonId {
        &self.grant.person
    }

    /// Returns true if the browser that holds this cookie has the session, and it is alive.
    pub fn is_of_browser(&self, cookie: Digest) -> bool {
        self.is_alive() && self.cookie == Some(cookie)
    }

    /// Returns a client of the session.
    pub fn client(&self, id: &str) -> Option<&SessionClient> {
        let mut clients = self.clients.iter();
        clients.find(|client| client.grant.client_id == id)
    }

    /// Returns true if the session has ended and a client is still to be told.
    pub fn has_untold_clients(&self) -> bool {
        self.ended.is_some() && self.clients.iter().any(|client| client.untold.is_some())
    }
}

/// The beginning of a session for a browser, before its code is redeemed.
#[derive(Debug, Clone)]
pub struct SessionBeginning {
    /// Digest of the login's receive key, which proves the browser.
    pub receive_key: Digest,
    /// Digest of the secret in the cookie that the browser gets.
    pub cookie: Digest,
    /// Time that the session lasts from now on.
    pub lifetime: Duration,
}

/// A login at a further client by single sign-on: its code, as if a phone had confirmed.
#[derive(Debug, Clone)]
pub struct SessionJoin {
    /// Digest of the secret in the browser's cookie.
    pub cookie: Digest,
    /// Digest of the authorization code that the client will redeem, as one of
    /// [`CodeOrigin::Session`](super::CodeOrigin::Session).
    pub code: Digest,
    /// The rights and claims behind the code.
    pub grant: Grant,
    /// Time that the code lives.
    pub code_lifetime: Duration,
}

/// The effect of ending a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has ended now.
    Now,
    /// It had ended before, and keeps its first reason.
    Before,
    /// There is no such session, or it has run out.
    Unknown,
}
