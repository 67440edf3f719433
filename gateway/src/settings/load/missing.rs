//! Required members that a section of the settings lacks.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::super::known::{self, CLIENTS, Known};
use super::super::{
    ClientSettings, EventsSettings, IntrospectionSettings, JwksSettings, SettingsError,
    StandingSettings,
};

/// Puts an empty value in the place of each required member that a section of the app's backend lacks, so that the rest
/// can be judged. Returns the paths of the members.
pub(super) fn fill_identity(tree: &mut Table, known: &Known) -> Vec<String> {
    let mut missing = Vec::new();
    let introspection: Fill = fill_section::<IntrospectionSettings>;
    let jwks: Fill = fill_section::<JwksSettings>;
    let standing: Fill = fill_section::<StandingSettings>;
    let events: Fill = fill_section::<EventsSettings>;
    for (name, fill) in [
        ("introspection", introspection),
        ("jwks", jwks),
        ("standing", standing),
        ("events", events),
    ] {
        let section = tree
            .get_mut("identity")
            .and_then(|identity| identity.get_mut(name));
        if let Some(Value::Table(section)) = section {
            missing.extend(fill(section, &format!("identity.{name}"), known));
        }
    }
    missing
}

/// The same for a client, the one with this number in the list. Its members get values with which nothing is wrong: an
/// error about one of them would be hidden in all clients otherwise.
pub(super) fn fill_client(client: &mut Table, number: usize, known: &Known) -> Vec<String> {
    let missing = fill_section::<ClientSettings>(client, CLIENTS, known);
    for path in &missing {
        let (member, text) = match path.rsplit('.').next() {
            Some("client_id") => ("client_id", format!("client-{number}")),
            Some("name") => ("name", format!("Client {number}")),
            Some("redirect_uris") => ("redirect_uris", "https://client.example/".to_owned()),
            _ => continue,
        };
        let is_list = client.get(member).is_some_and(Value::is_array);
        let text = Value::String(text);
        let value = if is_list {
            Value::Array(vec![text])
        } else {
            text
        };
        client.insert(member.to_owned(), value);
    }
    missing
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
