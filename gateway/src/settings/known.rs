//! All settings and their types, read from the structs, so that no list can fall behind them.

use std::path::PathBuf;

use serde::Deserialize;
use toml::{Table, Value};

use super::{
    AppSettings, CheckFileSettings, ClaimsSettings, ClientSettings, EventsSettings,
    IdentitySettings, IdentitySourceSettings, IntrospectionSettings, JwksSettings, Oidc, Server,
    Settings, StandingSettings, StoreSettings, TlsSettings,
};

/// Prefix of environment variables that are settings.
pub(super) const PREFIX: &str = "SAOMA_";

/// The list of relying parties. It stands in files only.
pub(super) const CLIENTS: &str = "clients";

/// The list of several sources of persons. It stands in files only.
pub(super) const SOURCES: &str = "identity.sources";

/// All lists of tables, which stand in files only.
pub(super) const LISTS: [&str; 4] = [CLIENTS, SOURCES, "apps", "check_files"];

/// Every setting, with an example of its value.
#[derive(Debug)]
pub(super) struct Known(Table);

impl Known {
    pub(super) fn new() -> Self {
        Self(tree_of(&specimen()))
    }

    /// The example at a path such as `store.url`; of a list of tables, the first table stands for all.
    pub(super) fn example(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        rest.into_iter().flat_map(|rest| rest.split('.')).try_fold(
            self.0.get(first)?,
            |value, key| match value {
                Value::Array(list) => list.first()?.get(key),
                _ => value.get(key),
            },
        )
    }

    /// The path that a variable of the environment sets.
    pub(super) fn path_of_variable(&self, name: &str) -> Option<String> {
        self.settable()
            .into_iter()
            .find(|path| variable(path) == name)
    }

    /// The path most like this one.
    pub(super) fn nearest_path(&self, path: &str) -> String {
        nearest(path, paths(&self.0, true))
    }

    /// The variable most like this one.
    pub(super) fn nearest_variable(&self, name: &str) -> String {
        nearest(
            name,
            self.settable().iter().map(|path| variable(path)).collect(),
        )
    }

    /// Converts text from the environment or a flag to the setting's type. Text of another type stays text, and
    /// [`Known::problem_with`] reports it.
    pub(super) fn value_of_text(&self, path: &str, text: &str) -> Value {
        let as_text = || Value::String(text.to_owned());
        match self.example(path) {
            Some(Value::Integer(_)) => text.parse().map_or_else(|_| as_text(), Value::Integer),
            Some(Value::Boolean(_)) => text.parse().map_or_else(|_| as_text(), Value::Boolean),
            Some(Value::Array(_)) => list_of_text(text),
            _ => as_text(),
        }
    }

    /// Why the setting at a path cannot take this value.
    pub(super) fn problem_with(&self, path: &str, value: &Value) -> Option<String> {
        if let Some(secret) = mistyped_secret(path, value) {
            return Some(if secret == path {
                "give text, in quotes".to_owned()
            } else {
                format!("{secret}: give text, in quotes")
            });
        }
        let mut tree = self.0.clone();
        set(&mut tree, path, value.clone());
        Settings::deserialize(Value::Table(tree))
            .err()
            .map(|error| error.message().to_owned())
    }

    /// Why the member of this name of a client cannot take this value.
    pub(super) fn problem_with_member(&self, key: &str, value: &Value) -> Option<String> {
        if is_secret(key) && !value.is_str() {
            return Some("give text, in quotes".to_owned());
        }
        let mut clients = self.example(CLIENTS)?.clone();
        clients
            .get_mut(0)?
            .as_table_mut()?
            .insert(key.to_owned(), value.clone());
        self.problem_with(CLIENTS, &clients)
    }

    /// The paths of all settings that one variable or flag can hold.
    fn settable(&self) -> Vec<String> {
        let mut paths = paths(&self.0, false);
        paths.retain(|path| path == CLIENTS || !LISTS.contains(&&**path));
        paths
    }
}

/// Returns the name of a secret that is no text, at a path or in the tables there. The message of the type that expected
/// text would quote it.
fn mistyped_secret(path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Table(table) => table
            .iter()
            .find_map(|(key, value)| mistyped_secret(key, value)),
        Value::Array(list) if list.iter().all(Value::is_table) => {
            list.iter().find_map(|value| mistyped_secret(path, value))
        }
        value => (is_secret(path) && !value.is_str()).then(|| path.to_owned()),
    }
}

/// Returns true for a setting whose value is in no message.
fn is_secret(path: &str) -> bool {
    path.ends_with("secret") || path.ends_with("secret_hash")
}

/// Puts a value at a path, and makes the sections on the way.
pub(super) fn set(tree: &mut Table, path: &str, value: Value) {
    let Some((section, rest)) = path.split_once('.') else {
        tree.insert(path.to_owned(), value);
        return;
    };
    let section = tree
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        set(section, rest, value);
    }
}

/// Settings as TOML sees them.
pub(super) fn tree_of(settings: &Settings) -> Table {
    #[expect(
        clippy::expect_used,
        reason = "called with the defaults and the specimen only, which every test reads"
    )]
    Table::try_from(settings).expect("settings are TOML")
}

/// The variable that sets the setting at a path.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_ascii_uppercase())
}

/// The defaults, with everything in place that they leave out.
pub(super) fn specimen() -> Settings {
    Settings {
        server: Server {
            socket_group: Some(String::new()),
            trusted_proxies: Some(Vec::new()),
            ..Server::default()
        },
        tls: TlsSettings {
            certificate_file: Some(PathBuf::new()),
            key_file: Some(PathBuf::new()),
        },
        store: StoreSettings {
            password_file: Some(PathBuf::new()),
            ca_file: Some(PathBuf::new()),
            certificate_file: Some(PathBuf::new()),
            key_file: Some(PathBuf::new()),
            ..StoreSettings::default()
        },
        oidc: Oidc {
            clients_folder: Some(PathBuf::new()),
            pairwise_secret_file: Some(PathBuf::new()),
            ..Oidc::default()
        },
        identity: IdentitySettings {
            introspection: Some(IntrospectionSettings {
                client_secret: "-".into(),
                client_secret_file: Some(PathBuf::new()),
                audience: Some(String::new()),
                scope: Some(String::new()),
                ..IntrospectionSettings::at(String::new())
            }),
            events: Some(EventsSettings {
                client_id: String::new(),
                client_secret: "".into(),
            }),
            jwks: Some(JwksSettings {
                scope: Some(String::new()),
                ..JwksSettings::at(String::new(), String::new(), String::new())
            }),
            standing: Some(StandingSettings::at(String::new())),
            claims: ClaimsSettings::default(),
            sources: vec![IdentitySourceSettings {
                issuer: Some(String::new()),
                ..IdentitySourceSettings::default()
            }],
        },
        apps: vec![AppSettings {
            get: Some(String::new()),
            get_android: Some(String::new()),
            get_apple: Some(String::new()),
            get_harmony: Some(String::new()),
            android_package: Some(String::new()),
            ..AppSettings::default()
        }],
        check_files: vec![CheckFileSettings::default()],
        clients: vec![ClientSettings {
            apps: Some(Vec::new()),
            secret: Some("".into()),
            sector_identifier: Some(String::new()),
            source: Some(String::new()),
            secret_file: Some(PathBuf::new()),
            secret_hash: Some("".into()),
            sso: Some(std::time::Duration::ZERO),
            refresh_tokens: Some(std::time::Duration::ZERO),
            backchannel_logout_uri: Some(String::new()),
            jwks_file: Some(PathBuf::new()),
            require_par: true,
            device: true,
            ..ClientSettings::default()
        }],
        ..Settings::default()
    }
}

/// Every path of a tree: those of single values, or those of sections and clients as well.
fn paths(tree: &Table, with_sections: bool) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in tree {
        let inner = match value {
            Value::Table(section) => Some(section),
            Value::Array(list) if key == CLIENTS => list.first().and_then(Value::as_table),
            _ => None,
        };
        if inner.is_none() || with_sections {
            found.push(key.clone());
        }
        if let Some(inner) = inner.filter(|_| with_sections || key != CLIENTS) {
            found.extend(
                paths(inner, with_sections)
                    .into_iter()
                    .map(|rest| format!("{key}.{rest}")),
            );
        }
    }
    found
}

fn nearest(name: &str, names: Vec<String>) -> String {
    names
        .into_iter()
        .min_by_key(|known| strsim::damerau_levenshtein(known, name))
        .unwrap_or_default()
}

/// A list, its elements separated by commas.
fn list_of_text(text: &str) -> Value {
    let elements = text
        .split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty());
    Value::Array(
        elements
            .map(|element| Value::String(element.to_owned()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_settings_share_a_variable() {
        let known = Known::new();
        let variables: HashSet<String> =
            known.settable().iter().map(|path| variable(path)).collect();
        assert_eq!(variables.len(), known.settable().len());
        assert!(
            variables.contains("SAOMA_LIMITS_OPEN_PER_ADDRESS_BURST"),
            "{variables:?}"
        );
        assert!(
            variables.contains("SAOMA_IDENTITY_INTROSPECTION_CLIENT_SECRET"),
            "{variables:?}"
        );
    }

    #[test]
    fn what_is_mistyped_finds_its_nearest() {
        let known = Known::new();
        for (typed, meant) in [
            ("stor.url", "store.url"),
            ("store.ulr", "store.url"),
            ("sever", "server"),
            ("lifetime.scanned", "lifetimes.scanned"),
            ("clients.redirect_uri", "clients.redirect_uris"),
        ] {
            assert_eq!(known.nearest_path(typed), meant);
        }
        assert_eq!(known.nearest_variable("SAOMA_REDIS_URL"), "SAOMA_STORE_URL");
        assert_eq!(
            known.nearest_variable("SAOMA_SERVER_PUBLICURL"),
            "SAOMA_SERVER_PUBLIC_URL"
        );
    }
}
