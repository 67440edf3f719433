//! Faults of settings as they are read: what is no setting, and what is not TOML.

use std::path::Path;

use toml::Table;

use super::super::known::{CLIENTS, Known};
use super::super::{Origin, SettingsError};

/// Settings of earlier versions: the old path, the new one, and the form of its value.
pub(super) const REPLACED: [(&str, &str, &str); 1] = [(
    "oidc.signing_key",
    "oidc.signing_keys",
    "a list such as [\"key.pem\"], with an RSA key among its files",
)];

/// Returns the error about a name that is no setting.
pub(super) fn unknown(known: &Known, key: String, origin: &Origin) -> SettingsError {
    if let Some(error) = replaced(|old| old == key, origin) {
        return error;
    }
    let nearest = known.nearest_path(&key);
    SettingsError::Unknown {
        origin: origin.clone(),
        key,
        nearest,
    }
}

/// Takes out of a client what is no member, or has no value that the member can take. Returns the errors.
pub(super) fn take_wrong_members(
    known: &Known,
    client: &mut Table,
    origin_of: impl Fn(&str) -> Origin,
) -> Vec<SettingsError> {
    let mut wrong = Vec::new();
    client.retain(|key, value| {
        let path = format!("{CLIENTS}.{key}");
        if known.example(&path).is_none() {
            let origin = origin_of(&path);
            wrong.push(unknown(known, path, &origin));
            return false;
        }
        let Some(problem) = known.problem_with_member(key, value) else {
            return true;
        };
        wrong.push(SettingsError::Value {
            origin: origin_of(&path),
            key: path,
            problem,
        });
        false
    });
    wrong
}

/// Returns the error about a setting of an earlier version, if it is one.
pub(super) fn replaced(is_named: impl Fn(&str) -> bool, origin: &Origin) -> Option<SettingsError> {
    let (old, new, form) = REPLACED.iter().find(|(old, ..)| is_named(old))?;
    Some(SettingsError::Value {
        origin: origin.clone(),
        key: (*old).to_owned(),
        problem: format!("it is replaced by {new}, {form}"),
    })
}

/// Returns the error about text that is not TOML.
pub(super) fn syntax_error(error: &toml::de::Error, text: &str, origin: &Origin) -> SettingsError {
    let start = error.span().map_or(0, |span| span.start);
    SettingsError::Syntax {
        origin: origin.clone(),
        line: line_at(text, start),
        problem: error.message().to_owned(),
    }
}

/// Returns the line at a position of a text, from 1.
pub(super) fn line_at(text: &str, position: usize) -> usize {
    let before = text.bytes().take(position);
    1 + before.filter(|byte| *byte == b'\n').count()
}

/// Returns the text of a settings file.
pub(super) fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::File {
        path: path.to_owned(),
        source,
    })
}
