//! Secrets that the settings name files for.

use std::path::{Path, PathBuf};

use super::backend_error::BackendError;
use crate::settings::{Secret, Settings};

/// Returns the settings with the secrets of files in the places where they could have been written.
///
/// # Errors
/// Returns an error for each file that does not hold a secret.
pub(super) fn read(settings: &Settings) -> Result<Settings, Vec<BackendError>> {
    let mut read = settings.clone();
    let mut errors = Vec::new();
    for client in &mut read.clients {
        let known = errors.len();
        if let Some(secret) = take(&mut client.secret_file, "clients.secret_file", &mut errors) {
            client.secret = Some(secret);
        }
        for error in errors.iter_mut().skip(known) {
            error.name_owner(&client.client_id);
        }
    }
    if let Some(introspection) = &mut read.identity.introspection {
        let setting = "identity.introspection.client_secret_file";
        if let Some(secret) = take(&mut introspection.client_secret_file, setting, &mut errors) {
            introspection.client_secret = secret;
        }
    }
    for source in &mut read.identity.sources {
        let Some(introspection) = &mut source.introspection else {
            continue;
        };
        let setting = format!(
            "identity.sources.{}.introspection.client_secret_file",
            source.name
        );
        if let Some(secret) = take(&mut introspection.client_secret_file, &setting, &mut errors) {
            introspection.client_secret = secret;
        }
    }
    if let Some(password) = take(
        &mut read.store.password_file,
        "store.password_file",
        &mut errors,
    ) {
        read.store.url = with_password(&read.store.url, password.expose());
    }
    if errors.is_empty() {
        Ok(read)
    } else {
        Err(errors)
    }
}

/// Takes a file out of the settings, and returns the secret in it.
fn take(
    file: &mut Option<PathBuf>,
    setting: &str,
    errors: &mut Vec<BackendError>,
) -> Option<Secret> {
    let path: &Path = file.as_deref()?;
    match Secret::read(path) {
        Ok(secret) => {
            *file = None;
            Some(secret)
        }
        Err(source) => {
            errors.push(BackendError::SettingFile {
                setting: setting.to_owned(),
                path: path.to_owned(),
                owner: String::new(),
                source,
            });
            None
        }
    }
}

/// Returns the URL of a Redis with this password for the user that it names, or for the default user.
fn with_password(url: &str, password: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let hosts = rest
        .strip_prefix(user)
        .map_or(rest, |hosts| hosts.strip_prefix('@').unwrap_or(hosts));
    let escaped: String = password
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    format!("{scheme}://{user}:{escaped}@{hosts}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_into_the_url_of_each_shape() {
        for (url, whole) in [
            ("redis://a", "redis://:p%2F%40%3A%C3%A9@a"),
            ("redis://user@a:1/3", "redis://user:p%2F%40%3A%C3%A9@a:1/3"),
            (
                "rediss+sentinel://user@a,b/hall/3",
                "rediss+sentinel://user:p%2F%40%3A%C3%A9@a,b/hall/3",
            ),
            (
                "redis+cluster://a,b",
                "redis+cluster://:p%2F%40%3A%C3%A9@a,b",
            ),
            (
                "redis+unix:///run/a.sock?db=1",
                "redis+unix://:p%2F%40%3A%C3%A9@/run/a.sock?db=1",
            ),
        ] {
            assert_eq!(with_password(url, "p/@:é"), whole);
            assert!(crate::store::RedisAddress::parse(whole).is_ok(), "{whole}");
        }
    }
}
