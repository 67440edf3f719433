//! Checks of the settings of the app's backend.

use std::time::Duration;

use url::Url;

use super::{DAY, MINUTE, MOMENT, SECOND, check, check_range, is_http_url};
use crate::settings::{IntrospectionSettings, JwksSettings, Settings, SettingsError};

/// The longest lifetime that a common server gives a token.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

impl Settings {
    pub(super) fn validate_identity(&self) -> Result<(), SettingsError> {
        let identity = &self.identity;
        let one = check(
            identity.introspection.is_none() || identity.jwks.is_none(),
            "identity",
            "give either [identity.introspection] or [identity.jwks], not both",
        );
        let introspection = identity.introspection.as_ref();
        let jwks = identity.jwks.as_ref();
        let events = identity.events.as_ref();
        let has_secret = events.is_none_or(|events| !events.client_secret.expose().is_empty());
        let events = check(
            has_secret,
            "identity.events.client_secret",
            "is empty: make one by `openssl rand -hex 32`",
        );
        SettingsError::of_all([
            events,
            one,
            introspection.map_or(Ok(()), validate_introspection),
            jwks.map_or(Ok(()), validate_jwks),
        ])
    }
}

fn validate_introspection(introspection: &IntrospectionSettings) -> Result<(), SettingsError> {
    let IntrospectionSettings {
        audience,
        scope,
        client,
        trust_introspection,
        ..
    } = introspection;
    let has_condition = audience.is_some() || scope.is_some() || !client.is_empty();
    SettingsError::of_all([
        check(
            is_http_url(&introspection.url),
            "identity.introspection.url",
            "give an http or https URL; the secret goes into client_secret",
        ),
        check_range(
            "identity.introspection.timeout",
            introspection.timeout,
            MOMENT..=MINUTE,
        ),
        validate_conditions(
            "identity.introspection",
            audience.as_ref(),
            scope.as_ref(),
            client,
        ),
        check(
            has_condition || *trust_introspection,
            "identity.introspection",
            "give audience, scope or client, because a token of another app or service must not log a person in; \
             trust_introspection = true if the endpoint answers only for tokens that are meant for this gateway",
        ),
        check(
            !(has_condition && *trust_introspection),
            "identity.introspection.trust_introspection",
            "goes without audience, scope and client only: leave it out",
        ),
    ])
}

fn validate_jwks(jwks: &JwksSettings) -> Result<(), SettingsError> {
    let is_file =
        Url::parse(&jwks.url).is_ok_and(|url| url.scheme() == "file" && url.to_file_path().is_ok());
    let types = &jwks.types;
    SettingsError::of_all([
        check(
            is_file || is_http_url(&jwks.url),
            "identity.jwks.url",
            "give an https or file URL, such as file:///etc/saoma/keys.json",
        ),
        check(
            !jwks.issuer.is_empty(),
            "identity.jwks.issuer",
            "give the value of iss in the app's tokens",
        ),
        validate_conditions(
            "identity.jwks",
            Some(&jwks.audience),
            jwks.scope.as_ref(),
            &jwks.client,
        ),
        check(
            !types.is_empty() && types.iter().all(|typ| !typ.trim().is_empty()),
            "identity.jwks.types",
            "give at least one type, such as at+jwt",
        ),
        check_range(
            "identity.jwks.max_lifetime",
            jwks.max_lifetime,
            MINUTE..=MAX_LIFETIME,
        ),
        check_range("identity.jwks.refresh", jwks.refresh, SECOND..=DAY),
    ])
}

/// An empty condition would hold for every token.
fn validate_conditions(
    section: &str,
    audience: Option<&String>,
    scope: Option<&String>,
    client: &[String],
) -> Result<(), SettingsError> {
    let has_text = |text: &String| !text.trim().is_empty();
    let conditions = [
        (
            "audience",
            audience.is_none_or(has_text),
            "give the gateway's name at the backend, as aud of its tokens has it",
        ),
        (
            "scope",
            scope.is_none_or(has_text),
            "give at least one scope, or leave it out",
        ),
        (
            "client",
            client.iter().all(has_text),
            "give client ids that are not empty",
        ),
    ];
    SettingsError::of_all(
        conditions
            .map(|(name, holds, problem)| check(holds, &format!("{section}.{name}"), problem)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTROSPECTION: &str =
        "url = 'https://app.example/introspect', client_id = 'a', client_secret = 'b'";
    const JWKS: &str = "url = 'https://app.example/jwks', issuer = 'i', audience = 'a'";

    fn problem(section: &str, members: &str) -> Option<String> {
        let toml = format!("identity.{section} = {{ {members} }}");
        let settings = Settings::from_toml(&toml);
        settings.err().map(|error| error.to_string())
    }

    /// Row A2: a deployment says whose tokens it takes.
    #[test]
    fn introspection_needs_a_condition_or_a_statement() {
        let with = |more: &str| problem("introspection", &format!("{INTROSPECTION}{more}"));
        for good in [
            ", audience = 'saoma'",
            ", scope = 'qr-login'",
            ", client = ['app']",
            ", audience = 'saoma', scope = 'qr-login', client = ['app']",
            ", trust_introspection = true",
        ] {
            assert_eq!(with(good), None, "{good}");
        }
        for (wrong, named) in [
            ("", "identity.introspection"),
            (", client = []", "identity.introspection"),
            (", trust_introspection = false", "identity.introspection"),
            (", audience = ''", "identity.introspection.audience"),
            (", scope = ' '", "identity.introspection.scope"),
            (", client = ['']", "identity.introspection.client"),
            (
                ", audience = 'a', trust_introspection = true",
                "identity.introspection.trust_introspection",
            ),
        ] {
            let problem = with(wrong).expect("it is refused");
            assert!(
                problem.starts_with(&format!("{named}: ")),
                "{wrong}: {problem}"
            );
        }
    }

    #[test]
    fn a_jwt_backend_has_an_audience_types_and_a_lifetime() {
        assert_eq!(problem("jwks", JWKS), None);
        for (wrong, named) in [
            (", types = []", "identity.jwks.types"),
            (", types = ['']", "identity.jwks.types"),
            (", max_lifetime = '1s'", "identity.jwks.max_lifetime"),
            (", max_lifetime = '31d'", "identity.jwks.max_lifetime"),
            (", scope = ''", "identity.jwks.scope"),
        ] {
            let problem = problem("jwks", &format!("{JWKS}{wrong}")).expect("it is refused");
            assert!(
                problem.starts_with(&format!("{named}: ")),
                "{wrong}: {problem}"
            );
        }
        for (right, wrong, named) in [
            ("audience = 'a'", "audience = ''", "identity.jwks.audience"),
            ("issuer = 'i'", "issuer = ''", "identity.jwks.issuer"),
        ] {
            let problem = problem("jwks", &JWKS.replace(right, wrong)).expect("it is refused");
            assert!(problem.starts_with(&format!("{named}: ")), "{problem}");
        }
    }
}
