//! The rules that docs/architecture.md states about the tree, held by reading the tree.

use std::path::{Path, PathBuf};

/// Lines above which a file has more than one topic.
const MAX_LINES: usize = 400;

/// Who may import what: a crate or module of the left column is named only in files under the right column.
const ONLY_IN: &[(&str, &[&str])] = &[
    (
        "redis::",
        &[
            "gateway/src/store/redis",
            "gateway/src/limits/shared.rs",
            "gateway/src/backends.rs",
            "gateway/src/store/mod.rs",
        ],
    ),
    ("tokio_tungstenite", &["gateway/src/transport"]),
    ("hyper::", &["gateway/src/server.rs", "gateway/src/transport/upgrade.rs"]),
    ("crate::transport", &["gateway/src/gateway.rs"]),
    ("crate::phone", &["gateway/src/gateway.rs"]),
];

/// What a room must not name at all.
const NEVER_IN: &[(&str, &[&str])] = &[
    ("protocol/src", &["tokio", "std::net", "std::fs", "SystemTime", "Instant", "getrandom", "fastrand", "async fn"]),
    ("loadtest/src", &["saoma_gateway"]),
    ("gateway/src", &["saoma_load", "saoma_demo"]),
    ("gateway/src/store", &["crate::logins", "crate::transport", "crate::waiter", "axum"]),
    ("gateway/src/transport", &["crate::store::Store", "crate::store::Redis", "crate::store::Memory"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source file with its path from the top, with `/` between parts.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["protocol", "gateway", "loadtest", "web-demo"].map(|room| root().join(room)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 50, "the tree was not found");
    found
}

/// The code of a file: without comments and without its tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn every_file_says_what_is_in_it_and_is_short_enough_to_read() {
    for (name, text) in sources() {
        assert!(text.starts_with("//!"), "{name} does not begin by saying what is in it");
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{name} has {lines} lines: what is its second topic?");
    }
}

#[test]
fn nobody_imports_what_is_not_theirs() {
    for (name, text) in sources().iter().filter(|(name, _)| name.contains("/src/")) {
        for (word, rooms) in ONLY_IN {
            let used = name.starts_with("gateway/") && code(text).any(|line| line.contains(word));
            assert!(!used || rooms.iter().any(|room| name.starts_with(room)), "{name} names {word}");
        }
        for (room, words) in NEVER_IN {
            for word in words.iter().filter(|_| name.starts_with(room)) {
                assert!(!code(text).any(|line| line.contains(word)), "{name} names {word}");
            }
        }
    }
}
