//! Checks of the relying parties.

use std::collections::HashSet;

use saoma_protocol::SteeringChar;
use url::Url;

use super::{check, invalid, is_http_url, is_origin, sessions};
use crate::settings::{ClientSettings, PkceSetting, SecretHash, Settings, SettingsError};

impl Settings {
    pub(super) fn validate_clients(&self) -> Result<(), SettingsError> {
        let sources = self.identity.all_sources();
        let mut ids = HashSet::new();
        SettingsError::of_all(self.clients.iter().flat_map(|client| {
            let once = check(
                ids.insert(&client.client_id),
                "clients",
                format!("{:?} is there twice", client.client_id),
            );
            let standing = sessions::check_standing(client, &sources);
            [validate_client(client), once, standing]
        }))
    }
}

/// Checks one client.
///
/// # Errors
/// Returns an error that names each fault and the client.
pub(in crate::settings) fn validate_client(client: &ClientSettings) -> Result<(), SettingsError> {
    let id = &client.client_id;
    // RFC 6749 appendix A.1 allows the space too, but no client wants one.
    let printable = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    let steering = SteeringChar::first_in(&client.name).map(|steering| {
        let problem = format!("the name of {id:?} holds {steering}: remove it");
        Err(invalid("clients.name", problem))
    });
    let has_no_empty_secret = client
        .secret
        .as_ref()
        .is_none_or(|secret| !secret.expose().is_empty());
    let keys = client.keys().err().map(|problem| {
        let problem = format!("the keys of {id:?}: {problem}");
        Err(invalid("clients.jwks_file", problem))
    });
    let redirect_uris = client.redirect_uris.iter().map(|uri| {
        let problem = problem_with_redirect_uri(uri, client.native)
            .map(|problem| format!("{uri:?} of {id:?} {problem}"));
        check(
            problem.is_none(),
            "clients.redirect_uris",
            problem.unwrap_or_default(),
        )
    });
    let secrets = [
        client.secret.is_some(),
        client.secret_file.is_some(),
        client.secret_hash.is_some(),
    ];
    let proves_once = check(
        !secrets.contains(&true) || client.jwks_file.is_none(),
        "clients.jwks_file",
        format!("{id:?} has a secret and keys: give one of them"),
    );
    let hash = client.secret_hash.as_ref();
    let hash = hash.and_then(|hash| SecretHash::parse(hash.expose()).err());
    let hash = hash.map(|problem| {
        let problem = format!("that of {id:?} cannot be used: {problem}");
        Err(invalid("clients.secret_hash", problem))
    });
    let origins = client.origins.iter().map(|origin| {
        let problem = format!("{origin:?} of {id:?} must be scheme, host and port only");
        check(is_origin(origin), "clients.origins", problem)
    });
    let own = [
        check(
            printable,
            "clients.client_id",
            format!("{id:?} must be printable ASCII without spaces"),
        ),
        check(
            !client.name.trim().is_empty(),
            "clients.name",
            format!("give {id:?} the name that people know it by"),
        ),
        check(
            has_no_empty_secret,
            "clients.secret",
            format!("the secret of {id:?} is empty: give one, or leave it out for a public client"),
        ),
        check(
            secrets.into_iter().filter(|is_given| *is_given).count() <= 1,
            "clients.secret",
            format!(
                "{id:?} has more than one of secret, secret_file and secret_hash: leave all but one out"
            ),
        ),
        check(
            client.device || !client.redirect_uris.is_empty(),
            "clients.redirect_uris",
            format!("{id:?} needs at least one redirect URI"),
        ),
        check(
            client.pkce == PkceSetting::Required
                || secrets.contains(&true)
                || client.jwks_file.is_some(),
            "clients.pkce",
            format!(
                "{id:?} has no secret, so PKCE is its only proof: leave pkce out, or give it a secret"
            ),
        ),
    ];
    SettingsError::of_all(
        own.into_iter()
            .chain([proves_once])
            .chain(keys)
            .chain(steering)
            .chain(hash)
            .chain(redirect_uris)
            .chain(origins)
            .chain([sessions::validate(client)]),
    )
}

/// Returns the problem with a redirect URI, as the end of a sentence. Only what a browser fetches is right, and for an app
/// on its machine what leads there (RFC 8252 §7): a `javascript:` URI would run in the page that is sent there.
fn problem_with_redirect_uri(text: &str, is_native: bool) -> Option<&'static str> {
    let Some(uri) = Url::parse(text).ok().filter(|uri| uri.fragment().is_none()) else {
        return Some("must be an absolute http or https URL without a fragment");
    };
    let is_own_scheme = !matches!(uri.scheme(), "http" | "https");
    match uri.scheme() {
        _ if !is_own_scheme && !is_http_url(text) => {
            Some("must be an absolute http or https URL without a fragment")
        }
        "http" if is_native && !matches!(uri.host_str(), Some("127.0.0.1" | "[::1]")) => Some(
            "is http and not on this machine: an app listens on http://127.0.0.1 or http://[::1], whose names no one else \
             can take",
        ),
        _ if !is_own_scheme => None,
        "javascript" | "data" | "vbscript" | "blob" | "file" | "about" => {
            Some("would run or open in the browser itself: give an address of the site or the app")
        }
        _ if !is_native => Some(
            "must be an absolute http or https URL without a fragment; the scheme of an app goes with native = true",
        ),
        scheme if !scheme.contains('.') => Some(
            "has a scheme that any app may take: give one made of a domain of yours, such as com.example.app:/callback",
        ),
        _ if uri.has_host() || uri.cannot_be_a_base() => {
            Some("must have one slash after its scheme, such as com.example.app:/callback")
        }
        _ => None,
    }
}
