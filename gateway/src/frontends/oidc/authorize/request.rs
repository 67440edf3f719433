//! Authentication requests (OpenID Connect Core §3.1.2.1).

use saoma_protocol::CodeChallenge;

use super::answer::ReturnAddress;
use super::refused_request::{Refused, refuse_unsupported};
use crate::claims::ClaimsRequest;
use crate::frontends::oidc::client_auth::Form;
use crate::logins::MAX_MEMBER_BYTES;
use crate::relying_parties::Client;
use crate::scopes;

/// The parameters of a valid request that its login depends on.
///
/// Others are read and change nothing: `display`, `login_hint`, `claims_locales` and `acr_values`. `prompt`, `max_age` and
/// `id_token_hint` decide whether a session may serve the request (`wishes.rs`).
#[derive(Debug)]
pub(super) struct AuthenticationRequest<'a> {
    /// The requested scope; it contains `openid`.
    pub(super) scope: &'a str,
    /// Nonce for the ID token.
    pub(super) nonce: Option<&'a str>,
    /// Single claims that the client asks for, as it wrote them (OIDC Core §5.5).
    pub(super) claims: Option<&'a str>,
    /// The PKCE challenge (RFC 7636). `None` for clients that may do without.
    pub(super) code_challenge: Option<&'a str>,
}

impl<'a> AuthenticationRequest<'a> {
    /// Reads a request whose client and redirect URI are registered.
    ///
    /// # Errors
    /// Returns the error that the client is told.
    pub(super) fn read(form: &'a Form, address: &ReturnAddress<'a>) -> Result<Self, Refused> {
        match form.value("response_type") {
            Some("code") => {}
            Some(_) => {
                return Err(Refused::new(
                    "unsupported_response_type",
                    "response_type must be code",
                ));
            }
            None => return Err(Refused::invalid("response_type is missing")),
        }
        refuse_unsupported(form)?;
        if address.has_long_state {
            return Err(Refused::invalid("state holds at most 4096 bytes"));
        }
        let scope = form
            .value("scope")
            .filter(|scope| scopes::has_openid(scope));
        let scope = scope.ok_or(Refused::new("invalid_scope", "scope must contain openid"))?;
        let nonce = form.value("nonce");
        if [Some(scope), nonce].into_iter().flatten().any(is_too_long) {
            return Err(Refused::invalid(
                "scope and nonce hold at most 1024 bytes each",
            ));
        }
        let claims = form.value("claims");
        if let Some(Err(error)) = claims.map(ClaimsRequest::parse) {
            return Err(Refused::of_claims(error));
        }
        Ok(Self {
            scope,
            nonce,
            claims,
            code_challenge: code_challenge(form, address.client)?,
        })
    }
}

/// Returns true for a value that the login, opened by the page, would not take.
const fn is_too_long(value: &str) -> bool {
    value.len() > MAX_MEMBER_BYTES
}

fn code_challenge<'a>(form: &'a Form, client: &Client) -> Result<Option<&'a str>, Refused> {
    let challenge = form.value("code_challenge");
    let method = form.value("code_challenge_method");
    if challenge.is_none() && method.is_none() && !client.needs_pkce() {
        return Ok(None);
    }
    if challenge.is_none() {
        return Err(Refused::invalid(
            "PKCE is missing: send code_challenge, with code_challenge_method=S256",
        ));
    }
    if method != Some("S256") {
        return Err(Refused::invalid("code_challenge_method must be S256"));
    }
    challenge
        .filter(|text| text.parse::<CodeChallenge>().is_ok())
        .map(Some)
        .ok_or(Refused::invalid(
            "code_challenge must be a SHA-256 in base64url",
        ))
}
