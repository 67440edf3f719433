//! What serde cannot check: ranges, and settings that must go together.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use super::{ClientSettings, Settings, SettingsError};

const LIFETIMES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

impl Settings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        check(
            is_origin(&self.server.public_url),
            "server.public_url",
            "give scheme, host and port only, such as https://login.example",
        )?;
        self.validate_store()?;
        self.validate_lifetimes()?;
        self.validate_identity()?;
        let mut ids = HashSet::new();
        for client in &self.clients {
            validate_client(client)?;
            check(ids.insert(&client.client_id), "clients", format!("{:?} is there twice", client.client_id))?;
        }
        Ok(())
    }

    /// What `serve` needs beyond being right: without it nobody could log in.
    ///
    /// # Errors
    /// What is missing.
    pub fn validate_complete(&self) -> Result<(), SettingsError> {
        check(!self.clients.is_empty(), "clients", "register at least one relying party under [[clients]]")?;
        let backends = usize::from(self.identity.introspection.is_some()) + usize::from(self.identity.jwks.is_some());
        check(
            backends == 1,
            "identity",
            "give [identity.introspection] or [identity.jwks]: the gateway must know whose token an app sends",
        )
    }

    fn validate_store(&self) -> Result<(), SettingsError> {
        let url = &self.store.url;
        let in_memory = url == "memory:";
        let known = in_memory || url.starts_with("redis://");
        check(known, "store.url", "use memory: or redis://host[:port]")?;
        check(self.store.pool_size > 0, "store.pool_size", "give at least 1")?;
        check(
            in_memory || self.oidc.signing_key.is_some(),
            "oidc.signing_key",
            "nodes that share a Redis must share a key: make one with `saoma generate-key FILE` and give its path",
        )
    }

    fn validate_lifetimes(&self) -> Result<(), SettingsError> {
        let lifetimes = self.lifetimes;
        for (name, lifetime) in [
            ("code", lifetimes.code),
            ("waiting", lifetimes.waiting),
            ("scanned", lifetimes.scanned),
            ("authorization_code", lifetimes.authorization_code),
            ("access_token", lifetimes.access_token),
        ] {
            check(LIFETIMES.contains(&lifetime), &format!("lifetimes.{name}"), "give between 1s and 24h")?;
        }
        check(lifetimes.code <= lifetimes.waiting, "lifetimes.waiting", "give at least as long as lifetimes.code")
    }

    fn validate_identity(&self) -> Result<(), SettingsError> {
        let identity = &self.identity;
        check(
            identity.introspection.is_none() || identity.jwks.is_none(),
            "identity",
            "give either [identity.introspection] or [identity.jwks], not both",
        )?;
        if let Some(introspection) = &identity.introspection {
            check(is_http_url(&introspection.url), "identity.introspection.url", "give an http or https URL")?;
        }
        if let Some(jwks) = &identity.jwks {
            let known = is_http_url(&jwks.url) || jwks.url.starts_with("file:");
            check(known, "identity.jwks.url", "give an http, https or file URL")?;
        }
        Ok(())
    }
}

fn validate_client(client: &ClientSettings) -> Result<(), SettingsError> {
    let id = &client.client_id;
    check(!id.is_empty(), "clients.client_id", "give each client an id")?;
    check(
        !client.redirect_uris.is_empty(),
        "clients.redirect_uris",
        format!("{id:?} needs at least one redirect URI"),
    )?;
    for uri in &client.redirect_uris {
        let absolute = Url::parse(uri).is_ok_and(|uri| uri.has_host() && uri.fragment().is_none());
        check(
            absolute,
            "clients.redirect_uris",
            format!("{uri:?} of {id:?} must be an absolute URL without a fragment"),
        )?;
    }
    for origin in &client.origins {
        check(
            is_origin(origin),
            "clients.origins",
            format!("{origin:?} of {id:?} must be scheme, host and port only"),
        )?;
    }
    Ok(())
}

/// Whether this is an origin as browsers write it (RFC 6454 §6.2): lower case, no default port, nothing after the port.
fn is_origin(text: &str) -> bool {
    is_http_url(text) && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}

fn is_http_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn check(holds: bool, setting: &str, problem: impl Into<String>) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError::Invalid { setting: setting.to_owned(), problem: problem.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_right_but_nobody_can_log_in_with_them() {
        let settings = Settings::from_toml("").expect("the defaults are right");
        assert!(settings.validate_complete().is_err());
    }

    #[test]
    fn each_wrong_setting_is_named() {
        let client = |rest: &str| format!("[[clients]]\nclient_id = 'a'\nname = 'A'\n{rest}");
        for (toml, named) in [
            ("[server]\npublic_url = 'https://login.example/path'", "server.public_url"),
            ("[server]\npublic_url = 'https://LOGIN.example'", "server.public_url"),
            ("[store]\nurl = 'mysql://x'", "store.url"),
            ("[store]\nurl = 'redis://x'", "oidc.signing_key"),
            ("[lifetimes]\nscanned = '0s'", "lifetimes.scanned"),
            ("[lifetimes]\nwaiting = '1m'", "lifetimes.waiting"),
            (&client("redirect_uris = []"), "clients.redirect_uris"),
            (&client("redirect_uris = ['/callback']"), "clients.redirect_uris"),
            (&client("redirect_uris = ['https://a.example/#x']"), "clients.redirect_uris"),
            (&client("redirect_uris = ['https://a.example/']\norigins = ['https://a.example/']"), "clients.origins"),
        ] {
            let error = Settings::from_toml(toml).expect_err(toml).to_string();
            assert!(error.starts_with(&format!("{named}: ")), "{toml}: {error}");
        }
    }
}
