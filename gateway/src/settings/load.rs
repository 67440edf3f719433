//! Reading settings from all their sources, each value checked where it stands.

pub(super) mod client_files;
mod faults;
mod missing;
mod service_variables;

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Table, Value};

use self::client_files::ClientFiles;
use self::faults::{REPLACED, read, replaced, syntax_error, take_wrong_members, unknown};
use self::service_variables::is_of_a_service;
use super::known::{self, CLIENTS, Known, PREFIX, variable};
use super::{Effective, Origin, SafetyWarning, Settings, SettingsError};

/// Sources of settings. Later ones win.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file, if any.
    pub file: Option<PathBuf>,
    /// The environment: pairs of name and value. `SAOMA_SECTION_KEY` sets `section.key`; lists are separated by
    /// commas. `REDIS_URL` sets `store.url` where `SAOMA_STORE_URL` does not; `PORT` changes the port of
    /// `server.listen`, wherever the address comes from. Variables that Kubernetes sets for its services, such as
    /// `SAOMA_PORT=tcp://…` for one named `saoma`, are no settings. What else is in it is left alone.
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
    /// Paths of values that were refused or are missing. Nothing is said of the values that stand in their place.
    unread: HashSet<String>,
}

impl Loaded {
    /// Returns true for an error about a value that the operator has not set, because theirs was refused.
    fn is_follow_up(&self, error: &SettingsError) -> bool {
        // A section that is missing because it was refused is no section that the operator has left out.
        let is_of = |path: &str, unread: &str| {
            is_within(path, unread) || path == "identity" && is_within(unread, path)
        };
        error
            .path()
            .is_some_and(|path| self.unread.iter().any(|unread| is_of(path, unread)))
    }

    /// Returns the unsafe settings that an operator should know beside the errors.
    pub fn safety_warnings(&self) -> Vec<SafetyWarning> {
        let settings = self.effective.iter();
        let warnings = settings.flat_map(Effective::safety_warnings);
        let is_of_operator = |path: &str| !self.unread.iter().any(|unread| is_within(path, unread));
        warnings
            .filter(|warning| is_of_operator(&warning.setting))
            .collect()
    }

    fn into_result(self) -> Result<Effective, SettingsError> {
        SettingsError::join(self.errors)?;
        self.effective
            .ok_or_else(|| SettingsError::Incomplete("they cannot be read".to_owned()))
    }
}

/// Returns true if the setting at a path is the one at another path, or in that section.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Settings under construction.
#[derive(Debug)]
struct Merge {
    known: Known,
    tree: Table,
    origins: BTreeMap<String, Origin>,
    /// Everything that is wrong so far, so that an operator learns it at once.
    errors: Vec<SettingsError>,
    /// Paths of lists with refused elements. Their other elements count, and are judged.
    partly_read: HashSet<String>,
}

impl Merge {
    fn new() -> Self {
        Self {
            known: Known::new(),
            tree: known::tree_of(&Settings::default()),
            origins: BTreeMap::new(),
            errors: Vec::new(),
            partly_read: HashSet::new(),
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
        merge.clients_folder();
        Ok(merge)
    }

    /// Puts in the clients that stand in files of their own.
    fn clients_folder(&mut self) {
        let oidc = self.tree.get("oidc");
        let folder = oidc.and_then(|oidc| oidc.get("clients_folder")?.as_str());
        let Some(folder) = folder.map(PathBuf::from) else {
            return;
        };
        let origin = self.origins.get(CLIENTS).unwrap_or(&Origin::Text);
        let listed = self.tree.get(CLIENTS).and_then(Value::as_array);
        let ids = listed
            .into_iter()
            .flatten()
            .filter_map(|client| client.get("client_id")?.as_str());
        let taken = ids.map(|id| (id.to_owned(), origin.clone())).collect();
        let found = ClientFiles::of(&folder, &self.known, taken);
        self.errors.extend(found.errors);
        for (id, path, client) in found.clients {
            let origin = Origin::File(path);
            self.origins.insert(format!("{CLIENTS}/{id}"), origin);
            if let Some(Value::Array(clients)) = self.tree.get_mut(CLIENTS) {
                clients.push(client);
            }
        }
    }

    fn finish(mut self) -> Loaded {
        let mut missing = missing::fill_identity(&mut self.tree, &self.known);
        missing.retain(|path| !self.errors.iter().any(|error| error.is_about(path)));
        self.errors.extend(missing.into_iter().map(missing::error));
        // Every value was checked when it was put in; what can be wrong now is only what is not there.
        let settings = Settings::deserialize(Value::Table(self.tree));
        let settings = settings.map_err(|error| {
            SettingsError::Incomplete(error.to_string().trim_end().replace('\n', " "))
        });
        let unread = self.errors.iter().filter_map(SettingsError::path);
        // The value in the place of a refused member of a client is right, so that the client's other members are judged.
        let members = format!("{CLIENTS}.");
        let unread =
            unread.filter(|path| !path.starts_with(&members) && !self.partly_read.contains(*path));
        // Nothing is said of a setting that was given by its old name.
        let given = REPLACED.iter().filter(|(old, ..)| {
            let mut errors = self.errors.iter();
            errors.any(|error| error.is_about(old))
        });
        let unread = unread.chain(given.map(|(_, new, _)| *new));
        let mut loaded = Loaded {
            effective: None,
            unread: unread.map(str::to_owned).collect(),
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
                (Some(_), value) if path == CLIENTS => self.clients(value, origin),
                (Some(_), value) => self.put(&path, value, origin.clone()),
            }
        }
    }

    /// Puts in the clients, each member judged by itself: a fault of one hides none of another.
    fn clients(&mut self, mut list: Value, origin: &Origin) {
        let is_one_of_several = list.as_array().is_some_and(|clients| clients.len() > 1);
        let tables = list.as_array_mut().into_iter().flatten();
        for (index, client) in tables.filter_map(Value::as_table_mut).enumerate() {
            let name = match client.get("client_id").and_then(Value::as_str) {
                Some(id) => format!("{id:?}"),
                None => format!("client {}", index + 1),
            };
            let wrong = take_wrong_members(&self.known, client, |_| origin.clone());
            let missing = missing::fill_client(client, index + 1, &self.known);
            let is_told = |path: &String| wrong.iter().any(|error| error.explains(path));
            let missing = missing.into_iter().filter(|path| !is_told(path));
            let missing: Vec<_> = missing.map(missing::error).collect();
            let errors = missing.into_iter().chain(wrong);
            self.errors.extend(errors.map(|error| {
                if is_one_of_several {
                    error.of_client(&name)
                } else {
                    error
                }
            }));
        }
        self.put(CLIENTS, list, origin.clone());
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
                None if is_of_a_service(name, value) => {}
                None => self.errors.push(
                    replaced(|old| variable(old) == *name, &origin).unwrap_or_else(|| {
                        SettingsError::Unknown {
                            origin,
                            key: name.clone(),
                            nearest: self.known.nearest_variable(name),
                        }
                    }),
                ),
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
            .and_then(|server| server.get("listen")?.as_str()?.parse::<SocketAddr>().ok());
        let default = Settings::default().server.listen.socket_address();
        // A Unix socket has no port to change, so that a port asks for a TCP listener.
        let Some(mut listen) = listen.or(default) else {
            return;
        };
        listen.set_port(port);
        self.put(path, Value::String(listen.to_string()), origin);
    }

    fn assign(&mut self, path: &str, text: &str, origin: Origin) {
        let value = self.known.value_of_text(path, text);
        self.put(path, value, origin);
    }

    fn put(&mut self, path: &str, value: Value, origin: Origin) {
        let (value, problems) = self.readable_part(path, value);
        if value.is_some() && !problems.is_empty() {
            self.partly_read.insert(path.to_owned());
        }
        self.errors
            .extend(problems.into_iter().map(|problem| SettingsError::Value {
                origin: origin.clone(),
                key: path.to_owned(),
                problem,
            }));
        if let Some(value) = value {
            known::set(&mut self.tree, path, value);
            self.origins.insert(path.to_owned(), origin);
        }
    }

    /// Returns the value as far as its setting can take it, and what is wrong with the rest: a wrong element of a list must
    /// not hide the others.
    fn readable_part(&self, path: &str, value: Value) -> (Option<Value>, Vec<String>) {
        let Some(problem) = self.known.problem_with(path, &value) else {
            return (Some(value), Vec::new());
        };
        let Value::Array(list) = value else {
            return (None, vec![problem]);
        };
        let (mut good, mut problems) = (Vec::new(), Vec::new());
        for element in list {
            let alone = Value::Array(vec![element.clone()]);
            match self.known.problem_with(path, &alone) {
                Some(problem) => problems.push(problem),
                None => good.push(element),
            }
        }
        if problems.is_empty() {
            return (None, vec![problem]);
        }
        let rest = (!good.is_empty()).then_some(Value::Array(good));
        let rest = rest.filter(|rest| self.known.problem_with(path, rest).is_none());
        (rest, problems)
    }

    fn unknown(&self, key: String, origin: &Origin) -> SettingsError {
        unknown(&self.known, key, origin)
    }
}

#[cfg(test)]
mod tests;
