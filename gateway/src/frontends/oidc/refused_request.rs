//! Errors of authentication requests, and parameters that ask for more than this provider does.

use serde_json::Value;

use super::client_auth::Form;

/// An error of a request with a valid client and redirect URI (RFC 6749 §4.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) error: &'static str,
    pub(super) description: &'static str,
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
        .is_some_and(|mode| mode != "query")
    {
        return Err(Refused::invalid("response_mode must be query"));
    }
    if has("id_token_hint") {
        // The person is known only once a phone has scanned, which is too late to refuse another one here.
        return Err(Refused::new(
            "login_required",
            "id_token_hint is not supported: every login asks anew who the person is",
        ));
    }
    let prompts = form.value("prompt").unwrap_or_default();
    if prompts.split(' ').any(|prompt| prompt == "none") {
        // The gateway keeps no sessions.
        return Err(Refused::new(
            "login_required",
            "every login needs the phone",
        ));
    }
    if prompts.split(' ').any(|prompt| prompt == "create") {
        // Initiating User Registration via OpenID Connect 1.0 §4.1.
        return Err(Refused::invalid("people register in the app"));
    }
    let is_seconds = |age: &str| !age.is_empty() && age.bytes().all(|b| b.is_ascii_digit());
    if form.value("max_age").is_some_and(|age| !is_seconds(age)) {
        return Err(Refused::invalid("max_age must be a number of seconds"));
    }
    match form.value("claims").map(serde_json::from_str::<Value>) {
        Some(Err(_)) => Err(Refused::invalid("claims must be a JSON object")),
        Some(Ok(claims)) if has_essential_acr(&claims) => Err(Refused::new(
            "unmet_authentication_requirements",
            "no acr can be promised: ID tokens carry amr",
        )),
        Some(Ok(claims)) if asks_for_person(&claims) => Err(Refused::new(
            "login_required",
            "a value of sub is not supported: every login asks anew who the person is",
        )),
        _ => Ok(()),
    }
}

/// Returns true if the ID token must carry an `acr` (OpenID Connect Core §5.5.1.1).
fn has_essential_acr(claims: &Value) -> bool {
    claims["id_token"]["acr"]["essential"] == Value::Bool(true)
}

/// Returns true if only certain persons may log in (OpenID Connect Core §5.5.1). It is refused as `id_token_hint` is.
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
        let essential =
            "claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%7D%7D%7D";
        let voluntary = "claims=%7B%22id_token%22%3A%7B%22acr%22%3Anull%7D%7D&acr_values=a";
        let person = |claims: &str| {
            let claims = form_urlencoded::byte_serialize(claims.as_bytes());
            format!("claims={}", claims.collect::<String>())
        };
        for (query, error) in [
            ("request=e30", Some("request_not_supported")),
            ("request_uri=urn%3Aa", Some("request_uri_not_supported")),
            ("registration=%7B%7D", Some("registration_not_supported")),
            ("response_mode=fragment", Some("invalid_request")),
            ("response_mode=query", None),
            ("id_token_hint=e30", Some("login_required")),
            ("prompt=login+none", Some("login_required")),
            ("prompt=login", None),
            (essential, Some("unmet_authentication_requirements")),
            (voluntary, None),
            ("claims=%7B", Some("invalid_request")),
            ("claims=%5B%5D", None),
            (
                &person("{\"id_token\":{\"sub\":{\"value\":\"c-1\"}}}"),
                Some("login_required"),
            ),
            (
                &person("{\"userinfo\":{\"sub\":{\"values\":[\"c-1\"]}}}"),
                Some("login_required"),
            ),
            (
                &person("{\"id_token\":{\"sub\":{\"essential\":true}}}"),
                None,
            ),
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
