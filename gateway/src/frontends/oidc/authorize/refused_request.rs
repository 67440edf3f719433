//! Errors of authentication requests, and parameters that ask for more than this provider does.

use serde_json::Value;

use crate::frontends::oidc::claims::ACR;
use crate::frontends::oidc::client_auth::Form;

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
    match form.value("claims").map(serde_json::from_str::<Value>) {
        Some(Err(_)) => Err(Refused::invalid("claims must be a JSON object")),
        Some(Ok(claims)) if asks_for_another_acr(&claims) => Err(Refused::new(
            "unmet_authentication_requirements",
            "the only acr is urn:saoma:acr:qr",
        )),
        Some(Ok(claims)) if asks_for_person(&claims) => Err(Refused::new(
            "login_required",
            "a value of sub is not supported: send id_token_hint",
        )),
        _ => Ok(()),
    }
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

/// Returns true if the ID token must carry another `acr` than all of them do (OpenID Connect Core §5.5.1.1).
fn asks_for_another_acr(claims: &Value) -> bool {
    let acr = &claims["id_token"]["acr"];
    if acr["essential"] != Value::Bool(true) {
        return false;
    }
    let one_of = acr["values"].as_array();
    let is_named = |value: &Value| value == ACR;
    let admits = match (&acr["value"], one_of) {
        (Value::Null, None) => true,
        (Value::Null, Some(values)) => values.iter().any(is_named),
        (value, _) => is_named(value),
    };
    !admits
}

/// Returns true if only certain persons may log in (OpenID Connect Core §5.5.1). `id_token_hint` is the way to ask for one.
fn asks_for_person(claims: &Value) -> bool {
    ["id_token", "userinfo"].iter().any(|section| {
        let sub = &claims[section]["sub"];
        !sub["value"].is_null() || !sub["values"].is_null()
    })
}

#[cfg(test)]
mod tests {
    use url::form_urlencoded;

    use super::*;

    #[test]
    fn parameters_that_ask_for_more_are_refused_by_their_error() {
        let voluntary = "claims=%7B%22id_token%22%3A%7B%22acr%22%3Anull%7D%7D&acr_values=a";
        let json = |claims: &str| {
            let claims = form_urlencoded::byte_serialize(claims.as_bytes());
            format!("claims={}", claims.collect::<String>())
        };
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
            (
                &json("{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"urn:a\"}}}"),
                Some("unmet_authentication_requirements"),
            ),
            (
                &json("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:a\"]}}}"),
                Some("unmet_authentication_requirements"),
            ),
            (
                &json(
                    "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:a\",\"urn:saoma:acr:qr\"]}}}",
                ),
                None,
            ),
            (&json("{\"id_token\":{\"acr\":{\"essential\":true}}}"), None),
            (
                &json("{\"id_token\":{\"acr\":{\"value\":\"urn:a\"}}}"),
                None,
            ),
            (voluntary, None),
            ("claims=%7B", Some("invalid_request")),
            ("claims=%5B%5D", None),
            (
                &json("{\"id_token\":{\"sub\":{\"value\":\"c-1\"}}}"),
                Some("login_required"),
            ),
            (
                &json("{\"userinfo\":{\"sub\":{\"values\":[\"c-1\"]}}}"),
                Some("login_required"),
            ),
            (&json("{\"id_token\":{\"sub\":{\"essential\":true}}}"), None),
            ("prompt=create", Some("invalid_request")),
            ("prompt=consent+select_account", None),
            ("max_age=abc", Some("invalid_request")),
            ("max_age=-1", Some("invalid_request")),
            ("max_age=3600", None),
        ] {
            let form = Form::parse(query.as_bytes()).unwrap();
            let refused = refuse_unsupported(&form).err();
            assert_eq!(refused.map(|refused| refused.error), error, "{query}");
        }
    }
}
