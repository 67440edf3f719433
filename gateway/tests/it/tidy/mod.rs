//! The rules that docs/architecture.md states about the tree, held by reading the tree.

mod modules;

use std::path::{Path, PathBuf};

use self::modules::{Modules, shown};

/// Lines above which a file has more than one topic.
const MAX_LINES: usize = 440;

/// Crates that only these rooms of the gateway may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("redis", &["gateway/src/store/redis"]),
    (
        "tokio_tungstenite",
        &["gateway/src/frontends/browser/websocket"],
    ),
    (
        "hyper",
        &[
            "gateway/src/http/request_counts.rs",
            "gateway/src/http/server.rs",
            "gateway/src/frontends/browser",
        ],
    ),
];

/// Modules of the gateway from the lowest to the highest: each imports from its own and from lower
/// ones.
const FLOORS: &[&[&str]] = &[
    &[
        "random",
        "replaceable",
        "wall_clock",
        "error_chain",
        "shown_text",
        "claims",
        "client_address",
        "cluster_secrets",
        "login_secrets",
        "host_scope",
        "log_throttle",
        "request_id",
        "routes",
        "scopes",
        "fuzz_input",
        "limits",
        "jose",
    ],
    &["store"],
    &["known_persons"],
    &["settings", "metrics"],
    &["apps", "identity", "relying_parties"],
    &["subjects"],
    &["error"],
    &["waiting", "http"],
    &["logins"],
    &["frontends"],
    &["node"],
    // Tried from outside: they name what they try.
    &["fuzz_properties"],
    &["lib"],
];

/// Modules and crates that the files of a room never name.
const NEVER_IN: &[(&str, &[&str])] = &[
    (
        "protocol/src",
        &[
            "tokio",
            "std::net",
            "std::fs",
            "std::time::SystemTime",
            "std::time::Instant",
            "getrandom",
            "fastrand",
        ],
    ),
    ("protocol/client/src", &["saoma_gateway", "saoma_load"]),
    ("loadtest/src", &["saoma_gateway"]),
    ("gateway/src", &["saoma_client", "saoma_load"]),
    ("gateway/src/store", &["axum"]),
    // The service is the store's only caller.
    ("gateway/src/frontends", &["crate::store"]),
    // The dialogue knows no bytes, and no transport another.
    (
        "gateway/src/frontends/browser/session.rs",
        &["axum", "hyper", "http", "tokio", "bytes"],
    ),
    (
        "gateway/src/frontends/browser/http_login.rs",
        &[
            "crate::frontends::browser::long_poll",
            "crate::frontends::browser::sse",
            "crate::frontends::browser::websocket",
        ],
    ),
    (
        "gateway/src/frontends/browser/long_poll.rs",
        &[
            "crate::frontends::browser::sse",
            "crate::frontends::browser::websocket",
        ],
    ),
    (
        "gateway/src/frontends/browser/sse.rs",
        &[
            "crate::frontends::browser::long_poll",
            "crate::frontends::browser::websocket",
        ],
    ),
    (
        "gateway/src/frontends/browser/websocket",
        &[
            "crate::frontends::browser::long_poll",
            "crate::frontends::browser::sse",
        ],
    ),
    ("gateway/src/logins", &["axum", "hyper", "http"]),
    ("gateway/src/waiting", &["axum", "hyper", "http"]),
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
    // The registers are the outside world: the hall's own tables are no matter of theirs.
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

/// Imports allowed to the scripts of a room beside their own files. `<qr-login>` is for any site,
/// so it knows no portal.
const SCRIPTS: &[(&str, &[&str])] = &[
    ("protocol/typescript/src", &[]),
    ("gateway/web/src", &["@saoma/client"]),
    ("web-demo/web/src", &["qr/decode.js", "@vladmandic/human"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every source file of a language with its path from the top, with `/` between parts.
pub(crate) fn sources(language: &str) -> Vec<(String, String)> {
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

/// The modules of the crate in a folder.
fn modules(src: &str, files: &[(String, String)]) -> Modules {
    Modules::read(src, files.iter().map(|(name, text)| (name, text)))
}

#[test]
fn rooms_import_only_what_they_may_know() {
    let files = sources("rs");
    let rooms = [
        "protocol/src/",
        "gateway/src/",
        "loadtest/src/",
        "web-demo/src/",
    ];
    for (room, modules) in rooms.map(|room| (room, modules(room, &files))) {
        for (file, path) in modules.named() {
            for (only, allowed) in ONLY_IN.iter().filter(|_| room == "gateway/src/") {
                let named = path.starts_with(&format!("{only}::"));
                let may = allowed.iter().any(|room| file.starts_with(room));
                assert!(!named || may, "{file} names {path}");
            }
            for (room, never) in NEVER_IN.iter().filter(|(room, _)| file.starts_with(room)) {
                let named = never
                    .iter()
                    .find(|word| format!("{path}::").starts_with(&format!("{word}::")));
                assert!(
                    named.is_none(),
                    "{file} names {path}, which {room} does not know"
                );
            }
        }
    }
}

#[test]
fn no_modules_import_each_other() {
    let files = sources("rs");
    for room in [
        "protocol/src/",
        "protocol/client/src/",
        "gateway/src/",
        "loadtest/src/",
        "web-demo/src/",
    ] {
        let circles = modules(room, &files).circles();
        assert!(
            circles.is_empty(),
            "circles of imports in {room}: {circles:#?}"
        );
    }
}

#[test]
fn imports_in_the_gateway_point_down() {
    let files = sources("rs");
    let modules = modules("gateway/src/", &files);
    let floor = |module: &[String]| {
        let wing = module.first().map_or("lib", String::as_str);
        let found = FLOORS.iter().position(|wings| wings.contains(&wing));
        found.unwrap_or_else(|| panic!("{wing} stands on no floor: add it to FLOORS"))
    };
    for (module, imported) in modules.imports() {
        for other in imported {
            let (from, to) = (shown(module), shown(other));
            assert!(
                floor(other) <= floor(module),
                "{from} imports {to}, which stands above it"
            );
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

/// The module that a line imports, or exports from: the statement's end may stand on a line of its
/// own.
fn imported(line: &str) -> Option<&str> {
    let from = line.split_once(" from \"").map(|(_, module)| module);
    from.or_else(|| line.strip_prefix("import \""))?
        .strip_suffix("\";")
}

/// A test that docs/security.md names is there, under that name.
#[test]
fn the_tests_that_stand_against_threats_exist() {
    let document = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rows = document.lines().filter(|line| {
        ["| T", "| A", "| I", "| K"]
            .iter()
            .any(|row| line.starts_with(row))
    });
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
