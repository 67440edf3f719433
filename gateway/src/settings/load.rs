//! Reading settings from all their sources, each value checked where it stands.

mod missing;

use std::collections::{BTreeMap, HashSet};
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
        Ok(merge.finish().into_result()?.settings)
    }

    /// Reads and checks settings from all sources: flags over environment over file over defaults.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn load(sources: &Sources) -> Result<Effective, SettingsError> {
        Merge::of(sources)?.finish().into_result()
    }

    /// Reads settings from all sources, and finds everything that keeps a node from starting with them, as far as the
    /// settings tell: values that cannot be read, values that do not go together, settings that are missing or unsafe.
    pub fn load_with_findings(sources: &Sources) -> Loaded {
        let mut loaded = match Merge::of(sources) {
            Ok(merge) => merge.finish(),
            Err(error) => Loaded {
                effective: None,
                errors: vec![error],
                unread: HashSet::new(),
            },
        };
        let Some(effective) = &loaded.effective else {
            return loaded;
        };
        if let Err(error) = effective.settings.validate_complete() {
            let found = error.into_list().into_iter();
            let found: Vec<_> = found.filter(|error| !loaded.is_follow_up(error)).collect();
            loaded.errors.extend(found);
        }
        loaded
    }
}

/// Settings as far as they could be read.
#[derive(Debug)]
pub struct Loaded {
    /// The settings; `None` if a file or a section could not be read. A value that was refused has its default.
    pub effective: Option<Effective>,
    /// Everything that is wrong with them.
    pub errors: Vec<SettingsError>,
    /// Paths of values that were refused or are missing. Others stand in their place, of which nothing is to be said.
    unread: HashSet<String>,
}

impl Loaded {
    /// Returns true for an error about a value that the operator has not set, because theirs was refused.
    fn is_follow_up(&self, error: &SettingsError) -> bool {
        let holds = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // A section that is missing because it was refused is no section that the operator has left out.
        let is_of = |path: &str, unread: &str| {
            holds(unread, path) || path == "identity" && holds(path, unread)
        };
        error
            .path()
            .is_some_and(|path| self.unread.iter().any(|unread| is_of(path, unread)))
    }

    fn into_result(self) -> Result<Effective, SettingsError> {
        SettingsError::join(self.errors)?;
        self.effective
            .ok_or_else(|| SettingsError::Incomplete("they cannot be read".to_owned()))
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
    /// Paths of required members that are missing.
    unread: HashSet<String>,
}

impl Merge {
    fn new() -> Self {
        Self {
            known: Known::new(),
            tree: known::tree_of(&Settings::default()),
            origins: BTreeMap::new(),
            errors: Vec::new(),
            unread: HashSet::new(),
        }
    }

    /// Reads the settings of all sources.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is not TOML: nothing can be said of its settings then.
    fn of(sources: &Sources) -> Result<Self, SettingsError> {
        let mut merge = Self::new();
        if let Some(path) = &sources.file {
            merge.text(&read(path)?, &Origin::File(path.clone()))?;
        }
        merge.environment(&sources.environment);
        for flag in &sources.flags {
            merge.assign(flag.path, &flag.value, Origin::Flag(flag.name));
        }
        Ok(merge)
    }

    fn finish(mut self) -> Loaded {
        let missing = missing::fill_identity(&mut self.tree, &self.known);
        self.errors.extend(missing.into_iter().map(missing::error));
        // Every value was checked when it was put in; what can be wrong now is only what is not there.
        let settings = Settings::deserialize(Value::Table(self.tree));
        let settings = settings.map_err(|error| {
            SettingsError::Incomplete(error.to_string().trim_end().replace('\n', " "))
        });
        let unread = self.errors.iter().filter_map(SettingsError::path);
        let mut loaded = Loaded {
            effective: None,
            unread: unread.map(str::to_owned).chain(self.unread).collect(),
            errors: self.errors,
        };
        match settings {
            Ok(settings) => {
                let found = settings.validate().err().map(SettingsError::into_list);
                let found = found.into_iter().flatten();
                let found: Vec<_> = found.filter(|error| !loaded.is_follow_up(error)).collect();
                loaded.errors.extend(found);
                loaded.effective = Some(Effective {
                    settings,
                    origins: self.origins,
                });
            }
            Err(error) => loaded.errors.push(error),
        }
        loaded
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
                    let mut value = self.without_unknown_members(value);
                    let missing = missing::fill_clients(&mut value, &self.known);
                    // A mistyped name explains the one that is missing.
                    if wrong.is_empty() {
                        self.errors
                            .extend(missing.iter().cloned().map(missing::error));
                    }
                    self.unread.extend(missing);
                    self.errors.extend(wrong);
                    self.put(&path, value, origin.clone());
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

    /// Takes out of a list of clients the members that [`Merge::errors_of_clients`] names, so that the others are judged.
    fn without_unknown_members(&self, mut list: Value) -> Value {
        let tables = list.as_array_mut().into_iter().flatten();
        for table in tables.filter_map(Value::as_table_mut) {
            table.retain(|key, value| {
                self.known.example(&format!("{CLIENTS}.{key}")).is_some()
                    && (!key.ends_with("secret") || value.is_str())
            });
        }
        list
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
