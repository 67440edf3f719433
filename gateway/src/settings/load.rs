//! Reading settings from all their sources, each value checked where it stands.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::known::{self, CLIENTS, Known, PREFIX};
use super::{Effective, Origin, Settings, SettingsError};

/// Where to look. Later ones win.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file, if any.
    pub file: Option<PathBuf>,
    /// The environment: pairs of name and value. `SAOMA_SECTION_KEY` sets `section.key`; lists are separated by
    /// commas. `REDIS_URL` sets `store.url` where `SAOMA_STORE_URL` does not; `PORT` changes the port of
    /// `server.listen`, wherever the address comes from. What else is in it is left alone.
    pub environment: Vec<(String, String)>,
    /// Flags of the command line.
    pub flags: Vec<Flag>,
}

/// A flag that sets a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// What it is called, such as `--listen`.
    pub name: &'static str,
    /// The path of the setting.
    pub path: &'static str,
    /// Its value.
    pub value: String,
}

impl Settings {
    /// Reads and checks settings from TOML over the defaults.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let mut merge = Merge::new();
        merge.text(text, &Origin::Text)?;
        Ok(merge.finish()?.settings)
    }

    /// Reads and checks settings from all sources: flags over environment over file over defaults.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn load(sources: &Sources) -> Result<Effective, SettingsError> {
        let mut merge = Merge::new();
        if let Some(path) = &sources.file {
            merge.text(&read(path)?, &Origin::File(path.clone()))?;
        }
        merge.environment(&sources.environment)?;
        for flag in &sources.flags {
            merge.assign(flag.path, &flag.value, Origin::Flag(flag.name))?;
        }
        merge.finish()
    }
}

fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::File {
        path: path.to_owned(),
        source,
    })
}

/// Settings under construction.
#[derive(Debug)]
struct Merge {
    known: Known,
    tree: Table,
    origins: BTreeMap<String, Origin>,
}

impl Merge {
    fn new() -> Self {
        Self {
            known: Known::new(),
            tree: known::tree_of(&Settings::default()),
            origins: BTreeMap::new(),
        }
    }

    fn finish(self) -> Result<Effective, SettingsError> {
        // Every value was checked when it was put in; what can be wrong now is only what is not there.
        let settings = Settings::deserialize(Value::Table(self.tree)).map_err(|error| {
            SettingsError::Incomplete(error.to_string().trim_end().replace('\n', " "))
        })?;
        settings.validate()?;
        Ok(Effective {
            settings,
            origins: self.origins,
        })
    }

    fn text(&mut self, text: &str, origin: &Origin) -> Result<(), SettingsError> {
        let table = toml::from_str(text).map_err(|error| syntax_error(&error, text, origin))?;
        self.section("", table, origin)
    }

    /// Puts in what stands in one section of a file.
    fn section(
        &mut self,
        section: &str,
        table: Table,
        origin: &Origin,
    ) -> Result<(), SettingsError> {
        for (key, value) in table {
            let path = if section.is_empty() {
                key
            } else {
                format!("{section}.{key}")
            };
            match (self.known.example(&path), value) {
                (None, _) => return Err(self.unknown(path, origin)),
                (Some(Value::Table(_)), Value::Table(inner)) => {
                    self.section(&path, inner, origin)?;
                }
                (Some(_), value) => {
                    if path == CLIENTS {
                        self.check_clients(&value, origin)?;
                    }
                    self.put(&path, value, origin.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Finds what is wrong with a client by its own words, before the list is judged as a whole.
    fn check_clients(&self, list: &Value, origin: &Origin) -> Result<(), SettingsError> {
        let tables = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_table);
        for (path, value) in tables
            .flatten()
            .map(|(key, value)| (format!("{CLIENTS}.{key}"), value))
        {
            if self.known.example(&path).is_none() {
                return Err(self.unknown(path, origin));
            }
            if path.ends_with("secret") && !value.is_str() {
                let problem = "give text, in quotes".to_owned();
                return Err(SettingsError::Value {
                    origin: origin.clone(),
                    key: path,
                    problem,
                });
            }
        }
        Ok(())
    }

    fn environment(&mut self, environment: &[(String, String)]) -> Result<(), SettingsError> {
        // An alias that is there but empty is one that somebody's template left out.
        let alias = |name: &str| {
            environment
                .iter()
                .find(|(key, value)| key == name && !value.is_empty())
        };
        if let Some((name, url)) = alias("REDIS_URL") {
            self.assign("store.url", url, Origin::Variable(name.clone()))?;
        }
        for (name, value) in environment
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
        {
            let origin = Origin::Variable(name.clone());
            match self.known.path_of_variable(name) {
                Some(path) => self.assign(&path, value, origin)?,
                None => {
                    let nearest = self.known.nearest_variable(name);
                    return Err(SettingsError::Unknown {
                        origin,
                        key: name.clone(),
                        nearest,
                    });
                }
            }
        }
        match alias("PORT") {
            Some((name, port)) => self.port(port, Origin::Variable(name.clone())),
            None => Ok(()),
        }
    }

    /// Changes the port alone: on which addresses a node listens is not for a port to say.
    fn port(&mut self, port: &str, origin: Origin) -> Result<(), SettingsError> {
        let path = "server.listen";
        let Ok(port) = port.parse() else {
            let problem = format!("{port:?} is no port: give a number from 0 to 65535");
            return Err(SettingsError::Value {
                origin,
                key: path.to_owned(),
                problem,
            });
        };
        let listen = self
            .tree
            .get("server")
            .and_then(|server| server.get("listen")?.as_str()?.parse().ok());
        let mut listen: SocketAddr = listen.unwrap_or(Settings::default().server.listen);
        listen.set_port(port);
        self.put(path, Value::String(listen.to_string()), origin)
    }

    fn assign(&mut self, path: &str, text: &str, origin: Origin) -> Result<(), SettingsError> {
        let value = self.known.value_of_text(path, text);
        self.put(path, value, origin)
    }

    fn put(&mut self, path: &str, value: Value, origin: Origin) -> Result<(), SettingsError> {
        if let Some(problem) = self.known.problem_with(path, &value) {
            return Err(SettingsError::Value {
                origin,
                key: path.to_owned(),
                problem,
            });
        }
        known::set(&mut self.tree, path, value);
        self.origins.insert(path.to_owned(), origin);
        Ok(())
    }

    fn unknown(&self, key: String, origin: &Origin) -> SettingsError {
        let nearest = self.known.nearest_path(&key);
        SettingsError::Unknown {
            origin: origin.clone(),
            key,
            nearest,
        }
    }
}

fn syntax_error(error: &toml::de::Error, text: &str, origin: &Origin) -> SettingsError {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text
        .bytes()
        .take(start)
        .filter(|byte| *byte == b'\n')
        .count();
    SettingsError::Syntax {
        origin: origin.clone(),
        line,
        problem: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Sources {
        let environment = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Sources {
            environment,
            ..Sources::default()
        }
    }

    fn flag(name: &'static str, path: &'static str, value: &str) -> Flag {
        Flag {
            name,
            path,
            value: value.to_owned(),
        }
    }

    fn loaded(sources: &Sources) -> Settings {
        Settings::load(sources).expect("good settings").settings
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("saoma.toml");
        let text = "[lifetimes]\ncode = '1m'\nscanned = '1m'\nwaiting = '1m'";
        std::fs::write(&file, text).expect("a file");
        let mut sources = environment(&[
            ("SAOMA_LIFETIMES_CODE", "2s"),
            ("SAOMA_LIFETIMES_SCANNED", "2s"),
        ]);
        sources.file = Some(file.clone());
        sources.flags = vec![flag("--scanned", "lifetimes.scanned", "3s")];
        let Effective { settings, origins } = Settings::load(&sources).expect("good settings");
        let lifetimes = settings.lifetimes;
        let seconds = [
            lifetimes.scanned,
            lifetimes.code,
            lifetimes.waiting,
            lifetimes.access_token,
        ]
        .map(|lifetime| lifetime.as_secs());
        assert_eq!(seconds, [3, 2, 60, 300]);
        assert_eq!(origins["lifetimes.scanned"], Origin::Flag("--scanned"));
        assert_eq!(
            origins["lifetimes.code"],
            Origin::Variable("SAOMA_LIFETIMES_CODE".into())
        );
        assert_eq!(origins["lifetimes.waiting"], Origin::File(file));
        assert_eq!(origins.get("lifetimes.access_token"), None);
    }

    #[test]
    fn variables_are_read_by_the_type_of_their_setting() {
        let settings = loaded(&environment(&[
            ("SAOMA_SERVER_MAX_SOCKETS", "5"),
            ("SAOMA_SERVER_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8"),
            ("SAOMA_OPERATIONS_ENABLED", "false"),
            ("SAOMA_LIMITS_OPEN_PER_ADDRESS_BURST", "100000"),
            ("SAOMA_LOG_FORMAT", "json"),
            ("SAOMA_OIDC_SIGNING_KEY", "5"),
        ]));
        assert_eq!(settings.server.max_sockets, 5);
        assert_eq!(settings.server.trusted_proxies.len(), 2);
        assert!(!settings.operations.enabled);
        assert_eq!(settings.limits.open_per_address.burst.get(), 100_000);
        assert_eq!(settings.limits.open_per_address.per.as_secs(), 60);
        assert_eq!(settings.oidc.signing_key.as_deref(), Some(Path::new("5")));
    }

    #[test]
    fn a_secret_can_come_by_environment_into_a_section_of_the_file() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("saoma.toml");
        std::fs::write(
            &file,
            "[identity.introspection]\nurl = 'https://app.example/'\nclient_id = 'gateway'",
        )
        .expect("a file");
        let mut sources = environment(&[]);
        sources.file = Some(file);
        let error = Settings::load(&sources).expect_err("no secret").to_string();
        let wanted = "the settings are not complete: missing field `client_secret` in `identity.introspection`";
        assert_eq!(error, wanted);
        sources.environment =
            environment(&[("SAOMA_IDENTITY_INTROSPECTION_CLIENT_SECRET", "hunter2")]).environment;
        let introspection = loaded(&sources)
            .identity
            .introspection
            .expect("the section");
        assert_eq!(introspection.client_secret.expose(), "hunter2");
        assert_eq!(introspection.timeout.as_secs(), 2);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_the_way_out() {
        for (toml, message) in [
            (
                "[store]\nulr = 'x'",
                "store.ulr is not a setting; did you mean store.url?",
            ),
            (
                "[stor]\nurl = 'x'",
                "stor is not a setting; did you mean store?",
            ),
            (
                "store = 5",
                "store: invalid type: integer `5`, expected struct StoreSettings",
            ),
            (
                "[lifetimes]\ncode = 'soon'",
                "lifetimes.code: invalid value: string \"soon\", expected a duration",
            ),
            (
                "[lifetimes]\ncode = 25",
                "lifetimes.code: invalid type: integer `25`, expected a duration",
            ),
            (
                "[[clients]]\nclient_id = 'a'\nnames = 'A'",
                "clients.names is not a setting; did you mean clients.name?",
            ),
            (
                "[[clients]]\nclient_id = 'a'",
                "clients: missing field `name`",
            ),
            (
                "[[clients]]\nsecret = 12345",
                "clients.secret: give text, in quotes",
            ),
            (
                "identity.introspection.client_secret = 1",
                "identity.introspection.client_secret: give text, in quotes",
            ),
            (
                "\n[[clients]]\nsecret = 'hunter2",
                "the settings: invalid TOML at line 3: invalid literal string, expected `'`",
            ),
        ] {
            assert_eq!(
                Settings::from_toml(toml).expect_err(toml).to_string(),
                message
            );
        }
    }

    #[test]
    fn what_is_wrong_in_the_environment_or_a_flag_is_named_by_its_own_name() {
        for (name, value, message) in [
            (
                "SAOMA_STORE_ULR",
                "x",
                "SAOMA_STORE_ULR is not a setting; did you mean SAOMA_STORE_URL?",
            ),
            (
                "SAOMA_STORE_POOL_SIZE",
                "x",
                "SAOMA_STORE_POOL_SIZE: invalid type: string \"x\", expected u32",
            ),
            (
                "PORT",
                "http",
                "PORT: \"http\" is no port: give a number from 0 to 65535",
            ),
        ] {
            assert_eq!(
                Settings::load(&environment(&[(name, value)]))
                    .expect_err(name)
                    .to_string(),
                message
            );
        }
        let flags = vec![flag("--listen", "server.listen", "8080")];
        let error = Settings::load(&Sources {
            flags,
            ..Sources::default()
        })
        .expect_err("no address")
        .to_string();
        assert!(error.starts_with("--listen: "), "{error}");
    }

    #[test]
    fn port_changes_the_port_alone() {
        for (pairs, listen) in [
            (&[("PORT", "9000")][..], "127.0.0.1:9000"),
            (
                &[("PORT", "9000"), ("SAOMA_SERVER_LISTEN", "[::]:80")],
                "[::]:9000",
            ),
            (&[("PORT", "")], "127.0.0.1:8080"),
        ] {
            assert_eq!(
                loaded(&environment(pairs)).server.listen.to_string(),
                listen
            );
        }
        let flags = vec![flag("--listen", "server.listen", "127.0.0.1:7")];
        let sources = Sources {
            flags,
            ..environment(&[("PORT", "9000")])
        };
        assert_eq!(loaded(&sources).server.listen.port(), 7);
    }

    #[test]
    fn redis_url_is_for_where_nothing_else_names_the_store() {
        let key = ("SAOMA_OIDC_SIGNING_KEY", "key.pem");
        let alias = ("REDIS_URL", "redis://alias");
        assert_eq!(
            loaded(&environment(&[key, alias])).store.url,
            "redis://alias"
        );
        let own = ("SAOMA_STORE_URL", "redis://own");
        assert_eq!(
            loaded(&environment(&[key, own, alias])).store.url,
            "redis://own"
        );
    }
}
