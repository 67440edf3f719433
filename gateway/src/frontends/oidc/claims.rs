//! Claims about a person for a relying party, by scope and by name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::{Identity, LoginId};
use serde::Serialize;
use serde_json::Value;

use crate::claims::ACR;
use crate::logins::Grant;
use crate::relying_parties::Client;
use crate::settings::{SOURCE_SEPARATOR, SigningAlgorithm};
use crate::shown_text::shown;

/// Lifetime of an ID token: it is checked once, on the way into the relying party's own session.
const ID_TOKEN_SECONDS: u64 = 300;

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
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    /// As what the person has logged in.
    identity: Cow<'a, Identity>,
    /// Claims of the app's backend.
    #[serde(flatten, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<&'a str, &'a Value>,
}

/// The places where claims are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ToldIn {
    Userinfo,
    IdToken,
}

impl<'a> IdTokenClaims<'a> {
    /// Returns the claims of an ID token for this client, beside this access token. `session` is told as `sid`.
    pub(super) fn new(
        grant: &'a Grant,
        client: &Client,
        sub: String,
        session: Option<LoginId>,
        access_token: &str,
        issuer: &'a str,
        now: u64,
    ) -> Self {
        let mut person = PersonClaims::new(grant, sub, ToldIn::IdToken, client.id_token_claims);
        // The name has always stood in the ID token.
        if has_scope(grant, "profile") {
            person.name = Some(name_of(grant, &person.sub));
        }
        Self {
            iss: issuer,
            aud: &grant.client_id,
            exp: now + ID_TOKEN_SECONDS,
            iat: now,
            auth_time: grant.auth_time,
            nonce: grant.nonce.as_deref(),
            amr: ["qr"],
            acr: ACR,
            at_hash: at_hash(access_token, client.id_token_algorithm()),
            sid: session,
            person,
        }
    }
}

impl<'a> PersonClaims<'a> {
    /// Returns the claims for the userinfo endpoint: those that the scope releases, and those that were asked for there.
    pub(super) fn for_userinfo(grant: &'a Grant, sub: String) -> Self {
        Self::new(grant, sub, ToldIn::Userinfo, true)
    }

    fn new(grant: &'a Grant, sub: String, told_in: ToldIn, with_scope: bool) -> Self {
        let requested = grant.claims_request.as_deref();
        let named = requested.map(|requested| match told_in {
            ToldIn::Userinfo => &requested.userinfo,
            ToldIn::IdToken => &requested.id_token,
        });
        let is_named = |name: &str| named.is_some_and(|named| named.contains(name));
        let scope = if with_scope { grant.scope.as_str() } else { "" };
        let known = grant.claims.iter().flat_map(|claims| claims.iter());
        let released = known
            .filter(|(claim, _)| claim.is_released_by(scope) || is_named(claim.name))
            .filter(|(_, value)| {
                !value
                    .as_str()
                    .is_some_and(|text| tells_id(grant, &sub, text))
            });
        let has_name = with_scope && has_scope(grant, "profile") || is_named("name");
        let others = released.map(|(claim, value)| (claim.name, value)).collect();
        Self {
            name: has_name.then(|| name_of(grant, &sub)),
            identity: identity_of(grant, &sub),
            sub,
            others,
        }
    }
}

/// Returns true for a text that is the person's id at the app's backend, where the client is told another `sub`: with it
/// two clients could find out that they have one person.
fn tells_id(grant: &Grant, sub: &str, text: &str) -> bool {
    let id = grant.person.as_str();
    let at_source = id.split_once(SOURCE_SEPARATOR).map(|(_, id)| id);
    let is_id = |id: &str| text == id || text == shown(id);
    id != sub && (is_id(id) || at_source.is_some_and(is_id))
}

/// Returns the person's name. It is the id where the backend has no name, and then the one that this client knows.
fn name_of<'a>(grant: &'a Grant, sub: &str) -> Cow<'a, str> {
    if tells_id(grant, sub, &grant.name) {
        Cow::Owned(sub.to_owned())
    } else {
        Cow::Borrowed(&grant.name)
    }
}

/// Returns the identity, whose name may be that of the person.
fn identity_of<'a>(grant: &'a Grant, sub: &str) -> Cow<'a, Identity> {
    if tells_id(grant, sub, &grant.identity.name) {
        Cow::Owned(Identity {
            name: sub.to_owned(),
            ..grant.identity.clone()
        })
    } else {
        Cow::Borrowed(&grant.identity)
    }
}

/// Returns the left half of the hash of an access token, by the hash of the algorithm that signs (OIDC Core §3.1.3.6).
fn at_hash(access_token: &str, algorithm: SigningAlgorithm) -> String {
    let hash = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Es256 => &SHA256,
        SigningAlgorithm::EdDsa => &SHA512,
    };
    let hash = digest(hash, access_token.as_bytes());
    let hash = hash.as_ref();
    BASE64URL_NOPAD.encode(&hash[..hash.len() / 2])
}

fn has_scope(grant: &Grant, scope: &str) -> bool {
    grant.scope.split(' ').any(|word| word == scope)
}
