//! Secrets in the settings: held, never shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Placeholder for secrets in shown settings.
pub(super) const STARS: &str = "***";

/// A secret from the settings. Its `Debug` form does not hold it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Returns true for an empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the secret itself.
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

/// A URL with its password starred out; all of it, where it cannot be told which part is the password. It may name
/// several hosts, which a [`url::Url`] cannot.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url == "memory:" {
            url.to_owned()
        } else {
            STARS.to_owned()
        };
    };
    // The part behind these characters may be anything.
    if rest.contains(['?', '#']) {
        return STARS.to_owned();
    }
    // The last @, for a password that is not well escaped holds others.
    let Some((credentials, hosts)) = rest.rsplit_once('@') else {
        return url.to_owned();
    };
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{STARS}@{hosts}"),
        None => url.to_owned(),
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
            (
                "redis://user:hunter2@redis.example/3",
                "redis://user:***@redis.example/3",
            ),
            (
                "redis://:hunter2@redis.example",
                "redis://:***@redis.example",
            ),
            (
                "rediss+cluster://user:hunter2@a:1,b:2",
                "rediss+cluster://user:***@a:1,b:2",
            ),
            (
                "redis+sentinel://user:hunter2@a,b/hall/3",
                "redis+sentinel://user:***@a,b/hall/3",
            ),
            ("redis+sentinel://a,b/hall", "redis+sentinel://a,b/hall"),
            (
                "redis://user:hun/ter@2@redis.example",
                "redis://user:***@redis.example",
            ),
            ("redis://redis.example?password=hunter2", "***"),
            ("hunter2", "***"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
