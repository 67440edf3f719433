//! Tests of `safety` (row A13).

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;
use crate::settings::{Effective, Sources};

/// Settings that are safe: each case below changes one line.
const SAFE: &str = r#"
server.public_url = "https://login.example"
server.trusted_proxies = ["192.0.2.10"]
store.url = "memory:"
[identity.introspection]
url = "https://app.example/introspect"
client_id = "gateway"
client_secret = "6b8f0c2d4e1a7395"
audience = "saoma"
[[clients]]
client_id = "hall"
name = "Hall"
secret = "0f9e8d7c6b5a4321"
redirect_uris = ["https://hall.example/callback"]
origins = ["https://hall.example"]
"#;

const SECRET: &str = "0f9e8d7c6b5a4321";

fn settings(changes: &[(&str, &str)]) -> Settings {
    let text = changes.iter().fold(SAFE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    Settings::from_toml(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The names of refused and of doubtful settings.
fn found(changes: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let Findings { refused, warned } = settings(changes).findings();
    let names = |found: Vec<SafetyWarning>| found.into_iter().map(|found| found.setting).collect();
    (names(refused), names(warned))
}

#[test]
fn settings_that_are_safe_are_not_spoken_of() {
    assert_eq!(found(&[]), (vec![], vec![]));
    settings(&[]).validate_complete().expect("safe settings");
}

#[test]
fn each_unsafe_setting_is_refused_by_name() {
    for (from, to, name) in [
        (
            "\"https://login.example\"",
            "\"http://login.example\"",
            "server.public_url",
        ),
        (
            "\"https://login.example\"",
            "\"http://192.168.1.7\"",
            "server.public_url",
        ),
        (
            "server.trusted_proxies = [\"192.0.2.10\"]",
            "",
            "server.trusted_proxies",
        ),
        ("192.0.2.10", "0.0.0.0/0", "server.trusted_proxies"),
        ("192.0.2.10", "0.0.0.0/1", "server.trusted_proxies"),
        (
            "\nstore",
            "\nproxy_protocol.from = ['0.0.0.0/0']\nstore",
            "proxy_protocol.from",
        ),
        ("192.0.2.10", "128.0.0.0/1", "server.trusted_proxies"),
        ("192.0.2.10", "203.0.0.0/8", "server.trusted_proxies"),
        ("192.0.2.10", "::/0", "server.trusted_proxies"),
        ("192.0.2.10", "2000::/3", "server.trusted_proxies"),
        ("192.0.2.10", "::ffff:0:0/96", "server.trusted_proxies"),
        (
            "\nstore",
            "\noperations.listen = '203.0.113.9:9090'\nstore",
            "operations.listen",
        ),
        (
            "memory:\"",
            "redis://203.0.113.9\"\noidc.signing_keys = ['/dev/null']\ncluster.secret_files = ['/dev/null']",
            "store.url",
        ),
        (
            "memory:\"",
            "rediss://u:redis@203.0.113.9\"\noidc.signing_keys = ['/dev/null']\ncluster.secret_files = ['/dev/null']",
            "store.url",
        ),
        (
            "6b8f0c2d4e1a7395",
            "passwordpassword",
            "identity.introspection.client_secret",
        ),
        (
            "6b8f0c2d4e1a7395",
            "x",
            "identity.introspection.client_secret",
        ),
        (
            "6b8f0c2d4e1a7395",
            "change-me-please-now",
            "identity.introspection.client_secret",
        ),
        (SECRET, "0f9e8d7c6b5a432", "clients.secret"),
        (SECRET, "Change-Me-0f9e8d7c6b5a", "clients.secret"),
        (SECRET, "abababababababababab", "clients.secret"),
        (
            "https://hall.example/callback",
            "http://hall.example/callback",
            "clients.redirect_uris",
        ),
        (
            "[\"https://hall.example\"]",
            "[\"http://hall.example\"]",
            "clients.origins",
        ),
    ] {
        let (refused, _) = found(&[(from, to)]);
        assert!(refused.contains(&name.to_owned()), "{to}: {refused:?}");
        let error = settings(&[(from, to)]).validate_complete();
        let error = error.expect_err(to).to_string();
        assert!(error.contains(&format!("{name}: ")), "{to}: {error}");
        assert!(
            !error.contains(SECRET) && !error.contains("6b8f"),
            "{error}"
        );

        let allowed = [
            (from, to),
            ("\nstore", "\nserver.allow_insecure = true\nstore"),
        ];
        settings(&allowed)
            .validate_complete()
            .expect("it is allowed");
        let warned: Vec<String> = settings(&allowed)
            .safety_warnings()
            .into_iter()
            .map(|warning| warning.setting)
            .collect();
        assert!(
            warned.starts_with(&[ALLOW_INSECURE.to_owned()]) && warned.contains(&name.to_owned()),
            "{to}: {warned:?}"
        );
    }
}

#[test]
fn what_may_be_right_is_warned_about_by_name() {
    for (from, to, name) in [
        (
            "\nstore",
            "\nserver.listen = 'unix:/a'\nserver.socket_mode = '0666'\nstore",
            "server.socket_mode",
        ),
        (
            "\nstore",
            "\nserver.listen = '203.0.113.9:8080'\nstore",
            "server.listen",
        ),
        (
            "\nstore",
            "\noperations.listen = '0.0.0.0:9090'\nstore",
            "operations.listen",
        ),
        (
            "memory:\"",
            "redis://redis\"\noidc.signing_keys = ['k']\ncluster.secret_files = ['s']",
            "store.url",
        ),
        (
            "memory:\"",
            "redis://u:6b8f0c2d4e1a7395@redis.example\"\noidc.signing_keys = ['k']\ncluster.secret_files = ['s']",
            "store.url",
        ),
        (
            "memory:\"",
            "rediss://u:passwordpassword@redis.example\"\noidc.signing_keys = ['k']\ncluster.secret_files = ['s']",
            "store.url",
        ),
        ("\nstore", "\nlog.filter = 'error'\nstore", "log.filter"),
        (
            "\nstore",
            "\nlifetimes.code = '10m'\nstore",
            "lifetimes.code",
        ),
        (
            "\nstore",
            "\nlifetimes.scanned = '1h'\nstore",
            "lifetimes.scanned",
        ),
        (
            "\nstore",
            "\nlifetimes.access_token = '1d'\nstore",
            "lifetimes.access_token",
        ),
        (SECRET, "6b8f0c2d4e1a7395", "clients.secret"),
        (
            "[\"https://hall.example/callback\"]",
            "[\"https://hall.example/a\", \"http://127.0.0.1/b\"]",
            "clients.redirect_uris",
        ),
    ] {
        let (_, warned) = found(&[(from, to)]);
        assert_eq!(warned, [name], "{to}");
    }
}

/// Trials on one machine need no ceremony.
#[test]
fn a_gateway_that_only_this_machine_reaches_is_exempt() {
    let here = ("\"https://login.example\"", "\"http://127.0.0.1:8080\"");
    let changes = [
        here,
        ("server.trusted_proxies = [\"192.0.2.10\"]", ""),
        (
            "https://hall.example/callback",
            "http://localhost:8081/callback",
        ),
        ("[\"https://hall.example\"]", "[\"http://127.0.0.1:8081\"]"),
        (SECRET, "x"),
        ("6b8f0c2d4e1a7395", "change-me"),
        (
            "memory:\"",
            "redis://127.0.0.1\"\noidc.signing_keys = ['k']\ncluster.secret_files = ['s']",
        ),
    ];
    let (refused, warned) = found(&changes);
    let files = ["oidc.signing_keys", "cluster.secret_files"].map(str::to_owned);
    assert_eq!(refused, files, "no file is there");
    assert_eq!(
        warned,
        ["clients.secret", "identity.introspection.client_secret"]
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let error = settings(&[
        ("\"https://login.example\"", "\"http://login.example\""),
        ("192.0.2.10", "0.0.0.0/0"),
        (SECRET, "x"),
        (
            "https://hall.example/callback",
            "http://hall.example/callback",
        ),
    ])
    .validate_complete()
    .expect_err("four faults")
    .to_string();
    assert_eq!(error.lines().count(), 4, "{error}");

    let text = "[store]\nulr = 'x'\npool_size = 'y'\n[stor]\n[log]\nlevel = 1";
    let error = Settings::from_toml(text).expect_err(text).to_string();
    assert_eq!(error.lines().count(), 4, "{error}");
    let text = "server.backlog = 0\nstore.pool_size = 0\nlifetimes.code = '2d'\nlog.filter = 'a=b'";
    let error = Settings::from_toml(text).expect_err(text).to_string();
    assert_eq!(error.lines().count(), 5, "{error}");
}

#[test]
fn a_key_that_is_missing_or_open_to_others_is_refused() {
    refused_if_missing_or_open("oidc.signing_keys", |settings, file| {
        settings.oidc.signing_keys = vec![file.clone()];
    });
}

#[test]
fn a_secret_of_the_cluster_that_is_missing_or_open_to_others_is_refused() {
    refused_if_missing_or_open("cluster.secret_files", |settings, file| {
        settings.cluster.secret_files = vec![file.clone()];
    });
}

fn refused_if_missing_or_open(setting: &str, set: fn(&mut Settings, &PathBuf)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("key.pem");
    let refused = |path: &PathBuf| {
        let mut settings = settings(&[]);
        set(&mut settings, path);
        let error = settings.validate_complete().err();
        error.map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(refused(&file).contains("cannot read"), "{}", refused(&file));
    assert!(refused(&directory.path().to_owned()).contains("is not a file"));
    std::fs::write(&file, "key").expect("a file");
    for (mode, open) in [
        (0o600, false),
        (0o400, false),
        (0o640, false),
        (0o644, true),
        (0o660, true),
        (0o602, true),
    ] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, permissions).expect("a mode");
        let error = refused(&file);
        assert_eq!(
            error.starts_with(&format!("{setting}: ")),
            open,
            "{mode:o}: {error}"
        );
        assert_eq!(error.contains("chmod 600"), open, "{error}");
    }
}

#[test]
fn a_settings_file_with_secrets_that_others_can_read_is_warned_about() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("saoma.toml");
    std::fs::write(&file, SAFE).expect("a file");
    let warned = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&file, permissions).expect("a mode");
        let sources = Sources {
            file: Some(file.clone()),
            ..Sources::default()
        };
        let effective: Effective = Settings::load(&sources).expect("good settings");
        effective.safety_warnings()
    };
    assert_eq!(warned(0o600), []);
    let warnings = warned(0o644);
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].setting, file.display().to_string());
}
