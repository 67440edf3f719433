//! Reading settings from all their sources, each value checked where it stands.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::known::{self, CLIENTS, Known, PREFIX};
use super::{Effective, Origin, Settings, SettingsError};

/// Sources of settings. Later ones win.
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
    /// Its name, such as `--listen`.
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
        merge.environment(&sources.environment);
        for flag in &sources.flags {
            merge.assign(flag.path, &flag.value, Origin::Flag(flag.name));
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
    /// Everything that is wrong so far, so that an operator learns it at once.
    errors: Vec<SettingsError>,
}

impl Merge {
    fn new() -> Self {
        Self {
            known: Known::new(),
            tree: known::tree_of(&Settings::default()),
            origins: BTreeMap::new(),
            errors: Vec::new(),
        }
    }

    fn finish(self) -> Result<Effective, SettingsError> {
        SettingsError::join(self.errors)?;
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
        self.section("", table, origin);
        Ok(())
    }

    /// Puts in what stands in one section of a file.
    fn section(&mut self, section: &str, table: Table, origin: &Origin) {
        for (key, value) in table {
            let path = if section.is_empty() {
                key
            } else {
                format!("{section}.{key}")
            };
            match (self.known.example(&path), value) {
                (None, _) => {
                    let unknown = self.unknown(path, origin);
                    self.errors.push(unknown);
                }
                (Some(Value::Table(_)), Value::Table(inner)) => {
                    self.section(&path, inner, origin);
                }
                (Some(_), value) if path == CLIENTS => {
                    let wrong = self.errors_of_clients(&value, origin);
                    if wrong.is_empty() {
                        self.put(&path, value, origin.clone());
                    }
                    self.errors.extend(wrong);
                }
                (Some(_), value) => self.put(&path, value, origin.clone()),
            }
        }
    }

    /// Finds errors in clients by their own words, before the list is judged as a whole.
    fn errors_of_clients(&self, list: &Value, origin: &Origin) -> Vec<SettingsError> {
        let tables = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_table);
        let members = tables
            .flatten()
            .map(|(key, value)| (format!("{CLIENTS}.{key}"), value));
        let wrong = members.filter_map(|(path, value)| {
            if self.known.example(&path).is_none() {
                return Some(self.unknown(path, origin));
            }
            let is_wrong = path.ends_with("secret") && !value.is_str();
            is_wrong.then(|| SettingsError::Value {
                origin: origin.clone(),
                key: path,
                problem: "give text, in quotes".to_owned(),
            })
        });
        wrong.collect()
    }

    fn environment(&mut self, environment: &[(String, String)]) {
        // An empty alias is one that a template has left out.
        let alias = |name: &str| {
            environment
                .iter()
                .find(|(key, value)| key == name && !value.is_empty())
        };
        if let Some((name, url)) = alias("REDIS_URL") {
            self.assign("store.url", url, Origin::Variable(name.clone()));
        }
        for (name, value) in environment
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
        {
            let origin = Origin::Variable(name.clone());
            match self.known.path_of_variable(name) {
                Some(path) => self.assign(&path, value, origin),
                None => self.errors.push(SettingsError::Unknown {
                    origin,
                    key: name.clone(),
                    nearest: self.known.nearest_variable(name),
                }),
            }
        }
        if let Some((name, port)) = alias("PORT") {
            self.port(port, Origin::Variable(name.clone()));
        }
    }

    /// Changes the port alone: on which addresses a node listens is not for a port to say.
    fn port(&mut self, port: &str, origin: Origin) {
        let path = "server.listen";
        let Ok(port) = port.parse() else {
            let problem = format!("{port:?} is no port: give a number from 0 to 65535");
            self.errors.push(SettingsError::Value {
                origin,
                key: path.to_owned(),
                problem,
            });
            return;
        };
        let listen = self
            .tree
            .get("server")
            .and_then(|server| server.get("listen")?.as_str()?.parse().ok());
        let mut listen: SocketAddr = listen.unwrap_or(Settings::default().server.listen);
        listen.set_port(port);
        self.put(path, Value::String(listen.to_string()), origin);
    }

    fn assign(&mut self, path: &str, text: &str, origin: Origin) {
        let value = self.known.value_of_text(path, text);
        self.put(path, value, origin);
    }

    fn put(&mut self, path: &str, value: Value, origin: Origin) {
        if let Some(problem) = self.known.problem_with(path, &value) {
            self.errors.push(SettingsError::Value {
                origin,
                key: path.to_owned(),
                problem,
            });
            return;
        }
        known::set(&mut self.tree, path, value);
        self.origins.insert(path.to_owned(), origin);
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
mod tests;
