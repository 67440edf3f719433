//! Required members that a section of the settings lacks.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::super::known::{self, CLIENTS, Known};
use super::super::{ClientSettings, IntrospectionSettings, JwksSettings, SettingsError};

/// Puts an empty value in the place of each required member that a section of the app's backend lacks, so that the rest
/// can be judged. Returns the paths of the members.
pub(super) fn fill_identity(tree: &mut Table, known: &Known) -> Vec<String> {
    let mut missing = Vec::new();
    let introspection: Fill = fill_section::<IntrospectionSettings>;
    let jwks: Fill = fill_section::<JwksSettings>;
    for (name, fill) in [("introspection", introspection), ("jwks", jwks)] {
        let section = tree
            .get_mut("identity")
            .and_then(|identity| identity.get_mut(name));
        if let Some(Value::Table(section)) = section {
            missing.extend(fill(section, &format!("identity.{name}"), known));
        }
    }
    missing
}

/// The same for a list of clients.
pub(super) fn fill_clients(clients: &mut Value, known: &Known) -> Vec<String> {
    let clients = clients.as_array_mut().into_iter().flatten();
    let clients = clients.filter_map(Value::as_table_mut);
    clients
        .flat_map(|client| fill_section::<ClientSettings>(client, CLIENTS, known))
        .collect()
}

/// Returns the error about a required member that is missing.
pub(super) fn error(path: String) -> SettingsError {
    SettingsError::Invalid {
        problem: "it is required and missing: give a value".to_owned(),
        setting: path,
    }
}

type Fill = fn(&mut Table, &str, &Known) -> Vec<String>;

/// Returns the paths of the members that were missing.
fn fill_section<T: DeserializeOwned>(
    section: &mut Table,
    path: &str,
    known: &Known,
) -> Vec<String> {
    let mut missing = Vec::new();
    // Each turn puts in one member, so that the loop ends.
    while let Err(error) = T::deserialize(Value::Table(section.clone())) {
        let Some(name) = missing_field(error.message()) else {
            break;
        };
        let path = format!("{path}.{name}");
        let Some(example) = known
            .example(&path)
            .filter(|_| !section.contains_key(&name))
        else {
            break;
        };
        known::set(section, &name, example.clone());
        missing.push(path);
    }
    missing
}

/// Returns the name in serde's message about a missing field.
fn missing_field(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("missing field `")?;
    let (name, _) = rest.split_once('`')?;
    Some(name.to_owned())
}
