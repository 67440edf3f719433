//! Settings as they are in effect, shown.

use std::collections::BTreeMap;

use super::known::CLIENTS;
use super::secret::{STARS, without_password};
use super::{Origin, Secret, Settings};

/// Settings with the places that set them.
#[derive(Debug)]
pub struct Effective {
    /// The settings.
    pub settings: Settings,
    /// Origin of each value that is not a default, by path.
    pub origins: BTreeMap<String, Origin>,
}

impl Effective {
    /// The settings as TOML, with secrets starred out. A comment behind each value that is no default says what set it.
    pub fn to_redacted_toml(&self) -> String {
        let mut shown = String::new();
        let mut section = String::new();
        let mut clients = self.settings.clients.iter();
        for line in self.settings.to_redacted_toml().lines() {
            shown.push_str(line);
            if let Some(header) = line.strip_prefix('[') {
                section = header.trim_matches(['[', ']']).to_owned();
                let client = (section == CLIENTS).then(|| clients.next()).flatten();
                let of_file = client.map(|client| format!("{CLIENTS}/{}", client.client_id));
                let of_file = of_file.filter(|path| self.origins.contains_key(path));
                self.comment(of_file.as_ref().unwrap_or(&section), &mut shown);
            } else if let Some((key, _)) = line.split_once(" = ") {
                let path = if section.is_empty() {
                    key.to_owned()
                } else {
                    format!("{section}.{key}")
                };
                self.comment(&path, &mut shown);
            }
            shown.push('\n');
        }
        shown
    }

    fn comment(&self, path: &str, shown: &mut String) {
        if let Some(origin) = self.origins.get(path) {
            shown.push_str("  # ");
            shown.push_str(&origin.to_string());
        }
    }
}

impl Settings {
    /// The settings as TOML, with secrets starred out.
    pub fn to_redacted_toml(&self) -> String {
        let shown = self.redacted();
        toml::to_string(&shown)
            .unwrap_or_else(|error| format!("# the settings cannot be shown: {error}\n"))
    }

    fn redacted(&self) -> Self {
        let mut shown = self.clone();
        shown.store.url = without_password(&shown.store.url);
        let introspection = shown.identity.introspection.as_mut();
        if let Some(own) = introspection.filter(|own| !own.client_secret.is_empty()) {
            own.client_secret = Secret::from(STARS);
        }
        if let Some(events) = &mut shown.identity.events {
            events.client_secret = Secret::from(STARS);
        }
        if let Some(standing) = &mut shown.identity.standing {
            standing.client_secret = Secret::from(STARS);
        }
        for secret in shown.identity.source_secrets_mut() {
            if !secret.is_empty() {
                *secret = Secret::from(STARS);
            }
        }
        for client in &mut shown.clients {
            for secret in [&mut client.secret, &mut client.secret_hash] {
                *secret = secret.as_ref().map(|_| Secret::from(STARS));
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Flag, Sources};
    use super::*;

    const WITH_SECRETS: &str = r#"
        oidc.signing_keys = ["key.pem"]
        cluster.secret_files = ["cluster.secret"]
        store.url = "redis://user:hunter2@redis.example"
        [identity.introspection]
        url = "https://app.example/introspect"
        client_id = "gateway"
        client_secret = "hunter2"
        audience = "saoma"
        [[clients]]
        client_id = "hall"
        name = "Hall"
        secret = "hunter2"
        redirect_uris = ["https://hall.example/callback"]
    "#;

    #[test]
    fn no_secret_is_shown() {
        let settings = Settings::from_toml(WITH_SECRETS).expect("good settings");
        let shown = settings.to_redacted_toml();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(shown.matches(STARS).count(), 3, "{shown}");
        let debug = format!("{settings:?}");
        assert!(!debug.contains("hunter2"), "{debug}");
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        let shown = Settings::from_toml(WITH_SECRETS)
            .expect("good settings")
            .to_redacted_toml();
        let again = Settings::from_toml(&shown)
            .expect("what is shown is TOML")
            .to_redacted_toml();
        assert_eq!(again, shown);
    }

    #[test]
    fn each_value_says_what_set_it() {
        let flags = vec![Flag {
            name: "--log-format",
            path: "log.format",
            value: "json".into(),
        }];
        let environment = vec![("SAOMA_LIMITS_SCAN_PER_PERSON_BURST".into(), "7".into())];
        let shown = Settings::load(&Sources {
            file: None,
            environment,
            flags,
        })
        .expect("good")
        .to_redacted_toml();
        for line in [
            "format = \"json\"  # --log-format",
            "burst = 7  # SAOMA_LIMITS_SCAN_PER_PERSON_BURST",
            "filter = \"info\"",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
        }
        assert!(Settings::from_toml(&shown).is_ok(), "{shown}");
    }
}
