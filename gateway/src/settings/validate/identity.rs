//! Checks of the settings of the app's backend.

use std::collections::HashSet;
use std::time::Duration;

use url::Url;

use super::{DAY, MINUTE, MOMENT, SECOND, check, check_range, is_http_url};
use crate::settings::{
    IdentitySource, IntrospectionSettings, JwksSettings, Settings, SettingsError, StandingSettings,
};

/// The longest lifetime that a common server gives a token.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// The longest name of a source.
const MAX_NAME: usize = 32;

impl Settings {
    pub(super) fn validate_identity(&self) -> Result<(), SettingsError> {
        let sources = self.identity.all_sources();
        let each = sources.iter().map(validate_source);
        let whole = [
            validate_names(&sources),
            validate_issuers(&sources),
            validate_events(&sources),
        ];
        SettingsError::of_all(each.chain(whole))
    }
}

fn validate_source(source: &IdentitySource<'_>) -> Result<(), SettingsError> {
    let path = &source.path;
    SettingsError::of_all([
        check(
            source.introspection.is_none() || source.jwks.is_none(),
            path,
            format!("give either [{path}.introspection] or [{path}.jwks], not both"),
        ),
        check(
            source.name.is_none() || !source.is_empty(),
            path,
            "give introspection or jwks: the gateway must know whose token an app sends",
        ),
        source
            .introspection
            .map_or(Ok(()), |own| validate_introspection(path, own)),
        source.jwks.map_or(Ok(()), |own| validate_jwks(path, own)),
        source
            .standing
            .map_or(Ok(()), |own| validate_standing(path, own)),
        check(
            source
                .events
                .is_none_or(|events| !events.client_secret.is_empty()),
            &format!("{path}.events.client_secret"),
            "is empty: make one by `openssl rand -hex 32`",
        ),
    ])
}

/// Credentials must lead to one source, which has persons.
fn validate_events(sources: &[IdentitySource<'_>]) -> Result<(), SettingsError> {
    let mut ids = HashSet::new();
    let mut events = sources.iter().filter_map(|source| source.events);
    let mut unnamed = sources.iter().filter(|source| source.name.is_none());
    let is_of_no_source =
        unnamed.any(|source| source.events.is_some() && source.is_empty() && sources.len() > 1);
    SettingsError::of_all([
        check(
            !is_of_no_source,
            "identity.events",
            "ends the sessions of persons of [identity.introspection] or [identity.jwks], and neither is given: give each of \
             [[identity.sources]] credentials of its own",
        ),
        check(
            events.all(|events| ids.insert(&events.client_id)),
            "identity.sources.events.client_id",
            "two sources have the same one: give the backend of each a client id of its own",
        ),
    ])
}

/// A name stands before a colon in ids, so that it holds none and stands once.
fn validate_names(sources: &[IdentitySource<'_>]) -> Result<(), SettingsError> {
    let mut names = HashSet::new();
    let sources = sources.iter().filter_map(|source| source.name);
    SettingsError::of_all(sources.map(|name| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        check(
            (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_plain) && names.insert(name),
            "identity.sources.name",
            format!("{name:?}: give each a name of its own, of at most {MAX_NAME} lower-case letters, digits and hyphens"),
        )
    }))
}

/// A token must lead to one source.
fn validate_issuers(sources: &[IdentitySource<'_>]) -> Result<(), SettingsError> {
    let mut issuers = HashSet::new();
    let sources = sources.iter().filter(|source| !source.is_empty());
    let is_single = sources.clone().count() <= 1;
    check(
        is_single || sources.clone().all(|source| issuers.insert(source.issuer)),
        "identity.sources.issuer",
        "two sources have the same issuer, or none: give each that of its tokens",
    )
}

fn validate_standing(path: &str, standing: &StandingSettings) -> Result<(), SettingsError> {
    SettingsError::of_all([
        check(
            is_http_url(&standing.url),
            &format!("{path}.standing.url"),
            "give an http or https URL; the secret goes into client_secret",
        ),
        check_range(
            &format!("{path}.standing.timeout"),
            standing.timeout,
            MOMENT..=MINUTE,
        ),
    ])
}

fn validate_introspection(
    path: &str,
    introspection: &IntrospectionSettings,
) -> Result<(), SettingsError> {
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
            &format!("{path}.introspection.url"),
            "give an http or https URL; the secret goes into client_secret",
        ),
        check(
            introspection.client_secret.is_empty() == introspection.client_secret_file.is_some(),
            &format!("{path}.introspection.client_secret"),
            "give either client_secret or client_secret_file: by it the endpoint knows the gateway",
        ),
        check_range(
            &format!("{path}.introspection.timeout"),
            introspection.timeout,
            MOMENT..=MINUTE,
        ),
        validate_conditions(
            &format!("{path}.introspection"),
            audience.as_ref(),
            scope.as_ref(),
            client,
        ),
        check(
            has_condition || *trust_introspection,
            &format!("{path}.introspection"),
            "give audience, scope or client, because a token of another app or service must not log a person in; \
             trust_introspection = true if the endpoint answers only for tokens that are meant for this gateway",
        ),
        check(
            !(has_condition && *trust_introspection),
            &format!("{path}.introspection.trust_introspection"),
            "goes without audience, scope and client only: leave it out",
        ),
    ])
}

fn validate_jwks(path: &str, jwks: &JwksSettings) -> Result<(), SettingsError> {
    let is_file =
        Url::parse(&jwks.url).is_ok_and(|url| url.scheme() == "file" && url.to_file_path().is_ok());
    let types = &jwks.types;
    SettingsError::of_all([
        check(
            is_file || is_http_url(&jwks.url),
            &format!("{path}.jwks.url"),
            "give an https or file URL, such as file:///etc/saoma/keys.json",
        ),
        check(
            !jwks.issuer.is_empty(),
            &format!("{path}.jwks.issuer"),
            "give the value of iss in the app's tokens",
        ),
        validate_conditions(
            &format!("{path}.jwks"),
            Some(&jwks.audience),
            jwks.scope.as_ref(),
            &jwks.client,
        ),
        check(
            !types.is_empty() && types.iter().all(|typ| !typ.trim().is_empty()),
            &format!("{path}.jwks.types"),
            "give at least one type, such as at+jwt",
        ),
        check_range(
            &format!("{path}.jwks.max_lifetime"),
            jwks.max_lifetime,
            MINUTE..=MAX_LIFETIME,
        ),
        check_range(&format!("{path}.jwks.refresh"), jwks.refresh, SECOND..=DAY),
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

    #[test]
    fn sources_have_names_and_issuers_of_their_own() {
        let problem = |sources: &[&str]| {
            let sources: Vec<_> = sources
                .iter()
                .map(|source| format!("{{ {source} }}"))
                .collect();
            let toml = format!("identity.sources = [{}]", sources.join(", "));
            Settings::from_toml(&toml)
                .err()
                .map(|error| error.to_string())
        };
        let introspection = format!("introspection = {{ {INTROSPECTION}, audience = 'saoma' }}");
        let jwks = format!("jwks = {{ {JWKS} }}");
        let good = [
            &*format!("name = 'a', {introspection}"),
            &*format!("name = 'b', {jwks}"),
        ];
        assert_eq!(problem(&good), None);
        for (wrong, named) in [
            (format!("name = 'a', {jwks}"), "identity.sources.name"),
            (format!("name = 'B', {jwks}"), "identity.sources.name"),
            (format!("name = 'b:c', {jwks}"), "identity.sources.name"),
            (
                format!("name = 'b', {introspection}"),
                "identity.sources.issuer",
            ),
            ("name = 'b'".to_owned(), "identity.sources.b"),
            (
                "name = 'b', jwks = { url = 'https://b', issuer = 'i', audience = '' }".to_owned(),
                "identity.sources.b.jwks.audience",
            ),
        ] {
            let problem = problem(&[good[0], &wrong]).expect("it is refused");
            assert!(
                problem.starts_with(&format!("{named}: ")),
                "{wrong}: {problem}"
            );
        }
    }
}
