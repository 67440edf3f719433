//! Digests of settings and of the files that they name, by which two states are compared without keeping secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use saoma_protocol::Digest;
use toml::{Table, Value};

use super::Settings;

/// The digest of each setting, by its path. A list is one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(BTreeMap<String, Digest>);

impl Fingerprint {
    /// Returns the fingerprint of these settings. A setting that names files stands for their contents too.
    pub(crate) fn of(settings: &Settings) -> Self {
        let mut digests = BTreeMap::new();
        let tree = Table::try_from(settings).unwrap_or_default();
        add_table("", &tree, &mut digests);
        Self(digests)
    }

    /// Returns the paths of the settings that differ, in order.
    pub(crate) fn differing(&self, other: &Self) -> Vec<String> {
        let paths: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let differ = paths
            .into_iter()
            .filter(|path| self.0.get(*path) != other.0.get(*path));
        differ.cloned().collect()
    }
}

fn add_table(section: &str, table: &Table, digests: &mut BTreeMap<String, Digest>) {
    for (key, value) in table {
        let path = if section.is_empty() {
            key.clone()
        } else {
            format!("{section}.{key}")
        };
        match value {
            Value::Table(inner) => add_table(&path, inner, digests),
            value => {
                let mut bytes = value.to_string().into_bytes();
                add_files(key, value, &mut bytes);
                digests.insert(path, Digest::of(&bytes));
            }
        }
    }
}

/// Adds the digests of all files that a value names.
fn add_files(key: &str, value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Table(table) => table
            .iter()
            .for_each(|(key, value)| add_files(key, value, bytes)),
        Value::Array(list) => list.iter().for_each(|value| add_files(key, value, bytes)),
        Value::String(path) if names_files(key) => {
            // A file that cannot be read is another one than the same file with contents.
            let digest = std::fs::read(Path::new(path)).map(|contents| Digest::of(&contents));
            bytes.extend(
                digest
                    .map_or_else(|_| "none".to_owned(), |digest| digest.to_string())
                    .bytes(),
            );
        }
        _ => {}
    }
}

fn names_files(key: &str) -> bool {
    key == "signing_keys" || key.ends_with("_file") || key.ends_with("_files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_differ_by_their_values_and_by_the_contents_of_their_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        let write = |text: &str| std::fs::write(&file, text).expect("a written file");
        let mut settings = Settings::default();
        settings.store.ca_file = Some(file.clone());
        write("first");
        let before = Fingerprint::of(&settings);
        assert_eq!(before.differing(&Fingerprint::of(&settings)), [""; 0]);
        write("second");
        settings.sockets.ping_interval *= 2;
        settings.server.trusted_proxies = Some(Vec::new());
        let expected = [
            "server.trusted_proxies",
            "sockets.ping_interval",
            "store.ca_file",
        ];
        assert_eq!(before.differing(&Fingerprint::of(&settings)), expected);
    }
}
