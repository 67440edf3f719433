//! Errors of authentication requests, and parameters that ask for more than this provider does.

use crate::claims::ClaimsRequestError;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::oauth_error::OauthError;

/// An error of a request with a valid client and redirect URI (RFC 6749 §4.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::frontends::oidc) struct Refused {
    /// The error code.
    pub(in crate::frontends::oidc) error: &'static str,
    /// The same for people who read logs.
    pub(in crate::frontends::oidc) description: &'static str,
}

impl Refused {
    pub(super) const fn new(error: &'static str, description: &'static str) -> Self {
        Self { error, description }
    }

    pub(super) const fn invalid(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    /// Returns the error for a `claims` parameter.
    pub(in crate::frontends::oidc) const fn of_claims(error: ClaimsRequestError) -> Self {
        match error {
            ClaimsRequestError::TooLarge => Self::invalid("claims holds at most 1024 bytes"),
            ClaimsRequestError::Malformed => Self::invalid(
                "claims must be a JSON object whose userinfo and id_token are objects of claims",
            ),
            ClaimsRequestError::Person => Self::new(
                "login_required",
                "a value of sub is not supported: send id_token_hint",
            ),
            ClaimsRequestError::AnotherAcr => Self::new(
                "unmet_authentication_requirements",
                "the only acr is urn:saoma:acr:qr",
            ),
        }
    }
}

impl From<Refused> for OauthError {
    fn from(refused: Refused) -> Self {
        Self::Refused {
            error: refused.error,
            description: refused.description,
        }
    }
}

/// Refuses parameters that a relying party relies on where it sends them. Ignored, they would let a login pass that is
/// weaker than the one that was asked for (threat A15).
///
/// # Errors
/// Returns the error that OpenID Connect Core §3.1.2.6 or a later document names for the parameter.
pub(super) fn refuse_unsupported(form: &Form) -> Result<(), Refused> {
    let has = |name| form.value(name).is_some();
    if has("request") {
        return Err(Refused::new(
            "request_not_supported",
            "send the parameters themselves",
        ));
    }
    if has("request_uri") {
        return Err(Refused::new(
            "request_uri_not_supported",
            "send the parameters themselves",
        ));
    }
    if has("registration") {
        return Err(Refused::new(
            "registration_not_supported",
            "clients are registered in the gateway's settings",
        ));
    }
    if form
        .value("response_mode")
        .is_some_and(|mode| !matches!(mode, "query" | "form_post"))
    {
        return Err(Refused::invalid("response_mode must be query or form_post"));
    }
    refuse_prompt(form.value("prompt").unwrap_or_default())?;
    let is_seconds = |age: &str| !age.is_empty() && age.bytes().all(|b| b.is_ascii_digit());
    if form.value("max_age").is_some_and(|age| !is_seconds(age)) {
        return Err(Refused::invalid("max_age must be a number of seconds"));
    }
    Ok(())
}

/// Refuses what the values of `prompt` ask for beyond a login by phone (OpenID Connect Core §3.1.2.1).
fn refuse_prompt(prompts: &str) -> Result<(), Refused> {
    let prompts: Vec<&str> = prompts.split(' ').filter(|word| !word.is_empty()).collect();
    for prompt in &prompts {
        match *prompt {
            // A person at the phone does all three: each login is new, is confirmed, and lets them choose the identity.
            "login" | "consent" | "select_account" => {}
            "none" if prompts.len() == 1 => {}
            "none" => return Err(Refused::invalid("prompt=none stands alone")),
            // Initiating User Registration via OpenID Connect 1.0 §4.1.
            "create" => return Err(Refused::invalid("people register in the app")),
            _ => return Err(Refused::invalid("prompt holds an unknown value")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_ask_for_more_are_refused_by_their_error() {
        for (query, error) in [
            ("request=e30", Some("request_not_supported")),
            ("request_uri=urn%3Aa", Some("request_uri_not_supported")),
            ("registration=%7B%7D", Some("registration_not_supported")),
            ("response_mode=fragment", Some("invalid_request")),
            ("response_mode=query", None),
            ("response_mode=form_post", None),
            ("response_mode=form_post.jwt", Some("invalid_request")),
            ("prompt=none", None),
            ("prompt=login+none", Some("invalid_request")),
            ("prompt=none+none", Some("invalid_request")),
            ("prompt=unheard_of", Some("invalid_request")),
            ("prompt=login", None),
            ("prompt=create", Some("invalid_request")),
            ("prompt=consent+select_account", None),
            ("max_age=abc", Some("invalid_request")),
            ("max_age=-1", Some("invalid_request")),
            ("max_age=3600", None),
            ("acr_values=urn%3Aa", None),
        ] {
            let form = Form::parse(query.as_bytes()).unwrap();
            let refused = refuse_unsupported(&form).err();
            assert_eq!(refused.map(|refused| refused.error), error, "{query}");
        }
    }
}
