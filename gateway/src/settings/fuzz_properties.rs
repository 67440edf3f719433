//! A property of the reader of settings files.
#![allow(
    clippy::expect_used,
    reason = "a property that does not hold says so by panicking"
)]

use url::Url;

use super::{Secret, Settings};
use crate::fuzz_input::moves_text;

/// The secret of every file in the corpus.
const SECRET: &str = "hunter2-hunter2";

/// Shown settings hide their secrets, and reading them again gives the same settings. An error about a file is one line
/// without the file's secrets.
pub(crate) fn settings_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Settings::from_toml(text) {
        Ok(settings) => {
            let shown = settings.to_redacted_toml();
            let again = Settings::from_toml(&shown).expect("what is shown can be read");
            assert_eq!(again.to_redacted_toml(), shown);
            assert_hides(settings);
        }
        Err(error) => {
            let told = error.to_string();
            assert!(
                !told.contains(SECRET) || !stands_in_its_place(text),
                "{told}"
            );
        }
    }
}

/// Returns true if the secret stands only as the value of a secret.
fn stands_in_its_place(text: &str) -> bool {
    let is_secret = |line: &str| {
        let value = line
            .trim_start()
            .strip_prefix("client_")
            .unwrap_or(line.trim_start())
            .strip_prefix("secret = ");
        value.is_some_and(|value| value.trim_end().trim_matches(['"', '\'']) == SECRET)
    };
    text.lines()
        .filter(|line| line.contains(SECRET))
        .all(is_secret)
}

fn assert_hides(mut settings: Settings) {
    const MADE_UP: &str = "9f86d081-no-value-holds-this";
    for client in &mut settings.clients {
        client.secret = client.secret.as_ref().map(|_| Secret::from(MADE_UP));
        assert!(!client.name.chars().any(moves_text), "{:?}", client.name);
    }
    if let Some(introspection) = &mut settings.identity.introspection {
        introspection.client_secret = Secret::from(MADE_UP);
    }
    for secret in settings.identity.source_secrets_mut() {
        *secret = Secret::from(MADE_UP);
    }
    if let Some(standing) = &mut settings.identity.standing {
        standing.client_secret = Secret::from(MADE_UP);
    }
    if let Ok(mut url) = Url::parse(&settings.store.url)
        && url.set_password(Some(MADE_UP)).is_ok()
    {
        settings.store.url = url.into();
    }
    let shown = format!("{settings:?}\n{}", settings.to_redacted_toml());
    assert!(!shown.contains(MADE_UP), "{shown}");
}
