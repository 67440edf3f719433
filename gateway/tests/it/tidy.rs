//! The rules that docs/architecture.md states about the tree, held by reading the tree.

use std::path::{Path, PathBuf};

/// Lines above which a file has more than one topic.
const MAX_LINES: usize = 520;

/// Who may import what in the gateway: a crate or module of the left column is named only in files under the right column.
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
    (
        "hyper::",
        &["gateway/src/server.rs", "gateway/src/transport/upgrade.rs"],
    ),
    ("crate::transport", &["gateway/src/gateway.rs"]),
    ("crate::phone", &["gateway/src/gateway.rs"]),
];

/// What a room must not name at all.
const NEVER_IN: &[(&str, &[&str])] = &[
    (
        "protocol/src",
        &[
            "tokio",
            "std::net",
            "std::fs",
            "SystemTime",
            "Instant",
            "getrandom",
            "fastrand",
            "async fn",
        ],
    ),
    ("loadtest/src", &["saoma_gateway"]),
    ("gateway/src", &["saoma_load"]),
    (
        "gateway/src/store",
        &["crate::logins", "crate::transport", "crate::waiter", "axum"],
    ),
    (
        "gateway/src/transport",
        &[
            "crate::store::Store",
            "crate::store::Redis",
            "crate::store::Memory",
        ],
    ),
    // A portal knows of its provider what OpenID Connect says.
    (
        "web-demo/src/portal",
        &[
            "saoma_gateway",
            "crate::cards",
            "crate::phone",
            "crate::units",
        ],
    ),
    // An app knows of the gateway what its API says.
    ("web-demo/src/phone", &["saoma_gateway", "crate::portal"]),
    (
        "web-demo/src/accounts",
        &["saoma_gateway", "crate::phone", "crate::portal", "axum"],
    ),
    (
        "web-demo/src/face",
        &["saoma_gateway", "crate::phone", "crate::portal", "axum"],
    ),
    (
        "web-demo/src/cards",
        &["saoma_gateway", "crate::phone", "crate::portal", "axum"],
    ),
    (
        "web-demo/src/units",
        &["saoma_gateway", "crate::phone", "crate::portal", "axum"],
    ),
    // What the outside world says is no matter of the hall's own tables.
    (
        "web-demo/src/registers",
        &[
            "saoma_gateway",
            "crate::phone",
            "crate::portal",
            "crate::cards",
            "crate::units",
        ],
    ),
    (
        "web-demo/src/records",
        &[
            "saoma_gateway",
            "crate::home",
            "crate::phone",
            "crate::portal",
            "axum",
        ],
    ),
    ("web-demo/src/home", &["saoma_gateway"]),
];

/// What the scripts of a room may import beside their own files: `<qr-login>` is for any site, so it knows no portal.
const SCRIPTS: &[(&str, &[&str])] = &[
    ("protocol/typescript/src", &[]),
    ("gateway/web/src", &["@saoma/client", "lean-qr/nano"]),
    ("web-demo/web/src", &["qr/decode.js", "@vladmandic/human"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every source file of a language with its path from the top, with `/` between parts.
fn sources(language: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["protocol", "gateway", "loadtest", "web-demo"]
        .map(|room| root().join(room))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir()
                && !["node_modules", "target", "dist", "lib"]
                    .iter()
                    .any(|made| path.ends_with(made))
            {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == language)
            {
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 30, "the tree was not found");
    found
}

/// The code of a file: without comments and without its tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn every_file_says_what_is_in_it_and_is_short_enough_to_read() {
    for (name, text) in sources("rs") {
        assert!(
            text.starts_with("//!"),
            "{name} does not begin by saying what is in it"
        );
        let lines = text.lines().count();
        assert!(
            lines <= MAX_LINES,
            "{name} has {lines} lines: what is its second topic?"
        );
    }
}

#[test]
fn nobody_imports_what_is_not_theirs() {
    for (name, text) in sources("rs")
        .iter()
        .filter(|(name, _)| name.contains("/src/"))
    {
        for (word, rooms) in ONLY_IN {
            let used = name.starts_with("gateway/") && code(text).any(|line| line.contains(word));
            assert!(
                !used || rooms.iter().any(|room| name.starts_with(room)),
                "{name} names {word}"
            );
        }
        for (room, words) in NEVER_IN {
            for word in words.iter().filter(|_| name.starts_with(room)) {
                assert!(
                    !code(text).any(|line| line.contains(word)),
                    "{name} names {word}"
                );
            }
        }
    }
}

#[test]
fn scripts_import_what_their_room_may_know() {
    for (name, text) in sources("ts") {
        let Some((_, allowed)) = SCRIPTS.iter().find(|(room, _)| name.starts_with(room)) else {
            continue;
        };
        for module in text.lines().filter_map(imported) {
            let own =
                module.starts_with("./") || module.starts_with("../") && !module.contains("/src/");
            assert!(own || allowed.contains(&module), "{name} imports {module}");
        }
    }
}

/// The module that a line imports, or exports from: the statement's end may stand on a line of its own.
fn imported(line: &str) -> Option<&str> {
    let from = line.split_once(" from \"").map(|(_, module)| module);
    from.or_else(|| line.strip_prefix("import \""))?
        .strip_suffix("\";")
}

/// A test that docs/security.md names is there, under that name.
#[test]
fn the_tests_that_stand_against_threats_exist() {
    let document = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rows = document.lines().filter(|line| line.starts_with("| T"));
    let last = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let named: Vec<&str> = last
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 25, "the table was not found");
    for name in named {
        let (file, test) = name.split_once("::").unwrap_or((name, ""));
        let path = if file.contains('/') {
            file.to_owned()
        } else {
            format!("gateway/tests/it/{file}.rs")
        };
        let in_folder = root().join(&path).with_extension("");
        let exists = root().join(&path).is_file() || in_folder.is_dir();
        assert!(exists, "docs/security.md names {name}: there is no {path}");
        let of_file = |(source, text): &(String, String)| {
            (*source == path || source.starts_with(&path.replace(".rs", "/")))
                && text.contains(&format!("fn {test}("))
        };
        let holds = test.is_empty()
            || in_folder.join(format!("{test}.rs")).is_file()
            || sources("rs").iter().any(of_file);
        assert!(
            holds,
            "docs/security.md names {name}: there is no such test in {path}"
        );
    }
}

/// Code and tests that web-demo/README.md names for a row of the manual are there.
#[test]
fn every_row_of_the_manual_has_its_code_and_tests() {
    let hall = root().join("web-demo");
    let document = std::fs::read_to_string(hall.join("README.md")).unwrap();
    let rows: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| S"))
        .map(|line| line.split('|').collect())
        .collect();
    assert_eq!(rows.len(), 17, "S1 to S16, and S3a");
    for row in rows {
        let [_, name, _, _, code, tests, _] = row[..] else {
            panic!("{row:?}")
        };
        for cell in [code, tests] {
            let paths: Vec<&str> = cell
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|path| path.contains('/'))
                .collect();
            assert!(
                !paths.is_empty() || cell.contains("in these files"),
                "{name} has none: {cell}"
            );
            paths
                .into_iter()
                .for_each(|path| assert!(hall.join(path).exists(), "{name} names {path}"));
        }
    }
}
