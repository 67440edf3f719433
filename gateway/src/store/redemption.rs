//! Redemption of authorization codes for access tokens.

use std::time::Duration;

use saoma_protocol::{CodeChallenge, Digest, Identity, PersonId};
use serde::{Deserialize, Serialize};

use super::{Claims, ClaimsRequest, SessionTerms};

/// Failed tries of its own client after which an authorization code is dead.
pub const REDEEM_TRIES: u32 = 3;

/// The rights and claims behind an authorization code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The relying party that may redeem the code.
    pub client_id: String,
    /// The redirect URI that it must repeat (RFC 6749 §4.1.3).
    pub redirect_uri: String,
    /// The challenge that its verifier must match (RFC 7636 §4.6). `None` if the login had none: the client's secret is the
    /// only proof then, and a verifier is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<CodeChallenge>,
    /// Nonce for the ID token.
    pub nonce: Option<String>,
    /// Requested scope, space-separated.
    pub scope: String,
    /// The person who logs in.
    pub person: PersonId,
    /// The person's name.
    pub name: String,
    /// The chosen identity.
    pub identity: Identity,
    /// Time of the confirm, in Unix seconds.
    pub auth_time: u64,
    /// Claims that the relying party may be told, as far as it can ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Box<Claims>>,
    /// Single claims that it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims_request: Option<Box<ClaimsRequest>>,
}

/// The code verifier of a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedVerifier {
    /// The request holds none.
    Absent,
    /// Not the form of RFC 7636 §4.1: it matches no challenge, and is no missing one either.
    Malformed,
    /// Well-formed, with this challenge.
    Of(CodeChallenge),
}

impl PresentedVerifier {
    /// Reads the member `code_verifier` of a token request.
    pub fn read(verifier: Option<&str>) -> Self {
        match verifier.map(CodeChallenge::of_valid) {
            None => Self::Absent,
            Some(None) => Self::Malformed,
            Some(Some(challenge)) => Self::Of(challenge),
        }
    }

    /// Returns the challenge of a well-formed verifier.
    pub const fn challenge(self) -> Option<CodeChallenge> {
        match self {
            Self::Of(challenge) => Some(challenge),
            Self::Absent | Self::Malformed => None,
        }
    }
}

/// The place where a code and its grant are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOrigin {
    /// The login that the code names: a phone has confirmed it.
    Login,
    /// A record of its own in the session that the code names, by the code's digest: single sign-on.
    Session(Digest),
}

/// A request to redeem a code.
#[derive(Debug, Clone)]
pub struct Redemption<'a> {
    /// Digest of the code.
    pub code: Digest,
    /// The place where the code is kept.
    pub origin: CodeOrigin,
    /// The authenticated client that presents it.
    pub client_id: &'a str,
    /// The redirect URI that the client repeats.
    pub redirect_uri: &'a str,
    /// The presented verifier.
    pub verifier: PresentedVerifier,
    /// True if the client has proved itself by its secret.
    pub is_proved: bool,
    /// True if the request has all its parts (RFC 6749 §4.1.3). One that lacks a part redeems nothing and is no try.
    pub is_complete: bool,
    /// Digest of the access token that the client gets.
    pub access_token: Digest,
    /// Time that the access token lives.
    pub lifetime: Duration,
    /// The terms on which the client is in the login's session. `None` for a client without anything that needs one: then
    /// there is no session.
    pub session: Option<SessionTerms>,
}

impl Redemption<'_> {
    /// Returns true if client, redirect URI and verifier are those of the login.
    pub(super) fn matches(&self, grant: &Grant) -> bool {
        grant.client_id == self.client_id
            && grant.redirect_uri == self.redirect_uri
            && self.is_verified(grant)
    }

    /// Returns true if the verifier is the one of the login. Without a challenge there must be no verifier, or an attacker
    /// could have removed the challenge from the authentication request (RFC 9700 §4.8.2), and the secret must prove the
    /// client.
    fn is_verified(&self, grant: &Grant) -> bool {
        match grant.code_challenge {
            Some(challenge) => self.verifier == PresentedVerifier::Of(challenge),
            None => self.verifier == PresentedVerifier::Absent && self.is_proved,
        }
    }

    /// Returns true if the code's own client presents it and has proved itself by its secret. Only then is a mismatch a try
    /// that brings the code closer to its end: others have the code alone, which an address bar or a log may show.
    pub(super) fn is_of_own_client(&self, grant: &Grant) -> bool {
        self.is_proved && grant.client_id == self.client_id
    }

    /// Returns true if the request ends the access token of a code that was redeemed before. The secret of the code's own
    /// client or the login's verifier is needed: the code alone ends nothing.
    pub(super) fn ends_token(&self, grant: &Grant) -> bool {
        let verifies = |challenge| self.verifier == PresentedVerifier::Of(challenge);
        self.is_of_own_client(grant) || grant.code_challenge.is_some_and(verifies)
    }
}

/// An answer to [`super::Store::redeem`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The first and only redemption: the access token is good from now on.
    Granted(Box<Grant>),
    /// The code was redeemed before. The access token of that redemption is ended (RFC 6749 §4.1.2), even if the request was
    /// incomplete, or the code was presented by its client with a wrong verifier, or with the verifier by another client.
    Replayed {
        /// True if the redemption was part of a session, which this presentation has ended. Its clients are due in
        /// [`due_logouts`](super::SessionStore::due_logouts).
        ends_session: bool,
    },
    /// Client, redirect URI or verifier are not those of the login. The [`REDEEM_TRIES`]th such try of the code's own client,
    /// proved by its secret, ends the code; others change nothing. Of a code that was redeemed before: neither the client nor
    /// the verifier proves the caller, so nothing is ended.
    Mismatched,
    /// No such code, or its time is up, or failed tries have ended it, or the request is incomplete.
    Invalid,
}
