//! Settings of a client about sessions and logout.

use std::time::Duration;

use super::{check, check_range, is_page_uri};
use crate::host_scope::HostScope;
use crate::settings::{ClientSettings, IdentitySource, SettingsError};

/// Range of the time of single sign-on: longer than a person's way from one site to the next, and no longer than a month.
const SSO: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(30 * 24 * 3600);

/// Range of the lifetimes of refresh tokens.
const REFRESH: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(366 * 24 * 3600);

/// Checks that the app's backend can be asked about a person for as long as the client is logged in without a phone.
pub(super) fn check_standing(
    client: &ClientSettings,
    sources: &[IdentitySource<'_>],
) -> Result<(), SettingsError> {
    let id = &client.client_id;
    let lacking: Vec<_> = sources
        .iter()
        .filter(|source| !source.is_empty() || sources.len() == 1)
        .filter(|source| client.source.is_none() || client.source.as_deref() == source.name)
        .filter(|source| source.standing.is_none())
        .map(|source| format!("[{}.standing]", source.path))
        .collect();
    let needs = |setting: &str, is_set: bool| {
        let problem = format!(
            "{id:?} needs {}: without a phone the gateway asks the app's backend whether the person may still log in",
            lacking.join(" and ")
        );
        check(lacking.is_empty() || !is_set, setting, problem)
    };
    SettingsError::of_all([
        needs("clients.sso", client.sso.is_some()),
        needs("clients.refresh_tokens", client.refresh_tokens.is_some()),
    ])
}

/// Checks them.
pub(super) fn validate(client: &ClientSettings) -> Result<(), SettingsError> {
    let id = &client.client_id;
    let after_logout = client.post_logout_redirect_uris.iter().map(|uri| {
        let problem =
            format!("{uri:?} of {id:?} must be an absolute http or https URL without a fragment");
        check(
            is_page_uri(uri),
            "clients.post_logout_redirect_uris",
            problem,
        )
    });
    let backchannel = client.backchannel_logout_uri.iter().map(|uri| {
        let problem = format!(
            "{uri:?} of {id:?} must be an https URL without a fragment, or one of this machine: it gets logout tokens, and only \
             TLS shows that it is the client's"
        );
        let is_safe = uri.starts_with("https:") || HostScope::of_url(uri) == HostScope::Loopback;
        check(is_page_uri(uri) && is_safe, "clients.backchannel_logout_uri", problem)
    });
    let sso = client.sso.map(|sso| check_range("clients.sso", sso, SSO));
    let proves_itself = client.secret.is_some()
        || client.secret_file.is_some()
        || client.secret_hash.is_some()
        || client.jwks_file.is_some();
    // RFC 8252 §8.6: a code without a person's act goes only to a client that proves itself.
    let unproved = check(
        client.sso.is_none() || !client.native || proves_itself,
        "clients.sso",
        format!(
            "{id:?} is an app without a secret: any program of its computer can ask in its name, so leave sso out"
        ),
    );
    let refresh = client.refresh_tokens.map(|idle| {
        let end = client.refresh_tokens_end.0;
        SettingsError::of_all([
            check_range("clients.refresh_tokens", idle, REFRESH),
            check_range("clients.refresh_tokens_end", end, REFRESH),
            check(
                idle <= end,
                "clients.refresh_tokens_end",
                format!("{id:?} needs at least as long as its refresh_tokens"),
            ),
        ])
    });
    // Without refresh tokens it would do nothing, and its operator would wait for them.
    let idle = check(
        client.refresh_tokens.is_some() || !client.refresh_tokens_always,
        "clients.refresh_tokens_always",
        format!("{id:?} gets no refresh tokens: set refresh_tokens too"),
    );
    SettingsError::of_all(
        after_logout
            .chain(backchannel)
            .chain(sso)
            .chain([unproved, idle])
            .chain(refresh),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{IdentitySettings, RefreshTokensEnd, StandingSettings};

    #[test]
    fn refresh_tokens_without_a_lifetime_are_refused_because_there_are_none() {
        let client = ClientSettings {
            refresh_tokens_always: true,
            ..ClientSettings::default()
        };
        let error = validate(&client).expect_err("refused").to_string();
        assert!(error.contains("set refresh_tokens too"), "{error}");
    }

    #[test]
    fn logout_tokens_go_to_https_or_to_this_machine() {
        for (uri, is_good) in [
            ("https://hall.example/logout-tokens", true),
            ("http://127.0.0.1:8083/logout-tokens", true),
            ("http://[::1]:8083/logout-tokens", true),
            ("http://hall.example/logout-tokens", false),
            ("http://10.0.0.7/logout-tokens", false),
            ("https://user:password@hall.example/", false),
            ("https://hall.example/#fragment", false),
            ("file:///etc/passwd", false),
            ("/logout-tokens", false),
        ] {
            let client = ClientSettings {
                backchannel_logout_uri: Some(uri.into()),
                ..ClientSettings::default()
            };
            assert_eq!(validate(&client).is_ok(), is_good, "{uri}");
        }
    }

    #[test]
    fn clients_without_a_phone_need_the_backends_word() {
        let hour = Some(Duration::from_secs(3600));
        let standing = StandingSettings::at("https://app.example/standing".into());
        for (sso, refresh_tokens, has_standing, is_good) in [
            (None, None, false, true),
            (hour, None, false, false),
            (None, hour, false, false),
            (hour, hour, true, true),
        ] {
            let client = ClientSettings {
                sso,
                refresh_tokens,
                ..ClientSettings::default()
            };
            let identity = IdentitySettings {
                standing: has_standing.then(|| standing.clone()),
                ..IdentitySettings::default()
            };
            let checked = check_standing(&client, &identity.all_sources());
            assert_eq!(checked.is_ok(), is_good, "{sso:?} {refresh_tokens:?}");
        }
    }

    #[test]
    fn refresh_tokens_end_no_earlier_than_they_run_out() {
        let hour = Duration::from_secs(3600);
        for (idle, end, is_good) in [
            (hour, hour, true),
            (hour, hour * 2, true),
            (hour * 2, hour, false),
            (Duration::from_secs(59), hour, false),
            (hour, hour * 24 * 400, false),
        ] {
            let client = ClientSettings {
                refresh_tokens: Some(idle),
                refresh_tokens_end: RefreshTokensEnd(end),
                ..ClientSettings::default()
            };
            assert_eq!(validate(&client).is_ok(), is_good, "{idle:?} {end:?}");
        }
    }

    #[test]
    fn single_sign_on_lasts_from_a_minute_to_a_month() {
        for (seconds, is_good) in [
            (59, false),
            (60, true),
            (2_592_000, true),
            (2_592_001, false),
        ] {
            let client = ClientSettings {
                sso: Some(Duration::from_secs(seconds)),
                ..ClientSettings::default()
            };
            assert_eq!(validate(&client).is_ok(), is_good, "{seconds}");
        }
    }
}
