//! Where settings come from, and which wins.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Settings;

/// What goes before every variable of the environment.
const PREFIX: &str = "SAOMA_";

/// Every setting that the environment can hold: the path in the file, joined by `_`, in upper case. Clients are lists
/// and stand in the file only.
const ENVIRONMENT: &[&str] = &[
    "server.listen",
    "server.public_url",
    "server.header_timeout",
    "server.backlog",
    "server.max_sockets",
    "server.drain_window",
    "operations.listen",
    "operations.enabled",
    "store.url",
    "store.pool_size",
    "store.command_timeout",
    "sockets.ping_every",
    "sockets.ping_timeout",
    "sockets.open_within",
    "lifetimes.code",
    "lifetimes.waiting",
    "lifetimes.scanned",
    "lifetimes.authorization_code",
    "lifetimes.access_token",
    "oidc.signing_key",
    "identity.introspection.url",
    "identity.introspection.client_id",
    "identity.introspection.client_secret",
    "identity.introspection.timeout",
    "identity.jwks.url",
    "identity.jwks.issuer",
    "identity.jwks.audience",
    "identity.jwks.refresh",
    "log.format",
    "log.filter",
];

/// Settings that are no strings, for which the environment's text is read as TOML.
const NOT_TEXT: &[&str] = &["server.backlog", "server.max_sockets", "operations.enabled", "store.pool_size"];

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML, or a key or value in it is wrong.
    #[error("the settings are wrong: {0}")]
    Toml(#[from] toml::de::Error),
    /// A variable that starts with the prefix but is none.
    #[error("{name} is not a setting; did you mean {nearest}?")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The most similar one that is.
        nearest: String,
    },
    /// A value that does not go with the others, or is out of range.
    #[error("{setting}: {problem}")]
    Invalid {
        /// The path of the setting.
        setting: String,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// Where to look. Later ones win.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file, if any.
    pub file: Option<PathBuf>,
    /// The environment: pairs of name and value.
    pub environment: Vec<(String, String)>,
    /// Flags: pairs of path and value.
    pub flags: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads and checks settings from TOML over the defaults.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        checked(toml::from_str(text)?)
    }

    /// Reads and checks settings from all sources.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn load(sources: &Sources) -> Result<Self, SettingsError> {
        let mut tree = match &sources.file {
            Some(path) => toml::from_str(&read(path)?)?,
            None => Table::new(),
        };
        overlay_environment(&mut tree, &sources.environment)?;
        for (path, value) in &sources.flags {
            set(&mut tree, path, text_value(path, value));
        }
        // Through text, so that errors point at a line of what was put together.
        checked(toml::from_str(&tree.to_string())?)
    }
}

fn checked(settings: Settings) -> Result<Settings, SettingsError> {
    settings.validate()?;
    Ok(settings)
}

fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::File { path: path.to_owned(), source })
}

fn overlay_environment(tree: &mut Table, environment: &[(String, String)]) -> Result<(), SettingsError> {
    for (name, value) in environment {
        if name == "REDIS_URL" {
            set(tree, "store.url", Value::String(value.clone()));
        } else if name == "PORT" {
            set_port(tree, value)?;
        }
    }
    for (name, value) in environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let path = ENVIRONMENT.iter().find(|path| variable(path) == *name);
        let path = path.ok_or_else(|| SettingsError::UnknownVariable { name: name.clone(), nearest: nearest(name) })?;
        set(tree, path, text_value(path, value));
    }
    Ok(())
}

/// `PORT`, as hosting platforms set it, asks to be reached from outside: on every address.
fn set_port(tree: &mut Table, port: &str) -> Result<(), SettingsError> {
    let port: u16 = port.parse().map_err(|_| SettingsError::Invalid {
        setting: "PORT".into(),
        problem: format!("{port:?} is not a port: give a number from 0 to 65535"),
    })?;
    set(tree, "server.listen", Value::String(format!("0.0.0.0:{port}")));
    Ok(())
}

fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_ascii_uppercase())
}

fn text_value(path: &str, text: &str) -> Value {
    let read = || toml::from_str::<Table>(&format!("value = {text}")).ok()?.remove("value");
    let value = if NOT_TEXT.contains(&path) { read() } else { None };
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn set(tree: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            tree.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            let section = tree.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                set(section, rest, value);
            }
        }
    }
}

/// The known variable that shares the longest beginning with this one.
fn nearest(name: &str) -> String {
    let shared = |known: &String| known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    ENVIRONMENT.iter().map(|path| variable(path)).max_by_key(shared).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Sources {
        let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sources { environment, ..Sources::default() }
    }

    #[test]
    fn flags_win_over_environment_over_file() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("saoma.toml");
        std::fs::write(
            &file,
            "[store]\nurl = 'redis://file'\npool_size = 7\n[log]\nfilter = 'file'\n[oidc]\nsigning_key = 'k'",
        )
        .expect("a file");
        let mut sources = environment(&[("SAOMA_STORE_URL", "redis://env"), ("SAOMA_LOG_FILTER", "env")]);
        sources.file = Some(file);
        sources.flags = vec![("log.filter", "flag".into())];
        let settings = Settings::load(&sources).expect("good settings");
        assert_eq!(settings.store.pool_size, 7);
        assert_eq!(settings.store.url, "redis://env");
        assert_eq!(settings.log.filter, "flag");
    }

    #[test]
    fn every_listed_variable_is_a_setting() {
        let with = |identity: &str| {
            let toml = format!("[oidc]\nsigning_key='k'\n[identity.{identity}");
            let settings = Settings::from_toml(&toml).expect("good settings");
            toml::from_str::<Value>(&toml::to_string(&settings).expect("TOML")).expect("TOML")
        };
        let trees = [
            with("introspection]\nurl='http://a/'\nclient_id='a'\nclient_secret='b'"),
            with("jwks]\nurl='http://a/'\nissuer='i'\naudience='a'"),
        ];
        for path in ENVIRONMENT {
            let known = |tree: &Value| path.split('.').try_fold(tree, |value, key| value.get(key)).is_some();
            assert!(trees.iter().any(known), "{path}");
        }
    }

    #[test]
    fn an_unknown_variable_or_key_is_an_error_that_names_it() {
        let error = Settings::load(&environment(&[("SAOMA_STORE_ULR", "x")])).expect_err("a wrong variable");
        assert_eq!(error.to_string(), "SAOMA_STORE_ULR is not a setting; did you mean SAOMA_STORE_URL?");
        let error = Settings::from_toml("[store]\nulr = 'x'").expect_err("a wrong key");
        assert!(error.to_string().contains("ulr"), "{error}");
    }

    #[test]
    fn aliases_are_understood() {
        let settings =
            Settings::load(&environment(&[("PORT", "9000"), ("SAOMA_SERVER_MAX_SOCKETS", "5")])).expect("good");
        assert_eq!(settings.server.listen.to_string(), "0.0.0.0:9000");
        assert_eq!(settings.server.max_sockets, 5);
    }
}
