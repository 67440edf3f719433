//! Claims about a person for a relying party.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::{Identity, LoginId};
use serde::Serialize;

use crate::logins::Grant;

/// Lifetime of an ID token: it is checked once, on the way into the relying party's own session.
const ID_TOKEN_SECONDS: u64 = 300;

/// Authentication context of every login: a person confirmed on their phone what a browser showed (OIDC Core §2).
pub(super) const ACR: &str = "urn:saoma:acr:qr";

/// Bytes of a SHA-256 that `at_hash` holds: its left half.
const AT_HASH_BYTES: usize = 16;

/// The claims of an ID token (OIDC Core §2).
#[derive(Debug, Serialize)]
pub(super) struct IdTokenClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    exp: u64,
    iat: u64,
    auth_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// `qr`: the login was cross-device, which a relying party may want to treat with care (BCP 247, threat T30).
    amr: [&'static str; 1],
    /// The session that the gateway keeps for the client (OpenID Connect Back-Channel Logout 1.0 §2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<LoginId>,
    acr: &'static str,
    /// Binds the access token to this ID token (OIDC Core §3.1.3.6).
    at_hash: String,
    #[serde(flatten)]
    person: PersonClaims<'a>,
}

/// The claims about the person, which the userinfo endpoint gives too (OIDC Core §5.3.2).
#[derive(Debug, Serialize)]
pub(super) struct PersonClaims<'a> {
    sub: &'a str,
    /// With the scope `profile` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// As what the person has logged in.
    identity: &'a Identity,
}

impl<'a> IdTokenClaims<'a> {
    pub(super) fn new(
        grant: &'a Grant,
        session: Option<LoginId>,
        access_token: &str,
        issuer: &'a str,
        now: u64,
    ) -> Self {
        Self {
            iss: issuer,
            aud: &grant.client_id,
            exp: now + ID_TOKEN_SECONDS,
            iat: now,
            auth_time: grant.auth_time,
            nonce: grant.nonce.as_deref(),
            amr: ["qr"],
            acr: ACR,
            at_hash: at_hash(access_token),
            sid: session,
            person: PersonClaims::new(grant),
        }
    }
}

impl<'a> PersonClaims<'a> {
    pub(super) fn new(grant: &'a Grant) -> Self {
        let profile = grant.scope.split(' ').any(|scope| scope == "profile");
        Self {
            sub: grant.person.as_str(),
            name: profile.then_some(grant.name.as_str()),
            identity: &grant.identity,
        }
    }
}

/// Returns the hash of an access token for an ID token that is signed by an algorithm with SHA-256 (OIDC Core §3.1.3.6).
fn at_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    BASE64URL_NOPAD.encode(&hash.as_ref()[..AT_HASH_BYTES])
}
