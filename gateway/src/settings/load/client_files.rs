//! Clients in files of their own: each file of a folder is one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::DeTable;
use toml::{Table, Value};

use super::super::known::{CLIENTS, Known};
use super::super::validate::clients::validate_client;
use super::super::{ClientSettings, Origin, SettingsError};
use super::faults::{line_at, read, syntax_error, take_wrong_members};
use super::missing;

/// The clients of a folder, and everything that is wrong with it. A file with a fault gives no client.
#[derive(Debug, Default)]
pub(super) struct ClientFiles {
    /// Each client with its id and its file.
    pub(super) clients: Vec<(String, PathBuf, Value)>,
    pub(super) errors: Vec<SettingsError>,
}

impl ClientFiles {
    /// Reads all files of a folder whose names end in `.toml`, in the order of their names. `taken` has the ids of other
    /// clients with their origins.
    pub(super) fn of(folder: &Path, known: &Known, mut taken: BTreeMap<String, Origin>) -> Self {
        let mut found = Self::default();
        let files = match files(folder) {
            Ok(files) => files,
            Err(error) => {
                found.errors.push(SettingsError::Invalid {
                    setting: "oidc.clients_folder".to_owned(),
                    problem: format!("cannot read {}: {error}", folder.display()),
                });
                return found;
            }
        };
        for path in files {
            match client(&path, known, &taken) {
                Ok((id, client)) => {
                    taken.insert(id.clone(), Origin::File(path.clone()));
                    found.clients.push((id, path, client));
                }
                Err(errors) => found.errors.extend(errors),
            }
        }
        found
    }
}

/// Returns the files of a folder whose names end in `.toml`, in the order of their names.
pub(in crate::settings) fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Editors keep their own files in a folder, with a dot before the name.
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden
            && path
                .extension()
                .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a file, and returns the client with its id.
fn client(
    path: &Path,
    known: &Known,
    taken: &BTreeMap<String, Origin>,
) -> Result<(String, Value), Vec<SettingsError>> {
    let text = read(path).map_err(|error| vec![error])?;
    let file = Origin::File(path.to_owned());
    let mut table: Table =
        toml::from_str(&text).map_err(|error| vec![syntax_error(&error, &text, &file)])?;
    if table.contains_key(CLIENTS) {
        return Err(vec![SettingsError::Value {
            origin: file,
            key: CLIENTS.to_owned(),
            problem: "a file of the folder is one client: leave [[clients]] out".to_owned(),
        }]);
    }
    let lines = lines(&text);
    let origin = |setting: &str| {
        let member = setting.rsplit('.').next().unwrap_or_default();
        match lines.get(member) {
            Some(line) => Origin::ClientFile {
                path: path.to_owned(),
                line: *line,
            },
            None => file.clone(),
        }
    };
    let mut errors = take_wrong_members(known, &mut table, origin);
    let missing = missing::fill_client(&mut table, 1, known);
    let is_told = |path: &String| errors.iter().any(|error| error.explains(path));
    let missing: Vec<_> = missing.into_iter().filter(|path| !is_told(path)).collect();
    errors.extend(missing.into_iter().map(missing::error));
    match ClientSettings::deserialize(Value::Table(table.clone())) {
        Ok(client) => {
            errors.extend(
                validate_client(&client)
                    .err()
                    .into_iter()
                    .flat_map(SettingsError::into_list),
            );
            if let Some(other) = taken.get(&client.client_id) {
                errors.push(SettingsError::Invalid {
                    setting: format!("{CLIENTS}.client_id"),
                    problem: format!(
                        "{:?} is the client of {other} too: give one of them another id",
                        client.client_id
                    ),
                });
            }
            if errors.is_empty() {
                return Ok((client.client_id, Value::Table(table)));
            }
        }
        Err(error) => errors.push(SettingsError::Invalid {
            setting: CLIENTS.to_owned(),
            problem: error.message().to_owned(),
        }),
    }
    Err(errors
        .into_iter()
        .map(|error| placed(error, origin))
        .collect())
}

/// Returns the error with the place of its member in the file.
fn placed(error: SettingsError, origin: impl Fn(&str) -> Origin) -> SettingsError {
    match error {
        SettingsError::Invalid { setting, problem } => SettingsError::Value {
            origin: origin(&setting),
            key: setting,
            problem,
        },
        error => error,
    }
}

/// Returns the line of each member of a file, from 1.
fn lines(text: &str) -> BTreeMap<String, usize> {
    let Ok(table) = DeTable::parse(text) else {
        return BTreeMap::new();
    };
    let members = table.get_ref().iter();
    members
        .map(|(key, _)| (key.get_ref().to_string(), line_at(text, key.span().start)))
        .collect()
}

#[cfg(test)]
mod tests;
