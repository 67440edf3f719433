//! Secrets in the settings: held, never shown.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// What stands in a secret's place wherever settings are shown.
pub(super) const STARS: &str = "***";

/// A secret from the settings. Its `Debug` form does not hold it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What it is.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A URL with its password starred out; all of it, where it cannot be told which part is the password.
pub(super) fn without_password(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return STARS.to_owned() };
    if parsed.password().is_none() {
        return url.to_owned();
    }
    match parsed.set_password(Some(STARS)) {
        Ok(()) => parsed.into(),
        Err(()) => STARS.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        for (url, shown) in [
            ("memory:", "memory:"),
            ("redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"),
            ("redis://user:hunter2@redis.example/3", "redis://user:***@redis.example/3"),
            ("redis://:hunter2@redis.example", "redis://:***@redis.example"),
            ("hunter2", "***"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
