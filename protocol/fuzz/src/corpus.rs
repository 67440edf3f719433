//! Inputs from which mutations start: good ones, bad ones, and each that has once broken its property.

use std::fs;
use std::path::{Path, PathBuf};

/// Reads the corpus of a property, always in the same order.
pub(crate) fn of(corpora: &str, property: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(corpora).join(property);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no corpus at {}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no corpus in {}", folder.display());
    let read = |file: PathBuf| {
        let bytes = fs::read(&file).expect("a readable file");
        (file, bytes)
    };
    files.into_iter().map(read).collect()
}
